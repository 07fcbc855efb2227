"""Followed questions: what a reader wants to be told of, and what was answered each time that it differed.

They lie in an SQLite file beside the shelf: they are the reader's, like conversations, and no rebuilding of the library
touches them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from pydantic import TypeAdapter

from rag.errors import FollowedNotFound
from rag.papers.database import Database
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
STEPS = (_FIRST,)
"""What each version of the schema adds to the one before; a file is brought up to date by those that it lacks."""
_ADD = """INSERT INTO questions (question, added) SELECT ?, ?
    WHERE NOT EXISTS (SELECT 1 FROM questions WHERE question = ?)"""
"""With a conflict instead, SQLite would use up a number."""
_CITATIONS = TypeAdapter(tuple[Citation, ...])


@dataclass(frozen=True, slots=True)
class Followed:
    """A followed question.

    Attributes:
        number: By which it is removed.
        state: What the last answer rests on (library and configuration); empty where it was never answered.
        problem: Why it could not be asked the last time; empty where it could.
    """

    number: int
    question: str
    added: datetime
    state: str
    problem: str


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

    def add(self, question: str) -> Followed:
        """Follow a question; one that is followed already is given back as it is."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._db.execute(_ADD, (question, now, question))
        return next(one for one in self.all() if one.question == question)

    def remove(self, number: int) -> Followed:
        """Follow a question no longer, and forget what it brought.

        Raises:
            FollowedNotFound: none has that number.
        """
        found = next((one for one in self.all() if one.number == number), None)
        if found is None:
            raise FollowedNotFound(f"No followed question has the number {number}.", "`paperchat follow` lists them.")
        with self._db.transaction() as db:
            db.execute("DELETE FROM questions WHERE id = ?", (number,))
            db.execute("DELETE FROM askings WHERE question = ?", (number,))
        return found

    def all(self) -> list[Followed]:
        """All that are followed, in the order in which they were added."""
        rows = self._db.rows("SELECT id, question, added, state, problem FROM questions ORDER BY id")
        return [Followed(row[0], row[1], datetime.fromisoformat(row[2]), row[3], row[4]) for row in rows]

    def askings(self, number: int) -> list[Asking]:
        """Answers that differed from the one before, oldest first."""
        rows = self._db.rows("SELECT asked, reach, citations FROM askings WHERE question = ? ORDER BY id", (number,))
        return [
            Asking(datetime.fromisoformat(asked), date.fromisoformat(reach), _CITATIONS.validate_json(citations))
            for asked, reach, citations in rows
        ]

    def note(self, number: int, state: str, asking: Asking | None) -> None:
        """Note that a question was answered on a state of the library, and the answer where it differs."""
        with self._db.transaction() as db:
            db.execute("UPDATE questions SET state = ?, problem = '' WHERE id = ?", (state, number))
            if asking:
                values = (number, asking.asked.isoformat(timespec="seconds"), asking.reach.isoformat())
                citations = _CITATIONS.dump_json(asking.citations).decode()
                db.execute(
                    "INSERT INTO askings (question, asked, reach, citations) VALUES (?, ?, ?, ?)", (*values, citations)
                )

    def fail(self, number: int, problem: str) -> None:
        """Note why a question could not be asked; what it brought before stays."""
        self._db.execute("UPDATE questions SET problem = ? WHERE id = ?", (problem, number))
