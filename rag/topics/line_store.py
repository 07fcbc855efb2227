"""Lines that were chosen, and themes that were found, before: both take longer than a page may.

They lie in an SQLite file beside the shelf, by the text that they were chosen from and the model that chose them; it
may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rag.errors import LibraryError
from rag.models.answer_scorer import IDENTITY
from rag.papers.database import Database
from rag.text.sentences import Span
from rag.themes.plan import Plan
from rag.topics.lines import lines
from rag.types import Paper

FILE_NAME = "lines.sqlite"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS lines (text TEXT PRIMARY KEY, start INTEGER, stop INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS themes (days TEXT PRIMARY KEY, state TEXT, themes TEXT) WITHOUT ROWID",
)


class LineStore:
    """The SQLite file; safe from many threads. Where it cannot be written, lines are chosen anew each time."""

    def __init__(self, folder: Path) -> None:
        """Open the file in a library's folder, which is made where it is missing."""
        self._db = Database(folder / FILE_NAME)
        with suppress(LibraryError):
            for table in _TABLES:
                self._db.execute(table)

    def known(self, papers: Sequence[Paper]) -> dict[str, str | None]:
        """By id, the lines that were chosen before, as stored text; None where a paper has no sentence."""
        found: dict[str, str | None] = {}
        for paper in papers:
            rows = self._rows(_key(paper))
            if rows:
                found[paper.paper_id] = _slice(paper, rows[0][0], rows[0][1])
        return found

    def chosen(self, papers: Sequence[Paper], threads: int | None = None) -> dict[str, str | None]:
        """The same of all papers; those that are not known yet are chosen now."""
        found = self.known(papers)
        missing = [paper for paper in papers if paper.paper_id not in found]
        for paper, span in zip(missing, lines(missing, threads), strict=True):
            start, stop = span or (None, None)
            found[paper.paper_id] = _slice(paper, start, stop)
            self._keep(paper, span)
        return found

    def themes(self, days: str, state: str) -> list[Plan] | None:
        """How the papers of some days were grouped in a state of the library; None where that is not known."""
        try:
            rows = self._db.all("SELECT themes FROM themes WHERE days = ? AND state = ?", (days, state))
        except LibraryError:
            return None
        return [Plan(name, tuple(papers)) for name, papers in json.loads(rows[0][0])] if rows else None

    def keep_themes(self, days: str, state: str, themes: Sequence[Plan]) -> None:
        """Remember how the papers of some days are grouped."""
        stored = json.dumps([(one.name, one.papers) for one in themes])
        with suppress(LibraryError):
            self._db.execute("INSERT OR REPLACE INTO themes VALUES (?, ?, ?)", (days, state, stored))

    def close(self) -> None:
        """Close the connections of all threads."""
        self._db.close()

    def _rows(self, key: str) -> list[tuple[int | None, int | None]]:
        try:
            rows = self._db.all("SELECT start, stop FROM lines WHERE text = ?", (key,))
        except LibraryError:
            return []
        return [(row[0], row[1]) for row in rows]

    def _keep(self, paper: Paper, span: Span | None) -> None:
        start, stop = span or (None, None)
        with suppress(LibraryError):
            self._db.execute("INSERT OR REPLACE INTO lines VALUES (?, ?, ?)", (_key(paper), start, stop))


def _key(paper: Paper) -> str:
    """What a line depends on."""
    return hashlib.sha256(f"{IDENTITY}\0{paper.title}\0{paper.abstract}".encode()).hexdigest()[:32]


def _slice(paper: Paper, start: int | None, stop: int | None) -> str | None:
    return None if start is None or stop is None else paper.text[start:stop]
