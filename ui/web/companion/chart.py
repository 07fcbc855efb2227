"""The map as its canvas takes it: regions with their places at once, papers' titles by region when they are needed."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from rag.papers.browse.tally import trend
from rag.papers.shelf import Shelf
from rag.text.readable import readable
from rag.themes.codes import Code
from rag.themes.map import Map, written
from ui.web.html.written_days import day

MONTHS, FEW_MONTHS = 12, 3
"""Months of a trend at most, and at least."""
TONES = 6
"""Colours of regions; those that lie side by side have different ones."""
FINE = 8
"""Steps of a unit of the plane in which places are sent."""
AT_ONCE = 20_000
"""Papers whose places are sent with the regions; of a larger library they come by region, as titles do."""


def overview(drawn: Map) -> dict[str, Any]:
    """All regions, and where every paper stands.

    Returns:
        ``regions``: code, name and number of papers of each; ``leaves``: of the third level, in the order of their
        papers, code, centre, radius and number of papers; ``dots``: places, int16 little-endian in base64; None where
        there are too many; ``tones`` by region of the first level. Places are in steps of 1 / ``fine``.
    """
    order = in_order(drawn)
    discs = drawn.drawing.plane.discs
    counts = {one.code: one.papers for one in drawn.regions.values()}
    leaves = [
        [written(code), *np.rint(disc * FINE).astype(int).tolist(), counts[code]]
        for code, disc in sorted(zip(map(tuple, drawn.drawing.plane.codes.tolist()), discs, strict=True))
        if code in counts
    ]
    places = np.rint(drawn.places[order] * FINE).astype("<i2")
    return {
        "fine": FINE,
        "regions": [[one.written, one.name, one.papers] for one in drawn.regions.values()],
        "leaves": leaves,
        "dots": base64.b64encode(places.tobytes()).decode() if len(order) <= AT_ONCE else None,
        "tones": {written(code): tone for code, tone in tones(drawn).items()},
    }


def detail(drawn: Map, code: Code, shelf: Shelf) -> dict[str, Any]:
    """The papers of a region: the place of the first in the order of all, and id, title, day and place of each."""
    order = in_order(drawn)
    inside = np.flatnonzero((drawn.codes[order][:, : len(code)] == np.array(code, np.int16)).all(axis=1))
    rows = [order[place] for place in inside]
    first = int(inside[0]) if len(inside) else 0
    held = shelf.papers(drawn.paper_ids[row] for row in rows)
    papers = []
    for row in rows:
        paper_id = drawn.paper_ids[row]
        paper = held.get(paper_id)
        place = np.rint(drawn.places[row] * FINE).astype(int).tolist()
        title = readable(paper.title) if paper else ""
        papers.append([paper_id, title or paper_id, day(paper.date) if paper and not paper.undated else "", *place])
    return {"first": first, "papers": papers}


def marked(drawn: Map, kept: Mapping[str, Iterable[str]]) -> dict[str, list[int]]:
    """Places, in the order of all, of papers that are kept, by how."""
    place = {row: n for n, row in enumerate(in_order(drawn))}
    return {name: sorted(place[row] for row in drawn.rows(ids)) for name, ids in kept.items()}


def trends(drawn: Map, code: Code, days: Mapping[str, date]) -> dict[Code, list[tuple[date, int]]]:
    """How many papers of each region within one are of which of the last months; nothing where there are hardly any.

    Args:
        drawn: The map.
        code: Of the region; empty for all.
        days: Of papers, by id.
    """
    if not days:
        return {}
    first, until = min(days.values()), max(days.values())
    months = min(12 * (until.year - first.year) + until.month - first.month + 1, MONTHS)
    if months < FEW_MONTHS:
        return {}
    return {
        one.code: trend((days[key] for key in drawn.members(one.code) if key in days), until, months)
        for one in drawn.children(code)
    }


def in_order(drawn: Map) -> list[int]:
    """Rows of all papers by their codes, those of a region one after the other."""
    return [int(row) for row in np.lexsort((np.arange(len(drawn.codes)), *drawn.codes.T[::-1]))]


def tones(drawn: Map) -> dict[Code, int]:
    """A colour for each region of the first level: the one whose regions lie farthest away."""
    plane = drawn.drawing.plane
    found: dict[Code, int] = {}
    centres: dict[Code, Any] = {}
    for n in sorted(set(plane.codes[:, 0].tolist())):
        own = plane.codes[:, 0] == n
        centres[(n,)] = plane.discs[own]
    for code, discs in centres.items():
        near = dict.fromkeys(range(TONES), np.inf)
        for other, tone in found.items():
            apart = np.linalg.norm(discs[:, None, :2] - centres[other][:, :2], axis=2) - discs[:, None, 2]
            near[tone] = min(near[tone], float((apart - centres[other][:, 2]).min()))
        found[code] = max(near, key=lambda tone: (near[tone], -tone))
    return found
