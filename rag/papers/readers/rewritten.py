"""Rewritings of questions that helped their reader, in an SQLite file beside the shelf: theirs, and soon used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rag.errors import IndexDamaged
from rag.papers.database import Database
from rag.types.places import Place

FILE_NAME = "rewrites.sqlite"
MOST = 2_000
"""Rewritings of one reader that are kept; the oldest make room."""
_FIRST = """
CREATE TABLE rewrites (
    number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, question TEXT NOT NULL, exact TEXT NOT NULL,
    near TEXT NOT NULL, context TEXT NOT NULL, rewriting TEXT NOT NULL, origin TEXT NOT NULL, learnt TEXT NOT NULL);
CREATE INDEX rewrites_by_near ON rewrites (owner, near)
"""
STEPS = (_FIRST,)
"""What each version of the schema adds to the one before."""
_COLUMNS = "number, question, exact, near, context, rewriting, origin, learnt"


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A rewriting that is kept.

    Attributes:
        number: By which it is removed; 0 before it is kept.
        question: As it was typed.
        exact: The question's key for the same question.
        near: Its key for the same question put a little differently.
        context: The key of the question before, where it is a follow-up; else empty.
        text: What is searched for instead.
        origin: Who found it: ``reader``, ``follow_up``, ``spelling`` or ``model``.
    """

    number: int
    question: str
    exact: str
    near: str
    context: str
    text: str
    origin: str
    learnt: datetime

    def as_json(self) -> dict[str, Any]:
        """As `rewrites --json` prints it."""
        return {
            "number": self.number,
            "question": self.question,
            "rewriting": self.text,
            "origin": self.origin,
            "follow_up": bool(self.context),
            "learnt": self.learnt.isoformat(),
        }


class Rewritten:
    """The SQLite file; safe from many threads and processes."""

    def __init__(self, place: Place) -> None:
        """Open the store, which is made where it is missing.

        Raises:
            IndexDamaged: it is no such store, or one of a later schema.
            LibraryError: the folder, the disk or the server refuses.
        """
        try:
            self._db = Database.stepped(place, STEPS)
        except IndexDamaged as error:
            raise IndexDamaged(
                f"The rewritings that helped before cannot be read. {error.message}",
                "Restore the file from a backup, or move it away: they are then learnt anew, and nothing else is lost.",
            ) from None

    def close(self) -> None:
        """Close the connections of all threads."""
        self._db.close()

    def add(self, user: str, one: Rewriting) -> None:
        """Keep a rewriting, in place of another of the same question in the same conversation's place."""
        row = (one.question, one.exact, one.near, one.context, one.text, one.origin, one.learnt.astimezone(UTC))
        with self._db.transaction() as db:
            same = "DELETE FROM rewrites WHERE owner = ? AND near = ? AND context = ?"
            db.execute(same, (user, one.near, one.context))
            db.execute(
                """INSERT INTO rewrites (owner, question, exact, near, context, rewriting, origin, learnt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (user, *row[:-1], row[-1].isoformat(timespec="seconds")),
            )
            oldest = """DELETE FROM rewrites WHERE owner = ? AND number NOT IN
                (SELECT number FROM rewrites WHERE owner = ? ORDER BY number DESC LIMIT ?)"""
            db.execute(oldest, (user, user, MOST))

    def find(self, user: str, near: str, contexts: Sequence[str]) -> list[Rewriting]:
        """The rewritings of a question in one of some conversations' places, the newest first."""
        places = ", ".join("?" * len(contexts))
        sql = f"SELECT {_COLUMNS} FROM rewrites WHERE owner = ? AND near = ? AND context IN ({places})"
        return [_read(row) for row in self._db.rows(f"{sql} ORDER BY number DESC", (user, near, *contexts))]

    def all(self, user: str) -> list[Rewriting]:
        """All of a reader's, in the order in which they were learnt."""
        sql = f"SELECT {_COLUMNS} FROM rewrites WHERE owner = ? ORDER BY number"
        return [_read(row) for row in self._db.rows(sql, (user,))]

    def remove(self, user: str, numbers: Sequence[int]) -> None:
        """Forget rewritings by their numbers."""
        with self._db.transaction() as db:
            rows = [(user, number) for number in numbers]
            db.executemany("DELETE FROM rewrites WHERE owner = ? AND number = ?", rows)

    def clear(self, user: str) -> None:
        """Forget all of a reader's."""
        self._db.execute("DELETE FROM rewrites WHERE owner = ?", (user,))


def _read(row: Sequence[Any]) -> Rewriting:
    *texts, learnt = row
    number, question, exact, near, context, text, origin = texts
    return Rewriting(number, question, exact, near, context, text, origin, datetime.fromisoformat(learnt))
