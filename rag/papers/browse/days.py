"""Days on the shelf: what reports listed in a span of days, and which texts were new then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rag.papers.database import ALL, Database
from rag.papers.metadata import IS_DATED
from rag.papers.shelf import Shelf
from rag.types import Paper

_LISTED = f"""SELECT l.day, l.paper_id, l.version FROM listings l JOIN papers p USING (paper_id)
    WHERE l.day BETWEEN ? AND ? AND {IS_DATED} ORDER BY l.day, l.paper_id, l.version = p.latest, l.version"""
_FIRST_LISTED = f"""SELECT p.paper_id FROM papers p WHERE p.date BETWEEN ? AND ? AND {IS_DATED}
    ORDER BY p.date DESC, p.paper_id LIMIT ?"""
_CHANGED = """WITH first AS (SELECT paper_id, version, min(day) AS day FROM listings GROUP BY paper_id, version)
    SELECT f.paper_id, f.version, f.day, (
        SELECT o.version FROM listings o WHERE o.paper_id = f.paper_id AND o.version != f.version AND o.day < f.day
        ORDER BY o.day DESC, o.version DESC LIMIT 1)
    FROM first f JOIN papers p USING (paper_id)
    WHERE f.day BETWEEN ? AND ? AND f.day > p.date ORDER BY f.day DESC, f.paper_id, f.version"""


@dataclass(frozen=True, slots=True)
class Listing:
    """A paper's version in a day's report."""

    day: date
    paper: Paper


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that came after another of the same paper, with the day on which it was first listed."""

    day: date
    old: Paper
    new: Paper


def today() -> date:
    """The day on which arXiv's clock is."""
    return datetime.now(UTC).date()


class ReportDays:
    """Looks into a shelf by day; days are inclusive. A paper's authors are those that hold now, whatever the day."""

    def __init__(self, shelf: Shelf) -> None:
        """Look up on this shelf."""
        self._shelf = shelf
        self._db = Database.at(shelf.place)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._db.close()

    def newest(self, until: date) -> date | None:
        """The newest day, up to a day, on which anything was listed."""
        sql = f"SELECT max(day) FROM listings p WHERE day <= ? AND {IS_DATED}"
        ((day,),) = self._db.all(sql, (until.isoformat(),))
        return date.fromisoformat(day) if day else None

    def counts(self) -> dict[date, int]:
        """How many papers were listed for the first time on each day that brought any, ascending."""
        rows = self._db.all(f"SELECT p.date, count(*) FROM papers p WHERE {IS_DATED} GROUP BY p.date ORDER BY p.date")
        return {date.fromisoformat(day): count for day, count in rows}

    def listings(self, since: date, until: date) -> Iterator[Listing]:
        """What was listed, by day; of two texts that one day lists of a paper, the one that holds comes last."""
        rows = self._db.all(_LISTED, (since.isoformat(), until.isoformat()))
        latest = self._shelf.papers({row[1] for row in rows})
        for day, paper_id, version in rows:
            paper = latest.get(paper_id)  # one that was removed just now is missing
            if paper:
                text = paper if paper.version == version else self._shelf.paper(paper_id, version)
                yield Listing(date.fromisoformat(day), text)

    def first_listed(self, since: date, until: date, most: int | None = None) -> list[Paper]:
        """Papers whose first listing lies within, newest first; at most so many."""
        rows = self._db.all(_FIRST_LISTED, (since.isoformat(), until.isoformat(), ALL if most is None else most))
        papers = self._shelf.papers(row[0] for row in rows)
        return [papers[row[0]] for row in rows if row[0] in papers]

    def revisions(self, since: date, until: date) -> list[Revision]:
        """Texts that were new within, of papers listed before; newest first."""
        found = []
        for paper_id, version, day, before in self._db.all(_CHANGED, (since.isoformat(), until.isoformat())):
            if before is not None:
                old, new = self._shelf.paper(paper_id, before), self._shelf.paper(paper_id, version)
                found.append(Revision(date.fromisoformat(day), old, new))
        return found
