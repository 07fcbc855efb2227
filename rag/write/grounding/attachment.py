"""What a figure is of, by the clause it stands in: its measure, its data set or domain, and the rest of the clause.

"By 12.5% on Amazon and 3.1% on Taobao" gives each figure a clause of its own. A figure is attached wrongly where each
of its places in the source names another measure or another data set beside it than the sentence does, or where what
the sentence says beside it stands beside another figure. A clause that names none contradicts none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from rag.write.grounding.contradictions import same
from rag.write.grounding.figures import Figure
from rag.write.grounding.lexicon import table
from rag.write.grounding.placement import exchangeable
from rag.write.grounding.support import Said
from rag.write.grounding.words import words

Reading = tuple[int, int]
"""A measure: the line of its family in `measures.txt`, and its place in it."""

_BORDER = re.compile(r"[,;:()]|\b(?:and|while|whereas|but|versus|vs)\b|\.\s", re.IGNORECASE)
"""Where a clause ends between two figures."""
_ONE = re.compile(r"[\s,~$(]*(?:(?:and|or|to|-|\u2013|by|from|up|down|about|over|than|versus|vs)[\s~$]*)*")
"""What stands between figures that share what they are of: "8% and 3%", "from 5 to 3"."""
_PLACE = re.compile(
    r"(?<![\w-])(?P<before>on|for|in|across)\s+(?P<name>(?:[A-Za-z][\w+-]*)(?:\s+(?!(?:and|by|with|over|on|for|in|across|"
    r"compared|while|respectively|to|at|of|from|using|than|when|is|are|was|were)\b)[A-Za-z\d][\w+-]*){0,3})"
)


LEAST = 0.2
"""Share of a clause's idf mass by which the clause of another figure must hold more of it than that of its own."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A name of a measure in a text, with the readings that it has: family and place in the family."""

    start: int
    end: int
    readings: frozenset[Reading]


@dataclass(frozen=True, slots=True)
class Place:
    """A data set, domain or condition: its content stems and the preposition before it."""

    start: int
    before: str
    name: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands in the clause of some figures; `head` before the first figure of the sentence, which all share."""

    figures: tuple[Figure, ...]
    measures: tuple[Measure, ...]
    places: tuple[Place, ...]
    stems: frozenset[str]
    head: frozenset[str]


@cache
def _readings() -> dict[str, frozenset[Reading]]:
    found: dict[str, frozenset[Reading]] = {}
    for family, line in enumerate(table("measures.txt")):
        for place, names in enumerate(line.split("|")):
            for name in names.split(","):
                found[name.strip()] = found.get(name.strip(), frozenset()) | {(family, place)}
    return found


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted(_readings(), key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(n.replace(' ', '[ -]') for n in names)})(?![^\W_])", re.IGNORECASE)


@lru_cache(maxsize=4096)
def measures(text: str) -> tuple[Measure, ...]:
    """The measures that a plain text names, in order."""
    return tuple(
        Measure(m.start(), m.end(), _readings()[re.sub(r"[ -]", " ", m.group().lower())])
        for m in _pattern().finditer(text)
    )


@lru_cache(maxsize=4096)
def clauses(text: str, numbers: tuple[Figure, ...]) -> tuple[Clause, ...]:
    """Cut a plain sentence into the clauses of its figures."""
    if not numbers:
        return ()
    groups: list[list[Figure]] = []
    for figure in numbers:
        if groups and _ONE.fullmatch(text[groups[-1][-1].end : figure.start]):
            groups[-1].append(figure)
        else:
            groups.append([figure])
    cuts = [0]
    for one, other in pairwise(groups):
        gap = text[one[-1].end : other[0].start]
        border = _BORDER.search(gap)
        cuts.append(one[-1].end + (border.start() if border else len(gap)))
    cuts.append(len(text))
    named, placed = measures(text), _places(text)
    read = [(word.start, word.key) for word in words(text) if word.content]
    return tuple(
        Clause(
            tuple(group),
            tuple(m for m in named if low <= m.start < high),
            tuple(p for p in placed if low <= p.start < high),
            frozenset(key for start, key in read if low <= start < high),
            frozenset(key for start, key in read if start < numbers[0].start),
        )
        for group, (low, high) in zip(groups, pairwise(cuts), strict=True)
    )


def _places(text: str) -> tuple[Place, ...]:
    named = measures(text)
    found = []
    for match in _PLACE.finditer(text):
        stems = frozenset(word.key for word in words(match["name"]) if word.content)
        if stems and not any(match.start("name") <= m.start < match.end("name") for m in named):
            found.append(Place(match.start("name"), match["before"].lower(), match["name"], stems))
    return tuple(found)


def detached(
    text: str, wanted: Sequence[Figure], said: Sequence[Said], best: Sequence[Said], weights: Mapping[str, float]
) -> str | None:
    """Say which measure or figure of a sentence belongs to something else in its sources.

    Args:
        text: The sentence, plain.
        wanted: Its figures, all of which stand in the sources.
        said: All sentences of its sources.
        best: Those that support it.
        weights: The idf of its stems.

    Returns:
        A reason for a person, or None.
    """
    if measure := _foreign_measure(text, said, best):
        return f'The source measures something else than "{measure}".'
    there = [clause for one in said if one.figures for clause in clauses(one.text, one.figures)]
    for clause in clauses(text, tuple(wanted)):
        for figure in clause.figures:
            mine = [other for other in there if any(figure.same(f) for f in other.figures)]
            if not mine:
                continue
            if measured := _other_measure(clause, mine):
                return f'{figure.text} is not of "{text[measured.start : measured.end]}" in the source.'
            if place := _other_place(clause, mine, there):
                return f'{figure.text} is not "{place.before} {place.name}" in the source.'
            if other := _other_figure(clause, figure, wanted, mine, there, weights):
                return f"{figure.text} belongs to something else; the source has {other.text} there."
    return None


def _foreign_measure(text: str, said: Sequence[Said], best: Sequence[Said]) -> str | None:
    """A measure of a sentence that its sources don't name where they name another of its family."""
    named = measures(text)
    mine = frozenset(r for measure in named for r in measure.readings)
    there = _read_in(said) if named else frozenset()
    for one in named:
        rivals = _rivals(one.readings, _read_in(best))
        if there.isdisjoint(one.readings) and not rivals <= mine:
            return text[one.start : one.end]
    return None


def _read_in(said: Sequence[Said]) -> frozenset[Reading]:
    """All measures that some sentences name."""
    return frozenset(r for one in said for measure in measures(one.text) for r in measure.readings)


def _rivals(readings: frozenset[Reading], others: frozenset[Reading]) -> frozenset[Reading]:
    """Other measures of the families of a measure."""
    families = {family for family, _ in readings}
    return frozenset(other for other in others if other[0] in families and other not in readings)


def _other_figure(
    clause: Clause,
    figure: Figure,
    wanted: Sequence[Figure],
    mine: Sequence[Clause],
    there: Sequence[Clause],
    weights: Mapping[str, float],
) -> Figure | None:
    """A figure of the sources in whose clause much more of a clause stands than where its own figure does."""
    if len(clause.stems) < 2:
        return None  # a single word may be a paraphrase that no table knows
    if sum(figure.same(one) for one in wanted) > 1:
        return None  # said again in other words: "40k listeners, 40 thousand people"
    here = frozenset().union(*(other.stems | other.head for other in mine))
    least = _held(clause, here, weights) + LEAST * sum(weights.get(one, 1.0) for one in clause.stems)
    for other in there:
        if other not in mine and _held(clause, other.stems, weights) > least:
            for rival in other.figures:
                if exchangeable(figure, rival) and not any(rival.same(one) for one in wanted):
                    return rival
    return None


def _held(clause: Clause, stems: frozenset[str], weights: Mapping[str, float]) -> float:
    """Idf mass of a clause that stands among some stems."""
    return sum(weights.get(one, 1.0) for one in clause.stems if _any_same(one, stems))


def _any_same(stem: str, others: Iterable[str]) -> bool:
    return any(same(stem, other) for other in others)


def _other_measure(clause: Clause, mine: Sequence[Clause]) -> Measure | None:
    for measure in clause.measures:
        stated = [frozenset(r for m in other.measures for r in m.readings) for other in mine]
        if all(measure.readings.isdisjoint(s) and _rivals(measure.readings, s) for s in stated):
            return measure
    return None


def _other_place(clause: Clause, mine: Sequence[Clause], there: Sequence[Clause]) -> Place | None:
    for place in clause.places:
        if any(_stands(place, other.stems) for other in mine):
            continue
        elsewhere = {p.before for other in there for p in other.places if _stands(place, p.stems)}
        if elsewhere and all(any(p.before in elsewhere for p in other.places) for other in mine):
            return place
    return None


def _stands(place: Place, stems: frozenset[str]) -> bool:
    return any(_any_same(one, stems) for one in place.stems)
