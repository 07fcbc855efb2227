"""HTML tables, alone on a page or inside Markdown: rows of cells under a row of headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from rag.sources.columns import field_of, reads_as_table
from rag.sources.fields import day_in
from rag.sources.rows import Origin, paper_of
from rag.text.markup import plain, plain_title
from rag.types import Paper, Rejected

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_MARKDOWN_HEADING = re.compile(r"^#{1,6}[ \t]+([^\n]*)$", re.MULTILINE)
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
    rows = _own_rows(table)
    first = next(n for n, row in enumerate(rows) if _texts(row) == columns)
    for number, row in enumerate(rows[first + 1 :], start=1):
        cells = _cells(row)
        said = [cell.text(separator=" ", strip=True) for cell in cells]
        if not any(said) or _texts(row) == columns:
            continue
        if len([one for one in said if one]) == 1 and (only := day_in(" ".join(said))):
            day = only
            continue
        found = paper_of(_named(columns, cells), origin, 0, day)
        if isinstance(found, Rejected):
            found = origin.rejected(0, f"row {number} of the table: {found.reason}")
        yield found


def _named(columns: list[str], cells: list[LexborNode]) -> dict[str, object]:
    named: dict[str, object] = {}
    links: dict[str, list[str]] = {"link": [], "title": [], "id": []}
    for name, cell in zip(columns, cells, strict=False):
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
    return [" ".join(cell.text(separator=" ").split()) for cell in _cells(row)]


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in ("td", "th")]


def _own_rows(table: LexborNode) -> list[LexborNode]:
    """The rows of a table, without those of tables inside it."""
    return [row for row in table.css("tr") if _owner(row) == table.mem_id]


def _owner(row: LexborNode) -> int:
    """Which table a row is of, where one stands inside another."""
    node = row.parent
    while node is not None and node.tag != "table":
        node = node.parent
    return node.mem_id if node is not None else 0
