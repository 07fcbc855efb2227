"""Misspelt words, corrected towards the library's own words, names and authors: "QuerryGym" → "QueryGym".

A word is touched only when neither the library nor an English dictionary has it or another form of it, and one word of
the library is clearly meant. Names need more than a small distance, because other systems' names are one letter away
too: what differs must be a slip (swapped or doubled letters) unless the name is long, and digits never change.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rapidfuzz.distance import OSA

from rag.papers.entities import Entities
from rag.query.lexicon.vocabulary import COMMON, PART, TOKEN, Vocabulary, fold
from rag.text.folding import plain
from rag.text.names import name_words
from rag.text.terms import STOP_WORDS, Analyzer

_SKIPPED = re.compile(r"https?://\S+|\S*@\S+|\S*\\\S*|\b[\w-]+\.(?:org|com|net|io|ai)\b|\"[^\"]*\"|“[^”]*”|`[^`]*`")
_CONTRACTED = re.compile(r"[^\W\d_]+['’][^\W\d_]+")
_COMPONENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CLEARLY = 4
"""How many times more papers must use the better of two equally likely words."""
_EVERYDAY = 500
"""Uses among a billion words that make a word common knowledge."""
_SHORT, _LONG = 6, 9
"""Letters from which a word may differ by any one letter; by two, and a name by one that is no slip."""
_BRITISH = [
    pair.split(">") for pair in "our>or is(?=e|ing|ation)>iz yse>yze tre$>ter ogue>og ae|oe>e ll>l ence>ense".split()
]


@dataclass(frozen=True, slots=True)
class Correction:
    """`question[start:end] == typed` is to be read as `meant`."""

    start: int
    end: int
    typed: str
    meant: str
    unheard: bool = False
    """What was typed is a name that stands nowhere: it may be another system's, and is said to be read so."""
    former: bool = False
    """What was typed is a name that an earlier version of a paper gave what is meant."""


@cache
def _english() -> Mapping[str, int]:
    """The English words of pyspellchecker, with their counts; its own class takes twice as long to read them."""
    content = (files("spellchecker") / "resources" / "en.json.gz").read_bytes()
    counts: dict[str, int] = json.loads(gzip.decompress(content))
    return counts


def is_english(word: str) -> bool:
    """Whether the shipped dictionary of general English (160,000 word forms) holds the word."""
    return word.lower() in _english() or word.lower() in STOP_WORDS


def is_slip(typed: str, meant: str) -> bool:
    """Whether letters were only swapped, or a doubled one written once, or the reverse."""
    return sorted(typed) == sorted(meant) or re.sub(r"(.)\1+", r"\1", typed) == re.sub(r"(.)\1+", r"\1", meant)


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
        spans += [word.span() for word in _CONTRACTED.finditer(question) if is_english(word[0].replace("’", "'"))]
        found = []
        for match in TOKEN.finditer(question):
            if any(start < match.end() and match.start() < end for start, end in spans):
                continue
            if whole := self._corrected(match[0]):
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
        if entry := self.vocabulary.entries.get(key):
            # The same letters: a name typed without its hyphen gets it back (the index joins those with digits itself).
            apart = word.isalnum() and word.isalpha() and not entry.surface.isalnum() and not entry.surface.islower()
            return entry.surface if apart else None
        if re.fullmatch(r"[A-Z]{2,5}s?", word) or all(map(self._is_known, PART.findall(word))):
            return None
        near = self.vocabulary.near(key, 2 if len(key) >= _LONG else 1)
        if any(_same_word(key, other) or self._analyzer.terms(other) == self._analyzer.terms(key) for other, _ in near):
            return None
        ranked = sorted(
            (0 if is_slip(key, other) else apart, -self.vocabulary.entries[other].papers, other)
            for other, apart in near
            if self._may_mean(word, key, other, apart)
        )
        if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0] and ranked[0][1] > _CLEARLY * ranked[1][1]):
            return None
        meant = self.vocabulary.entries[ranked[0][2]].surface
        return meant.capitalize() if meant.islower() and word.istitle() else meant

    def _is_known(self, part: str) -> bool:
        """Whether the library or the dictionary has a word."""
        key = fold(part)
        return key in self.vocabulary.entries or is_english(key) or key.isdigit()

    def _may_mean(self, word: str, key: str, other: str, apart: int) -> bool:
        """Whether a slip of the fingers explains the difference to a word of the library."""
        surface = self.vocabulary.entries[other].surface
        named = _is_name(surface) or (surface.istitle() and not is_english(surface))
        if re.sub(r"\D", "", key) != re.sub(r"\D", "", other) or len(other) < 4:
            return False
        if is_slip(key, other):
            return len(key) >= _SHORT or not named or word.islower() or _capitals(word) == _capitals(surface)
        if apart > 1 or key[0] != other[0]:
            return False
        if len(key) < _SHORT:  # an ordinary word with a letter more or less, that ends alike
            return len(key) != len(other) and key[-1] == other[-1] and not (named or _is_name(word))
        if _is_name(word):
            return len(key) >= _LONG or self._is_odd(word, surface)
        common = self.vocabulary.entries[other].papers >= COMMON or is_english(surface)
        return named or (
            common and (len(key) != len(other) or key[-1] == other[-1]) and not (word.istitle() and len(key) < 8)
        )

    def _is_odd(self, word: str, meant: str) -> bool:
        """Whether the part of a name in which both differ is no word as typed: "Blok" in "BlokRank"."""
        kept = {fold(part) for part in _COMPONENT.findall(meant)}
        odd = [part for part in _COMPONENT.findall(word) if fold(part) not in kept]
        usual = (part in self.vocabulary or _english().get(part.lower(), 0) >= _EVERYDAY for part in odd)
        return bool(odd) and not (any(usual) or any(len(part) < 4 or part.isupper() for part in odd))


def _is_name(word: str) -> bool:
    """Inner capitals, all capitals or a digit: how systems, data sets and models are written."""
    return any(char.isupper() for char in word[1:]) or any(char.isdigit() for char in word)


def _capitals(word: str) -> int:
    return sum(map(str.isupper, word))


def _same_word(one: str, other: str) -> bool:
    """Whether two words differ only as British and American spelling do."""
    return any(re.sub(a, b, one) == re.sub(a, b, other) for a, b in _BRITISH)


def author_meant(entities: Entities, name: str) -> str | None:
    """The one author that a misspelt name means; None where it is known, nobody's, or may be of several.

    A part that an author bears is only corrected where its letters were swapped or doubled: "Jiafeng Gou" is Jiafeng
    Guo, but "Jimmy Liu" may be somebody else than Jimmy Lin, who is only offered.
    """
    parts, found = name_words(name), list[str]()
    for words in _similar(entities, parts):
        ((typed, meant),) = ((a, b) for a, b in zip(parts, words, strict=True) if a != b)
        alike = typed[0] == meant[0] and (typed[-1] == meant[-1] or len(typed) != len(meant)) and len(typed) > 3
        if is_slip(typed, meant) or (alike and not entities.is_author((typed,))):
            spelt = {typed: meant, typed.title(): meant.title()}
            found.append(
                " ".join(spelt.get(plain(one).title() if one[0].isupper() else one, one) for one in name.split())
            )
    return found[0] if len(found) == 1 else None


def similar_authors(entities: Entities, name: str) -> list[str]:
    """Names of authors, folded, that differ from somebody unknown in a letter or two of one part, in order."""
    return sorted(" ".join(words) for words in _similar(entities, name_words(name)))


def _similar(entities: Entities, parts: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The names of those who bear all parts of an unknown name but one, and that one nearly; an initial stays."""
    if len(parts) < 2 or entities.is_author(parts):
        return set()
    if len(parts) > 2:
        bearers = {name for part in parts if len(part) > 1 for name in entities.authors((part,))}
    else:  # a surname may have thousands of bearers, whose other names need not be looked up
        bearers = {(other, parts[1]) for other in entities.before(parts[1])}
        bearers |= set(entities.authors(parts[:1])) if len(parts[0]) > 1 else set()
    found = set[tuple[str, ...]]()
    for name in bearers:
        rest = iter(name)
        words = tuple(next((part if len(part) == 1 else w for w in rest if _fits(part, w)), "") for part in parts)
        if all(words) and sum(part != word for part, word in zip(parts, words, strict=True)) == 1:
            found.add(words)
    return found


def _fits(part: str, word: str) -> bool:
    """Whether a part of a name stands for a word of one: as its initial, or within a few slips."""
    distance = 2 if len(part) >= _LONG - 1 else 1
    return word[0] == part if len(part) == 1 else len(word) > 1 and OSA.distance(part, word) <= distance
