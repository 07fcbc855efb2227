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
        yes: [anything since January?, "papers since feb"]  # at least two of each; they are the tests
        no: [since we have no labels, in January]

Patterns ignore case unless they say ``(?-i:…)``, and white space in a pattern's line breaks is dropped (``\s`` is
written out). They are compiled when first used: most questions need few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from rag.errors import ConfigError
from rag.sources.identifiers import ARXIV_FORM, ARXIV_PLACE

COMMON = "common"
"""The file whose fragments and words every other file sees."""
_CALL = re.compile(r"\(\?&(\w+)\)")
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Reads every value as text: to the others `yes` and `no` are truth values."""
_FORMS = {"arxiv_form": ARXIV_FORM, "arxiv_place": ARXIV_PLACE}
"""Fragments that are no words: the forms of ids."""
_Words = Annotated[frozenset[str], BeforeValidator(str.split)]


class Rule(BaseModel):
    """A pattern with what it means and the examples that it must and must not match.

    Attributes:
        pattern: As its file holds it; `load_rules` puts all fragments in.
        whole: Whether it must match the whole text.
        name: ``file.rule``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    meaning: str = Field(min_length=10)
    pattern: str = Field(min_length=1)
    whole: bool = False
    yes: tuple[str, ...] = Field(min_length=2)
    no: tuple[str, ...] = Field(min_length=2)
    name: str = ""

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The compiled pattern; case is ignored."""
        return re.compile(self.pattern, re.IGNORECASE)

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


class RuleSet(BaseModel):
    """The sections of a file; `rules["name"]` is a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fragments: Mapping[str, str] = {}
    words: Mapping[str, _Words] = {}
    tables: Mapping[str, Mapping[str, str]] = {}
    rules: Mapping[str, Rule] = {}

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
    shared, file = _read(COMMON), _read(name)
    tables = {
        key: {_unbroken(member): value for member, value in table.items()}
        for key, table in {**shared.tables, **file.tables}.items()
    }
    fragments = {
        **_FORMS,
        **shared.fragments,
        **file.fragments,
        **{key: "|".join(table) for key, table in tables.items()},
    }
    rules = {
        key: rule.model_copy(update={"name": where, "pattern": _filled(rule.pattern, fragments, where)})
        for key, rule in file.rules.items()
        for where in (f"{name}.{key}",)
    }
    return RuleSet.model_construct(
        fragments=fragments, words={**shared.words, **file.words}, tables=tables, rules=rules
    )


@cache
def _read(name: str) -> RuleSet:
    try:
        text = (files(__name__) / f"{name}.yaml").read_text(encoding="utf-8")
        return RuleSet.model_validate(yaml.load(text, _Loader) or {})
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
