"""Daily arXiv reports: one Markdown table ``| Title | Link | abstract | author |`` a day.

The tables are not valid Markdown: abstracts run over several lines and contain ``|``. So a row is found by its anchor,
the link cell, which neither a title nor an abstract contains:

    | title | [https://arxiv.org/abs/2504.05309](https://arxiv.org/abs/2504.05309) | abstract | authors |
      from the start of a line   └ anchor                            to the last "|" before the next row

A row whose link is written in another way, or leads elsewhere, is cut at its ``|`` as those of other tables are.
The authors are what stands between the last two ``|`` of the row. A row whose text does not end with ``|``, or that
has no second ``|`` after its link, is cut off and is rejected. So is a last one that names no paper and that no line
break follows: its title may hold the ``|`` that parted its cells. Only a cut directly after a ``|`` that belongs to an
abstract looks like a whole row.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rag.errors import SourceError
from rag.sources.fields import LONGEST_ABSTRACT, LONGEST_TITLE, day_in, split_authors
from rag.sources.identifiers import ARXIV_ADDRESS, ImpossibleId, linked_ids, names_paper
from rag.sources.pipe_tables import cells_of, ends_with_pipe, pipe_tables, read_pipe_row, read_pipe_table
from rag.sources.rows import Origin
from rag.text.markup import inlined, unwrapped
from rag.types import Paper, Rejected

_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]*arXiv Daily Report\b(?P<day>[^\n]*)$", re.MULTILINE | re.IGNORECASE)
_HEADER = re.compile(
    r"^[ \t]*\|[ \t]*title[ \t]*\|[ \t]*link[ \t]*\|[ \t]*abstract[ \t]*\|[ \t]*authors?[ \t]*\|?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_COLUMNS = ("title", "link", "abstract", "author")
_RULE = re.compile(r"[ \t]*(?:\|[ \t]*)?:?(?:-[:| \t]*){3,}")  # with fewer dashes, a title's beginning
_ADDRESS = rf"{ARXIV_ADDRESS}(?:\.pdf)?/?(?:[?#][^\s)|>]*)?"
_TARGET = rf"\([ \t]*<?{_ADDRESS}>?(?:[ \t]+\"[^\"|\n]*\")?[ \t]*\)"
_LINKED = rf"\[(?:!\[[^\]|\n]*\]\([^)|\n]*\)|[^\]|\n])*\]{_TARGET}|<?{_ADDRESS}>?"
_MORE = r"(?:[ \t,;/·]|<br ?/?>)*(?:\[[^\]|\n]*\]\([^)|\n]*\)|<?https?://[^\s|>]+>?)"
_ANCHOR = re.compile(rf"\|[ \t]*(?P<links>(?:{_LINKED})(?:{_MORE})*)[ \t]*\|", re.IGNORECASE)
_PIPE = re.compile(r"(?<!\\)\|")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_PASSED_OVER = re.compile(rf"\s*|#{{1,6}}[ \t].*|{_RULE.pattern}|{_HEADER.pattern}", re.IGNORECASE)


def has_report_table(text: str) -> bool:
    """Whether a text has the table of a daily report."""
    return bool(_HEADER.search(text))


def has_report_heading(text: str) -> bool:
    """Whether a text is headed as daily reports are; one without its table is cut off."""
    return bool(_HEADING.search(text))


def read_report(text: str, origin: Origin) -> Iterator[Paper | Rejected]:
    """Yield the papers of a daily report in their order, and a Rejected for each row that cannot be read.

    Title and abstract stay as written, newlines and LaTeX included; a paper that stands there twice comes twice. The
    report's day is the one in its heading (``# arXiv Daily Report - 10-Apr-2025``): that was written with the table,
    while files are renamed and copied. Only without one does the file's name (``2025-04-10.md``) count. A further
    table with other columns is read by its own header.

    Raises:
        SourceError: the report does not tell its day.
    """
    text = inlined(text)
    heading, header = _HEADING.search(text), _HEADER.search(text)
    day = day_in(heading["day"] if heading else "") or origin.day
    if day is None:
        raise SourceError(
            f"{origin.source} does not tell its day.",
            "Name it YYYY-MM-DD.md, or begin it with '# arXiv Daily Report - 10-Apr-2025'.",
        )
    if header is None:
        yield origin.rejected(0, "the report has no table: it is cut off before | Title | Link | abstract | author |")
        return
    start = header.end()
    for table in pipe_tables(text, header.end()):
        if _HEADER.match(text, table.header):
            continue
        if table.header > start:
            yield from _read_rows(text[: table.header], start, origin, day)
        yield from read_pipe_table(text, table, Origin(origin.source, day, origin.unread))
        start = max(start, table.end)
    yield from _read_rows(text, start, origin, day)


def _read_rows(text: str, start: int, origin: Origin, day: date) -> Iterator[Paper | Rejected]:
    for row in _rows(text, start):
        cells = cells_of(row.title) if not row.link and _is_whole(row.title) else []
        ends = cells and text.endswith(row.title) and not text.endswith("\n")
        if ends and not names_paper("|".join(cells[1:])):
            yield origin.rejected(row.line, "the last row has no link, and no line break behind it: it may be cut off")
        elif len(cells) >= len(_COLUMNS) and cells[1]:
            yield read_pipe_row(_COLUMNS, cells, origin, row.line, day)
        else:
            yield _read_row(row, origin.source, day)


@dataclass(frozen=True, slots=True)
class _Row:
    """Text of a row: before, in and after its link cell; lines that belong to no row have no link."""

    line: int
    title: str
    link: str
    rest: str


def _read_row(row: _Row, source: str, day: date) -> Paper | Rejected:
    def rejected(reason: str) -> Rejected:
        return Rejected(source, row.line, reason)

    begins_row = row.title.lstrip().startswith("|")
    title = row.title.strip().removeprefix("|").strip()
    if not row.link:
        if not begins_row:
            return rejected("text that belongs to no row of the table")
        return rejected("the row has no arXiv link, or is cut off before it")
    rest = row.rest.rstrip()
    pipes = [match.start() for match in _PIPE.finditer(rest)]
    if not pipes or pipes[-1] != len(rest) - 1:
        return rejected("the row is cut off: it does not end with |")
    if len(pipes) < 2:
        return rejected("the row is cut off: it has no author column")
    if not title:
        return rejected("the row has no title")
    if not begins_row and _PIPE.search(title):
        return rejected("the row does not begin on a line of its own")
    try:
        linked = linked_ids(row.link)
    except ImpossibleId as error:
        return rejected(str(error))
    if len(linked) > 1:
        return rejected(f"the row links to several papers: {', '.join(one.paper_id for one in linked)}")
    title, abstract, authors = unwrapped(title), unwrapped(rest[: pipes[-2]]), rest[pipes[-2] + 1 : -1]
    if len(title) > LONGEST_TITLE:
        return rejected(f"the title is longer than {LONGEST_TITLE} characters")
    if len(abstract) > LONGEST_ABSTRACT:
        return rejected(f"the abstract is longer than {LONGEST_ABSTRACT} characters")
    (found,) = linked
    names = split_authors(authors)
    version = found.version
    return Paper(found.paper_id, title, abstract, names, day, found.url, listed=(day,), arxiv_version=version)


def _rows(text: str, start: int) -> Iterator[_Row]:
    """Cut the text after the table's header into rows, and lines that belong to none."""
    line = text.count("\n", 0, start) + 1
    anchor: re.Match[str] | None = None
    begin = start
    for following in itertools.chain(_ANCHOR.finditer(text, start), [None]):
        stop = _row_start(text, anchor.end() if anchor else start, following) if following else len(text)
        strays_from = begin
        if anchor:
            strays_from = _row_end(text, anchor.end(), stop)
            yield _Row(line, text[begin : anchor.start()], anchor["links"], text[anchor.end() : strays_from])
        yield from _strays(text[strays_from:stop], line + text.count("\n", begin, strays_from))
        line += text.count("\n", begin, stop)
        anchor, begin = following, stop


def _row_start(text: str, after: int, anchor: re.Match[str]) -> int:
    """Return where the row of an anchor begins: its own line, or an earlier one that opens a title of several lines."""
    begin = max(text.rfind("\n", 0, anchor.start()) + 1, after)
    if text[begin : anchor.start()].lstrip().startswith("|"):
        return begin
    opened = text.rfind("\n|", after, begin)
    if opened >= 0 and not _PIPE.search(text, opened + 2, anchor.start()):
        return opened + 1
    return begin


def _row_end(text: str, after: int, stop: int) -> int:
    """Return where a row ends that goes on after its link: before the lines that belong to no row.

    The row takes all lines up to the last that ends with ``|``; a line that begins with ``|`` after the row could have
    ended, or that is a whole row by itself, belongs to another row.
    """
    end, position, pipes = after, after, 0
    for line in _LINE.findall(text, after, stop):
        count = len(_PIPE.findall(line))
        if position > after and line.lstrip().startswith("|") and (end > after or _is_whole(line)):
            break
        position += len(line)
        pipes += count
        if ends_with_pipe(line) and pipes >= 2:
            end = position
    return end if end > after else position


def _is_whole(text: str) -> bool:
    """Whether a text is a whole row by itself, whatever its link is."""
    return text.lstrip().startswith("| ") and ends_with_pipe(text) and len(_PIPE.findall(text)) > len(_COLUMNS)


def _strays(text: str, line: int) -> Iterator[_Row]:
    """Yield the lines outside anchored rows, one for each that begins with ``|``, with those that it goes on in.

    Headings and further headers pass.
    """
    stray: list[str] = []
    begin = pipes = 0
    for number, content in enumerate(text.split("\n"), start=line):
        if _PASSED_OVER.fullmatch(content):
            continue
        is_done = pipes > len(_COLUMNS) and ends_with_pipe(stray[-1])
        if stray and (is_done or content.lstrip().startswith("|")):
            yield _Row(begin, "\n".join(stray), "", "")
            stray, pipes = [], 0
        begin = begin if stray else number
        stray.append(content)
        pipes += len(_PIPE.findall(content))
    if stray:
        yield _Row(begin, "\n".join(stray), "", "")
