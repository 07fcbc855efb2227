"""Papers as the tables that are read as daily reports, and as comma-separated values.

A table holds texts as they are, newlines and ``|`` included, since that is how reports are read. So whether a row comes
back as it was is not deduced but seen: a table is read again before it is kept, and what does not come back the same
is left out of it and named, for one odd row can change what its neighbours say.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from rag.papers.browse.days import Listing
from rag.sources import read_source
from rag.text.spreadsheet import inert
from rag.types import Paper, Row

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MADE = "(written by paperchat)"
"""Stands in the heading of our tables, which may be written anew; a table without it is somebody else's."""
COLUMNS = (
    "Date", "Paper ID", "Version", "Title", "Authors", "Abstract", "URL", "Categories", "Comment", "DOI", "Licence",
)  # fmt: skip


def by_day(listings: Iterable[Listing]) -> dict[date, list[Paper]]:
    """Each day's papers."""
    days = groupby(listings, key=lambda listing: listing.day)
    return {day: [listing.paper for listing in group] for day, group in days}


def daily_table(day: date, papers: Sequence[Paper]) -> tuple[str, list[Paper]]:
    """A day's report that reads back as these papers, and those that it cannot hold."""
    if _comes_back(day, papers):
        return _table(day, papers), []
    kept: list[Paper] = []
    left_out: list[Paper] = []
    for paper in papers:
        (kept if _comes_back(day, [*kept, paper]) else left_out).append(paper)
    return _table(day, kept), left_out


def comma_separated(listings: Iterable[Listing]) -> str:
    """A row a paper and day, with a header; authors are parted by semicolons, and nothing is a formula."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_values(listing) for listing in listings)
    return target.getvalue()


def _values(listing: Listing) -> list[object]:
    paper = listing.paper
    names = "; ".join(paper.authors)
    texts = (paper.title, names, paper.abstract, paper.url, " ".join(paper.categories))
    told = (paper.comment, paper.doi, paper.licence)
    return [listing.day, paper.paper_id, paper.version, *(inert(text or "") for text in (*texts, *told))]


def _table(day: date, papers: Iterable[Paper]) -> str:
    heading = f"# arXiv Daily Report - {day.day:02}-{MONTHS[day.month - 1]}-{day.year} {MADE}"
    header = "| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
    return f"{heading}\n\n{header}" + "".join(map(_row, papers))


def _row(paper: Paper) -> str:
    link = f"[{paper.url}]({paper.url})" if paper.url else paper.paper_id
    return f"| {paper.title} | {link} | {paper.abstract} | {', '.join(paper.authors)} |\n"


def _comes_back(day: date, papers: Sequence[Paper]) -> bool:
    """Whether a table of these papers, read as any report is, gives the same ones."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{day}.md")
        path.write_text(_table(day, papers), encoding="utf-8", newline="", errors="surrogatepass")
        read = list(read_source(path))
    return [_identity(row) for row in read] == [_said(paper, day) for paper in papers]


def _identity(row: Row) -> tuple[Any, ...]:
    return _said(row, row.date) if isinstance(row, Paper) else ()


def _said(paper: Paper, day: date) -> tuple[Any, ...]:
    """What a table tells of a paper."""
    return paper.paper_id, paper.title, paper.abstract, paper.authors, paper.url, day
