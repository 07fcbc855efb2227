"""What readers answered in quizzes, in an SQLite file beside the shelf: theirs, as stars and notes are.

A paper that leaves the library takes nothing of it away: what was answered says what the reader knows of a subject.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rag.errors import IndexDamaged
from rag.papers.database import Database
from rag.types.card import Tag
from rag.types.places import Place

FILE_NAME = "quiz.sqlite"
_FIRST = """
CREATE TABLE answers (
    turn INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, item TEXT NOT NULL, paper_id TEXT NOT NULL,
    tag TEXT NOT NULL, label TEXT NOT NULL, chosen TEXT NOT NULL, is_right INTEGER NOT NULL, given TEXT NOT NULL);
CREATE INDEX answers_by_owner ON answers (owner, turn)
"""
STEPS = (_FIRST,)
"""What each version of the schema adds to the one before."""
_ADD = """INSERT INTO answers (owner, item, paper_id, tag, label, chosen, is_right, given)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to a question of a quiz.

    Attributes:
        item_id: Of the question.
        topic: What it was counted under.
        chosen: The option, as it was shown.
    """

    item_id: str
    paper_id: str
    topic: Tag
    chosen: str
    is_right: bool
    given: datetime

    def as_json(self) -> dict[str, Any]:
        """As `quiz --mastery --json` prints it."""
        return {
            "id": self.item_id,
            "paper_id": self.paper_id,
            "topic": self.topic.as_json(),
            "chosen": self.chosen,
            "right": self.is_right,
            "given": self.given.isoformat(),
        }


class Answered:
    """The SQLite file; safe from many threads and processes."""

    def __init__(self, place: Place) -> None:
        """Open the store where it is there; else it is made with the first answer, so that all else needs no writing.

        Raises:
            IndexDamaged: it is no such store, or one of a later schema.
            LibraryError: the folder, the disk or the server refuses.
        """
        self._place = place
        self._guard = threading.Lock()
        self._opened: Database | None = None
        if place.exists():
            self._file()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            if self._opened:
                self._opened.close()

    def add(self, user: str, answer: Given) -> None:
        """Keep an answer."""
        given = answer.given.astimezone(UTC).isoformat(timespec="seconds")
        topic = (answer.topic.tag, answer.topic.label)
        row = (user, answer.item_id, answer.paper_id, *topic, answer.chosen, int(answer.is_right), given)
        self._file().execute(_ADD, row)

    def of(self, user: str) -> tuple[Given, ...]:
        """All that a reader answered, oldest first."""
        if self._is_missing():
            return ()
        sql = "SELECT item, paper_id, tag, label, chosen, is_right, given FROM answers WHERE owner = ? ORDER BY turn"
        return tuple(
            Given(item, paper_id, Tag(tag, label), chosen, bool(is_right), datetime.fromisoformat(given))
            for item, paper_id, tag, label, chosen, is_right, given in self._file().rows(sql, (user,))
        )

    def forget(self, user: str) -> None:
        """Delete all that a reader answered."""
        if not self._is_missing():
            self._file().execute("DELETE FROM answers WHERE owner = ?", (user,))

    def _is_missing(self) -> bool:
        """Whether nothing was answered yet, by anybody."""
        return self._opened is None and not self._place.exists()

    def _file(self) -> Database:
        with self._guard:
            if self._opened is None:
                self._opened = _opened(self._place)
            return self._opened


def _opened(place: Place) -> Database:
    try:
        return Database.stepped(place, STEPS)
    except IndexDamaged as error:
        raise IndexDamaged(
            f"What was answered in quizzes cannot be read. {error.message}",
            "Restore the file from a backup, or move it away: quizzes then begin anew, and nothing else is lost.",
        ) from None
