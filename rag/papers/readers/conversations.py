"""Conversations: what was asked and answered, and what readers said about it, in an SQLite file beside the shelf.

Every reader sees their own conversations only. An exchange that was asked anew is kept, hidden, with its feedback.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import TypeAdapter

from rag.errors import ConversationNotFound
from rag.papers.database import ALL, Database
from rag.types import Answer, Filters, Passage, Turn
from rag.types.places import Place

FILE_NAME = "conversations.sqlite"
TITLE_LENGTH = 80
"""Characters of a conversation's first question that name it until it is renamed."""
Rating = Literal[1, -1]
"""Thumbs up or down."""

_LONGEST_SEARCH, _MOST_WORDS = 1000, 32
"""Characters and words of a search that are read; SQLite refuses far longer ones."""
_TABLES = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL)
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS conversations_by_owner ON conversations (owner, updated);
CREATE TABLE IF NOT EXISTS exchanges (
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, question TEXT NOT NULL, filters TEXT NOT NULL,
    said TEXT NOT NULL, answer TEXT, passages TEXT NOT NULL, asked TEXT NOT NULL,
    superseded INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS exchanges_by_conversation ON exchanges (conversation, id);
CREATE TABLE IF NOT EXISTS feedback (
    exchange INTEGER PRIMARY KEY, rating INTEGER, comment TEXT NOT NULL, receipt TEXT NOT NULL, given TEXT NOT NULL);
"""
STEPS = (_TABLES,)
"""What each version of the schema adds to the one before."""
_ADD = """INSERT INTO exchanges (conversation, question, filters, said, answer, passages, asked)
    VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id"""
_RATE = """INSERT INTO feedback VALUES (?, ?, ?, ?, ?) ON CONFLICT (exchange) DO UPDATE SET
    rating = excluded.rating, comment = excluded.comment, receipt = excluded.receipt, given = excluded.given"""
_EXCHANGE = """SELECT e.id, e.question, e.filters, e.said, e.answer, e.passages, e.asked, f.rating, f.comment
    FROM exchanges e LEFT JOIN feedback f ON f.exchange = e.id"""
_STATE = """SELECT count(*), max(e.id), max(f.given) FROM exchanges e JOIN conversations c ON c.id = e.conversation
    LEFT JOIN feedback f ON f.exchange = e.id WHERE c.owner = ? AND e.superseded = 0"""
_PASSAGES = TypeAdapter(tuple[Passage, ...])
_FILTERS = TypeAdapter(Filters)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as a list shows it; `updated` is when it was last asked in."""

    conversation_id: str
    title: str
    updated: datetime
    questions: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was answered.

    Attributes:
        filters: Given beside the question.
        said: The answer's text as far as the reader saw it.
        answer: The whole answer; None where the reader stopped it.
        passages: Those behind the citations, with the reasons they were found.
        rating: What the reader thought of the answer, None where they did not say.
    """

    exchange_id: int
    question: str
    filters: Filters
    said: str
    answer: Answer | None
    passages: tuple[Passage, ...]
    asked: datetime
    rating: Rating | None = None
    comment: str = ""


class Conversations:
    """The SQLite file; safe from many threads and processes.

    Methods that name a conversation or an exchange raise `ConversationNotFound` where the owner has no such.
    """

    def __init__(self, place: Place) -> None:
        """Open the store, which is made where it is missing.

        Raises:
            IndexDamaged: it is no such store, or one of a later schema.
            LibraryError: the folder, the disk or the server refuses.
        """
        self._db = Database.stepped(place, STEPS)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._db.close()

    # --- conversations ----------------------------------------------------------------------------------------------

    def start(self, owner: str, question: str) -> str:
        """Begin a conversation that is named after its first question, and return its id, which nobody can guess."""
        conversation_id, now = secrets.token_urlsafe(9), _now()
        while conversation_id.startswith("-"):  # on the command line that would begin an option
            conversation_id = secrets.token_urlsafe(9)
        title = _shortened(question)
        self._db.execute("INSERT INTO conversations VALUES (?, ?, ?, ?, ?)", (conversation_id, owner, title, now, now))
        return conversation_id

    def find(self, owner: str, words: str = "", limit: int = 100) -> list[Conversation]:
        """The owner's conversations, newest first, whose title, questions or answers hold every word."""
        sql = """SELECT id, title, updated,
            (SELECT count(*) FROM exchanges e WHERE e.conversation = c.id AND e.superseded = 0)
            FROM conversations c WHERE owner = ?"""
        values: list[object] = [owner]
        for word in dict.fromkeys(words[:_LONGEST_SEARCH].split()[:_MOST_WORDS]):
            like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            sql += """ AND (title LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM exchanges e WHERE e.conversation = c.id
                AND e.superseded = 0 AND (e.question LIKE ? ESCAPE '\\' OR e.said LIKE ? ESCAPE '\\')))"""
            values += [like] * 3
        rows = self._db.rows(f"{sql} ORDER BY updated DESC, id LIMIT ?", (*values, limit))
        return [Conversation(row[0], row[1], datetime.fromisoformat(row[2]), row[3]) for row in rows]

    def title(self, owner: str, conversation_id: str) -> str:
        """What a conversation is called."""
        rows = self._db.all("SELECT title FROM conversations WHERE id = ? AND owner = ?", (conversation_id, owner))
        if not rows:
            raise ConversationNotFound(
                f"There is no conversation {conversation_id!r}.",
                "It may have been deleted, or belong to somebody else.",
            )
        return str(rows[0][0])

    def owner(self, conversation_id: str) -> str:
        """Whose a conversation is; for whoever may read the library's files, not for a reader of the page."""
        rows = self._db.all("SELECT owner FROM conversations WHERE id = ?", (conversation_id,))
        if not rows:
            raise ConversationNotFound(
                f"There is no conversation {conversation_id!r}.", "Its id stands in the address of its page."
            )
        return str(rows[0][0])

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Call a conversation something else; a blank title changes nothing."""
        self.title(owner, conversation_id)
        if title.strip():
            self._db.execute("UPDATE conversations SET title = ? WHERE id = ?", (_shortened(title), conversation_id))

    def delete(self, owner: str, conversation_id: str) -> None:
        """Forget a conversation with its answers and feedback."""
        self.title(owner, conversation_id)
        with self._db.transaction() as db:
            of_it = "(SELECT id FROM exchanges WHERE conversation = ?)"
            db.execute(f"DELETE FROM feedback WHERE exchange IN {of_it}", (conversation_id,))
            db.execute("DELETE FROM exchanges WHERE conversation = ?", (conversation_id,))
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))

    # --- exchanges --------------------------------------------------------------------------------------------------

    def add(
        self,
        owner: str,
        conversation_id: str,
        question: str,
        filters: Filters,
        said: str,
        answer: Answer | None,
        passages: Sequence[Passage] = (),
        replaces: int | None = None,
    ) -> Exchange:
        """Keep a question with its answer.

        Args:
            owner: Whose conversation it is.
            conversation_id: From `start`.
            question: As typed.
            filters: Given beside it.
            said: The answer's text as far as it came.
            answer: The whole answer, None where it was stopped.
            passages: What was retrieved; those that the answer cites are kept.
            replaces: The exchange that was asked anew, to be hidden.
        """
        self.title(owner, conversation_id)
        cited = {citation.chunk_id for citation in answer.citations} if answer else set()
        kept = tuple(passage for passage in passages if passage.chunk_id in cited)
        now = _now()
        row = (
            conversation_id,
            question,
            _FILTERS.dump_json(filters).decode(),
            said,
            answer.model_dump_json() if answer else None,
            _PASSAGES.dump_json(kept).decode(),
            now,
        )
        with self._db.transaction() as db:
            ((number,),) = db.execute(_ADD, row).fetchall()
            if replaces is not None:
                superseded = "UPDATE exchanges SET superseded = 1 WHERE id = ? AND conversation = ?"
                db.execute(superseded, (replaces, conversation_id))
            db.execute("UPDATE conversations SET updated = ? WHERE id = ?", (now, conversation_id))
        return Exchange(number, question, filters, said, answer, kept, datetime.fromisoformat(now))

    def exchanges(self, owner: str, conversation_id: str, last: int | None = None) -> list[Exchange]:
        """What was asked and answered, oldest first; only the newest `last` where that is given."""
        self.title(owner, conversation_id)
        rows = self._db.all(
            f"{_EXCHANGE} WHERE e.conversation = ? AND e.superseded = 0 ORDER BY e.id DESC LIMIT ?",
            (conversation_id, ALL if last is None else last),
        )
        return [_exchange(row) for row in reversed(rows)]

    def count(self, owner: str, conversation_id: str, before: int) -> int:
        """How many exchanges stand before one."""
        self.title(owner, conversation_id)
        sql = "SELECT count(*) FROM exchanges WHERE conversation = ? AND superseded = 0 AND id < ?"
        ((count,),) = self._db.all(sql, (conversation_id, before))
        return int(count)

    def exchange(self, owner: str, exchange_id: int) -> Exchange:
        """One exchange, also a superseded one."""
        rows = self._db.all(
            f"{_EXCHANGE} JOIN conversations c ON c.id = e.conversation WHERE e.id = ? AND c.owner = ?",
            (exchange_id, owner),
        )
        if not rows:
            raise ConversationNotFound(f"There is no answer {exchange_id}.", "Its conversation may have been deleted.")
        return _exchange(rows[0])

    def questions(self, owner: str, conversation_id: str) -> tuple[str, ...]:
        """All that was asked in a conversation, also what was asked anew since, in its order."""
        self.title(owner, conversation_id)
        rows = self._db.rows("SELECT question FROM exchanges WHERE conversation = ? ORDER BY id", (conversation_id,))
        return tuple(row[0] for row in rows)

    def before(self, owner: str, exchange_id: int, *, superseded: bool) -> Exchange | None:
        """What was asked just before an exchange in its conversation; None for none.

        Args:
            owner: Whose conversation it is.
            exchange_id: Of the exchange.
            superseded: Count what was asked anew, by this exchange say; else only what an answer has heard of.
        """
        rows = self._db.all(
            f"""{_EXCHANGE} JOIN conversations c ON c.id = e.conversation WHERE c.owner = ? AND e.id < ? AND
            e.superseded <= ? AND
            e.conversation = (SELECT conversation FROM exchanges WHERE id = ?) ORDER BY e.id DESC LIMIT 1""",
            (owner, exchange_id, int(superseded), exchange_id),
        )
        return _exchange(rows[0]) if rows else None

    def recent(self, owner: str, since: datetime, last: int) -> list[Exchange]:
        """The newest exchanges of an owner since a moment, at most so many, newest first."""
        rows = self._db.all(
            f"""{_EXCHANGE} JOIN conversations c ON c.id = e.conversation WHERE c.owner = ? AND e.asked >= ?
            AND e.superseded = 0 ORDER BY e.id DESC LIMIT ?""",
            (owner, since.astimezone(UTC).isoformat(timespec="microseconds"), last),
        )
        return [_exchange(row) for row in rows]

    def state(self, owner: str) -> tuple[int, int | None, str | None]:
        """What is another once the owner asks anything, asks it anew, deletes it, or judges an answer."""
        ((count, last, judged),) = self._db.rows(_STATE, (owner,))
        return count, last, judged

    def turns(self, owner: str, conversation_id: str, before: int | None = None) -> list[Turn]:
        """The conversation as `Assistant.ask` takes it; up to an exchange, where that is to be asked anew."""
        self.title(owner, conversation_id)
        rows = self._db.rows(
            "SELECT question, said FROM exchanges WHERE conversation = ? AND superseded = 0 AND id < ? ORDER BY id",
            (conversation_id, 2**62 if before is None else before),
        )
        pairs = ((Turn(role="user", content=asked), Turn(role="assistant", content=said)) for asked, said in rows)
        return [turn for pair in pairs for turn in pair]

    # --- feedback ---------------------------------------------------------------------------------------------------

    def rate(self, owner: str, exchange_id: int, rating: Rating | None, comment: str = "") -> None:
        """Keep what a reader thinks of an answer, with the answer's receipt; a later verdict replaces it."""
        answer = self.exchange(owner, exchange_id).answer
        receipt = answer.receipt.model_dump_json() if answer else "{}"
        self._db.execute(_RATE, (exchange_id, rating, comment.strip(), receipt, _now()))

    def rated(self) -> Iterator[tuple[Exchange, list[Turn]]]:
        """All exchanges that any reader rated or commented, oldest first, each with the turns before it."""
        verdicts = "SELECT f.exchange, e.conversation, c.owner FROM feedback f JOIN exchanges e ON e.id = f.exchange"
        verdicts += " JOIN conversations c ON c.id = e.conversation WHERE f.rating IS NOT NULL OR f.comment <> ''"
        for exchange_id, conversation, owner in self._db.all(f"{verdicts} ORDER BY f.exchange"):
            yield self.exchange(owner, exchange_id), self.turns(owner, conversation, exchange_id)


def _exchange(row: Sequence[object]) -> Exchange:
    exchange_id, question, filters, said, answer, passages, asked, rating, comment = row
    return Exchange(
        exchange_id=int(str(exchange_id)),
        question=str(question),
        filters=_FILTERS.validate_json(str(filters)),
        said=str(said),
        answer=Answer.model_validate_json(str(answer)) if answer is not None else None,
        passages=_PASSAGES.validate_json(str(passages)),
        asked=datetime.fromisoformat(str(asked)),
        rating=1 if rating == 1 else -1 if rating == -1 else None,
        comment=str(comment or ""),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _shortened(title: str) -> str:
    """One line of at most `TITLE_LENGTH` characters, cut between words."""
    line = " ".join(title.split())
    if len(line) <= TITLE_LENGTH:
        return line
    return line[: TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
