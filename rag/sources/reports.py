"""Daily arXiv reports: one Markdown table ``| Title | Link | abstract | author |`` a day.

The tables are not valid Markdown: abstracts run over several lines and contain ``|``. So a row is found by its anchor,
the link cell, which neither a title nor an abstract contains:

    | title | [https://arxiv.org/abs/2504.05309](https://arxiv.org/abs/2504.05309) | abstract | authors |
      from the start of a line   └ anchor                            to the last "|" before the next row

The authors are what stands between the last two ``|`` of the row. A row whose text does not end with ``|``, or that
has no second ``|`` after its link, is cut off and is rejected; only a cut directly after a ``|`` that belongs to an
abstract looks like a whole row.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rag.errors import SourceError
from rag.sources.fields import ARXIV_ID, LONGEST_ABSTRACT, LONGEST_TITLE, paper_id_and_url, split_authors
from rag.sources.files import read_text
from rag.types import Paper, Rejected

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]*arXiv Daily Report\b(?P<day>[^\n]*)$", re.MULTILINE | re.IGNORECASE)
_HEADER = re.compile(
    r"^[ \t]*\|[ \t]*title[ \t]*\|[ \t]*link[ \t]*\|[ \t]*abstract[ \t]*\|[ \t]*authors?[ \t]*\|?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_RULE = re.compile(r"[ \t]*(?:\|[ \t]*)?:?-[-:| \t]*")
_ADDRESS = rf"https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/{ARXIV_ID}(?:v\d+)?(?:\.pdf)?/?"
_ANCHOR = re.compile(
    rf"\|[ \t]*(?:\[[^\]|\n]*\]\([ \t]*(?P<target>{_ADDRESS})[ \t]*\)|<?(?P<bare>{_ADDRESS})>?)[ \t]*\|", re.IGNORECASE
)
_PIPE = re.compile(r"(?<!\\)\|")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_PASSED_OVER = re.compile(rf"\s*|#{{1,6}}[ \t].*|{_RULE.pattern}|{_HEADER.pattern}", re.IGNORECASE)


def looks_like_report(start: bytes) -> bool:
    """Tell a report from other Markdown by its heading or its table's header."""
    text = start.decode("utf-8", errors="replace").replace("\r", "\n").removeprefix("\ufeff")
    return bool(_HEADER.search(text) or _HEADING.search(text))


def read_report(path: Path) -> Iterator[Paper | Rejected]:
    """Yield the papers of a daily report in their order, and a Rejected for each row that cannot be read.

    Title and abstract stay as written, newlines and LaTeX included; a paper that stands there twice comes twice. The
    report's day is the one in its heading (``# arXiv Daily Report - 10-Apr-2025``): that was written with the table,
    while files are renamed and copied. Only without one does the file's name (``2025-04-10.md``) count.

    Raises:
        SourceError: the file cannot be read, is no report, or does not tell its day.
    """
    text = read_text(path)
    heading, header = _HEADING.search(text), _HEADER.search(text)
    if heading is None and header is None:
        raise SourceError(
            f"{path} is not a daily report: it has no table with the header | Title | Link | abstract | author |.",
            "Give daily reports as Markdown, or JSON lines.",
        )
    day = _day(heading["day"] if heading else "") or _day(path.stem)
    if day is None:
        raise SourceError(
            f"{path} does not tell its day.",
            "Name it YYYY-MM-DD.md, or begin it with '# arXiv Daily Report - 10-Apr-2025'.",
        )
    if header is None:
        yield Rejected(
            path.name, 0, "the report has no table: it is cut off before | Title | Link | abstract | author |"
        )
        return
    for row in _rows(text, header.end()):
        yield _read_row(row, path.name, day)


def _day(text: str) -> date | None:
    """Find a day written as 10-Apr-2025 or 2025-04-10."""
    for match in re.finditer(
        r"(?<!\d)(?:(\d{4})-(\d\d)-(\d\d)|(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ](\d{4}))(?!\d)", text
    ):
        try:
            if match[1]:
                return date(int(match[1]), int(match[2]), int(match[3]))
            return date(int(match[6]), _MONTHS.index(match[5].lower()) + 1, int(match[4]))
        except ValueError:  # the 31st of February, the month "Foo"
            continue
    return None


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
    found = paper_id_and_url(row.link.rstrip("/"))
    assert found is not None, "the anchor's pattern holds an id"
    abstract, authors = rest[: pipes[-2]].strip(), rest[pipes[-2] + 1 : -1]
    if len(title) > LONGEST_TITLE:
        return rejected(f"the title is longer than {LONGEST_TITLE} characters")
    if len(abstract) > LONGEST_ABSTRACT:
        return rejected(f"the abstract is longer than {LONGEST_ABSTRACT} characters")
    return Paper(found[0], title, abstract, split_authors(authors), day, found[1], listed=(day,))


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
            link = anchor["target"] or anchor["bare"]
            yield _Row(line, text[begin : anchor.start()], link, text[anchor.end() : strays_from])
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
        content = line.strip()
        ends_with_pipe = content.endswith("|") and not content.endswith("\\|")
        is_whole_row = content.startswith("| ") and ends_with_pipe and count >= 5
        if position > after and content.startswith("|") and (end > after or is_whole_row):
            break
        position += len(line)
        pipes += count
        if ends_with_pipe and pipes >= 2:
            end = position
    return end if end > after else position


def _strays(text: str, line: int) -> Iterator[_Row]:
    """Yield the lines outside rows, one for each line that begins with ``|``; headings and further headers pass."""
    stray: _Row | None = None
    for number, content in enumerate(text.split("\n"), start=line):
        if _PASSED_OVER.fullmatch(content):
            continue
        if stray is None or content.lstrip().startswith("|"):
            if stray is not None:
                yield stray
            stray = _Row(number, content, "", "")
    if stray is not None:
        yield stray
