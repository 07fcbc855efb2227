"""Figures of a sentence: their values however they are written, what they measure, and whether a text holds them.

``56k`` = 56,000, ``3x`` = threefold = three times, ``half`` = 50%, ``6x10^6`` = 6,000,000. A number that is part of a
name (GPT-4o, nDCG@10, top-1) is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Unit = Literal["", "share", "factor", "money", "time", "memory"]

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
_COUNTS = {word: n for n, word in enumerate(_SMALL)} | {
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12,
}  # fmt: skip
_SCALES = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "million": 10**6, "b": 10**9, "billion": 10**9, "bn": 10**9,
    "trillion": 10**12, "hundred": 100,
}  # fmt: skip
_FACTORS = {
    "twice": 2, "twofold": 2, "double": 2, "doubles": 2, "doubled": 2, "doubling": 2, "thrice": 3, "triple": 3,
    "triples": 3, "tripled": 3, "tripling": 3, "threefold": 3, "quadruple": 4, "quadrupled": 4, "fourfold": 4,
    "fivefold": 5, "tenfold": 10,
}  # fmt: skip
_SHARES = {"half": 50, "halves": 50, "halved": 50, "halving": 50, "quarter": 25}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\w)\.\d+"
_TIMES_TEN = r"\s?(?:x|\u00d7|\*)\s?10\s?\^\s?[({]?(?P<power>[-\u2212]?\d{1,2})[)}]?"
_COUNT_WORDS = "|".join(sorted(set(_COUNTS) - {"zero", "one"}, key=len, reverse=True))
_FIGURE = re.compile(
    rf"""(?<![^\W\d_])(?<!(?<![\d.])[^\W\d_][-\u2010\u2011])(?<![_@\d])(?<!\d[.,])(?<!\.)
        (?P<money>[$\u20ac\u00a3]\s?)?
        (?:10\s?\^\s?[({{]?(?P<alone>\d{{1,2}})[)}}]?|(?P<number>{_NUMBER})(?:{_TIMES_TEN})?)
        (?:\s?(?P<scale_word>thousand|million|billion|trillion|hundred)\b
          |(?P<scale>[kKMB]|bn)(?![^\W\d_]))?
        (?:\s?(?P<share>%|per\s?cent\b|percentage\s+points?\b|pp\b|points?\b)
          |\s?(?P<factor>[x\u00d7](?![^\W_])|times\b(?!\s+(?:a|per)\b)|-?fold\b)
          |\s?(?P<time>ms|milliseconds?|s|secs?|seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?)(?![^\W_])
          |\s?(?P<memory>[KMGT]i?B)(?![^\W_]))?
        (?!\^?[^\W\d_]|[-\u2010\u2011]?(?:D|shot)\b)""",
    re.VERBOSE,
)
_WORDED = re.compile(
    rf"""\b(?:(?P<count>(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[-\s](?:{"|".join(_SMALL[1:10])})|{_COUNT_WORDS})
          (?:[-\s](?P<scale>hundred|thousand|million|billion))?
          (?:\s?(?P<share>per\s?cent\b|percentage\s+points?\b|points?\b)|[-\s]?(?P<factor>times\b(?!\s+(?:a|per)\b)|fold\b))?
        |(?P<whole_factor>{"|".join(_FACTORS)})|(?P<whole_share>{"|".join(_SHARES)}))\b""",
    re.VERBOSE | re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s+(?!(?:and|or|to|on|in|for|over|at|of|by|with|vs|versus|when|while|than|as|respectively)\b)[a-z]{3,}"
)
_NEVER_COUNTS = ("share", "factor", "time")
_RANGE = re.compile(r"\s?(?:-|\u2010|\u2011|\u2013|to)\s?\+?$")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        text: As written.
        values: Its readings: "half" may stand for 50 (per cent) and for 0.5.
        unit: What kind of quantity it is; empty where nothing says so.
        start: Offset of its first character, `end` behind its last.
        counts: Whether it stands before what it counts ("45 submissions"), so that it is no share, factor or time.
    """

    text: str
    values: frozenset[Decimal]
    unit: Unit
    start: int
    end: int
    counts: bool = False

    def same(self, other: Figure) -> bool:
        """Whether both may say the same: a common reading, and no two different units."""
        if (self.counts and other.unit in _NEVER_COUNTS) or (other.counts and self.unit in _NEVER_COUNTS):
            return False
        return bool(self.values & other.values) and (self.unit == other.unit or not (self.unit and other.unit))


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a plain text, in order; both ends of a range have the unit of its second."""
    found = [_digits(match) for match in _FIGURE.finditer(text)]
    ends = [figure.end for figure in found]
    for match in _WORDED.finditer(text):
        behind = bisect_right(ends, match.start())
        if behind == len(ends) or found[behind].start >= match.end():
            found.append(_worded(match))
    found.sort(key=lambda figure: figure.start)
    for i in range(len(found) - 2, -1, -1):
        between = text[found[i].end : found[i + 1].start]
        if not found[i].unit and _RANGE.fullmatch(between) and found[i + 1].unit in ("share", "factor"):
            one = found[i]
            found[i] = Figure(one.text, one.values, found[i + 1].unit, one.start, one.end)
    return tuple(found)


def missing(wanted: Sequence[Figure], there: Sequence[Figure]) -> list[Figure]:
    """The figures that stand nowhere among others."""
    return [figure for figure in wanted if not any(figure.same(other) for other in there)]


def _digits(match: re.Match[str]) -> Figure:
    if match["alone"]:
        value = Decimal(10) ** int(match["alone"])
    else:
        value = Decimal(match["number"].replace(",", ""))
        if match["power"]:
            value *= Decimal(10) ** int(match["power"].replace("\u2212", "-"))
    scale = _SCALES.get((match["scale_word"] or match["scale"] or "").lower(), 1)
    unit: Unit = ""
    for name in ("share", "factor", "time", "memory", "money"):
        if match[name]:
            unit = name
            break
    counts = not unit and "." not in match.group() and bool(_COUNTED.match(match.string, match.end()))
    return Figure(match.group(), frozenset({value * scale}), unit, match.start(), match.end(), counts)


def _worded(match: re.Match[str]) -> Figure:
    lower = match.group().lower()
    if match["whole_factor"]:
        return Figure(lower, frozenset({Decimal(_FACTORS[lower])}), "factor", match.start(), match.end())
    if match["whole_share"]:
        share = Decimal(_SHARES[lower])
        return Figure(lower, frozenset({share, share / 100}), "", match.start(), match.end())
    value = Decimal(sum(_COUNTS[part] for part in re.split(r"[-\s]", match["count"].lower())))
    unit: Unit = "share" if match["share"] else "factor" if match["factor"] else ""
    scale = _SCALES.get((match["scale"] or "").lower(), 1)
    return Figure(match.group(), frozenset({value * scale}), unit, match.start(), match.end())


_BOUND = re.compile(
    r"(?:(?P<least>\b(?:more\s+than|over|above|at\s+least|exceed\w*|beyond|upwards\s+of|surpass\w*)|[>\u2265])"
    r"|(?P<most>\b(?:less\s+than|under|below|at\s+most|up\s+to|fewer\s+than|no\s+more\s+than|within|only|just)|[<\u2264]))"
    r"\s*(?:(?:a|an|the|about|some)\s+)?[~$\u20ac\u00a3]?$",
    re.IGNORECASE,
)


def bound(text: str, figure: Figure) -> int:
    """Whether a text gives a figure as a lower bound (1), an upper one (-1), or neither (0)."""
    match = _BOUND.search(text[max(0, figure.start - 24) : figure.start])
    return 0 if match is None else 1 if match["least"] else -1
