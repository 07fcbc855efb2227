"""Prompts as files: YAML with a declared set of variables, checked when they are read and when they are filled in.

Values are put in once and never read as templates themselves, so that a passage holding `$question` stays what it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.config.yaml_text import yaml_of
from rag.errors import ConfigError

PACKAGED = Path(__file__).parent
"""The prompts of the assistant."""
REASON = "reason"
"""The one variable of a prompt's `retry` text."""


class _ChatFile(BaseModel):
    """The keys of a prompt's file."""

    model_config = ConfigDict(extra="forbid")

    variables: list[str]
    system: str = Field(min_length=1)
    user: str = Field(min_length=1)
    retry: str | None = Field(None, min_length=1)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation's first messages, and what is said when the reply cannot be used.

    Attributes:
        retry: Text that asks again, with the variable `reason`; None where nobody asks again.
        digest: Hash of the content, 16 hex digits; comments and layout of the file do not change it.
    """

    name: str
    variables: frozenset[str]
    system: str
    user: str
    retry: str | None
    digest: str

    def messages(self, values: Mapping[str, str]) -> list[dict[str, str]]:
        """The messages with their variables filled in: the system's as it stands, then the user's.

        Raises:
            ConfigError: a variable has no value, or a value no variable.
        """
        same_variables(f"The prompt {self.name}", self.variables, frozenset(values))
        return [
            {"role": "system", "content": self.system.strip()},
            {"role": "user", "content": Template(self.user).substitute(values).strip()},
        ]

    def correction(self, reason: str) -> dict[str, str]:
        """The message that asks again, saying what was wrong.

        Raises:
            ConfigError: the prompt has no `retry` text.
        """
        if self.retry is None:
            raise ConfigError(f"The prompt {self.name} has no retry text.", "Add `retry:` with the variable $reason.")
        return {"role": "user", "content": Template(self.retry).substitute({REASON: reason}).strip()}


def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """Read a prompt.

    Args:
        name: Its file's name without `.yaml`.
        folder: Where it lies; None takes the packaged ones, which are read once.

    Raises:
        ConfigError: the file is missing or broken, a key is unknown, or its texts and its `variables` do not agree.
    """
    return _packaged(name) if folder is None else _load(folder / f"{name}.yaml", name)


def read_yaml(path: Path) -> Any:
    """Read a file of prompts as it stands.

    Raises:
        ConfigError: it is missing or not YAML.
    """
    try:
        return yaml_of(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        beside = ", ".join(sorted(other.name for other in path.parent.glob("*.yaml"))) or "none"
        raise ConfigError(
            f"The prompt {path} cannot be read: {error.strerror}.", f"Prompts in that folder: {beside}."
        ) from None
    except ValueError as error:
        raise ConfigError(f"The prompt {path} is not valid YAML: {error}.", "Correct the line named.") from None


def unusable(path: Path, error: ValidationError) -> ConfigError:
    """The error for a file whose keys are not those of a prompt."""
    faults = [f"{'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg']}" for item in error.errors()]
    return ConfigError(f"The prompt {path} cannot be used: {'; '.join(faults)}.", "Compare it with the packaged one.")


def variables_of(path: Path, text: str) -> frozenset[str]:
    """Names of the variables of a template.

    Raises:
        ConfigError: it holds a stray $.
    """
    template = Template(text)
    if not template.is_valid():
        raise ConfigError(f"The prompt {path} holds a stray $.", "Write a plain dollar sign as $$.")
    return frozenset(template.get_identifiers())


def same_variables(what: str, used: frozenset[str], given: frozenset[str]) -> None:
    """Refuse missing and unknown variables by name.

    Raises:
        ConfigError: the two sets differ.
    """
    faults = [f"misses {name}" for name in sorted(used - given)]
    faults += [f"does not know {name}" for name in sorted(given - used)]
    if faults:
        raise ConfigError(f"{what} {', '.join(faults)}.", f"Its variables are: {', '.join(sorted(used)) or 'none'}.")


def digest_of(content: object) -> str:
    """Hash of a prompt's content, 16 hex digits."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@cache
def _packaged(name: str) -> Prompt:
    return _load(PACKAGED / f"{name}.yaml", name)


def _load(path: Path, name: str) -> Prompt:
    content = read_yaml(path)
    try:
        file = _ChatFile.model_validate(content)
    except ValidationError as error:
        raise unusable(path, error) from None
    declared = frozenset(file.variables)
    same_variables(f"The prompt {path}", variables_of(path, file.user), declared)
    if file.retry is not None:
        same_variables(f"The retry text of {path}", variables_of(path, file.retry), frozenset({REASON}))
    return Prompt(name, declared, file.system, file.user, file.retry, digest_of(file.model_dump(exclude_none=True)))
