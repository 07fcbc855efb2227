"""Texts that repeat another paper's: told by the runs of words that both have."""

from __future__ import annotations

from zlib import crc32

from rag.screen.wording import word_spans, words

RUN = 7
"""Words that two texts share in a row where one repeats the other."""
KEPT = 8
"""One of so many runs is looked up, the same ones in every text (Broder, "On the resemblance and containment of
documents", 1997, section 4: those whose hash it divides)."""
COPIED = 0.5
"""Share of the shorter text's runs that stand in the other from which on one is a copy of it."""
BORROWED = 30
"""Words in a row that are another paper's from which on they are borrowed."""


def shingles(text: str) -> frozenset[int]:
    """Hashes of a text's runs of `RUN` words, the same on every machine."""
    return frozenset(_runs(text))


def sketch(runs: frozenset[int]) -> list[int]:
    """The runs by which a text is looked up, ascending."""
    return sorted(run for run in runs if run % KEPT == 0)


def copied(some: frozenset[int], others: frozenset[int]) -> float:
    """Share of the shorter text's runs that both texts have, 0…1."""
    least = min(len(some), len(others))
    return len(some & others) / least if least else 0.0


def borrowed(text: str, others: frozenset[int]) -> tuple[int, int] | None:
    """The longest span of a text that stands word for word in another one; None where it has too few words."""
    best, begin, length = (0, 0), 0, 0
    for place, run in enumerate(_runs(text)):
        if run not in others:
            length = 0
            continue
        begin = begin if length else place
        length += 1
        if length > best[1]:
            best = (begin, length)
    count = best[1] + RUN - 1 if best[1] else 0
    if count < BORROWED:
        return None
    spans = word_spans(text)
    return spans[best[0]][0], spans[best[0] + count - 1][1]


def _runs(text: str) -> list[int]:
    own = words(text)
    return [crc32(" ".join(own[n : n + RUN]).encode()) for n in range(len(own) - RUN + 1)]
