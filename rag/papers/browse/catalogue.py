"""The catalogue: pages of papers, newest first, found by words, dates and author; also in a library of 60,000.

Words are looked up in an FTS5 table beside the papers, which triggers keep in step within the transaction that changes
a paper, whoever writes it. A paper's row number there begins with its date, so that rows come newest first and a range
of dates is a range of rows: no query sorts, and none reads more papers than it shows.

A library that may not be written and has no such table is scanned instead, which is slow in a large one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.errors import LibraryError
from rag.papers.database import ALL, Connection, Database
from rag.papers.metadata import IS_DATED
from rag.papers.shelf import Shelf
from rag.text.names import name_words
from rag.text.readable import readable
from rag.types import Filters, Paper
from rag.types.filters import DATES

_WORD = re.compile(r"[^\W_]+")
_DAY_BITS = 20
"""Rows a day has room for, as a power of two; a paper takes a new one each time it changes."""
_HAS_TABLES = "SELECT 1 FROM sqlite_master WHERE name = 'catalogue_words'"
_ROW_OF_DAY = f"(CAST(julianday(%s) AS BIGINT) << {_DAY_BITS})"
_REMOVE = """DELETE FROM catalogue_words WHERE rowid = (SELECT place FROM catalogue WHERE paper_id = {row}.paper_id);
    DELETE FROM catalogue WHERE paper_id = {row}.paper_id;"""
_NEW_DAY = _ROW_OF_DAY % "new.date"
_ENTER = f"""INSERT INTO catalogue
        SELECT coalesce(max(place), {_NEW_DAY} - 1) + 1, new.paper_id FROM catalogue
        WHERE place >= {_NEW_DAY} AND place < {_NEW_DAY} + (1 << {_DAY_BITS});
    INSERT INTO catalogue_words (rowid, paper_id, title, abstract)
        SELECT place, paper_id, title, abstract FROM catalogue JOIN versions USING (paper_id)
        WHERE paper_id = new.paper_id AND version = new.latest;"""
_SCHEMA = (
    "CREATE TABLE catalogue (place INTEGER PRIMARY KEY, paper_id TEXT NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE catalogue_words USING fts5("
    "paper_id, title, abstract, tokenize = 'porter unicode61 remove_diacritics 2')",
    f"""INSERT INTO catalogue SELECT {_ROW_OF_DAY % "date"}
        + row_number() OVER (PARTITION BY date ORDER BY paper_id DESC), paper_id FROM papers""",
    """INSERT INTO catalogue_words (rowid, paper_id, title, abstract)
        SELECT place, paper_id, title, abstract FROM catalogue JOIN papers USING (paper_id)
        JOIN versions USING (paper_id) WHERE version = latest ORDER BY place""",
    # A library of before changes papers by INSERT OR REPLACE, for which SQLite fires no trigger of a deletion.
    f"CREATE TRIGGER catalogue_replaces BEFORE INSERT ON papers BEGIN {_REMOVE.format(row='new')} END",
    f"CREATE TRIGGER catalogue_enters AFTER INSERT ON papers BEGIN {_ENTER} END",
    f"CREATE TRIGGER catalogue_removes BEFORE DELETE ON papers BEGIN {_REMOVE.format(row='old')} END",
)
_ACTIVITY = """WITH first AS (SELECT paper_id, version, min(day) AS day FROM listings GROUP BY paper_id, version)
    SELECT l.day, count(DISTINCT CASE WHEN l.day = p.date THEN l.paper_id END),
        count(DISTINCT CASE WHEN l.day > p.date AND l.day = f.day THEN l.paper_id END), count(DISTINCT l.paper_id)
    FROM listings l JOIN papers p USING (paper_id) JOIN first f USING (paper_id, version)
    GROUP BY l.day ORDER BY l.day"""


_LAST = "\U0010ffff"
_AUTHORS = """SELECT
    (SELECT p.authors FROM authorship w JOIN entity_papers e USING (entry) JOIN papers p USING (paper_id)
        WHERE w.author = t.author LIMIT 1) || '\n' || a.name
    FROM (SELECT author, count(*) AS n FROM
        (SELECT DISTINCT author FROM author_words WHERE last >= ? AND last < ? AND first = ? LIMIT 2000) named
        JOIN authorship USING (author) GROUP BY author ORDER BY n DESC, author LIMIT ?) t
    JOIN authors a USING (author)"""
"""Of the first authors whose names have a word in this range behind a word, one of whose papers writes them how."""
_RELEVANCE = "bm25(catalogue_words, 1.0, 8.0, 1.0)"
_SERVERS_ORDER = f"(rowid >> {_DAY_BITS}) DESC, paper_id"
"""Of one day by id, whoever of several servers was the first; an index holds it."""
_SERVERS_RELEVANCE = "-ts_rank('{0.125, 0, 0, 1}', catalogue_words.words, asked, 1)"
FACET = 12
"""Values of a facet."""
SHOWN = ("month", "category", "tag", "has", "author")
"""Facets of a page, in their order."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the catalogue: how many papers fit in all, and those of this page, newest first."""

    total: int
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class ReportDay:
    """What a day's reports listed, in papers.

    Attributes:
        new: Listed for the first time.
        changed: Listed before, now with a text not seen before.
        again: Listed before, with a text seen before.
    """

    day: date
    new: int
    changed: int
    again: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where a page comes from, in SQL: a source of `rowid` and `paper_id` with a condition, its values, its order.

    Attributes:
        among: What a row of a paper whose id is in a JSON list fulfils.
        paper: A row's `paper_id`, as a query within it calls it.
        relevance: An order by how much a paper is about the words; empty where there is none.
    """

    source: str
    values: list[object]
    order: str
    among: str
    paper: str
    relevance: str = ""


class Catalogue:
    """Looks papers up on a shelf, page by page; safe from many threads."""

    def __init__(self, shelf: Shelf) -> None:
        """Look up on this shelf."""
        self._shelf = shelf
        self._db = Database.at(shelf.place)
        self._is_ready = False
        self._selected = ((Filters(), -1), "[]")

    def close(self) -> None:
        """Close the connections of all threads."""
        self._db.close()

    def prepare(self) -> bool:
        """Make the tables where they are missing (10 s for 60,000 papers, once); False where that is refused."""
        if not self._is_ready and not self._db.is_server and not self._db.all(_HAS_TABLES):
            try:
                with self._db.transaction() as db:
                    _create(db)
            except LibraryError:
                return False
        self._is_ready = True
        return True

    def page(
        self,
        words: str = "",
        filters: Filters | None = None,
        limit: int | None = 25,
        offset: int = 0,
        *,
        best_first: bool = False,
        among: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> Page:
        """A page of the papers that fit, newest first.

        Args:
            words: All must stand in title, abstract or id, in any form of the same stem; the last may be cut short.
            filters: As everywhere.
            limit: Papers on a page; None: all.
            offset: Papers on the pages before it.
            best_first: Begin with the papers that are most about the words (BM25, where titles count most), if any.
            among: Ids of the papers that may be on it; None allows all.
            without: Ids of papers that may not.
        """
        terms = _WORD.findall(words)
        if words.strip() and not terms:
            return Page(0, ())
        rows = self._fitting(terms, filters or Filters(), among, without)
        sql, values = f"FROM {rows.source}", rows.values
        if best_first and terms and rows.relevance:
            rows = replace(rows, order=f"{rows.relevance}, {rows.order}")
        ((total,),) = self._db.all(f"SELECT count(*) {sql}", values)
        most = ALL if limit is None else limit
        found = self._db.all(f"SELECT paper_id {sql} ORDER BY {rows.order} LIMIT ? OFFSET ?", [*values, most, offset])
        papers = self._shelf.papers(row[0] for row in found)  # one that was removed just now is missing
        return Page(int(total), tuple(papers[row[0]] for row in found if row[0] in papers))

    def facets(
        self,
        words: str = "",
        filters: Filters | None = None,
        *,
        among: Collection[str] | None = None,
        without: Collection[str] = (),
        names: Sequence[str] = SHOWN,
    ) -> dict[str, tuple[tuple[str, int], ...]]:
        """What the papers that fit have in common: most frequent first, months newest first; at most `FACET` of each.

        Args:
            words: As for a page.
            filters: As everywhere.
            among: Ids of the papers that count; None counts all.
            without: Ids of papers that do not count.
            names: What is counted; each takes a look at all papers that fit.

        Returns:
            By ``month`` (2025-11), ``author``, ``category``, ``tag`` (a subject's label) and ``has`` (a field of the
            card), values with how many of the papers have them.
        """
        terms = _WORD.findall(words)
        rows = self._fitting(terms, filters or Filters(), among, without)
        descriptions, selection = self._shelf.descriptions, f"SELECT paper_id FROM {rows.source}"
        labels = descriptions.labels()
        read: dict[str, Callable[[str], str]] = {"author": _as_written, "tag": lambda tag: labels.get(tag, tag)}
        found = descriptions.counts(names, selection, rows.values, FACET)
        return {
            name: tuple((read.get(name, str)(value), count) for value, count in values)
            for name, values in found.items()
        }

    def authors(self, typed: str, most: int = FACET) -> tuple[str, ...]:
        """Authors whose names begin so, as one of their papers writes them; those of most papers first.

        Args:
            typed: Words of a name in their order, the last of which may be cut short.
            most: Names at most.
        """
        *before, last = name_words(typed) or ("",)
        if not last:
            return ()
        first = before[-1] if before else ""
        found = self._db.all(_AUTHORS, (last, f"{last}{_LAST}", first, most))
        return tuple(_as_written(value) for (value,) in found)

    def _fitting(
        self, terms: Sequence[str], filters: Filters, among: Collection[str] | None, without: Collection[str]
    ) -> _Rows:
        """The rows of papers that fit, with all conditions."""
        rows = _looked_up(terms, self._db.is_server) if self.prepare() else _scanned(terms)
        restriction, values = self._restricted(filters, rows)
        if among is not None:
            restriction += f" AND {rows.among}"
            values.append(json.dumps(sorted(among)))
        if without:
            restriction += f" AND NOT ({rows.among})"
            values.append(json.dumps(sorted(without)))
        return replace(rows, source=f"{rows.source}{restriction}", values=[*rows.values, *values])

    def activity(self) -> tuple[ReportDay, ...]:
        """What every day's reports listed, ascending; a day without any is left out."""
        rows = self._db.all(_ACTIVITY)
        return tuple(ReportDay(date.fromisoformat(day), new, text, n - new - text) for day, new, text, n in rows)

    def days(self) -> dict[str, date]:
        """The day of every paper by its id, without those of which no day is known."""
        rows = self._db.rows(f"SELECT p.paper_id, p.date FROM papers p WHERE {IS_DATED}")
        return {paper_id: date.fromisoformat(day) for paper_id, day in rows}

    def version_days(self, paper_id: str) -> dict[int, tuple[date, ...]]:
        """The days on which each version of a paper was listed, ascending."""
        days: dict[int, tuple[date, ...]] = {}
        rows = self._db.all("SELECT version, day FROM listings WHERE paper_id = ? ORDER BY day", (paper_id,))
        for version, day in rows:
            days[version] = (*days.get(version, ()), date.fromisoformat(day))
        return days

    def _restricted(self, filters: Filters, rows: _Rows) -> tuple[str, list[object]]:
        """Dates as a range of rows; what else restricts, by the papers that it leaves."""
        sql = ""
        values: list[object] = []
        if filters.date_from or filters.date_to:
            sql += f" AND {IS_DATED.replace('p.paper_id', rows.paper)}"
        if filters.date_from:
            sql += f" AND rowid >= {_ROW_OF_DAY % '?'}"
            values.append(filters.date_from.isoformat())
        if filters.date_to:
            sql += f" AND rowid < {_ROW_OF_DAY % '?'} + (1 << {_DAY_BITS})"
            values.append(filters.date_to.isoformat())
        if rest := filters.without(DATES):
            sql += f" AND {rows.among}"
            values.append(self._ids(rest))
        return sql, values

    def _ids(self, filters: Filters) -> str:
        """Ids of the papers that filters leave as a JSON list; those asked for last are kept."""
        key = (filters, self._shelf.generation())
        kept, ids = self._selected
        if kept != key:
            ids = json.dumps(sorted(self._shelf.select(filters) or ()))
            self._selected = (key, ids)
        return ids


def _as_written(value: str) -> str:
    """An author's name as one of their papers writes it: its authors as JSON, a newline, and the name folded."""
    authors, _, folded = value.partition("\n")
    names = map(readable, json.loads(authors))
    return next((name for name in names if " ".join(name_words(name)) == folded), folded)


def _looked_up(terms: Sequence[str], is_server: bool) -> _Rows:
    """Rows of the catalogue's own tables; a server ranks words by its own measure, in which titles count most too."""
    # The plus keeps SQLite from asking the word index once for each of an author's papers.
    among = "+rowid IN (SELECT rowid FROM catalogue WHERE paper_id IN (SELECT value FROM json_each(?)))"
    order = _SERVERS_ORDER if is_server else "rowid DESC"
    if not terms:
        return _Rows("catalogue WHERE true", [], order, among, "catalogue.paper_id")
    query = " ".join(f'"{term}"' for term in terms) + "*"
    source, paper = "catalogue_words WHERE catalogue_words MATCH ?", "catalogue_words.paper_id"
    if is_server:
        source = "catalogue_words CROSS JOIN catalogue_words_query(?) asked WHERE catalogue_words.words @@ asked"
    return _Rows(source, [query], order, among, paper, _SERVERS_RELEVANCE if is_server else _RELEVANCE)


def _scanned(terms: Sequence[str]) -> _Rows:
    """Rows of a library without those tables: every paper is read."""
    source = f"""(SELECT {_ROW_OF_DAY % "p.date"} AS rowid, p.paper_id,
        p.paper_id || ' ' || v.title || ' ' || v.abstract AS text
        FROM papers p JOIN versions v ON v.paper_id = p.paper_id AND v.version = p.latest) AS every WHERE true"""
    source += " AND text LIKE ?" * len(terms)
    among = "paper_id IN (SELECT value FROM json_each(?))"
    return _Rows(source, [f"%{term}%" for term in terms], "rowid DESC, paper_id", among, "every.paper_id")


def _create(db: Connection) -> None:
    """Make and fill the tables within a transaction; does nothing where another process was faster."""
    if db.execute(_HAS_TABLES).fetchone():
        return
    for statement in _SCHEMA:
        db.execute(statement)
