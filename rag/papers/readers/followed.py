"""Followed questions: what a reader wants to be told of, and what was answered each time that it differed.

They lie in an SQLite file beside the shelf: they are the readers', like conversations, and no rebuilding of the library
touches them. Every reader sees their own only; where there are no users, the one reader is ``""``. A question that
several follow is asked once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter

from rag.errors import FollowedNotFound
from rag.papers.database import Connection, Database
from rag.types import Citation
from rag.types.places import Place

FILE_NAME = "followed.sqlite"
_FIRST = """
CREATE TABLE questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, question TEXT NOT NULL UNIQUE, added TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT '', problem TEXT NOT NULL DEFAULT '');
CREATE TABLE askings (
    id INTEGER PRIMARY KEY, question INTEGER NOT NULL, asked TEXT NOT NULL, reach TEXT NOT NULL,
    citations TEXT NOT NULL);
CREATE INDEX askings_by_question ON askings (question, id)
"""
_FOLLOWERS = """
CREATE TABLE followers (
    owner TEXT NOT NULL, question INTEGER NOT NULL, since TEXT NOT NULL, first INTEGER NOT NULL,
    PRIMARY KEY (owner, question)) WITHOUT ROWID;
INSERT INTO followers (owner, question, since, first) SELECT '', id, added, 0 FROM questions
"""
STEPS = (_FIRST, _FOLLOWERS)
"""What each version of the schema adds to the one before; a file is brought up to date by those that it lacks."""
_ADD = """INSERT INTO questions (question, added) SELECT ?, ?
    WHERE NOT EXISTS (SELECT 1 FROM questions WHERE question = ?)"""
"""With a conflict instead, SQLite would use up a number."""
_JOIN = """INSERT INTO followers (owner, question, since, first)
    SELECT ?, id, ?, CASE WHEN state <> ? THEN (SELECT COALESCE(MAX(a.id), 0) + 1 FROM askings a)
        ELSE (SELECT COALESCE(MAX(a.id), 0) FROM askings a WHERE a.question = questions.id) END FROM questions
    WHERE question = ? AND NOT EXISTS (SELECT 1 FROM followers f WHERE f.owner = ? AND f.question = questions.id)"""
_OF = """SELECT q.id, q.question, f.since, q.state, q.problem, f.first
    FROM followers f JOIN questions q ON q.id = f.question WHERE f.owner = ? ORDER BY f.since, q.id"""
_FIRST_IS_LAST = """UPDATE followers SET first = (SELECT MAX(id) FROM askings WHERE question = ?)
    WHERE question = ? AND first > (SELECT MAX(id) FROM askings WHERE question = ?)"""
"""Who joined where the last answer was outdated is told from the next one on, and there it is."""
_ASKING = "SELECT asked, reach, citations FROM askings WHERE question = ? AND id >= ?"
_TIDY = (
    "DELETE FROM askings WHERE NOT EXISTS (SELECT 1 FROM followers f WHERE f.question = askings.question)",
    "DELETE FROM questions WHERE NOT EXISTS (SELECT 1 FROM followers f WHERE f.question = questions.id)",
)
_CITATIONS = TypeAdapter(tuple[Citation, ...])


@dataclass(frozen=True, slots=True)
class Followed:
    """A followed question.

    Attributes:
        number: By which it is removed.
        added: Since when its reader follows it.
        state: What the last answer rests on (library and configuration); empty where it was never answered.
        problem: Why it could not be asked the last time; empty where it could.
        first: From which answer on its reader is told: the one that stood when they began to follow it, or the next
            where that was outdated.
    """

    number: int
    question: str
    added: datetime
    state: str
    problem: str
    first: int = 0


@dataclass(frozen=True, slots=True)
class Asking:
    """An answer that differed from the one before it.

    Attributes:
        reach: The newest day that the library held then; the change belongs to that day's report.
        citations: What it cited; none where nothing answers.
    """

    asked: datetime
    reach: date
    citations: tuple[Citation, ...]


class FollowedQuestions:
    """The SQLite file; safe from many threads and processes."""

    def __init__(self, place: Place) -> None:
        """Open the store, which is made where it is missing.

        Raises:
            IndexDamaged: it is no such store, or one of another schema.
            LibraryError: the folder, the disk or the server refuses.
        """
        self._db = Database.stepped(place, STEPS)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._db.close()

    def add(self, user: str, question: str, state: str | None = None) -> Followed:
        """Follow a question; one that the reader follows already is given back as it is.

        Args:
            user: Who follows.
            question: What is asked.
            state: What an answer of now would rest on: where the last one rests on other, the reader begins with the
                next. None: they begin with the last one, whatever it rests on.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._db.transaction() as db:
            db.execute(_ADD, (question, now, question))
            db.execute(_JOIN, (user, now, state, question, user))
            return next(one for one in self.of(user) if one.question == question)

    def remove(self, user: str, number: int) -> Followed:
        """Follow a question no longer; what it brought is forgotten where nobody else follows it.

        Raises:
            FollowedNotFound: the reader follows none that has the number.
        """
        found = next((one for one in self.of(user) if one.number == number), None)
        if found is None:
            raise FollowedNotFound(f"No followed question has the number {number}.", "`paperchat follow` lists them.")
        with self._db.transaction() as db:
            db.execute("DELETE FROM followers WHERE owner = ? AND question = ?", (user, number))
            _tidy(db)
        return found

    def forget(self, user: str) -> None:
        """Follow nothing of what a reader follows any longer."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM followers WHERE owner = ?", (user,))
            _tidy(db)

    def of(self, user: str) -> list[Followed]:
        """All that a reader follows, in the order in which it was added."""
        return [_read(row) for row in self._db.rows(_OF, (user,))]

    def all(self) -> list[Followed]:
        """All that anybody follows, in the order in which it was first added."""
        rows = self._db.rows("SELECT id, question, added, state, problem, 0 FROM questions ORDER BY id")
        return [_read(row) for row in rows]

    def askings(self, number: int, first: int = 0) -> list[Asking]:
        """Answers that differed from the one before, oldest first, from one of them on (`Followed.first`)."""
        return self._askings(f"{_ASKING} ORDER BY id", (number, first))

    def told(self, one: Followed, since: date | None, until: date) -> tuple[Asking, Asking] | None:
        """What is compared for the days of a report; None where nothing was answered by then.

        The last answer of those days comes second. First comes the one before `since`, or before that answer where it
        is None; where there is none, the first that the reader is told of.
        """
        values = (one.number, one.first)
        most = 1 if since else 2
        last = self._askings(f"{_ASKING} AND reach <= ? ORDER BY id DESC LIMIT {most}", (*values, until.isoformat()))
        if not last:
            return None
        if since is None:
            return last[-1], last[0]
        days = (since.isoformat(), until.isoformat())
        before = self._askings(f"{_ASKING} AND reach < ? AND reach <= ? ORDER BY id DESC LIMIT 1", (*values, *days))
        return (before or self._askings(f"{_ASKING} ORDER BY id LIMIT 1", values))[0], last[0]

    def note(self, number: int, state: str, asking: Asking, is_news: Callable[[Asking], bool] = lambda _: True) -> None:
        """Note that a question was answered on a state of the library, and the answer where it differs.

        Args:
            number: Of the question.
            state: What the answer rests on.
            asking: The answer.
            is_news: Whether it differs from the last one that is kept, which nobody can add to meanwhile.
        """
        with self._db.transaction() as db:
            db.execute("UPDATE questions SET state = ?, problem = '' WHERE id = ?", (state, number))
            before = self._askings(f"{_ASKING} ORDER BY id DESC LIMIT 1", (number, 0))
            if not before or is_news(before[0]):
                values = (number, asking.asked.isoformat(timespec="seconds"), asking.reach.isoformat())
                citations = _CITATIONS.dump_json(asking.citations).decode()
                db.execute(
                    "INSERT INTO askings (question, asked, reach, citations) VALUES (?, ?, ?, ?)", (*values, citations)
                )
            db.execute(_FIRST_IS_LAST, (number, number, number))

    def fail(self, number: int, problem: str) -> None:
        """Note why a question could not be asked; what it brought before stays."""
        self._db.execute("UPDATE questions SET problem = ? WHERE id = ?", (problem, number))

    def _askings(self, sql: str, values: tuple[object, ...]) -> list[Asking]:
        return [
            Asking(datetime.fromisoformat(asked), date.fromisoformat(reach), _CITATIONS.validate_json(citations))
            for asked, reach, citations in self._db.all(sql, values)
        ]


def _tidy(db: Connection) -> None:
    """Forget questions that nobody follows any more."""
    for statement in _TIDY:
        db.execute(statement)


def _read(row: tuple[Any, ...]) -> Followed:
    number, question, added, *others = row
    return Followed(number, question, datetime.fromisoformat(added), *others)
