"""Prompts as files: YAML with a declared set of variables, checked when they are read and when they are filled in.

Values are put in once and never read as templates themselves, so that a passage holding `$question` stays what it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import ConfigError

PACKAGED = Path(__file__).parents[1] / "prompts"
"""The prompts that come with the program."""
REASON = "reason"
"""The one variable of a prompt's `retry` text."""


class _ChatFile(BaseModel):
    """The keys of a prompt's file."""

    model_config = ConfigDict(extra="forbid")

    variables: list[str]
    system: str = Field(min_length=1)
    user: str = Field(min_length=1)
    retry: str = Field(min_length=1)


class _TextsFile(BaseModel):
    """The keys of a file of plain texts."""

    model_config = ConfigDict(extra="forbid")

    variables: list[str]
    texts: list[str] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation's first messages, and what is said when the reply cannot be used.

    Attributes:
        digest: Hash of the content, 16 hex digits; comments and layout of the file do not change it.
    """

    name: str
    variables: frozenset[str]
    system: str
    user: str
    retry: str
    digest: str

    def messages(self, values: Mapping[str, str]) -> list[dict[str, str]]:
        """The messages with their variables filled in.

        Raises:
            ConfigError: a variable has no value, or a value no variable.
        """
        _same(f"The prompt {self.name}", self.variables, frozenset(values))
        return [
            {"role": "system", "content": self.system},
            {"role": "user", "content": Template(self.user).substitute(values).strip()},
        ]

    def correction(self, reason: str) -> dict[str, str]:
        """The message that asks again, saying what was wrong."""
        return {"role": "user", "content": Template(self.retry).substitute({REASON: reason}).strip()}


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts with one set of variables, all of which each may use."""

    name: str
    variables: frozenset[str]
    texts: tuple[str, ...]

    def fill(self, index: int, values: Mapping[str, str]) -> str:
        """The text at an index (counted round) with its variables filled in."""
        _same(f"The texts {self.name}", self.variables, frozenset(values))
        return Template(self.texts[index % len(self.texts)]).substitute(values).strip()


def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """Read a prompt.

    Args:
        name: Its file's name without `.yaml`.
        folder: Where it lies; None takes the packaged one.

    Raises:
        ConfigError: the file is missing or broken, a key is unknown, or its texts and its `variables` do not agree.
    """
    path, content = _read(name, folder)
    try:
        file = _ChatFile.model_validate(content)
    except ValidationError as error:
        raise _unusable(path, error) from None
    declared = frozenset(file.variables)
    _same(f"The prompt {path}", _identifiers(path, file.user), declared)
    _same(f"The retry text of {path}", _identifiers(path, file.retry), frozenset({REASON}))
    canonical = json.dumps(file.model_dump(), sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return Prompt(name, declared, file.system, file.user, file.retry, digest)


def load_texts(name: str) -> Texts:
    """Read a packaged file of texts (`ConfigError` as in `load_prompt`)."""
    path, content = _read(name, None)
    try:
        file = _TextsFile.model_validate(content)
    except ValidationError as error:
        raise _unusable(path, error) from None
    declared = frozenset(file.variables)
    _same(f"The texts {path}", frozenset().union(*(_identifiers(path, text) for text in file.texts)), declared)
    return Texts(name, declared, tuple(file.texts))


def _read(name: str, folder: Path | None) -> tuple[Path, Any]:
    path = (folder or PACKAGED) / f"{name}.yaml"
    try:
        return path, yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        advice = f"A folder of prompts holds all of: {', '.join(sorted(p.name for p in PACKAGED.glob('nuggets_*')))}."
        raise ConfigError(f"The prompt {path} cannot be read: {error.strerror}.", advice) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"The prompt {path} is not valid YAML: {error}.", "Correct the line named.") from None


def _unusable(path: Path, error: ValidationError) -> ConfigError:
    faults = [f"{'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg']}" for item in error.errors()]
    return ConfigError(f"The prompt {path} cannot be used: {'; '.join(faults)}.", "Compare it with the packaged one.")


def _identifiers(path: Path, text: str) -> frozenset[str]:
    template = Template(text)
    if not template.is_valid():
        raise ConfigError(f"The prompt {path} holds a stray $.", "Write a plain dollar sign as $$.")
    return frozenset(template.get_identifiers())


def _same(what: str, used: frozenset[str], given: frozenset[str]) -> None:
    """Refuse missing and unknown variables by name."""
    faults = [f"misses {name}" for name in sorted(used - given)]
    faults += [f"does not know {name}" for name in sorted(given - used)]
    if faults:
        raise ConfigError(f"{what} {', '.join(faults)}.", f"Its variables are: {', '.join(sorted(used)) or 'none'}.")
