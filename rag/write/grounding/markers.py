"""Citation markers: ``[1]``, ``[1][2]``, ``[1, 3]``, ``[1-3]``.

Any whole number of three digits at most, in square brackets, counts as a marker where it does not begin with 0, so
that an interval such as ``[0, 1]`` stays text. Brackets after a picture's ``!`` or before a link's ``(`` do not.
"""

from __future__ import annotations

import re

_NUMBER = r"[1-9]\d{0,2}"
MARKER = re.compile(rf"(?<!!)\[\s?{_NUMBER}(?:\s*[,;]\s*{_NUMBER}|\s*[-\u2013]\s*{_NUMBER})*\s?\](?!\()")
"""One marker; it may name several sources."""
MARKERS = re.compile(rf"{MARKER.pattern}(?:\s?{MARKER.pattern})*")
"""Markers that stand together."""
_RANGE = re.compile(rf"({_NUMBER})\s*[-\u2013]\s*({_NUMBER})|({_NUMBER})")
_LONGEST_RANGE = 20


def cited(sentence: str) -> tuple[int, ...]:
    """The sources that a sentence's markers name, once each, in order of first mention."""
    numbers: dict[int, None] = {}
    for marker in MARKER.finditer(sentence):
        for match in _RANGE.finditer(marker.group()):
            first = int(match[1] or match[3])
            last = int(match[2] or match[3])
            numbers |= dict.fromkeys(range(first, min(last, first + _LONGEST_RANGE) + 1) or (first, last))
    return tuple(numbers)


def without_markers(sentence: str) -> str:
    """The sentence without its markers and the blank before each."""
    return re.sub(rf"\s?{MARKER.pattern}", "", sentence)
