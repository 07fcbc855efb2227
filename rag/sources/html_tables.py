"""HTML tables, alone on a page or inside Markdown: rows of cells under a row of headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from rag.sources.columns import field_of, reads_as_table
from rag.sources.fields import day_in
from rag.sources.identifiers import names_paper
from rag.sources.rows import READ_AS_HEADING, Origin, could_be_title, paper_of
from rag.text.markup import plain, plain_title
from rag.types import Paper, Rejected

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_MARKDOWN_HEADING = re.compile(r"^#{1,6}[ \t]+([^\n]*)$", re.MULTILINE)
_MOST_COLUMNS, _MOST_ROWS = 100, 10_000
"""That one cell takes: a table of papers has no larger ones."""
_HEADINGS = "h1, h2, h3, h4, h5, h6, caption, time, title"


def is_html_list(text: str) -> bool:
    """Whether a text holds an HTML table of papers."""
    return "<tr" in text.casefold() and any(_headers(table) for table in _tables(text))


def read_html_tables(text: str, origin: Origin) -> Iterator[Paper | Rejected]:
    """Yield the rows of all tables of papers on a page; a row says its number in the table, for it has no line."""
    day = origin.day
    for node in _nodes(text):
        if node.tag != "table":
            day = day_in(node.text(separator=" ")) or day
            continue
        columns = _headers(node)
        if columns:
            origin.unread.update(name for name in columns if name and field_of(name) is None)
            yield from _rows(node, columns, origin, day)


def _rows(table: LexborNode, columns: list[str], origin: Origin, day: date | None) -> Iterator[Paper | Rejected]:
    for number, cells, under in _entries(table, columns, day):
        found = origin.rejected(0, READ_AS_HEADING) if cells is None else paper_of(cells, origin, 0, under)
        if isinstance(found, Rejected):
            found = origin.rejected(0, f"row {number} of the table: {found.reason}")
        yield found


def _entries(
    table: LexborNode, columns: list[str], day: date | None
) -> Iterator[tuple[int, dict[str, object] | None, date | None]]:
    """The cells of each paper by their headers, with its row's number and the day above it.

    A title that spans several rows is one paper's; a text across the columns is a heading, and has no cells where it
    could be a title.
    """
    rows = _own_rows(table)
    first = next(n for n, row in enumerate(rows) if _texts(row) == columns)
    titles = {n for n, name in enumerate(columns) if field_of(name) == "title"}
    last: tuple[int, dict[str, object], date | None] | None = None
    for number, (row, (cells, above)) in enumerate(zip(rows[first:], _spread(rows[first:]), strict=True)):
        said = [one for one in _texts(row) if one]
        if not said or _texts(row) == columns:
            continue
        only = day_in(said[0]) if len(said) == 1 else None
        if only or (len(said) == 1 and len(columns) > 1 and _is_across(row)):
            day = only or day
            if not only and could_be_title(said[0]):
                yield number, None, day
        elif titles & above:
            if last:
                _add(last[1], _named(columns, [None if n in above else cell for n, cell in enumerate(cells)]))
        else:
            if last:
                yield last
            last = number, _named(columns, cells), day
    if last:
        yield last


def _is_across(row: LexborNode) -> bool:
    """Whether a row's text stands across several columns, and names no paper by a link, an address or an id."""
    if row.css_first("a") is not None or names_paper(row.text(separator=" ")):
        return False
    return any(_span(cell, "colspan") > 1 for cell in _cells(row) if cell is not None)


def _add(named: dict[str, object], more: dict[str, object]) -> None:
    """Add what a further row says of the same paper."""
    for name, value in more.items():
        known = named.get(name)
        if isinstance(known, list) and isinstance(value, list):
            known += value
        elif value:
            named[name] = f"{known}{'; ' if field_of(name) == 'authors' else ' '}{value}" if known else value


def _spread(rows: list[LexborNode]) -> Iterator[tuple[list[LexborNode | None], set[int]]]:
    """The cells of each row in their columns, and in which of these a cell of a row above reaches into it."""
    reaching: dict[int, tuple[LexborNode | None, int]] = {}
    for row in rows:
        cells: list[LexborNode | None] = []
        above = set(reaching)
        following = {at: (cell, left - 1) for at, (cell, left) in reaching.items() if left > 1}
        for cell in _cells(row):
            while len(cells) in above:
                cells.append(reaching[len(cells)][0])
            for at in range(_span(cell, "colspan") if cell is not None and (down := _span(cell, "rowspan")) > 1 else 0):
                following[len(cells) + at] = (cell if at == 0 else None, down - 1)
            cells.append(cell)
        cells += [reaching[at][0] if at in above else None for at in range(len(cells), max(above, default=-1) + 1)]
        yield cells, above
        reaching = following


def _named(columns: list[str], cells: list[LexborNode | None]) -> dict[str, object]:
    named: dict[str, object] = {}
    links: dict[str, list[str]] = {"link": [], "title": [], "id": []}
    for name, cell in zip(columns, cells, strict=False):
        if cell is None:
            continue
        field = field_of(name)
        if field in links:
            links[field] += [address for a in cell.css("a") if (address := a.attributes.get("href"))]
        if field != "link":
            text = plain(_text(cell, "; " if field == "authors" else " "))
            named.setdefault(name, plain_title(text) if field == "title" else text)
        elif not links["link"]:
            links["link"].append(_text(cell))
    return named | {"links": links["link"] or links["id"] or links["title"]}


def _text(cell: LexborNode, between: str = " ") -> str:
    """A cell's text; what only opens it ("Show abstract") is left out, `between` stands for a line break."""
    for summary in cell.css("summary"):
        if summary.parent and summary.parent.text(deep=True, strip=True) != summary.text(strip=True):
            summary.decompose()
    for line_break in cell.css("br"):
        line_break.replace_with("\v")
    return between.join(line for part in cell.text().split("\v") if (line := " ".join(part.split())))


def _nodes(text: str) -> list[LexborNode]:
    from selectolax.lexbor import LexborHTMLParser  # only pages pay for it

    return LexborHTMLParser(_MARKDOWN_HEADING.sub(r"<h2>\1</h2>", text)).css(f"{_HEADINGS}, table")


def _tables(text: str) -> list[LexborNode]:
    return [node for node in _nodes(text) if node.tag == "table"]


def _headers(table: LexborNode) -> list[str]:
    """The first row of a table that names columns of papers; empty where none does."""
    rows = (_texts(row) for row in _own_rows(table)[:5])
    return next((row for row in rows if reads_as_table(row)), [])


def _texts(row: LexborNode) -> list[str]:
    return [" ".join(cell.text(separator=" ").split()) if cell is not None else "" for cell in _cells(row)]


def _cells(row: LexborNode) -> list[LexborNode | None]:
    """The cells of a row in the columns where they begin; None where one reaches further."""
    found: list[LexborNode | None] = []
    for cell in row.iter():
        if cell.tag in ("td", "th"):
            found += [cell, *[None] * (_span(cell, "colspan") - 1)]
    return found


def _span(cell: LexborNode, over: str) -> int:
    """How many columns or rows a cell takes."""
    said = (cell.attributes.get(over) or "").strip()
    most = _MOST_COLUMNS if over == "colspan" else _MOST_ROWS
    return min(max(int(said), 1), most) if re.fullmatch(r"[0-9]{1,6}", said) else 1


def _own_rows(table: LexborNode) -> list[LexborNode]:
    """The rows of a table, without those of tables inside it."""
    return [row for row in table.css("tr") if _owner(row) == table.mem_id]


def _owner(row: LexborNode) -> int:
    """Which table a row is of, where one stands inside another."""
    node = row.parent
    while node is not None and node.tag != "table":
        node = node.parent
    return node.mem_id if node is not None else 0
