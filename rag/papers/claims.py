"""What a paper claims of the names in it: it is called so, introduces it, has it in its title, or only mentions it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import cache

from rag.text.folding import fold
from rag.text.names import is_name
from rag.text.readable import readable


class Claim(IntEnum):
    """How strongly a name means a paper; the stronger the greater.

    Attributes:
        MENTIONED: It stands in the abstract, written as names are: also a word with a capital inside a sentence.
        TITLED: It stands in the title.
        PART: It is a part of the title behind its beginning: "…: NAME", "… (NAME)".
        INTRODUCED: The abstract says that it is the paper's own: "we propose NAME", "… a long description (NAME)".
        CALLED: It is the title, or what stands before its colon or dash: "NAME: …".
    """

    MENTIONED = 1
    TITLED = 2
    PART = 3
    INTRODUCED = 4
    CALLED = 5


_WITHIN = 4
"""Words after "we propose" among which a name begins."""
_STOPS = "that|which|who|us(?:es?|ing)|by|with|based|of|on|to|than"
_TOKEN = r"[^\W_](?:[\w²³+@.-]*[\w²³+])?"
_PATTERNS = {
    "head": r":\s|\s[–—-]\s",
    "part": r"(?<=[?!])\s+|\s*[:()]\s*|\s+[–—-]\s+",
    # no plain word, with a capital or without, and no number
    "written": rf"(?<![\w.@-])(?!(?:[A-Z]?[a-z]+|[\d.]+)(?![\w²³+@-]|\.\w)){_TOKEN}",
    # one alone inside a sentence: "the Mamba architecture"
    "capital": r"(?<=[a-z,;] )[A-Z][a-z]+(?![\w²³+@-]|\.\w|\s[A-Z])",
    "introduces": (
        r"\b(?:propos|introduc|present|develop|releas|design|describ|call|name|term|dubb)\w*,?\s+"
        rf"(?P<after>(?:(?!(?:{_STOPS}|in|for|and)\b)[\"“'‘]?{_TOKEN}[\"”'’]?,?(?:\s+|(?=\W|$))){{1,8}})"
    ),
    "spelt_out": (
        r"\b(?:propos|introduc|present|develop)\w*\s"
        rf"(?P<long>(?:(?!\b(?:{_STOPS})\b)[^.;()]){{3,120}})\((?P<name>{_TOKEN})"
    ),
}


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_PATTERNS[name])


def claims(title: str, abstract: str) -> dict[str, tuple[Claim, str]]:
    """What a paper claims: the strongest claim on each name, by its folded form, with how it is written there."""
    title, abstract = readable(title), readable(abstract)
    found: dict[str, tuple[Claim, str]] = {}
    for claim, names in (
        (Claim.CALLED, (title, _pattern("head").split(title)[0])),
        (Claim.INTRODUCED, _introduced(abstract)),
        (Claim.PART, _pattern("part").split(title)),
        (Claim.TITLED, _written(title)),
        (Claim.MENTIONED, _mentioned(title, abstract)),
    ):
        for name in names:
            key = fold(name)
            if len(key) > 1 and not key.isdigit():
                found.setdefault(key, (claim, name))
    return found


def _written(text: str) -> Iterator[str]:
    """The words of a text that are written as systems' names are."""
    return filter(is_name, _pattern("written").findall(text))


def _mentioned(title: str, abstract: str) -> Iterator[str]:
    """The names in an abstract, words with a capital inside a sentence, and the names in compounds: "BERT-based"."""
    yield from _written(abstract)
    yield from _pattern("capital").findall(abstract)
    for name in _written(f"{title} {abstract}"):
        if is_name(head := re.sub(r"(?:-[A-Za-z]?[a-z]{2,})+$", "", name)):
            yield head


def _introduced(text: str) -> Iterator[str]:
    """The names that a text says are its own, and what those in brackets are short for."""
    for match in _pattern("introduces").finditer(text):
        words = match["after"].split()
        for n in range(min(len(words), _WITHIN)):
            before = words[n - 1] if n else ""
            if before in ("a", "an"):  # "an LLM agent" is a kind of agents
                continue
            if is_name(word := _bare(words[n])):
                yield word
            if _is_capital(words[n]) and not (_is_capital(before) and before[-1] != ","):
                yield _run(words[n:])
    for match in _pattern("spelt_out").finditer(text):
        name = match["name"]
        yield name
        if long := _long_form(name, match["long"].rstrip()):
            yield long


def _run(words: list[str]) -> str:
    """The words with a capital that a text begins with, up to a comma."""
    taken: list[str] = []
    for word in words:
        if not (_is_capital(word) or (taken and word[0].isdigit())):
            break
        taken.append(_bare(word))
        if word[-1] == ",":
            break
    return " ".join(taken)


def _is_capital(word: str) -> bool:
    return word.lstrip("\"“'‘")[:1].isupper()


def _bare(word: str) -> str:
    return word.strip("\"“”'‘’,")


def _long_form(short: str, before: str) -> str:
    """What letters in brackets are short for: the fewest words before them that hold all in order.

    The first must begin a word (Schwartz & Hearst, "A simple algorithm for identifying abbreviation definitions in
    biomedical text", PSB 2003).
    """
    at = len(before)
    letters = [letter for letter in short.lower() if letter.isalnum()]
    for n in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= 0 and (before[at].lower() != letters[n] or (n == 0 and at and before[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return ""
    return before[at:] if " " in before[at:] else ""
