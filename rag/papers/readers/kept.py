"""What readers keep: stars, papers for later, papers read, lists, notes, interests, and when they were last here.

It lies in an SQLite file beside the shelf, as conversations do: it is the readers', and neither a removed paper nor an
index built anew touches it. Papers stand in it by id. Every reader sees their own only; where there are no users, the
one reader is ``""``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from rag.errors import KeepError, NoteConflict
from rag.papers.database import Connection, Database
from rag.papers.readers.interests import INTERESTS, SINCE, Interests
from rag.papers.readers.lists import PaperList as PaperList
from rag.papers.readers.lists import PaperLists, checked_ids, now
from rag.types.places import Place

FILE_NAME = "kept.sqlite"
LONGEST_NOTE = 100_000
"""Characters of a note."""
SAME_VISIT = timedelta(minutes=30)
"""A reader who comes back sooner goes on with the same visit: a page that is reloaded shows what it showed."""
_FIRST = """
CREATE TABLE marks (
    turn INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, kind TEXT NOT NULL, paper_id TEXT NOT NULL,
    since TEXT NOT NULL, UNIQUE (owner, kind, paper_id));
CREATE TABLE lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, name TEXT NOT NULL, fold TEXT NOT NULL,
    changed TEXT NOT NULL, UNIQUE (owner, fold));
CREATE TABLE listed (
    turn INTEGER PRIMARY KEY AUTOINCREMENT, list INTEGER NOT NULL, paper_id TEXT NOT NULL, UNIQUE (list, paper_id));
CREATE INDEX listed_by_paper ON listed (paper_id);
CREATE TABLE notes (
    revision INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, paper_id TEXT NOT NULL, text TEXT NOT NULL,
    changed TEXT NOT NULL, UNIQUE (owner, paper_id));
CREATE TABLE visits (owner TEXT PRIMARY KEY, before TEXT, last TEXT NOT NULL) WITHOUT ROWID
"""
_REACH = """
ALTER TABLE visits ADD COLUMN reach TEXT;
ALTER TABLE visits ADD COLUMN seen TEXT
"""
STEPS = (_FIRST, _REACH, INTERESTS, SINCE)
"""What each version of the schema adds to the one before. Numbers are never used twice, so that one tells what was
written when, and a revision is one text."""
_Kind = Literal["star", "later", "read", "less"]
_MARK = """INSERT INTO marks (owner, kind, paper_id, since)
    SELECT ?, ?, j.value, ? FROM json_each(?) j WHERE NOT EXISTS
        (SELECT 1 FROM marks WHERE owner = ? AND kind = ? AND paper_id = j.value) ORDER BY j.key DESC"""
_UNMARK = "DELETE FROM marks WHERE owner = ? AND kind = ? AND paper_id IN (SELECT value FROM json_each(?))"
_MARKS = """SELECT j.value,
    EXISTS (SELECT 1 FROM marks WHERE owner = :user AND kind = 'star' AND paper_id = j.value),
    EXISTS (SELECT 1 FROM marks WHERE owner = :user AND kind = 'later' AND paper_id = j.value),
    EXISTS (SELECT 1 FROM marks WHERE owner = :user AND kind = 'read' AND paper_id = j.value),
    EXISTS (SELECT 1 FROM notes WHERE owner = :user AND paper_id = j.value),
    EXISTS (SELECT 1 FROM marks WHERE owner = :user AND kind = 'less' AND paper_id = j.value)
    FROM json_each(:ids) j"""
_MOVE = {
    "marks": """UPDATE marks SET paper_id = :new WHERE paper_id = :old AND NOT EXISTS
        (SELECT 1 FROM marks m WHERE m.paper_id = :new AND m.owner = marks.owner AND m.kind = marks.kind)""",
    "listed": """UPDATE listed SET paper_id = :new WHERE paper_id = :old AND NOT EXISTS
        (SELECT 1 FROM listed l WHERE l.paper_id = :new AND l.list = listed.list)""",
}
"""Of two rows that would be the same, the one of the new id stays."""
_VISIT = """INSERT INTO visits (owner, before, last, reach, seen) VALUES (?, ?, ?, ?, ?) ON CONFLICT (owner) DO UPDATE
    SET before = excluded.before, last = excluded.last, reach = excluded.reach, seen = excluded.seen"""
_WRITE = "INSERT INTO notes (owner, paper_id, text, changed, since) VALUES (?, ?, ?, ?, ?)"
_ON_LISTS = """SELECT p.paper_id, l.name FROM json_each(?) j JOIN listed p ON p.paper_id = j.value
    JOIN lists l ON l.id = p.list WHERE l.owner = ? ORDER BY l.id"""
_UNREAD = """SELECT j.value FROM json_each(?) j WHERE NOT EXISTS
    (SELECT 1 FROM marks WHERE owner = ? AND kind = 'read' AND paper_id = j.value)"""
_OF_A_READER = ("marks", "notes", "visits", "lists", "interests", "muted")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a reader keeps of a paper.

    Attributes:
        lists: Names of the lists it stands in, in the order in which they were made.
        noted: Whether there is a note.
        less: Whether the reader wants less like it.
    """

    starred: bool = False
    later: bool = False
    read: bool = False
    lists: tuple[str, ...] = ()
    noted: bool = False
    less: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A reader's note on a paper.

    Attributes:
        text: As it was typed; empty where it was just deleted.
        revision: Of this text; whoever writes another names it. 0 is no note.
        changed: When it was written.
    """

    text: str
    revision: int
    changed: datetime


class Kept(PaperLists, Interests):
    """The SQLite file; safe from many threads and processes.

    Every method raises `KeepError` for what is no paper's id.
    """

    def __init__(self, place: Place) -> None:
        """Open the store, which is made where it is missing.

        Raises:
            IndexDamaged: it is no such store, or one of a later schema.
            LibraryError: the folder, the disk or the server refuses.
        """
        super().__init__(Database.stepped(place, STEPS))

    def close(self) -> None:
        """Close the connections of all threads."""
        self._db.close()

    # --- marks ------------------------------------------------------------------------------------------------------

    def star(self, user: str, paper_ids: str | Iterable[str], on: bool = True) -> None:
        """Star a paper, or several as one after another, or take their stars away."""
        self._mark(user, "star", _ids(paper_ids)[::-1], on)

    def later(self, user: str, paper_ids: str | Iterable[str], on: bool = True) -> None:
        """Keep a paper, or several as one after another, to be read later, or no longer."""
        self._mark(user, "later", _ids(paper_ids)[::-1], on)

    def read(self, user: str, paper_ids: str | Iterable[str], on: bool = True) -> None:
        """Count papers as read, or as unread again."""
        self._mark(user, "read", _ids(paper_ids), on)

    def less(self, user: str, paper_ids: str | Iterable[str], on: bool = True) -> None:
        """Want less like a paper, or like several as one after another, or take that back."""
        self._mark(user, "less", _ids(paper_ids)[::-1], on)

    def marks(self, user: str, paper_ids: Iterable[str]) -> dict[str, Marks]:
        """What the reader keeps of each of these papers, in their order; also of those of which nothing is kept."""
        ids = checked_ids(paper_ids)
        lists: dict[str, list[str]] = {}
        for paper_id, name in self._db.rows(_ON_LISTS, (ids, user)):
            lists.setdefault(paper_id, []).append(name)
        rows = self._db.read(lambda db: db.execute(_MARKS, {"user": user, "ids": ids}).fetchall())
        return {
            paper_id: Marks(star == 1, later == 1, read == 1, tuple(lists.get(paper_id, ())), noted == 1, less == 1)
            for paper_id, star, later, read, noted, less in rows
        }

    def starred(self, user: str) -> tuple[str, ...]:
        """Starred papers, the one starred last first."""
        return self._marked(user, "star")

    def to_read(self, user: str) -> tuple[str, ...]:
        """Papers kept for later, the one kept last first."""
        return self._marked(user, "later")

    def lessened(self, user: str) -> tuple[str, ...]:
        """Papers of whose kind the reader wants less, the one said last first."""
        return self._marked(user, "less")

    def done(self, user: str) -> frozenset[str]:
        """Papers that the reader counts as read."""
        return frozenset(self._marked(user, "read"))

    def unread(self, user: str, paper_ids: Iterable[str]) -> frozenset[str]:
        """Those of these papers that the reader has not read."""
        return frozenset(row[0] for row in self._db.rows(_UNREAD, (checked_ids(paper_ids), user)))

    def _mark(self, user: str, kind: _Kind, paper_ids: Iterable[str], on: bool) -> None:
        ids = checked_ids(paper_ids)
        if on:
            self._db.execute(_MARK, (user, kind, now(), ids, user, kind))
        else:
            self._db.execute(_UNMARK, (user, kind, ids))

    def _marked(self, user: str, kind: _Kind) -> tuple[str, ...]:
        rows = self._db.rows("SELECT paper_id FROM marks WHERE owner = ? AND kind = ? ORDER BY turn DESC", (user, kind))
        return tuple(row[0] for row in rows)

    # --- notes ------------------------------------------------------------------------------------------------------

    def note(self, user: str, paper_id: str) -> Note | None:
        """The reader's note on a paper; None where there is none."""
        checked_ids([paper_id])
        return self._db.read(lambda db: _note(db, user, paper_id))

    def noted(self, user: str) -> tuple[str, ...]:
        """Papers with a note, the one written last first."""
        rows = self._db.rows("SELECT paper_id FROM notes WHERE owner = ? ORDER BY revision DESC", (user,))
        return tuple(row[0] for row in rows)

    def write_note(self, user: str, paper_id: str, text: str, revision: int) -> Note:
        """Write a note over the one that was read; a blank text deletes it.

        Args:
            user: Whose note.
            paper_id: Of the paper.
            text: As typed, at most `LONGEST_NOTE` characters.
            revision: Of the note that was read, 0 where there was none.

        Raises:
            NoteConflict: another text was written since, which the error holds; nothing was changed.
            KeepError: the text is too long.
        """
        if len(text) > LONGEST_NOTE:
            raise KeepError(
                f"The note has {len(text):,} characters, {LONGEST_NOTE:,} are the most.",
                "Shorten it, or part it over several papers.",
            )
        checked_ids([paper_id])
        text = _storable(text)
        with self._db.transaction() as db:
            stored = _note(db, user, paper_id)
            if (stored.text if stored else "") == text:  # written twice
                return stored or Note("", 0, datetime.now(UTC))
            if (stored.revision if stored else 0) != revision:
                raise _conflict(paper_id, stored)
            # The row gets a number of its own with each text.
            since = _since(db, user, paper_id)
            db.execute("DELETE FROM notes WHERE owner = ? AND paper_id = ?", (user, paper_id))
            if text:
                db.execute(_WRITE, (user, paper_id, text, written := now(), since or written))
            return _note(db, user, paper_id) or Note("", 0, datetime.now(UTC))

    # --- visits -----------------------------------------------------------------------------------------------------

    def visit(self, user: str, now: datetime) -> datetime | None:
        """Note that the reader is here, and return when they last were here before this visit; None for the first.

        Args:
            user: Who is here.
            now: This moment. Within `SAME_VISIT` of the last call it belongs to the same visit.
        """
        return self._visit(user, now, None)[0]

    def seen(self, user: str, now: datetime, newest: date) -> date | None:
        """Note a visit as `visit` does, and return the newest day that was there at the one before; None for the first.

        Args:
            user: Who is here.
            now: This moment.
            newest: The newest day that the library holds now.
        """
        return self._visit(user, now, newest)[1]

    def _visit(self, user: str, now: datetime, newest: date | None) -> tuple[datetime | None, date | None]:
        now = now.astimezone(UTC)
        with self._db.transaction() as db:
            row = db.execute("SELECT before, last, reach, seen FROM visits WHERE owner = ?", (user,)).fetchone()
            before, last, reach, seen = row or (None, None, None, None)
            last = datetime.fromisoformat(last) if last else None
            if last and now - last > SAME_VISIT:
                before, seen = last.isoformat(), reach
            latest = max(now, last) if last else now  # a clock may be set back
            reach = max(filter(None, (reach, newest and newest.isoformat())), default=None)
            values = (user, before, latest.isoformat(), reach, seen)
            db.execute(_VISIT, values)
        return datetime.fromisoformat(before) if before else None, date.fromisoformat(seen) if seen else None

    # --- papers that left their ids ---------------------------------------------------------------------------------

    def follow(self, renamed: Mapping[str, str]) -> None:
        """Keep of papers under the ids that they have now what was kept under those that they left, for all readers.

        Two notes of one reader become one, the earlier paper's below. Nothing happens where nothing is kept so.

        Args:
            renamed: Ids that papers left, with those that they have now.
        """
        self._follow_interests(renamed)
        sql = " UNION ".join(f"SELECT paper_id FROM {table}" for table in ("marks", "listed", "notes"))
        moved = [(old, renamed[old]) for (old,) in self._db.all(sql) if old in renamed]
        if not moved:
            return
        with self._db.transaction() as db:
            for old, new in moved:
                for table, move in _MOVE.items():
                    db.execute(move, {"old": old, "new": new})
                    db.execute(f"DELETE FROM {table} WHERE paper_id = ?", (old,))
                # A row's number is its text's revision: two that become one are another text.
                for owner, text in db.execute("SELECT owner, text FROM notes WHERE paper_id = ?", (old,)).fetchall():
                    if stored := _note(db, owner, new):
                        since = min(_since(db, owner, old), _since(db, owner, new))
                        db.execute("DELETE FROM notes WHERE owner = ? AND paper_id IN (?, ?)", (owner, old, new))
                        db.execute(_WRITE, (owner, new, f"{stored.text}\n\n{text}", now(), since))
                db.execute("UPDATE notes SET paper_id = ? WHERE paper_id = ?", (new, old))

    # --- all of a reader's ------------------------------------------------------------------------------------------

    def export(self, user: str) -> dict[str, Any]:
        """All that the reader keeps, ready to be written as JSON."""
        names: tuple[_Kind, ...] = ("later", "read", "less")
        kinds: tuple[tuple[str, _Kind], ...] = (("starred", "star"), *((name, name) for name in names))
        marks = "SELECT paper_id, since FROM marks WHERE owner = ? AND kind = ? ORDER BY turn"
        notes = "SELECT paper_id, text, changed FROM notes WHERE owner = ? ORDER BY revision"
        return {
            **{
                name: [{"paper_id": row[0], "since": row[1]} for row in self._db.all(marks, (user, kind))]
                for name, kind in kinds
            },
            "lists": [
                {"name": one.name, "papers": [*one.papers], "changed": one.changed.isoformat()}
                for one in self.lists(user)
            ],
            "notes": [
                dict(zip(("paper_id", "text", "changed"), row, strict=True)) for row in self._db.all(notes, (user,))
            ],
            "interests": [
                {"key": one.key, "sentence": one.sentence, "since": one.since.isoformat()}
                for one in self.interests(user)
            ],
            "muted": [*self.muted(user)],
            "questions_taken_out": sorted(self.unasked(user)[0]),
            "visited": next((row[0] for row in self._db.all("SELECT last FROM visits WHERE owner = ?", (user,))), None),
        }

    def forget(self, user: str) -> None:
        """Delete all that the reader keeps."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM listed WHERE list IN (SELECT id FROM lists WHERE owner = ?)", (user,))
            for table in _OF_A_READER:
                db.execute(f"DELETE FROM {table} WHERE owner = ?", (user,))


def _ids(paper_ids: str | Iterable[str]) -> list[str]:
    return [paper_ids] if isinstance(paper_ids, str) else [*paper_ids]


def _note(db: Connection, user: str, paper_id: str) -> Note | None:
    sql = "SELECT text, revision, changed FROM notes WHERE owner = ? AND paper_id = ?"
    row = db.execute(sql, (user, paper_id)).fetchone()
    return Note(row[0], row[1], datetime.fromisoformat(row[2])) if row else None


def _since(db: Connection, user: str, paper_id: str) -> str:
    """When a note was first written; empty where there is none."""
    sql = "SELECT since FROM notes WHERE owner = ? AND paper_id = ?"
    return str(next(iter(db.execute(sql, (user, paper_id)).fetchone() or ("",))))


def _storable(text: str) -> str:
    """A note's text as it can be kept: what is no character is a question mark; a blank one is empty."""
    return text.encode("utf-8", "replace").decode().replace("\0", "") if text.strip() else ""


def _conflict(paper_id: str, stored: Note | None) -> NoteConflict:
    what = "written anew" if stored else "deleted"
    return NoteConflict(
        f"The note on {paper_id} was {what} elsewhere since you opened it.",
        "Nothing of yours was written: compare the two, and write again over what is stored now.",
        stored.text if stored else "",
        stored.revision if stored else 0,
    )
