"""What a question shows of its intent: words and letters with its names and dates hidden, and a few plain figures.

Names are hidden because they are the library's and the reader's, not the intent's: "who wrote X?" is asked alike of
every X. What hides them looks at the text alone, so that training and reading see the same.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

WORDS, LETTERS = (1, 2, 3), (3, 4)
"""Lengths of the runs of words and of letters that are looked at."""
ID, NAME, TITLE, PERSON, MONTH, DAY, YEAR, NUMBER = "@id @name @title @person @month @day @year @number".split()
"""What stands for the names, dates and figures of a question."""

_TITLE = re.compile(r"[\"“”«][^\"“”»]{3,}[\"“”»]")
_TOKEN = re.compile(r"@title|[^\W_][\w@.+²³-]*[\w²³+]|\w|[?!,;:]")
_ID = re.compile(r"\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+/\d{7}")
_NAME = re.compile(r"[^\W_].*[A-Z]|[A-Z].*[\d²³]|\d.*[A-Z]|[a-z]+-\w*\d.*")
"""Inner capitals, a digit beside a capital, or letters and a figure joined by a hyphen: "search-r1"."""
_COMMON = frozenset("llm llms rag ai ml nlp api sft rl ctr seo qa ir gpu gpus".split())
"""Short forms that every paper uses: they name no system."""
_PERSON = re.compile(r"[A-Z][\w'’]*[a-z][\w'’-]*|[A-Z]\.?")
_MONTHS = frozenset(
    "january february march april june july august september october november december jan feb mar apr jun jul aug"
    " sep sept oct nov dec".split()
)
_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_YEAR = re.compile(r"(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?")
_NUMBER = re.compile(r"\d[\d.,]*(?:st|nd|rd|th|%|k)?")
_ASKS = frozenset("what which who whose whom when where why how".split())


@dataclass(frozen=True, slots=True)
class Shown:
    """What a text shows.

    Attributes:
        words: Hashes of its runs of words, each once.
        letters: Hashes of its runs of letters, likewise.
        figures: Its counts and forms [`FIGURES`], each about 0…1.
    """

    words: NDArray[np.uint32]
    letters: NDArray[np.uint32]
    figures: NDArray[np.float32]


FIGURES = 14
"""Figures of `Shown`."""


def shown(text: str) -> Shown:
    """Look at a text."""
    tokens = hidden(text)
    padded = ["^", *tokens, "$"]
    runs = {" ".join(padded[i : i + n]) for n in WORDS for i in range(len(padded) - n + 1)}
    spelled = f" {' '.join(tokens)} "
    letters = {spelled[i : i + n] for n in LETTERS for i in range(len(spelled) - n + 1)}
    return Shown(_hashed(runs), _hashed(letters), _figures(text, tokens))


def hidden(text: str) -> list[str]:
    """The text's words in lower case, with what is named and dated hidden: "who wrote @name ?"."""
    found = [match[0] for match in _TOKEN.finditer(_TITLE.sub(f" {TITLE} ", text))]
    kinds = [_kind(word, n, found) for n, word in enumerate(found)]
    return [kind for kind, same in groupby(kinds) for kind in (same if kind != PERSON else (kind,))]


def _kind(word: str, place: int, words: Sequence[str]) -> str:
    """A word, or what it is hidden behind."""
    small = word.lower()
    if _ID.fullmatch(small):
        return ID
    if small in _MONTHS or (word == "May" and place):
        return MONTH
    if small in _DAYS:
        return DAY
    if _YEAR.fullmatch(word):
        return YEAR
    if _NUMBER.fullmatch(small):
        return NUMBER
    if len(word) > 1 and _NAME.match(word) and small not in _COMMON:
        return NAME
    near = [words[other] for other in (place - 1, place + 1) if 0 < other < len(words)]
    if place and _PERSON.fullmatch(word) and any(_PERSON.fullmatch(other) for other in near):
        return PERSON
    return small


def _figures(text: str, tokens: Sequence[str]) -> NDArray[np.float32]:
    count = Counter(tokens)
    named = count[NAME] + count[TITLE] + count[ID]
    dated = count[MONTH] + count[DAY] + count[YEAR]
    length = len(text.split())
    asks = sum(count[word] for word in _ASKS)
    return np.array(
        [
            dated > 0,
            count[PERSON] > 0,
            named > 0,
            named > 1,
            named > 2,
            count[ID] > 0,
            count["?"] > 0,
            count["?"] > 1,
            asks > 0,
            asks > 1,
            np.log1p(length) / 4,
            length < 4,
            length > 15,
            count[","] / 4,
        ],
        dtype=np.float32,
    )


def _hashed(runs: set[str]) -> NDArray[np.uint32]:
    return np.fromiter(sorted(_hashes(runs)), dtype=np.uint32)


def _hashes(runs: set[str]) -> Iterator[int]:
    return (zlib.crc32(run.encode()) for run in runs)
