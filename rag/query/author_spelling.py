"""Misspelt names of authors: "Jimy Lin" → "Jimmy Lin", if the library knows only the second.

A part of a name that an author of the library bears is only corrected where its letters were swapped or doubled:
"Jiafeng Gou" is Jiafeng Guo, but "Jimmy Liu" may be somebody else than Jimmy Lin, who is only offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import product

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rag.text.names import name_words

_SHORT, _LONG = 5, 8
"""Letters below which a part may only lack a letter, or have one doubled or swapped, and from which on it may have two
slips."""
_VOWELS = frozenset("aeiouy")


class NameSpeller:
    """Corrects names towards a library's authors."""

    def __init__(self, words: Collection[str], is_author: Callable[[str], bool]) -> None:
        """Make a corrector.

        Args:
            words: All parts of authors' names, folded as by `name_words`.
            is_author: Whether somebody of a name wrote a paper.
        """
        self._words = words
        self._is_author = is_author

    def corrected(self, name: str) -> str | None:
        """The one author that a misspelt name can mean; None where it is known, nobody's, or of several."""
        parts = name_words(name)
        if not any(len(part) > 1 for part in parts) or self._is_author(name):
            return None
        choices = [self._choices(part) for part in parts]
        if not all(choices) or not any(part in self._words for part in parts if len(part) > 1):
            return None
        meant = [
            combined for combined in product(*choices) if combined != parts and self._is_author(" ".join(combined))
        ]
        if len(meant) != 1:
            return None
        typed = name.split()
        if len(typed) != len(parts):
            return " ".join(word.capitalize() for word in meant[0])
        words = zip(typed, parts, meant[0], strict=True)
        return " ".join(one if part == word else _as(one, word) for one, part, word in words)

    def similar(self, name: str) -> list[str]:
        """Names of authors, folded, that differ from somebody unknown in a letter or two of one part, in order."""
        parts = name_words(name)
        if len(parts) < 2 or self._is_author(name):
            return []
        others = (
            " ".join((*parts[:n], other, *parts[n + 1 :]))
            for n, part in enumerate(parts)
            if len(part) > 1
            for other in self._near(part)
        )
        return sorted(other for other in others if self._is_author(other))

    def _choices(self, part: str) -> list[str]:
        """What a part can be: itself where it is known or an initial, and the parts that a slip away makes of it."""
        if len(part) == 1:
            return [part]
        if part in self._words:
            return [part, *(word for word in self._near(part) if _is_slip(part, word))]
        return [word for word in self._near(part) if _may_mean(part, word)]

    def _near(self, part: str) -> list[str]:
        """Other parts of names within a Damerau-Levenshtein distance, in order."""
        distance = 2 if len(part) >= _LONG else 1
        near = process.extract(part, self._words, scorer=OSA.distance, score_cutoff=distance, limit=None)
        return sorted(word for word, _, _ in near if word != part)


def _is_slip(typed: str, meant: str) -> bool:
    """Whether letters were only swapped, or a doubled one written once, or the reverse."""
    return sorted(typed) == sorted(meant) or _undoubled(typed) == _undoubled(meant)


def _may_mean(typed: str, meant: str) -> bool:
    """Whether a slip of the fingers explains the difference."""
    if _is_slip(typed, meant):
        return True
    if typed[0] != meant[0] or len(typed) < _SHORT - 1 or (len(typed) < _SHORT and len(meant) <= len(typed)):
        return False
    other_vowel = len(typed) == len(meant) and typed[-1] != meant[-1] and {typed[-1], meant[-1]} <= _VOWELS
    return not other_vowel  # Maria is not Mario


def _as(typed: str, word: str) -> str:
    """A word with a capital where what was typed has one."""
    return word if typed[:1].islower() else word.capitalize()


def _undoubled(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)
