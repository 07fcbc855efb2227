"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

LONGEST = 3000
"""Words and signs of a text that are compared; the time grows with their square, and abstracts have some 300."""
FEW = 4
"""Fewer words than these, and than were changed before them, are not worth showing as kept between two changes."""
_PIECE = re.compile(r"\w+|[^\w\s]|\s+")


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch of two texts: what the old one has there and what the new one has; equal where nothing changed."""

    old: str
    new: str

    @property
    def is_kept(self) -> bool:
        """Whether both texts say the same here."""
        return self.old == self.new


def compare(old: str, new: str) -> list[Difference]:
    """The stretches of two texts in order: joined, the old sides are the old text and the new sides the new one.

    What only a few words part is one change, since what was written anew reads better in one piece; of texts longer
    than `LONGEST` everything counts as changed.
    """
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    if max(len(before), len(after)) > LONGEST:
        return [Difference(old, new)]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        Difference("".join(before[a:b]), "".join(after[c:d]))
        for _, a, b, c, d in _merged(matcher.get_opcodes(), before)
    ]


_Change = tuple[str, int, int, int, int]


def _merged(changes: Iterable[_Change], before: list[str]) -> list[_Change]:
    """Changes with those made one that only a few words part."""
    changes = list(changes)
    merged: list[_Change] = []
    for n, (kind, a, b, c, d) in enumerate(changes):
        last, begin, end, start, stop = merged[-1] if merged else ("equal", 0, 0, 0, 0)
        words = sum(piece[0].isalnum() for piece in before[a:b])
        is_gap = words < min(FEW, max(end - begin, stop - start)) and n < len(changes) - 1
        if last != "equal" and (kind != "equal" or is_gap):
            merged[-1] = ("replace", begin, b, start, d)
        else:
            merged.append((kind, a, b, c, d))
    return merged
