"""The bank of prompts that rewrite a question: one YAML file, every entry with its version and its source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rag.errors import ConfigError
from rag.prompts import digest_of, read_yaml, same_variables, unusable, variables_of

PACKAGED = Path(__file__).with_name("bank.yaml")
VARIABLES = frozenset({"question", "questions", "answers", "passages"})


class Entry(BaseModel):
    """A prompt of the bank.

    Attributes:
        id: What figures are logged under.
        family: The method it belongs to; some have several prompts.
        version: Raised with every change of the template.
        source: Who proposed the method.
        template: The message, with variables of `VARIABLES`.
        notes: How it is used and where it departs from its source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    family: str = Field(min_length=1)
    version: int = Field(ge=1)
    source: str = Field(min_length=1)
    template: str = Field(min_length=1)
    notes: str

    @property
    def digest(self) -> str:
        """Hash of the template, 16 hex digits."""
        return digest_of(self.template)

    @property
    def variables(self) -> frozenset[str]:
        """Names of the template's variables."""
        return frozenset(Template(self.template).get_identifiers())

    def fill(self, values: Mapping[str, str]) -> str:
        """The message with its variables filled in; values are never read as templates themselves."""
        same_variables(f"The prompt {self.id}", self.variables, frozenset(values))
        return Template(self.template).substitute(values).strip()


def load_bank(path: Path = PACKAGED) -> dict[str, Entry]:
    """Read a bank: its entries by id.

    Raises:
        ConfigError: it cannot be read, an entry lacks a key, has an unknown one or an unknown variable, or two have
            the same id.
    """
    return _load(path)


@cache
def _load(path: Path) -> dict[str, Entry]:
    try:
        entries = TypeAdapter(list[Entry]).validate_python(read_yaml(path))
    except ValidationError as error:
        raise unusable(path, error) from None
    bank: dict[str, Entry] = {}
    for entry in entries:
        if entry.id in bank:
            raise ConfigError(f"The bank {path} has two prompts {entry.id}.", "Give each its own id.")
        unknown = variables_of(path, entry.template) - VARIABLES
        if unknown:
            raise ConfigError(
                f"The prompt {entry.id} does not know {', '.join(sorted(unknown))}.",
                f"Its variables are among: {', '.join(sorted(VARIABLES))}.",
            )
        bank[entry.id] = entry
    return bank
