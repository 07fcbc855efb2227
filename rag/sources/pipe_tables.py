"""Markdown tables with any columns, read by their own headers.

Cells are cut at each ``|`` that is not escaped. Where a row has more cells than its header, an abstract or a title
holds a bare ``|``: the cell with the row's link tells which. A last row that is cut within such a title looks like a
whole one: here, unlike in a daily report, a row needs no link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rag.sources.columns import field_of, reads_as_table
from rag.sources.fields import day_in
from rag.sources.identifiers import ARXIV_ID, names_paper
from rag.sources.rows import READ_AS_HEADING, Origin, could_be_title, paper_of
from rag.text.markup import inlined, links_in, plain, plain_title, unwrapped
from rag.types import Paper, Rejected

_RULE = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?)?[ \t]*")
_MARKS_ALONE = re.compile(r"\n[ \t|:]*-[-:| \t]*(?![^\n])")
"""A line that a rule may be, found faster than a rule is."""
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]|>?[ \t]*\*{0,2}(?:last )?updated?\b|<h[1-6]\b|<summary)[^\n]*", re.MULTILINE | re.IGNORECASE
)
_ROW = re.compile(r"\n[ \t]*\S[^\n]*\|")
_PIPE = re.compile(r"(?<!\\)\|")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_LINKED = re.compile(rf"arxiv\.org/(?:abs|pdf)/({ARXIV_ID})", re.IGNORECASE)
"""A link to a paper of arXiv."""


@dataclass(frozen=True, slots=True)
class PipeTable:
    """A table in a text: its headers, its rule's end, where the next one begins, and the day of its heading."""

    columns: tuple[str, ...]
    header: int
    start: int
    end: int
    day: date | None


def pipe_tables(text: str, own: int = -1) -> list[PipeTable]:
    """The tables of a text whose headers say that they list papers.

    Args:
        text: The whole text.
        own: Where the header line of a table ends that is read elsewhere; it is passed over if it is the first.
    """
    if own >= 0 and _MARKS_ALONE.search(text, 0, own):
        own = -1
    found: list[tuple[tuple[str, ...], int, int]] = []
    for rule in _MARKS_ALONE.finditer(text, own + 1):
        line = text.rfind("\n", 0, rule.start()) + 1
        header = text[line : rule.start()]
        if "|" not in header or not _RULE.fullmatch(rule[0], 1):
            continue
        if reads_as_table(columns := tuple(plain(cell) for cell in cells_of(header))):
            found.append((columns, line, rule.end()))
    ends = [header for _, header, _ in found[1:]] + [len(text)] * bool(found)
    return [
        PipeTable(columns, header, start, end, _day_before(text, header))
        for (columns, header, start), end in zip(found, ends, strict=True)
    ]


def is_pipe_list(text: str) -> bool:
    """Whether a text has a table of papers with a row under its header."""
    return any(_ROW.match(text, table.start) for table in pipe_tables(text))


def read_pipe_tables(text: str, origin: Origin) -> Iterator[Paper | Rejected]:
    """Yield the rows of all tables of papers in a text, and say where others link to papers."""
    text = inlined(text)
    read: set[int] = set()
    known: set[str] = set()
    for table in pipe_tables(text):
        for row in read_pipe_table(text, table, origin, read):
            if isinstance(row, Paper):
                known.add(row.paper_id)
            yield row
    yield from _unread_rows(text, origin, read, known)


def _unread_rows(text: str, origin: Origin, read: set[int], known: set[str]) -> Iterator[Rejected]:
    """Rows that link to papers and stand in no table whose header names titles, one for each run of them."""
    begin, linked = 0, 0
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        ids = [found[1] for found in _LINKED.finditer(line)] if line.startswith("|") and number not in read else []
        if ids and known.isdisjoint(ids):
            begin, linked = begin or number, linked + 1
        elif begin and not line.startswith("|"):
            yield origin.rejected(begin, f"{linked} rows with links to papers stand under no header that names titles")
            begin, linked = 0, 0


def read_pipe_table(
    text: str, table: PipeTable, origin: Origin, read: set[int] | None = None
) -> Iterator[Paper | Rejected]:
    """Yield the rows of one table; the numbers of their lines are added to `read`."""
    origin.unread.update(name for name in table.columns if name and field_of(name) is None)
    header = text[table.header : text.index("\n", table.header)].rstrip()
    day, line = table.day, text.count("\n", 0, table.start) + 1
    rows = list(_rows(text[table.start : table.end], line, header.lstrip().startswith("|")))
    has_headings = not any(_has_strong_title(table.columns, cells_of(row)) for _, row in rows)
    for number, written in rows:
        if read is not None:
            read.update(range(number, number + written.count("\n") + 1))
        cells = cells_of(written)
        if (only := _only_day(cells)) is not None:
            day = only
        elif has_headings and len(table.columns) > 2 and _is_heading(cells):
            if could_be_title(plain("".join(cells))):
                yield origin.rejected(number, READ_AS_HEADING)
        elif len(cells) < len(table.columns) and header.endswith("|") and not ends_with_pipe(written):
            yield origin.rejected(number, "the row is cut off: it does not end with |")
        elif tuple(plain(cell) for cell in cells) != table.columns and any(cells):
            yield read_pipe_row(table.columns, cells, origin, number, day)


def read_pipe_row(
    columns: Sequence[str], cells: Sequence[str], origin: Origin, line: int, day: date | None
) -> Paper | Rejected:
    """Read one row by its headers; `day` is that of the heading above it."""
    named = _named(columns, cells)
    has_title = any(value for name, value in named.items() if field_of(name) == "title")
    return paper_of(named, origin, line, day) if has_title else origin.rejected(line, "the row has no title")


def cells_of(row: str) -> list[str]:
    """The cells of a row, without the pipes around it."""
    cells = [cell.strip() for cell in _PIPE.split(row.strip())]
    if cells and not cells[0]:
        cells = cells[1:]
    return cells[:-1] if cells and not cells[-1] and ends_with_pipe(row.strip()) else cells


def ends_with_pipe(row: str) -> bool:
    """Whether a row is whole: its last cell is closed."""
    stripped = row.rstrip()
    return stripped.endswith("|") and not stripped.endswith("\\|")


def _rows(text: str, line: int, has_pipes: bool) -> Iterator[tuple[int, str]]:
    """Cut a table's body into rows with their lines; one that goes on over several lines stays whole."""
    row: list[str] = []
    begin = line
    for number, content in enumerate(text.split("\n"), start=line):
        stripped = content.strip()
        opens = stripped.startswith("|") if has_pipes else bool(stripped)
        goes_on = row and has_pipes and not opens and not ends_with_pipe(row[-1])
        if goes_on and not _HEADING.match(content):
            row.append(content)
            continue
        if row:
            yield begin, "\n".join(row).strip()
            row = []
        if opens and (has_pipes or "|" in content):
            row, begin = [content], number
        elif number > line and (not has_pipes or _HEADING.match(content)):
            return  # what comes after a table is not of it
    if row:
        yield begin, "\n".join(row).strip()


def _named(columns: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    """A row's cells by their headers, without the marks of Markdown; its links beside them."""
    cells = _fitted(columns, cells)
    named: dict[str, object] = {}
    links: list[str] = []
    for name, cell in zip(columns, cells, strict=True):
        field = field_of(name)
        if field in ("link", "id"):
            links.append(cell)
        if name in named or field == "link":
            continue
        if field == "title":
            named[name] = plain_title(cell)
        elif field == "abstract":
            named[name] = unwrapped(cell)
        elif field == "code":
            named[name] = ", ".join(address for _, address in links_in(cell)) or plain(cell)
        else:
            named[name] = plain(cell)
    if not any(map(_ADDRESS.search, links)):
        links += [cell for name, cell in zip(columns, cells, strict=True) if field_of(name) == "title"]
    addresses = [address for cell in links for _, address in links_in(cell)]
    return named | {"links": addresses or [plain(cell) for cell in links]}


def _fitted(columns: Sequence[str], cells: Sequence[str]) -> list[str]:
    """As many cells as there are columns: missing ones are empty, pieces of a text with bare pipes are joined."""
    cells, extra = list(cells), len(cells) - len(columns)
    if extra <= 0:
        return cells + [""] * -extra
    fields = [field_of(name) for name in columns]
    link = next((n for n, field in enumerate(fields) if field == "link"), None)
    title = fields.index("title")
    if link is not None and title < link:
        found = next((n for n, cell in enumerate(cells) if n >= link and _ADDRESS.search(cell)), link)
        if 0 < found - link <= extra:
            cells = _joined(cells, title, found - link)
            extra = len(cells) - len(columns)
    texts = [n for n, field in enumerate(fields) if field == "abstract"] or [title]
    return _joined(cells, texts[0], extra)


def _joined(cells: list[str], at: int, extra: int) -> list[str]:
    """The cells with one and the `extra` ones after it put together again."""
    return [*cells[:at], "|".join(cells[at : at + extra + 1]).strip(), *cells[at + extra + 1 :]]


def _only_day(cells: Sequence[str]) -> date | None:
    """The day of a row that says nothing else, as some lists part their days."""
    said = [plain(cell) for cell in cells if cell]
    return day_in(said[0]) if len(said) == 1 and len(said[0]) < 30 and len(cells) > 1 else None


def _is_heading(cells: Sequence[str]) -> bool:
    """Whether a row says nothing but a text in bold, as some lists part their subjects."""
    said = list(filter(None, cells))
    return len(said) == 1 and _is_strong(said[0]) and not names_paper(said[0])


def _has_strong_title(columns: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a row that says more than one thing has its title in bold."""
    titles = (cell for name, cell in zip(columns, cells, strict=False) if field_of(name) == "title")
    return sum(map(bool, cells)) > 1 and any(map(_is_strong, titles))


def _is_strong(cell: str) -> bool:
    """Whether all of a cell is in bold, without a link."""
    return unwrapped(cell) != cell.strip() and not links_in(cell)


def _day_before(text: str, place: int) -> date | None:
    """The day in the last heading before a place that has one."""
    days = (day_in(match[0]) for match in _HEADING.finditer(text, 0, place))
    return next((day for day in reversed([*days]) if day), None)
