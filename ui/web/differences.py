"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from markupsafe import Markup

from ui.web.rendering import element, join

LONGEST = 3000
"""Words and signs of a text that are compared; the time grows with their square, and abstracts have some 300."""
FEW = 4
"""Fewer words than these, and than were changed before them, are not worth showing as kept between two changes."""
_PIECE = re.compile(r"\w+|[^\w\s]|\s+")


def differences(old: str, new: str) -> Markup:
    """The new text with what was taken out of the old one and what was put in, as `del` and `ins`."""
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    if max(len(before), len(after)) > LONGEST:
        return join([element("del", old), element("ins", new)], " ")
    parts: list[Markup | str] = []
    for kind, a, b, c, d in _merged(SequenceMatcher(None, before, after, autojunk=False).get_opcodes(), before):
        if kind == "equal":
            parts.append("".join(after[c:d]))
            continue
        if b > a:
            parts.append(element("del", "".join(before[a:b])))
        if d > c:
            parts.append(element("ins", "".join(after[c:d])))
    return join(parts)


_Change = tuple[str, int, int, int, int]


def _merged(changes: Iterable[_Change], before: list[str]) -> list[_Change]:
    """Changes with those made one that only a few words part: what was written anew reads better in one piece."""
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
