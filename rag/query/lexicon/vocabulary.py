"""The words of a library, with their usual spelling and how many papers use them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rag.text.folding import fold as fold

TOKEN = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*")
"""A word, hyphens included."""
PART = re.compile(r"[^\W_]+")
_COMMAND = re.compile(r"\\[A-Za-z]+")
COMMON = 3
"""Papers in which an ordinary word must stand before others are corrected to it, unless the dictionary has it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of the library: its usual spelling and the number of papers that use it."""

    surface: str
    papers: int


class Vocabulary:
    """The words of the library, by their folded form."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> Vocabulary:
        """Count in how many texts each word stands; a hyphenated word also counts as a whole."""
        surfaces: Counter[str] = Counter()
        for text in texts:
            words = set(TOKEN.findall(_COMMAND.sub(" ", text) if "\\" in text else text))
            surfaces.update(words)
            surfaces.update({part for word in words if not word.isalnum() for part in PART.findall(word)} - words)
        papers: Counter[str] = Counter()
        best: dict[str, tuple[int, str]] = {}
        for surface, count in surfaces.items():
            key = fold(surface)
            papers[key] += count
            weight = 4 * count if surface.islower() else count  # capitals may only be those of a sentence or a title
            best[key] = max(best.get(key, (0, "")), (weight, surface))
        return cls({key: Entry(best[key][1], count) for key, count in papers.items() if key and not key.isdigit()})

    def dump(self) -> str:
        """One line a word, to be read back by `load`."""
        return "\n".join(f"{key}\t{entry.surface}\t{entry.papers}" for key, entry in self.entries.items())

    @classmethod
    def load(cls, dumped: str) -> Vocabulary:
        """Read what `dump` wrote."""
        rows = (line.split("\t") for line in dumped.splitlines())
        return cls({key: Entry(surface, int(count)) for key, surface, count in rows})

    def __contains__(self, word: str) -> bool:
        return fold(word) in self.entries

    def is_ordinary(self, word: str) -> bool:
        """Whether the library writes the word in lower case."""
        entry = self.entries.get(fold(word))
        return entry is not None and entry.surface.islower() and entry.papers >= COMMON

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        words: dict[str, list[str]] = defaultdict(list)
        for key in self.entries:
            words[key[0]].append(key)
        return dict(words)

    def near(self, key: str, distance: int) -> list[tuple[str, int]]:
        """Words within a Damerau-Levenshtein distance, each with its own; the first letter may be swapped."""
        words = [word for letter in dict.fromkeys(key[:2]) for word in self._by_letter.get(letter, [])]
        hits = process.extract(key, words, scorer=OSA.distance, score_cutoff=distance, limit=None)
        return [(hit, int(apart)) for hit, apart, _ in hits]
