"""The shelf: papers, their versions and listing days in SQLite, the truth from which both indexes can be rebuilt.

Version numbers are given in the order in which texts were first seen and never move, so that a citation of a version
stays right; the *latest* version is the one in the newest report, whatever the order of ingest (`papers.versions`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from rag.errors import EmptyLibrary, IndexDamaged, LibraryError, PaperNotFound
from rag.papers import bodies, metadata
from rag.papers.database import ALL, Database
from rag.papers.descriptions import Descriptions
from rag.papers.entities import Entities, require
from rag.papers.flags import Flags
from rag.papers.indexed import ANEW, Indexed, bump
from rag.papers.indexed import ChunkRow as ChunkRow
from rag.papers.rows import LATEST, PAPER_COLUMNS, paper_of
from rag.papers.schema import SCHEMA_VERSION, bring_up_to_date, is_outdated, schema_of
from rag.papers.versions import Outcome as Outcome
from rag.papers.versions import record, take_off
from rag.text.names import name_words
from rag.types import Filters, Paper, paper_text
from rag.types.places import Place

FILE_NAME = "shelf.sqlite"
_SELECTIONS = 16
"""Filters whose papers are remembered: one reader asks many questions with the same."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the shelf holds: number of papers, earliest and latest `Paper.date` of those that some source dates."""

    papers: int
    first: date | None
    last: date | None

    @property
    def days(self) -> str:
        """The dates in words: ``2025-04-08 to 2025-11-22``."""
        return f"{self.first} to {self.last}" if self.first else "of no known date"

    @property
    def listed(self) -> str:
        """The dates in words that follow papers: ``from 2025-04-08 to 2025-11-22``."""
        return f"from {self.days}" if self.first else self.days


class Shelf(Indexed):
    """The SQLite file, or the server's tables; safe from many threads, one writer at a time by the library's lock."""

    def __init__(self, place: Place) -> None:
        """Open the store, which is made where it is missing; one that exists is only read, unless its tables are old.

        Raises:
            LibraryBusy: another process writes for too long.
            IndexDamaged: it is not a shelf, or one of another schema.
            LibraryError: the folder, the disk or the server refuses.
        """
        self.place = place
        self._db = Database.at(place)
        self.entities = Entities(self._db)
        self.descriptions = Descriptions(self._db)
        self.flags = Flags(self._db)
        self._selection = lru_cache(maxsize=_SELECTIONS)(self._select)
        if not self._db.is_server:  # which has all tables
            self._require_schema()

    def _require_schema(self) -> None:
        """Bring an older file up to date, and refuse what is none of ours."""
        found = self._db.read(schema_of)
        path = self._db.path
        if found == "0" and any(path.parent.glob("lexical-*")):  # a new shelf would be taken for an empty library
            raise IndexDamaged(
                f"The papers of the library in {path.parent} are gone: {path.name} is empty or missing.",
                "Restore it from a backup: `paperchat restore FILE --force`; or ingest afresh into another --data-dir.",
            )
        if is_outdated(found):
            with self._db.transaction() as db:
                bring_up_to_date(db)
                require(db)
            found = str(SCHEMA_VERSION)
        if found != str(SCHEMA_VERSION):
            raise IndexDamaged(
                f"{self.place} has schema {found}, this version of paperchat reads schema {SCHEMA_VERSION}.",
                "Use the version of paperchat that wrote it, or another --data-dir.",
            )

    @classmethod
    def existing(cls, place: Place) -> Shelf:
        """Open the shelf of a library that holds papers, for reading.

        Raises:
            EmptyLibrary: there is none, or it holds nothing yet.
        """
        require_shelf(place)
        shelf = cls(place)
        if shelf.has_papers():
            return shelf
        shelf.close()
        raise no_papers(place)

    @property
    def path(self) -> Path:
        """The SQLite file (`LibraryError` where there is none)."""
        return self._db.path

    def close(self) -> None:
        """Close the connections of all threads."""
        self._db.close()

    # --- meta -------------------------------------------------------------------------------------------------------

    def corpus_digest(self) -> str:
        """Hash of what can be cited and how it is selected, 16 hex digits; cached by generation."""
        stamp = f"{self.generation()}:"
        cached = self.meta("corpus") or ""
        if not cached.startswith(stamp):
            digest = hashlib.sha256()
            rows = self._db.rows(
                f"SELECT p.paper_id, v.title, v.abstract, p.authors, p.date, b.body, {metadata.DECIDING} FROM papers p "
                f"JOIN versions v ON v.paper_id = p.paper_id AND v.version = p.latest {bodies.JOIN} ORDER BY p.paper_id"
            )
            for *row, body, categories in rows:
                digest.update(json.dumps([*row, *filter(None, (body, categories))]).encode())
            if held := sorted(self.flags.held()):
                digest.update(json.dumps(held).encode())
            cached = stamp + digest.hexdigest()[:16]
            with suppress(LibraryError):  # the digest is right; where it cannot be kept, it is only slow
                self._db.attempt(f"INSERT INTO meta VALUES ('corpus', ?) {ANEW}", (cached,))
        return cached.removeprefix(stamp)

    # --- writing ----------------------------------------------------------------------------------------------------

    def record(self, papers: Iterable[Paper]) -> dict[str, Outcome]:
        """Put papers as sources read them on the shelf, atomically; those to be indexed become pending.

        Returns:
            What happened to each paper, by the id that it is kept under. One that only got another listing day is
            ``unchanged``.
        """
        outcomes: dict[str, Outcome] = {}
        with self._db.transaction() as db:
            require(db)
            before = db.total_changes
            for paper in papers:
                paper_id, outcome = record(db, paper)
                if outcomes.get(paper_id, "unchanged") == "unchanged":
                    outcomes[paper_id] = outcome
            if db.total_changes > before:
                bump(db)
        return outcomes

    def attach(self, paper: Paper) -> Outcome:
        """Give a version that is on the shelf its full text; where it has one, that stays."""
        with self._db.transaction() as db:
            if not bodies.record_body(db, paper, paper.version):
                return "unchanged"
            db.execute(
                "INSERT INTO pending (paper_id) SELECT paper_id FROM papers WHERE paper_id = ? AND latest = ? "
                "ON CONFLICT DO NOTHING",
                (paper.paper_id, paper.version),
            )
            bump(db)
            return "updated"

    def has_bodies(self) -> bool:
        """Whether the full text of any paper is known."""
        return bool(self._db.all("SELECT 1 FROM bodies LIMIT 1"))

    def remove(self, paper_ids: Collection[str]) -> None:
        """Take papers with all their versions off the shelf; their chunks become pending for removal."""
        with self._db.transaction() as db:
            require(db)
            for paper_id in paper_ids:
                take_off(db, paper_id)
            bump(db)

    # --- reading ----------------------------------------------------------------------------------------------------

    def paper(self, paper_id: str, version: int | None = None) -> Paper:
        """One version of a paper, the latest by default; by an id that it left, too.

        Raises:
            PaperNotFound: no such paper, or not that version of it.
        """
        (paper_id,) = self.resolved([paper_id])
        found = self.papers([paper_id])
        if not found:
            raise PaperNotFound(
                f"{paper_id} is not in the library.", "`paperchat papers --query WORDS` looks for papers by title."
            )
        if version is None:
            return found[paper_id]
        query = f"""SELECT {PAPER_COLUMNS} FROM papers p JOIN versions v ON v.paper_id = p.paper_id {bodies.JOIN}
            WHERE p.paper_id = ? AND v.version = ?"""
        rows = self._db.all(query, (paper_id, version))
        if not rows:
            known = ", ".join(map(str, self.versions(paper_id)))
            raise PaperNotFound(f"{paper_id} has no version {version}.", f"Known versions: {known}.")
        return paper_of(rows[0])

    def papers(self, paper_ids: Iterable[str]) -> dict[str, Paper]:
        """Latest versions by id; unknown ids are left out."""
        wanted = _listed(paper_ids)
        rows = self._db.rows(f"{LATEST} WHERE p.paper_id IN (SELECT value FROM json_each(?))", (wanted,))
        return {row[0]: paper_of(row) for row in rows}

    def resolved(self, paper_ids: Iterable[str]) -> list[str]:
        """The ids under which papers are known now, each once, in their order; any other stays as it is."""
        ids = list(paper_ids)
        sql = "SELECT old, new FROM renamed WHERE old IN (SELECT value FROM json_each(?))"
        now = dict(self._db.all(sql, (_listed(ids),)))
        return list(dict.fromkeys(now.get(paper_id, paper_id) for paper_id in ids))

    def renamed(self) -> dict[str, str]:
        """The ids that papers left, with those that they have now."""
        return dict(self._db.all("SELECT old, new FROM renamed"))

    def versions(self, paper_id: str) -> tuple[int, ...]:
        """Numbers of the paper's versions, ascending; empty when it is unknown."""
        rows = self._db.rows("SELECT version FROM versions WHERE paper_id = ? ORDER BY version", (paper_id,))
        return tuple(row[0] for row in rows)

    def arxiv_version(self, paper_id: str, number: int) -> Paper | None:
        """The text that is arXiv's version of this number; None where no text of the paper has a known number.

        Raises:
            PaperNotFound: no such paper; or other versions of it are known, and not this one.
        """
        latest = self.paper(paper_id)
        sql = "SELECT arxiv, version FROM versions WHERE paper_id = ? AND arxiv > 0 ORDER BY arxiv"
        known = dict(self._db.all(sql, (paper_id,)))
        if not known:
            return None
        if number not in known:
            held = ", ".join(f"v{one}" for one in known)
            raise PaperNotFound(f"{paper_id}v{number} is not in the library.", f"Held of {latest.paper_id}: {held}.")
        return self.paper(paper_id, known[number])

    def without_abstract(self) -> list[Paper]:
        """Latest versions that are known by id or title alone, by id."""
        return [paper_of(row) for row in self._db.rows(f"{LATEST} WHERE v.abstract = '' ORDER BY p.paper_id")]

    def browse(self, query: str = "", filters: Filters | None = None, limit: int | None = None) -> list[Paper]:
        """Latest versions, newest first, whose title, id or authors hold every word of `query`."""
        allowed = self.select(filters or Filters())
        sql, values = LATEST, []
        clauses = []
        for word in query.split():
            clauses.append("(v.title || ' ' || p.paper_id || ' ' || p.authors) LIKE ? ESCAPE '\\'")
            values.append("%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%")
        if allowed is not None:
            clauses.append("p.paper_id IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(allowed)))
        if clauses:
            sql += " WHERE " + " AND ".join(clauses)
        rows = self._db.rows(f"{sql} ORDER BY p.date DESC, p.paper_id LIMIT ?", (*values, limit or ALL))
        return [paper_of(row) for row in rows]

    def select(self, filters: Filters) -> frozenset[str] | None:
        """Ids of the papers that the filters allow; None when nothing is restricted.

        An author may be several, joined by ``and`` (all of them wrote the paper) or ``or`` (any of them did).
        """
        return self._selection(self.generation(), filters) if filters else None

    def _select(self, _generation: int, filters: Filters) -> frozenset[str]:
        """Ids of the papers that the filters allow, at one generation."""
        for joiner, combine in ((" or ", frozenset.union), (" and ", frozenset.intersection)):
            if filters.author and joiner in filters.author:
                named = [replace(filters, author=name) for name in filters.author.split(joiner) if name.strip()]
                return combine(*(self._select(_generation, one) for one in named)) if named else frozenset()
        return frozenset(self._selected(filters))

    def is_author(self, name: str) -> bool:
        """Whether any paper is by somebody of that name, as `select` would match it."""
        return self.entities.is_author(name_words(name))

    def _selected(self, filters: Filters) -> Iterable[str]:
        """Ids of the papers that fit; the author is one name."""
        conditions = [(row.condition, row.bound(value)) for row, value in filters.given() if row.condition]
        theirs = self.entities.papers_by(name_words(filters.author)) if filters.author else None
        if theirs is not None and not conditions:
            return theirs
        clauses, values = ["true", *(condition for condition, _ in conditions)], [value for _, value in conditions]
        rows = self._db.rows(f"SELECT p.paper_id FROM papers p WHERE {' AND '.join(clauses)}", values)
        return (row[0] for row in rows if theirs is None or row[0] in theirs)

    def texts(self) -> Iterator[str]:
        """Stored text of the latest version of every paper."""
        rows = self._db.rows(
            "SELECT v.title, v.abstract, coalesce(b.body, '') FROM papers p "
            f"JOIN versions v ON v.paper_id = p.paper_id AND v.version = p.latest {bodies.JOIN}"
        )
        return (paper_text(*row) for row in rows)

    def has_papers(self) -> bool:
        """Whether there is any paper; `coverage` counts them all."""
        return bool(self._db.all("SELECT 1 FROM papers LIMIT 1"))

    def coverage(self) -> Coverage:
        """How many papers there are and which dates they span."""
        dated = f"SELECT p.date FROM papers p WHERE {metadata.IS_DATED} ORDER BY p.date"
        sql = f"SELECT (SELECT count(*) FROM papers), ({dated} LIMIT 1), ({dated} DESC LIMIT 1)"
        ((count, first, last),) = self._db.all(sql)
        return Coverage(count, date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None)

    def listing_days(self) -> list[date]:
        """Days on which a report listed any paper, ascending."""
        rows = self._db.rows(f"SELECT DISTINCT p.day FROM listings p WHERE {metadata.IS_DATED} ORDER BY p.day")
        return [date.fromisoformat(day) for (day,) in rows]

    def titles(self) -> dict[str, str]:
        """The title of every paper's latest version, by id."""
        sql = """SELECT p.paper_id, v.title FROM papers p
            JOIN versions v ON v.paper_id = p.paper_id AND v.version = p.latest"""
        return dict(self._db.all(sql))

    def by_date(self) -> list[str]:
        """The ids of all papers, those of the newest date first; of undated ones no date is known: they come last."""
        sql = f"SELECT paper_id FROM papers p ORDER BY {metadata.IS_DATED} DESC, date DESC, paper_id"
        return [row[0] for row in self._db.rows(sql)]

    def integrity(self) -> str:
        """The database's own verdict on what is stored: ``ok`` or what is wrong."""
        return self._db.integrity()

    def copy(self, path: Path) -> None:
        """Copy the file as it is at one moment to a new one."""
        self._db.copy(path)


def require_shelf(place: Place) -> None:
    """Raise `EmptyLibrary` where no library is; nothing is made there."""
    if not place.is_file():
        raise EmptyLibrary(
            f"There is no library in {_library_of(place)}.",
            "Name its folder with --data-dir, or add papers there with `paperchat ingest PATH...`.",
        )


def no_papers(place: Place) -> EmptyLibrary:
    """The error of a library without papers, whose shelf lies there, with how to add some."""
    return EmptyLibrary(
        f"The library in {_library_of(place)} is empty.",
        "Add daily reports or JSON-lines with `paperchat ingest PATH...`.",
    )


def _library_of(place: Place) -> str:
    """What a library is called of which this is the shelf."""
    return str(place.parent if isinstance(place, Path) else place)


def _listed(paper_ids: Iterable[str]) -> str:
    """Ids as a statement takes them; SQLite reads one with a zero byte up to that alone, which is another's."""
    return json.dumps([paper_id for paper_id in paper_ids if "\0" not in paper_id])
