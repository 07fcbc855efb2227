"""The judge's prompts: the loader of the assistant's, and files of plain texts that share their variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import ConfigError
from rag.prompts import Prompt, read_yaml, same_variables, unusable, variables_of
from rag.prompts import load_prompt as load_any

PACKAGED = Path(__file__).parent
"""The prompts that come with the program."""


class _TextsFile(BaseModel):
    """The keys of a file of plain texts."""

    model_config = ConfigDict(extra="forbid")

    variables: list[str]
    texts: list[str] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts with one set of variables, all of which each may use."""

    name: str
    variables: frozenset[str]
    texts: tuple[str, ...]

    def fill(self, index: int, values: Mapping[str, str]) -> str:
        """The text at an index (counted round) with its variables filled in."""
        same_variables(f"The texts {self.name}", self.variables, frozenset(values))
        return Template(self.texts[index % len(self.texts)]).substitute(values).strip()


def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """Read a prompt (`rag.prompts.load_prompt`); None takes the judge's packaged folder.

    Raises:
        ConfigError: it is missing or cannot be used.
    """
    if folder is not None and not (folder / f"{name}.yaml").is_file():
        needed = ", ".join(sorted(path.name for path in PACKAGED.glob("nuggets_*")))
        raise ConfigError(
            f"The prompt {folder / name}.yaml cannot be read: there is no such file.",
            f"A folder of prompts holds all of: {needed}.",
        )
    return load_any(name, folder or PACKAGED)


def load_texts(name: str) -> Texts:
    """Read a packaged file of texts (`ConfigError` as in `load_prompt`)."""
    path = PACKAGED / f"{name}.yaml"
    try:
        file = _TextsFile.model_validate(read_yaml(path))
    except ValidationError as error:
        raise unusable(path, error) from None
    declared = frozenset(file.variables)
    found: frozenset[str] = frozenset().union(*(variables_of(path, text) for text in file.texts))
    same_variables(f"The texts {path}", found, declared)
    return Texts(name, declared, tuple(file.texts))
