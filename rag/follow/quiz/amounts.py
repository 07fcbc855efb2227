"""Gaps of figures: a figure of an abstract taken out, and figures of other papers that might stand there.

What is offered has the same unit and about the same size; neither a range, a round number nor its form gives the right
one away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import inf, log

from rag.follow.quiz.gaps import ADDRESS, GAP, LEAST_WORDS, OTHERS, WORD, Gap, Known, abstract_sentences, opened
from rag.text.readable import readable

_UNIT = (
    r"(?:\s?(?:%|percent\b|percentage points?\b|points?\b)|\s?x(?=[\s,;.)]|$)|×|\s?times\b"
    r"|\s(?:thousand|million|billion)\b|[KM](?!\w)|(?=\s[a-z]{3})|(?=[,;)]|\.\s|\.?$))"
)
_FIGURE = re.compile(
    rf"(?<![\w.,/@^~–—-])(?<![A-Z]\w\s)(?P<number>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)(?P<unit>{_UNIT})(?![-–/×@\w])"
)
"""A figure with its unit: a share, a factor, an amount of something, or a decimal."""
_NAMED = re.compile(r"(?:[A-Z][\w.-]*|@|\btop|\bk\s*=|\bp\s*[<=])\s*$")
"""Before a number that belongs to a name (“Llama 3.1”), or to what is measured."""
_NUMBER = re.compile(r"(?P<number>\d+(?:[.,]\d+)*)(?:\s?(?P<scale>thousand\b|million\b|billion\b|[KMB]\b))?")
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "K": 1e3, "M": 1e6, "B": 1e9}
"""What a word or letter behind a number multiplies it by."""
_RANGE = re.compile(r"\d\s*(?:%|x|×|percent)?\s*(?:-|–|—|to|/|→)\s*[+~≈]?\d", re.IGNORECASE)
_BESIDE = 14
"""Characters about a figure in which another makes a range of it: then one tells of the other."""
_FEW = 20.0
"""A count below this is guessed, and so is what is counted."""
_YEARS = (1900, 2100)
FURTHEST = 6.0
"""How many times larger or smaller another figure may be: one far off is no choice."""
NEAREST = 0.1
"""By which share of the right figure another must at least differ."""
LOG_ODDS = 2.0
"""By how much the log-odds of another share may differ: nobody takes 15% for a purity of 86%."""
POINTS = 3.0
"""Points by which two shares differ enough, however near to the whole both are."""
_ROUND = frozenset({0.0, 1.0, 2.0, 3.0, 50.0, 100.0})
"""Figures that are guessed."""


def figure_gaps(asked: Known, near: Sequence[Known]) -> list[Gap]:
    """Gaps of figures with a unit, in the abstract's sentences."""
    paper = asked.paper
    own = {value for values in _values(readable(paper.lead)) for value in values}
    offered = list(_figures_of(near))
    found = []
    for start, end, text in abstract_sentences(paper):
        for match in _FIGURE.finditer(text):
            if not _is_figure(text, match):
                continue
            others = _like_figure(match, offered, own)
            if len(others) >= OTHERS:
                shown = opened(text[: match.start("number")] + GAP + text[match.end() :])
                taken = text[match.start("number") : match.end()].strip()
                found.append(Gap(start, end, shown, taken, others))
    return found


def _is_figure(text: str, match: re.Match[str]) -> bool:
    """Whether a figure stands alone: in no range or pair, nowhere else in its sentence, and is no round number."""
    number = match["number"]
    around = text[max(0, match.start() - _BESIDE) : match.end() + _BESIDE]
    value = _value(number)
    bare = not match["unit"].strip()
    counted = bare and not _places(number)
    return (
        not _RANGE.search(around)
        and sum(value in values for values in _values(text)) == 1
        and value not in _ROUND
        and not (bare and _NAMED.search(text[: match.start()]))
        and not (counted and (value < _FEW or _YEARS[0] < value < _YEARS[1]))
        and len(WORD.findall(text)) >= LEAST_WORDS
        and not ADDRESS.search(text)
    )


def _figures_of(near: Sequence[Known]) -> Iterable[tuple[re.Match[str], str]]:
    for one in near:
        text = readable(one.paper.abstract)
        for match in _FIGURE.finditer(text):
            if match["unit"].strip() or not _NAMED.search(text[: match.start()]):
                yield match, one.paper.paper_id


def _like_figure(
    right: re.Match[str], offered: Sequence[tuple[re.Match[str], str]], own: set[float]
) -> tuple[tuple[str, str], ...]:
    """Figures of the same unit and about the same size, none that the paper has; those written like it come first.

    A paper has a figure however it writes it: "12K" is 12,000. One of those offered has as many decimals as the right
    one: else its form alone would tell it.
    """
    value, unit, places = _value(right["number"]), _unit(right["unit"]), _places(right["number"])
    found: dict[float, tuple[str, str, bool]] = {}

    def far(one: tuple[re.Match[str], str]) -> tuple[bool, float]:
        other = _value(one[0]["number"])
        return _places(one[0]["number"]) != places, abs(log(other / value)) if other and value else inf

    for match, source in sorted(offered, key=far):
        other = _value(match["number"])
        near = bool(other and value) and 1 / FURTHEST <= other / value <= FURTHEST and _alike(value, other, unit)
        clear = all(_is_apart(other, known, unit) for known in (value, *found))
        held = other in own or other * _SCALES.get(match["unit"].strip(), 1.0) in own
        if near and _unit(match["unit"]) == unit and clear and not held and other not in _ROUND:
            number = f"{int(other):,}" if "," in right["number"] and not _places(match["number"]) else match["number"]
            found[other] = (f"{number}{right['unit']}", source, _places(match["number"]) == places)
    if not any(alike for _, _, alike in found.values()):
        return ()
    return tuple((text, source) for text, source, _ in found.values())


def _is_apart(one: float, other: float, unit: str) -> bool:
    """Whether two figures cannot be taken for each other."""
    apart = abs(one - other)
    return apart > NEAREST * max(one, other) or (unit == "%" and apart >= POINTS)


def _alike(value: float, other: float, unit: str) -> bool:
    """Whether one figure might stand for another: a share as far from nothing and all, a year for none."""
    if unit == "%" and value < 100 and other < 100:
        return abs(_odds(value) - _odds(other)) <= LOG_ODDS
    if unit == "%":
        return value > 100 and other > 100
    return bool(unit) or ((value < 1) == (other < 1) and not _YEARS[0] < other < _YEARS[1])


def _odds(share: float) -> float:
    """The log-odds of a share in hundredths."""
    return log(share / (100 - share))


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _values(text: str) -> Iterable[set[float]]:
    """Of each number of a text what it may mean: by itself, and with what multiplies it ("12K")."""
    for match in _NUMBER.finditer(text):
        with suppress(ValueError):  # "1.2.3" is no number
            value = _value(match["number"])
            yield {value, value * _SCALES.get(match["scale"] or "", 1.0)}


def _unit(written: str) -> str:
    unit = written.strip().casefold()
    return {"percent": "%", "×": "x", "times": "x"}.get(unit, unit.rstrip("s"))


def _places(number: str) -> int:
    return len(number.partition(".")[2])
