r"""Rules that read a question's words: data first, each with its examples; code that reads them second.

A file ``NAME.yaml`` beside this one holds up to four sections::

    fragments:            # parts of patterns; (?&NAME) puts one in, also those of common.yaml, which every file sees
      month: jan(?:uary)?|feb(?:ruary)?
    words:                # closed sets of words, separated by white space
      articles: a an the
    tables:               # closed sets whose members mean something; a table's name is a fragment, too: any of them
      quarters: {q1: 1, "second quarter": 2}
    rules:
      since:
        meaning: A restriction to days from a month on.     # one sentence
        pattern: \bsince\s+(?P<month>(?&month))\b
        whole: false      # whether the pattern must match the whole text; false is the default
        until: intent model                                 # what is to replace the rule; left out where it stays
        yes: [anything since January?, "papers since feb"]  # at least two of each; they are the tests
        no: [since we have no labels, in January]

Patterns ignore case unless they say ``(?-i:…)``, and white space in a pattern's line breaks is dropped (``\s`` is
written out). They are compiled when first used: most questions need few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import ConfigError

COMMON = "common"
"""The file whose fragments and words every other file sees."""
_CALL = re.compile(r"\(\?&(\w+)\)")
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Reads every value as text: to the others `yes` and `no` are truth values."""


class _RuleFile(BaseModel):
    """One rule, as its file holds it."""

    model_config = ConfigDict(extra="forbid")

    meaning: str = Field(min_length=10)
    pattern: str = Field(min_length=1)
    whole: bool = False
    until: str | None = None
    yes: list[str] = Field(min_length=2)
    no: list[str] = Field(min_length=2)


class _File(BaseModel):
    """The sections of a file."""

    model_config = ConfigDict(extra="forbid")

    fragments: dict[str, str] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    tables: dict[str, dict[str, str]] = Field(default_factory=dict)
    rules: dict[str, _RuleFile] = Field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A pattern with what it means and the examples that it must and must not match.

    Attributes:
        name: ``file.rule``.
        pattern: With all fragments put in.
        whole: Whether it must match the whole text.
        until: What is to replace the rule; None where it stays.
    """

    name: str
    meaning: str
    pattern: str
    whole: bool
    until: str | None
    yes: tuple[str, ...]
    no: tuple[str, ...]
    _compiled: list[re.Pattern[str]] = field(default_factory=list, compare=False, repr=False)

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled pattern; case is ignored."""
        if not self._compiled:
            self._compiled.append(re.compile(self.pattern, re.IGNORECASE))
        return self._compiled[0]

    def find(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """The first place where the rule applies within `text[start:end]`, or None."""
        find = self.regex.fullmatch if self.whole else self.regex.search
        return find(text, start, len(text) if end is None else end)

    def at(self, text: str, start: int = 0) -> re.Match[str] | None:
        """The rule applied exactly at an offset, or None."""
        return self.regex.match(text, start)

    def all(self, text: str) -> Iterator[re.Match[str]]:
        """All places where the rule applies, from left to right."""
        return self.regex.finditer(text)

    def without(self, text: str, instead: str = " ") -> str:
        """The text with every place replaced."""
        return self.regex.sub(instead, text)

    def __call__(self, text: str) -> bool:
        """Whether the rule applies anywhere in a text."""
        return self.find(text) is not None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules, word sets and tables of a file; `rules["name"]` is a rule."""

    rules: Mapping[str, Rule]
    words: Mapping[str, frozenset[str]]
    tables: Mapping[str, Mapping[str, str]]

    def __getitem__(self, name: str) -> Rule:
        return self.rules[name]

    def meaning(self, table: str, text: str) -> str:
        """What a table says of a text that one of its members matches; case is ignored."""
        return next(value for member, value in self.tables[table].items() if re.fullmatch(member, text, re.IGNORECASE))

    def number(self, text: str) -> int:
        """The value of a number in figures or words, as `common` lists them."""
        return int(text) if text.isdigit() else int(self.meaning("numbers", text))


def names() -> list[str]:
    """Names of all files of rules, in order."""
    return sorted(path.name.removesuffix(".yaml") for path in files(__name__).iterdir() if path.name.endswith(".yaml"))


@cache
def load_rules(name: str) -> RuleSet:
    """Read a file of rules; each is read once.

    Raises:
        ConfigError: it is not as this module's docstring says, or a fragment is unknown.
    """
    shared = _read(COMMON)
    file = _read(name)
    tables = {
        name: {_unbroken(member): value for member, value in table.items()}
        for name, table in {**shared.tables, **file.tables}.items()
    }
    fragments = {**shared.fragments, **file.fragments, **{key: "|".join(table) for key, table in tables.items()}}
    rules = {
        key: Rule(
            f"{name}.{key}",
            rule.meaning,
            _filled(rule.pattern, fragments, f"{name}.{key}"),
            rule.whole,
            rule.until,
            tuple(rule.yes),
            tuple(rule.no),
        )
        for key, rule in file.rules.items()
    }
    words = {key: frozenset(text.split()) for key, text in {**shared.words, **file.words}.items()}
    return RuleSet(rules, words, tables)


@cache
def _read(name: str) -> _File:
    try:
        text = (files(__name__) / f"{name}.yaml").read_text(encoding="utf-8")
        return _File.model_validate(yaml.load(text, _Loader) or {})
    except FileNotFoundError:
        raise ConfigError(f"There are no rules called {name}.", f"Files of rules: {', '.join(names())}.") from None
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"The rules {name}.yaml cannot be used: {error}", "Correct the place named.") from None


def _filled(pattern: str, fragments: Mapping[str, str], where: str, depth: int = 0) -> str:
    """A pattern with its fragments put in, and theirs, and its line breaks dropped."""

    def fragment(call: re.Match[str]) -> str:
        if call[1] not in fragments or depth > 8:
            raise ConfigError(
                f"The rule {where} calls the fragment {call[1]}, which is unknown or calls itself.",
                f"Fragments: {', '.join(sorted(fragments)) or 'none'}.",
            )
        return f"(?:{_filled(fragments[call[1]], fragments, where, depth + 1)})"

    return _CALL.sub(fragment, _unbroken(pattern))


def _unbroken(pattern: str) -> str:
    return re.sub(r"\s*\n\s*", "", pattern.strip())
