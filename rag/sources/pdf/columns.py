"""The order of reading: lines of a page → its columns, one after the other.

What spans the page (a title, a wide table) parts it into bands; inside a band the left column comes before the right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from rag.sources.pdf.lines import Line, split_at

_FEWEST = 6
"""Lines that a column has at least for its page to have two."""
_CROSSING = 0.3
"""Share of a page's pieces that may lie across its gutter: titles, wide tables and figures."""
_STEP = 2.0
_ROWWISE = 0.6
"""From this share of lines on that have a gap at the gutter, a page was painted row by row."""


@dataclass(frozen=True, slots=True)
class Column:
    """Lines from top to bottom, with the edges between which most of them stand."""

    lines: tuple[Line, ...]
    left: float
    right: float


def pages_in_columns(pages: Sequence[Sequence[Line]], widths: Sequence[float]) -> list[list[Column]]:
    """The columns of all pages; one that is too short to tell is parted where most others are.

    Args:
        pages: Level lines, without running heads.
        widths: In points.
    """
    gutters = [_gutter(page, width) for page, width in zip(pages, widths, strict=True)]
    told = [gutter for gutter in gutters if gutter is not None]
    usual = median_low(told) if len(told) >= len(pages) / 2 else None
    return [
        _columns(page, _fitting(page, usual) if at is None else at) for page, at in zip(pages, gutters, strict=True)
    ]


def _fitting(lines: Sequence[Line], usual: float | None) -> float | None:
    """The usual gutter, where a page has lines on either side of it and few across."""
    if usual is None or not any(line.x0 >= usual for line in lines):
        return None
    return usual if sum(line.x0 < usual < line.x1 for line in lines) <= _CROSSING * len(lines) else None


def _columns(lines: Sequence[Line], gutter: float | None) -> list[Column]:
    """The columns of a page in the order of reading."""
    if gutter is None:
        return [_column(lines)] if lines else []
    parted = [line for line in lines if len(split_at(line, gutter)) == 2]
    if len(parted) >= _ROWWISE * len(lines) / 2 and all(len(line.cells) == 2 for line in parted):
        lines = [half for line in lines for half in split_at(line, gutter)]
    spanning = sorted((line for line in lines if line.x0 < gutter - 6 and line.x1 > gutter + 6), key=_from_top)
    rest = [line for line in lines if line not in spanning]
    found: list[Column] = []
    for across, upper, lower in _bands(spanning):
        inside = [line for line in rest if lower < line.y <= upper]
        sides = ([line for line in inside if (line.x0 < gutter) is left] for left in (True, False))
        found += [_column(some) for some in (*sides, across) if some]
    return _with_edges(found, gutter)


def _gutter(lines: Sequence[Line], width: float) -> float | None:
    """Where a page of two columns is parted; None for one of a single column."""
    pieces = [cell for line in lines for cell in line.cells]
    places = [width * 0.35 + _STEP * n for n in range(int(width * 0.3 / _STEP))]
    crossed = {x: sum(piece.x0 < x < piece.x1 for piece in pieces) for x in places}
    if not pieces:
        return None
    least = min(crossed.values())
    best = [x for x in places if crossed[x] == least]
    x = best[len(best) // 2]
    sides = Counter(line.x1 <= x for line in lines if line.x1 <= x or line.x0 >= x)
    return x if least <= _CROSSING * len(pieces) and min(sides[True], sides[False]) >= _FEWEST else None


def _bands(spanning: Sequence[Line]) -> Iterable[tuple[list[Line], float, float]]:
    """Lines that span the page, with what lies above them up to the ones before; at the end none."""
    upper = float("inf")
    group: list[Line] = []
    for line in spanning:
        if group and group[-1].y - line.y > 3 * max(line.size, group[-1].size):
            yield group, upper, group[0].y
            upper, group = group[-1].y, []
        group.append(line)
    if group:
        yield group, upper, group[0].y
        upper = group[-1].y
    yield [], upper, float("-inf")


def _column(lines: Sequence[Line]) -> Column:
    ordered = _rows(lines)
    left = Counter(round(line.x0) for line in lines for _ in range(len(line.text))).most_common(1)[0][0]
    right = Counter(round(line.x1) for line in lines for _ in range(len(line.text))).most_common(1)[0][0]
    return Column(tuple(ordered), left, max(right, left))


def _with_edges(found: list[Column], gutter: float) -> list[Column]:
    """Short columns take the edges of the longer ones on their side."""
    best: dict[bool, Column] = {}
    for column in found:
        side = (column.left < gutter) and column.right > gutter + 6
        if side:
            continue
        key = column.left < gutter
        if key not in best or len(column.lines) > len(best[key].lines):
            best[key] = column
    return [
        column
        if column.right > gutter + 6 > gutter > column.left or (column.left < gutter) not in best
        else Column(column.lines, best[column.left < gutter].left, best[column.left < gutter].right)
        for column in found
    ]


def _rows(lines: Sequence[Line]) -> list[Line]:
    """From top to bottom; what stands on one baseline, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=_from_top):
        if rows and abs(rows[-1][0].y - line.y) <= 0.3 * max(line.size, rows[-1][0].size):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.x0)]


def _from_top(line: Line) -> float:
    return -line.y
