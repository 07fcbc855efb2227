"""Misspelt words, corrected towards the library's own words and names: "QuerryGym" → "QueryGym".

A word is touched only when neither the library nor an English dictionary knows it, in any inflection, and one word of
the library is clearly meant. Names need more than a small distance, because other systems' names are one letter away
too: what differs must look like a slip (swapped or doubled letters, a part that is no word), and digits never change.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rapidfuzz.distance import OSA

from rag.query.vocabulary import COMMON, PART, TOKEN, Entry, Vocabulary, fold
from rag.text.terms import STOP_WORDS, Analyzer

_SKIPPED = re.compile(r"https?://\S+|\S*@\S+|\S*\\\S*|\b[\w-]+\.(?:org|com|net|io|ai)\b|\"[^\"]*\"|“[^”]*”|`[^`]*`")
_COMPONENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CLEARLY = 4
"""How many times more papers must use the better of two equally likely words."""
_EVERYDAY = 500
"""Uses among a billion words that make a word common knowledge."""
_SHORT, _LONG = 6, 9
"""Letters from which a word may differ by any one letter; by two, and a name by one though its parts are words."""
_SLIP, _OMITTED, _ADDED, _REPLACED = 1, 2, 2, 3
"""Costs of the ways to mistype a letter: people leave letters out more often than they take wrong ones."""
_PREFIXES = (
    "anti auto bi bio co counter cross cyber de dis down extra geo hyper hypo in inter intra kilo macro mega meta"
    " micro mini"
    " mis mono multi nano neuro non off out over para photo poly post pre pro pseudo re semi sub super tele trans"
    " tri ultra"
    " un under uni up vice"
).split()
_SUFFIXES = dict(
    pair.split(">")
    for pair in (
        "s> es> ed> d> ing> er> ers> r> rs> ly> al> ally> able> ness> ity> ism> ist> ists> wise> less> like> ful>"
        " ization>ize isation>ise ies>y ied>y ier>y ility>le ation>e ions>ion"
    ).split()
)
"""What an inflected or derived word ends in, and what its base has instead."""
_BRITISH = dict(
    pair.split(">")
    for pair in (
        "our>or isation>ization yse>yze ise>ize ence$>ense tre$>ter ogue$>og ae>e oe>e ll(?=ing|ed|er|or)>l"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Correction:
    """`question[start:end] == typed` is to be read as `meant`."""

    start: int
    end: int
    typed: str
    meant: str


@cache
def _english() -> Mapping[str, int]:
    """The English words of pyspellchecker, with their counts; its own class takes twice as long to read them."""
    content = (files("spellchecker") / "resources" / "en.json.gz").read_bytes()
    counts: dict[str, int] = json.loads(gzip.decompress(content))
    return counts


def is_english(word: str) -> bool:
    """Whether the shipped dictionary of general English (160,000 word forms) holds the word."""
    return word.lower() in _english() or word.lower() in STOP_WORDS


def _is_everyday(word: str) -> bool:
    """Whether a word is frequent in general English (the dictionary's counts come from film subtitles)."""
    return is_english(word) and _english().get(word.lower(), 0) >= _EVERYDAY


class Speller:
    """Corrects questions towards a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._analyzer = Analyzer()

    def corrections(self, question: str, protected: Iterable[tuple[int, int]] = ()) -> list[Correction]:
        """Find the misspelt words of a question.

        Args:
            question: As typed.
            protected: Spans (names of people, dates, ids) in which nothing is corrected.
        """
        spans = [*protected, *(match.span() for match in _SKIPPED.finditer(question))]
        found = []
        for match in TOKEN.finditer(question):
            if any(start < match.end() and match.start() < end for start, end in spans):
                continue
            whole = self._corrected(match[0])
            if whole:
                found.append(Correction(*match.span(), match[0], whole))
            elif not match[0].isalnum() and match[0] not in self.vocabulary:
                for part in PART.finditer(match[0]):
                    if better := self._corrected(part[0]):
                        start = match.start() + part.start()
                        found.append(Correction(start, start + len(part[0]), part[0], better))
        return found

    def _corrected(self, word: str) -> str | None:
        key = fold(word)
        if sum(char.isalpha() for char in key) < 4 or not key.isascii():
            return None
        entry = self.vocabulary.entries.get(key)
        if entry:
            # The same letters: a name typed without its hyphen gets it back (the index joins those with digits itself).
            apart = word.isalnum() and word.isalpha() and not entry.surface.isalnum() and not entry.surface.islower()
            return entry.surface if apart else None
        if re.fullmatch(r"[A-Z]{2,5}s?", word) or self._known(word):
            return None
        ranked = sorted(self._candidates(word, key))
        if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0] and ranked[0][1] > _CLEARLY * ranked[1][1]):
            return None
        meant = self.vocabulary.entries[ranked[0][2]].surface
        return meant.capitalize() if meant.islower() and word.istitle() else meant

    def _known(self, word: str) -> bool:
        """Whether the library or the dictionary has the word, or all parts of a compound, in some inflection."""
        return all(self._known_part(part) for part in PART.findall(word))

    def _known_part(self, part: str) -> bool:
        key = fold(part)
        if self._is_word(key) or key.isdigit():
            return True
        if _is_name(part):
            return False
        if any(
            key.endswith(suffix)
            and len(key) - len(suffix) > 2
            and (suffix[0] not in "dr" or key[-len(suffix) - 1] == "e")
            and (self._is_word(base := key[: -len(suffix)] + ending) or self._is_word(base + "e"))
            for suffix, ending in _SUFFIXES.items()
        ):
            return True
        if any(
            key.startswith(prefix) and len(key) - len(prefix) > 3 and self._is_word(key[len(prefix) :])
            for prefix in _PREFIXES
        ):
            return True
        return any(self._is_common(key[:cut]) and self._is_common(key[cut:]) for cut in range(4, len(key) - 3))

    def _is_common(self, key: str) -> bool:
        entry = self.vocabulary.entries.get(key)
        return entry is not None and entry.papers >= COMMON

    def _is_word(self, key: str) -> bool:
        return key in self.vocabulary.entries or is_english(key)

    def _candidates(self, word: str, key: str) -> list[tuple[int, int, str]]:
        """(cost, -papers, folded word) of the words that may be meant; none when one of them is only another form."""
        found = []
        for other, apart in self.vocabulary.near(key, 2 if len(key) >= _LONG else 1):
            if _same_word(key, other) or self._analyzer.terms(other) == self._analyzer.terms(key):
                return []
            entry = self.vocabulary.entries[other]
            if self._may_mean(word, key, entry, other, apart):
                found.append((_cost(key, other, apart), -entry.papers, other))
        return found

    def _may_mean(self, word: str, key: str, entry: Entry, other: str, apart: int) -> bool:
        if re.sub(r"\D", "", key) != re.sub(r"\D", "", other) or len(other) < 4:
            return False
        cost, name = _cost(key, other, apart), _is_name(word)
        towards_name = _is_name(entry.surface) or (entry.surface.istitle() and not is_english(entry.surface))
        omitted_first = other[1:] == key
        if key[0] != other[0] and cost > _SLIP and not (omitted_first and not (name or towards_name)):
            return False
        if not towards_name and (
            (entry.papers < COMMON and not is_english(entry.surface))
            or ((name or word.istitle()) and len(key) < 8 and cost > _SLIP)
        ):
            return False
        if len(key) < _SHORT:
            if name or towards_name:
                return cost == _SLIP and _same_case(word, entry.surface)
            return cost < _REPLACED and key[-1] == other[-1]
        if apart > 1:
            bones = OSA.distance(_bones(key), _bones(other))
            same_letters = len(key) != len(other) or sorted(key) == sorted(other)
            return not (name or towards_name) and key[-2:] == other[-2:] and bones < 1 + same_letters
        if towards_name and entry.surface[:6].isupper() and len(key) < _LONG and not word.isupper():
            return False  # an acronym is not what a word in small letters was meant to be
        if len(key) == len(other) and key[-1] != other[-1] and key[-2:] != other[:-3:-1]:
            return False  # another ending makes another word: "statin", "static"
        if name and cost > _SLIP and len(key) < _LONG:
            return self._odd_part(word, entry.surface)
        return True

    def _odd_part(self, word: str, meant: str) -> bool:
        """Whether the part of a name in which both differ is no word as typed: "Blok" in "BlokRank"."""
        kept = Counter(map(fold, _COMPONENT.findall(meant)))
        odd = [part for part in _COMPONENT.findall(word) if not kept[fold(part)]]
        return bool(odd) and all(
            len(part) > 3
            and not part.isupper()
            and fold(part) not in self.vocabulary.entries
            and not _is_everyday(part)
            for part in odd
        )


def _is_name(word: str) -> bool:
    """Inner capitals, all capitals or a digit: how systems, data sets and models are written."""
    return any(char.isupper() for char in word[1:]) or any(char.isdigit() for char in word)


def _cost(typed: str, meant: str, apart: int) -> int:
    """How unlikely it is that a slip of the fingers made one word of the other."""
    if apart > 1:
        return _REPLACED * apart
    if len(typed) == len(meant):
        return _SLIP if sorted(typed) == sorted(meant) else _REPLACED
    if re.sub(r"(.)\1", r"\1", typed) == re.sub(r"(.)\1", r"\1", meant):
        return _SLIP  # a doubled letter written once, or the reverse
    return _OMITTED if len(typed) < len(meant) else _ADDED


def _same_case(typed: str, meant: str) -> bool:
    """Whether two spellings of a name have capitals and small letters in the same numbers, or the first has none."""
    capitals = sum(map(str.isupper, typed))
    return typed.islower() or abs(capitals - sum(map(str.isupper, meant))) <= (len(typed) != len(meant)) * (
        capitals > 1
    )


def _bones(word: str) -> str:
    """A word's consonants, doubled ones once: what survives most misspellings of long words."""
    return re.sub(r"(.)\1+", r"\1", word[0] + re.sub("[aeiouy]", "", word[1:]))


def _same_word(one: str, other: str) -> bool:
    """Whether two words differ only as British and American spelling do."""
    return any(re.sub(a, b, one) == re.sub(a, b, other) for a, b in _BRITISH.items())
