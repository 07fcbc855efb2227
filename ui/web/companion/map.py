"""The map's page: the canvas, and beside it the same in words, region by region."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup

from rag.text.grammar import plural
from rag.themes.codes import Code
from rag.themes.map import Map, Region, written
from rag.types import Paper
from ui.web.base import address
from ui.web.html import bars, items
from ui.web.html.rendering import EMPTY, button, element, join, moment

PAGE_SIZE = 25
ALSO = 3
"""What else a region is about, beside its name in a list."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page shows.

    Attributes:
        drawn: The map.
        code: The region that is looked at; empty for all.
        state: Changes whenever the map does; part of the addresses of its data.
        kept: Places of the reader's papers on it, by how they are kept.
        papers: Of the region, those of this page.
        offset: Papers on the pages before it.
        marks: By paper, what the reader may do with it.
        trends: Of the regions within it, papers by month.
    """

    drawn: Map
    code: Code = ()
    state: str = ""
    kept: Mapping[str, Sequence[int]] = field(default_factory=dict)
    papers: Sequence[Paper] = ()
    offset: int = 0
    marks: Mapping[str, Markup] = field(default_factory=dict)
    trends: Mapping[Code, Sequence[tuple[date, int]]] = field(default_factory=dict)


def page(sheet: Sheet) -> Markup:
    """The whole page."""
    beside = _region(sheet) if sheet.code else _regions(sheet)
    return element(
        "div",
        element("div", _chart(sheet), element("div", *beside, class_="told"), class_="spread"),
        class_="page map",
    )


def drawing(code: str) -> Markup:
    """What stands there while the map is drawn for the first time."""
    said = "The map is being drawn; that takes some seconds, once."
    waiting = element("div", element("h1", "Map", tabindex="-1"), element("p", said, role="status"), class_="page")
    return element("div", waiting, data_later=f"/view/mapped{code and '/'}{code}")


def _chart(sheet: Sheet) -> Markup:
    """The place of the canvas, with its buttons and what its marks mean."""
    tools = [
        button("+", "map-in", label="Zoom in"),
        button("−", "map-out", label="Zoom out"),
        button("⤢", "map-all", label="Show all"),
    ]
    hint = "Arrow keys move, plus and minus zoom, 0 shows all, Enter opens the paper in the middle, or its region."
    canvas = element(
        "div",
        element("canvas", aria_hidden="true"),
        role="application",
        aria_roledescription="map",
        aria_label=f"Map of {plural(len(sheet.drawn.paper_ids), 'paper')}",
        aria_describedby="map-keys",
        tabindex="0",
        class_="canvas",
    )
    return element(
        "figure",
        canvas,
        element("div", *tools, class_="zoom"),
        element("p", EMPTY, class_="where", aria_live="polite"),
        element("div", EMPTY, class_="tip", hidden=True),
        _legend(sheet),
        element("p", hint, class_="unseen", id="map-keys"),
        class_="chart",
        data_chart=f"/view/chart?state={sheet.state}",
        data_at=written(sheet.code),
        data_kept=json.dumps({name: list(rows) for name, rows in sheet.kept.items()}),
    )


def _legend(sheet: Sheet) -> Markup:
    said = {"starred": "starred", "later": "to read later", "listed": "on a list"}
    shown = [
        element("span", element("i", EMPTY, class_=name, aria_hidden="true"), f"{text} {len(sheet.kept[name])}")
        for name, text in said.items()
        if sheet.kept.get(name)
    ]
    return element("figcaption", *shown) if shown else EMPTY


def _regions(sheet: Sheet) -> list[Markup]:
    drawn = sheet.drawn
    regions = drawn.children()
    held = f"{plural(len(drawn.paper_ids), 'paper')} in {plural(len(regions), 'region')}, by what they are about."
    return [
        element("h1", "Map", tabindex="-1"),
        element("p", held, class_="lead"),
        _state(drawn),
        element("ol", *(_entry(sheet, one) for one in regions), class_="regions"),
    ]


def _entry(sheet: Sheet, one: Region) -> Markup:
    """A region with those within it."""
    also = element("p", ", ".join(one.also[:ALSO]), class_="also") if one.also else EMPTY
    parts = sheet.drawn.children(one.code)
    within = [element("li", _link(part)) for part in parts]
    inner = (
        element("details", element("summary", plural(len(parts), "part")), element("ol", *within)) if within else EMPTY
    )
    return element("li", _of(sheet, one), also, inner)


def _of(sheet: Sheet, one: Region) -> Markup:
    """A region and its papers by month."""
    return element("div", _link(one), bars.small(sheet.trends.get(one.code, ()), "Papers"), class_="of")


def _link(one: Region) -> Markup:
    code = element("span", one.written, class_="code")
    name = element("a", one.name, href=address.region(one.written), data_region=one.written)
    return join([code, " ", name, element("span", f"{one.papers:,}", class_="count")])


def _state(drawn: Map) -> Markup:
    """Since when codes are what they are, and what they leave out."""
    day = moment(drawn.drawing.day)
    told: list[Markup | str] = ["Drawn on ", day]
    if drawn.later:
        told.append(f" over {plural(drawn.drawing.over, 'paper')}; {drawn.later:,} came since and found their regions")
    told.append(".")
    if drawn.redrawn:
        told.append(f" It was drawn anew, as {drawn.redrawn}; codes from before lead elsewhere.")
    if drawn.unplaced:
        told.append(f" {plural(drawn.unplaced, 'paper')} not indexed yet and not on it.")
    if drawn.overdue:
        told.append(join([" ", element("code", "paperchat map --rebuild"), " draws it anew; codes then change."]))
    return element("p", *told, class_="hint")


def _region(sheet: Sheet) -> list[Markup]:
    drawn, code = sheet.drawn, sheet.code
    one = drawn.region(code)
    path = [element("a", "Map", href=address.region(), data_region="")]
    for depth in range(1, len(code)):
        above = drawn.region(code[:depth])
        path.append(element("a", above.name, href=address.region(above.written), data_region=above.written))
    parts = [element("li", _of(sheet, part)) for part in drawn.children(code)]
    head = element("h1", element("span", one.written, class_="code"), " ", one.name, tabindex="-1")
    also = element("p", f"Also: {', '.join(one.also)}.", class_="lead") if one.also else EMPTY
    rows = [items.row(paper, marks=sheet.marks.get(paper.paper_id, EMPTY)) for paper in sheet.papers]
    return [
        element("nav", join(path, " / "), aria_label="Regions above", class_="path"),
        head,
        also,
        element("ol", *parts, class_="regions") if parts else EMPTY,
        element("h2", plural(one.papers, "paper"), element("span", "newest first", class_="count")),
        items.listed(rows),
        _pager(sheet, one),
    ]


def _pager(sheet: Sheet, one: Region) -> Markup:
    """Links to the pages before and after this one."""
    if one.papers <= PAGE_SIZE:
        return EMPTY
    first, last = sheet.offset + 1, min(sheet.offset + PAGE_SIZE, one.papers)
    here = element("span", f"{first:,} to {last:,} of {one.papers:,}", class_="here")
    back = _step("← Before", one, max(sheet.offset - PAGE_SIZE, 0), sheet.offset > 0)
    more = _step("More →", one, last, last < one.papers)
    return element("nav", back, here, more, class_="pager", aria_label="Pages of the list")


def _step(text: str, one: Region, offset: int, is_possible: bool) -> Markup:
    if not is_possible:
        return element("span", class_="step")
    return element("a", text, href=address.region(one.written, offset), class_="step")
