"""Lists of papers that readers make and name: part of what is kept (`papers.readers.kept`).

A name is whatever a person types, and data: two names that differ in case, width or spacing alone are one. Papers stand
in a list by id, in the order in which they were put there, whether or not the library holds them any more.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.errors import KeepError, ListNotFound
from rag.papers.browse.nearest import did_you_mean, nearest
from rag.papers.database import Connection, Database
from rag.text.controls import without_controls

LONGEST_NAME = 200
"""Characters of a list's name."""
_LONGEST_ID = 500
_JOINER = "\u200d"
"""Joins emoji into one."""
_LISTS = """SELECT l.name, l.changed, p.paper_id FROM lists l LEFT JOIN listed p ON p.list = l.id
    WHERE l.owner = ? {also} ORDER BY l.id, p.turn"""
_PUT = """INSERT INTO listed (list, paper_id, since)
    SELECT ?, j.value, ? FROM json_each(?) j WHERE NOT EXISTS
        (SELECT 1 FROM listed WHERE list = ? AND paper_id = j.value) ORDER BY j.key"""
_TAKE = "DELETE FROM listed WHERE list = ? AND paper_id IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class PaperList:
    """A list.

    Attributes:
        name: As it was typed, with single spaces.
        papers: Ids in the order in which they were put there.
        changed: When it was last made, renamed, added to or taken from.
    """

    name: str
    papers: tuple[str, ...]
    changed: datetime


class PaperLists:
    """The lists of each reader; part of `papers.kept.Kept`, which holds the file.

    Methods that name a list raise `ListNotFound` where the reader has none of that name, and `KeepError` for what is no
    name or no id.
    """

    def __init__(self, db: Database) -> None:
        """Keep lists in this file, which has the tables."""
        self._db = db

    def lists(self, user: str) -> tuple[PaperList, ...]:
        """The reader's lists, in the order in which they were made."""
        return _gathered(self._db.all(_LISTS.format(also=""), (user,)))

    def get_list(self, user: str, name: str) -> PaperList:
        """One list."""
        found = self._db.all(_LISTS.format(also="AND l.fold = ?"), (user, folded(checked_name(name))))
        if not found:
            raise _no_list(name, self.lists(user))
        return _gathered(found)[0]

    def make_list(self, user: str, name: str) -> PaperList:
        """Make an empty list.

        Raises:
            KeepError: there is one of that name already, or it is none.
        """
        name = checked_name(name)
        with self._db.transaction() as db:
            _refuse_taken(db, user, name)
            _make(db, user, name)
        return self.get_list(user, name)

    def rename_list(self, user: str, name: str, new_name: str) -> PaperList:
        """Call a list something else; `KeepError` where another is called so."""
        new_name = checked_name(new_name)
        with self._db.transaction() as db:
            number = _number(db, user, name)
            _refuse_taken(db, user, new_name, besides=number)
            db.execute(
                "UPDATE lists SET name = ?, fold = ?, changed = ? WHERE id = ?",
                (new_name, folded(new_name), now(), number),
            )
        return self.get_list(user, new_name)

    def drop_list(self, user: str, name: str) -> None:
        """Delete a list; its papers stay in the library."""
        with self._db.transaction() as db:
            number = _number(db, user, name)
            db.execute("DELETE FROM listed WHERE list = ?", (number,))
            db.execute("DELETE FROM lists WHERE id = ?", (number,))

    def put(self, user: str, list_name: str, paper_ids: Iterable[str], *, make: bool = False) -> PaperList:
        """Put papers at the end of a list; those that stand in it stay where they are.

        Args:
            user: Whose list.
            list_name: Its name.
            paper_ids: Of the papers.
            make: Make the list where it is missing, in the same transaction.

        Raises:
            ListNotFound: there is none, and none is to be made.
        """
        ids = checked_ids(paper_ids)
        with self._db.transaction() as db:
            if make:
                _make(db, user, checked_name(list_name))
            number = _number(db, user, list_name)
            _changed(db, number, db.execute(_PUT, (number, now(), ids, number)).rowcount)
        return self.get_list(user, list_name)

    def take(self, user: str, list_name: str, paper_ids: Iterable[str]) -> PaperList:
        """Take papers off a list; those that do not stand in it are passed over."""
        ids = checked_ids(paper_ids)
        with self._db.transaction() as db:
            number = _number(db, user, list_name)
            _changed(db, number, db.execute(_TAKE, (number, ids)).rowcount)
        return self.get_list(user, list_name)


def checked_name(name: str) -> str:
    """A list's name with single spaces.

    Raises:
        KeepError: nothing of it can be seen, it is too long, or it holds control characters.
    """
    tidy = unicodedata.normalize("NFC", " ".join(name.split()))
    if not any(char.isprintable() and char != " " for char in tidy):
        raise KeepError("The list's name is blank.", "Type a name.")
    if len(tidy) > LONGEST_NAME:
        raise KeepError(f"The list's name has {len(tidy):,} characters.", f"{LONGEST_NAME} are the most.")
    if is_unsafe(tidy):
        raise KeepError("The list's name holds control characters.", "Type it without them.")
    return tidy


def folded(name: str) -> str:
    """What two spellings of one name have in common."""
    seen = (
        char for char in unicodedata.normalize("NFKC", name) if char == _JOINER or unicodedata.category(char) != "Cf"
    )
    return " ".join("".join(seen).casefold().split())


def checked_ids(paper_ids: Iterable[str]) -> str:
    """Papers' ids as a JSON list, each once, in their order.

    Raises:
        KeepError: one cannot be an id.
    """
    ids = dict.fromkeys(paper_ids)
    for paper_id in ids:
        if not paper_id.strip() or len(paper_id) > _LONGEST_ID or is_unsafe(paper_id):
            raise KeepError(f"{paper_id[:80]!r} is no paper's id.", "It looks like 2504.05309.")
    return json.dumps([*ids])


def now() -> str:
    """This moment as it is kept."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def is_unsafe(text: str) -> bool:
    """Whether a text steers terminals or is no Unicode text at all (half of a surrogate pair)."""
    return without_controls(text) != text or any("\ud800" <= char <= "\udfff" for char in text)


def _gathered(rows: Iterable[tuple[str, str, str | None]]) -> tuple[PaperList, ...]:
    """Lists of rows of name, moment and paper; an empty list has one row, without a paper."""
    papers: dict[tuple[str, str], list[str]] = {}
    for name, changed, paper_id in rows:
        papers.setdefault((name, changed), []).extend([paper_id] if paper_id is not None else [])
    return tuple(PaperList(name, tuple(ids), datetime.fromisoformat(at)) for (name, at), ids in papers.items())


def _number(db: Connection, user: str, name: str) -> int:
    sql = "SELECT id FROM lists WHERE owner = ? AND fold = ?"
    row = db.execute(sql, (user, folded(checked_name(name)))).fetchone()
    if row is None:
        raise _no_list(name, _gathered(db.execute(_LISTS.format(also=""), (user,))))
    return int(row[0])


def _make(db: Connection, user: str, name: str) -> None:
    """Make an empty list, unless there is one of that name."""
    sql = """INSERT INTO lists (owner, name, fold, changed) SELECT ?1, ?2, ?3, ?4
        WHERE NOT EXISTS (SELECT 1 FROM lists WHERE owner = ?1 AND fold = ?3)"""
    db.execute(sql, (user, name, folded(name), now()))


def _no_list(name: str, lists: Iterable[PaperList]) -> ListNotFound:
    near = did_you_mean([repr(one) for one in nearest(name, (one.name for one in lists))])
    return ListNotFound(f"There is no list {checked_name(name)!r}.", f"{near}`paperchat list` shows all of them.")


def _refuse_taken(db: Connection, user: str, name: str, besides: int = 0) -> None:
    sql = "SELECT name FROM lists WHERE owner = ? AND fold = ? AND id <> ?"
    if row := db.execute(sql, (user, folded(name), besides)).fetchone():
        raise KeepError(f"There is a list {row[0]!r} already.", "Choose another name, or put the papers there.")


def _changed(db: Connection, number: int, rows: int) -> None:
    if rows:
        db.execute("UPDATE lists SET changed = ? WHERE id = ?", (now(), number))
