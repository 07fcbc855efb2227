"""Tables of comma-, tab- or semicolon-separated values with a row of headers."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator

from rag.sources.columns import field_of, reads_as_table
from rag.sources.rows import Origin, paper_of
from rag.text.markup import links_in, plain_title
from rag.types import Paper, Rejected

_MARKS = "\t,;"
_MOST_AGAIN = 200
"""Rows with an open quotation mark after which reading goes on: the end of each is looked for in all that follows."""


def is_separated_list(text: str) -> bool:
    """Whether a text's first line names the columns of a list of papers."""
    return reads_as_table(_header(text))


def read_separated_values(text: str, origin: Origin) -> Iterator[Paper | Rejected]:
    """Yield the rows below the header; a bad one is listed, and takes none below it with it."""
    columns = _header(text)
    origin.unread.update(name for name in columns if name and field_of(name) is None)
    lines = io.StringIO(text, newline="").readlines()
    first: int | None = 0
    again = 0
    while first is not None:
        first = yield from _rows(columns, lines, first, origin, again < _MOST_AGAIN)
        again += 1


def _rows(
    columns: list[str], lines: list[str], first: int, origin: Origin, may_stop: bool
) -> Generator[Paper | Rejected, None, int | None]:
    """Yield rows from a line on; where to go on after a row that an open quotation mark made, None at the end.

    Such a row holds good ones: it ends far below, or nowhere.
    """
    rows = csv.reader(iter(lines[first:]), delimiter=_mark("".join(lines)), strict=True)
    begun = first
    try:
        for cells in rows:
            end = first + rows.line_num
            if any(cells) and [cell.strip() for cell in cells] != columns:
                found = _row(columns, cells, origin, begun + 1)
                yield found
                if isinstance(found, Rejected) and end > begun + 1 and may_stop:
                    return begun + 1
            begun = end
    except csv.Error as error:
        yield origin.rejected(begun + 1, f"the row cannot be read: {error}")
        return begun + 1 if may_stop else None
    return None


def _row(columns: list[str], cells: list[str], origin: Origin, line: int) -> Paper | Rejected:
    if len(cells) > len(columns):
        return origin.rejected(
            line, f"the row has {len(cells)} cells and its header {len(columns)}: a text with the mark needs quotes"
        )
    named: dict[str, object] = {}
    for name, cell in zip(columns, cells, strict=False):
        if field_of(name) == "title":
            named |= {name: plain_title(cell)} | ({"links": [a for _, a in links_in(cell)]} if links_in(cell) else {})
        else:
            named[name] = cell
    return paper_of(named, origin, line)


def _header(text: str) -> list[str]:
    """The cells of the first line."""
    mark = _mark(text)
    try:
        return [cell.strip() for cell in next(csv.reader([_first_line(text)], delimiter=mark), [])] if mark else []
    except csv.Error:
        return []


def _mark(text: str) -> str:
    """What parts the cells of the first line; empty where nothing does."""
    counts = {mark: _first_line(text).count(mark) for mark in _MARKS}
    most = max(_MARKS, key=lambda mark: counts[mark])
    return most if counts[most] else ""


def _first_line(text: str) -> str:
    return text.lstrip("\n").partition("\n")[0][:10_000]
