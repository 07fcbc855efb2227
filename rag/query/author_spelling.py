"""Misspelt names of authors: "Jimy Lin" → "Jimmy Lin", if the library knows only the second.

A part of a name that an author of the library bears is only corrected where its letters were swapped or doubled:
"Jiafeng Gou" is Jiafeng Guo, but "Jimmy Liu" may be somebody else than Jimmy Lin, who is only offered. One part must be
right: who is meant is looked for among those who bear it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rapidfuzz.distance import OSA

from rag.papers.entities import Entities
from rag.text.names import name_words

_SHORT, _LONG = 5, 8
"""Letters below which a part may only lack a letter, or have one doubled or swapped, and from which on it may have two
slips."""
_VOWELS = frozenset("aeiouy")


def corrected(entities: Entities, name: str) -> str | None:
    """The one author that a misspelt name can mean; None where it is known, nobody's, or of several."""
    parts = name_words(name)
    known = {part for part in parts if entities.is_author((part,))}

    def fits(part: str, word: str) -> bool:
        return part == word or (_is_slip(part, word) if part in known else _may_mean(part, word))

    meant = _meant(entities, parts, fits)
    if len(meant) != 1:
        return None
    (words,) = meant
    typed = name.split()
    if len(typed) != len(parts):
        return " ".join(word.capitalize() for word in words)
    found = zip(typed, parts, words, strict=True)
    return " ".join(one if part == word else _as(one, word) for one, part, word in found)


def similar(entities: Entities, name: str) -> list[str]:
    """Names of authors, folded, that differ from somebody unknown in a letter or two of one part, in order."""
    parts = name_words(name)
    meant = _meant(entities, parts, lambda part, word: part == word or _is_near(part, word))
    return sorted(" ".join(words) for words in meant if sum(a != b for a, b in zip(parts, words, strict=True)) == 1)


def _meant(entities: Entities, parts: tuple[str, ...], fits: Callable[[str, str], bool]) -> set[tuple[str, ...]]:
    """What the parts of an unknown name may stand for in the names of those who bear one of them."""
    if len(parts) < 2 or entities.is_author(parts):
        return set()
    if len(parts) > 2:
        bearers = {name for part in parts if len(part) > 1 for name in entities.authors((part,))}
    else:  # a surname may have thousands of bearers, whose other names need not be looked up
        bearers = {(other, parts[1]) for other in entities.before(parts[1])}
        bearers |= set(entities.authors(parts[:1])) if len(parts[0]) > 1 else set()
    return {words for name in bearers if (words := _aligned(parts, name, fits))}


def _aligned(parts: tuple[str, ...], name: tuple[str, ...], fits: Callable[[str, str], bool]) -> tuple[str, ...] | None:
    """The words of a name that the parts fit in their order; an initial stays what it is."""
    rest = iter(name)
    words = []
    for part in parts:
        word = next((w for w in rest if (w[0] == part if len(part) == 1 else fits(part, w))), None)
        if word is None:
            return None
        words.append(part if len(part) == 1 else word)
    return tuple(words)


def _is_near(part: str, word: str) -> bool:
    """Whether a word is within the Damerau-Levenshtein distance of a few slips."""
    distance = 2 if len(part) >= _LONG else 1
    return len(word) > 1 and OSA.distance(part, word, score_cutoff=distance) <= distance


def _is_slip(typed: str, meant: str) -> bool:
    """Whether letters were only swapped, or a doubled one written once, or the reverse."""
    return _is_near(typed, meant) and (sorted(typed) == sorted(meant) or _undoubled(typed) == _undoubled(meant))


def _may_mean(typed: str, meant: str) -> bool:
    """Whether a slip of the fingers explains the difference."""
    if not _is_near(typed, meant) or _is_slip(typed, meant):
        return _is_slip(typed, meant)
    if typed[0] != meant[0] or len(typed) < _SHORT - 1 or (len(typed) < _SHORT and len(meant) <= len(typed)):
        return False
    other_vowel = len(typed) == len(meant) and typed[-1] != meant[-1] and {typed[-1], meant[-1]} <= _VOWELS
    return not other_vowel  # Maria is not Mario


def _as(typed: str, word: str) -> str:
    """A word with a capital where what was typed has one."""
    return word if typed[:1].islower() else word.capitalize()


def _undoubled(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)
