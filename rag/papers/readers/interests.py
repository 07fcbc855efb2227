"""What readers say of their interests: sentences they typed, and what they took out again.

Part of what is kept (`papers.readers.kept`). What kept papers tell of a reader is worked out by `follow.profile`; it
is not stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rag.errors import KeepError
from rag.papers.database import Database
from rag.papers.readers.lists import checked_ids, folded, is_unsafe, now

INTERESTS = """
CREATE TABLE interests (
    turn INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, key TEXT NOT NULL, sentence TEXT NOT NULL,
    since TEXT NOT NULL, UNIQUE (owner, key));
CREATE TABLE muted (
    turn INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, key TEXT NOT NULL, since TEXT NOT NULL,
    UNIQUE (owner, key));
ALTER TABLE listed ADD COLUMN since TEXT NOT NULL DEFAULT ''
"""
"""A step of the schema. What stood in a list before has no moment of its own."""
SINCE = """
ALTER TABLE notes ADD COLUMN since TEXT NOT NULL DEFAULT '';
UPDATE notes SET since = changed
"""
"""Another: when a note was first written. Of one that is there already, only when it was last written is known."""
LONGEST_INTEREST = 500
"""Characters of a sentence."""
OF_A_PAPER, TYPED, ASKED = "paper:", "said:", "asked:"
"""How keys of interests begin: one that began with a paper, one that was typed; and that of a question."""
_ALL_ASKED = f"{ASKED}all"
"""Stands for all questions asked before the moment at which it was taken out."""
_Way = Literal["star", "later", "list", "note"]
_LIKED = """SELECT paper_id, kind, since FROM (
    SELECT paper_id, kind, since, turn, 0 AS source FROM marks WHERE owner = ?1 AND kind IN ('star', 'later')
    UNION ALL SELECT p.paper_id, 'list', p.since, p.turn, 1 FROM listed p JOIN lists l ON l.id = p.list
        WHERE l.owner = ?1
    UNION ALL SELECT paper_id, 'note', since, revision, 2 FROM notes WHERE owner = ?1) kept
    ORDER BY since, source, turn"""


_MOVE = """UPDATE muted SET key = :new WHERE key = :old AND NOT EXISTS
    (SELECT 1 FROM muted m WHERE m.key = :new AND m.owner = muted.owner)"""
_STATE = """SELECT count(*), max(turn) FROM marks WHERE owner = ?1 AND kind <> 'read'
    UNION ALL SELECT count(*), max(p.turn) FROM listed p JOIN lists l ON l.id = p.list WHERE l.owner = ?1
    UNION ALL SELECT count(*), max(revision) FROM notes WHERE owner = ?1
    UNION ALL SELECT count(*), max(turn) FROM interests WHERE owner = ?1
    UNION ALL SELECT count(*), max(turn) FROM muted WHERE owner = ?1"""


@dataclass(frozen=True, slots=True)
class TypedInterest:
    """An interest in the reader's words.

    Attributes:
        key: By which it is removed.
        sentence: As typed, with single spaces.
    """

    key: str
    sentence: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Liked:
    """A paper that a reader keeps, be it as a star, for later, on a list or with a note.

    Attributes:
        ways: How it is kept, each once.
    """

    paper_id: str
    ways: frozenset[_Way]


class Interests:
    """The interests of each reader; part of `papers.kept.Kept`, which holds the file.

    Every method raises `KeepError` for what is no paper's id.
    """

    _db: Database

    def state(self, user: str) -> tuple[tuple[int, int | None], ...]:
        """What is another once the reader keeps, types or takes out anything else; reading a paper changes nothing.

        No number is used twice, so that the last one and how many there are tell what there is.
        """
        return tuple((count, last) for count, last in self._db.rows(_STATE, (user,)))

    def liked(self, user: str) -> tuple[Liked, ...]:
        """What the reader keeps in any way, each paper once, in the order in which they began to keep it so.

        Of several ways the earliest that still holds counts; a note that is written anew stays where it was.
        """
        ways: dict[str, set[_Way]] = {}
        for paper_id, way, _ in self._db.rows(_LIKED, (user,)):
            ways.setdefault(paper_id, set()).add(way)
        return tuple(Liked(paper_id, frozenset(of)) for paper_id, of in ways.items())

    def interests(self, user: str) -> tuple[TypedInterest, ...]:
        """The interests that the reader typed, in their order."""
        rows = self._db.rows("SELECT key, sentence, since FROM interests WHERE owner = ? ORDER BY turn", (user,))
        return tuple(TypedInterest(key, sentence, datetime.fromisoformat(since)) for key, sentence, since in rows)

    def add_interest(self, user: str, sentence: str) -> TypedInterest:
        """Keep a sentence as an interest; one that is there already stays as it is.

        Raises:
            KeepError: it is blank, too long, or holds control characters.
        """
        tidy = " ".join(sentence.split())
        if not any(char.isalnum() for char in tidy):
            raise KeepError("The interest is blank.", "Say in a sentence what you would like to read about.")
        if len(tidy) > LONGEST_INTEREST:
            raise KeepError(f"The interest has {len(tidy):,} characters.", f"{LONGEST_INTEREST} are the most.")
        if is_unsafe(tidy):
            raise KeepError("The interest holds control characters.", "Type it without them.")
        key = TYPED + hashlib.sha256(folded(tidy).encode()).hexdigest()[:12]
        self._db.execute(
            """INSERT INTO interests (owner, key, sentence, since) SELECT ?1, ?2, ?3, ?4
            WHERE NOT EXISTS (SELECT 1 FROM interests WHERE owner = ?1 AND key = ?2)""",
            (user, key, tidy, now()),
        )
        return next(one for one in self.interests(user) if one.key == key)

    def remove_interest(self, user: str, key: str) -> None:
        """Take an interest out: a typed one is deleted, papers that make up another stay kept and count no longer.

        A question that is taken out counts no longer either; it stays in its conversation.

        Raises:
            KeepError: it is no interest's key.
        """
        _check(key)
        with self._db.transaction() as db:
            if key.startswith(TYPED):
                db.execute("DELETE FROM interests WHERE owner = ? AND key = ?", (user, key))
            else:
                sql = """INSERT INTO muted (owner, key, since) SELECT ?1, ?2, ?3
                    WHERE NOT EXISTS (SELECT 1 FROM muted WHERE owner = ?1 AND key = ?2)"""
                db.execute(sql, (user, key, now()))

    def restore_interest(self, user: str, key: str) -> None:
        """Have the papers of an interest count again; nothing happens where it was not taken out."""
        _check(key)
        self._db.execute("DELETE FROM muted WHERE owner = ? AND key = ?", (user, key))

    def muted(self, user: str) -> tuple[str, ...]:
        """Keys of the interests that the reader took out and that papers made up, in their order."""
        rows = self._db.rows("SELECT key FROM muted WHERE owner = ? ORDER BY turn", (user,))
        return tuple(key for (key,) in rows if key.startswith(OF_A_PAPER))

    def unasked(self, user: str) -> tuple[frozenset[str], datetime | None]:
        """Keys of the questions that the reader took out, and the moment up to which none counts, if there is one."""
        rows = self._db.rows("SELECT key, since FROM muted WHERE owner = ?", (user,))
        taken = {key: since for key, since in rows if key.startswith(ASKED)}
        until = taken.pop(_ALL_ASKED, None)
        return frozenset(taken), datetime.fromisoformat(until) if until else None

    def forget_questions(self, user: str) -> None:
        """Have no question count that was asked up to now; those that were taken out are forgotten with the others."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM muted WHERE owner = ? AND key LIKE ?", (user, f"{ASKED}%"))
            db.execute("INSERT INTO muted (owner, key, since) VALUES (?, ?, ?)", (user, _ALL_ASKED, now()))

    def _follow_interests(self, renamed: Mapping[str, str]) -> None:
        """Have interests that were taken out follow the papers that they began with."""
        prefix = len(OF_A_PAPER)
        keys = [key for (key,) in self._db.all("SELECT DISTINCT key FROM muted") if key[prefix:] in renamed]
        if keys:
            with self._db.transaction() as db:
                for key in keys:
                    moved = OF_A_PAPER + renamed[key[prefix:]]
                    db.execute(_MOVE, {"old": key, "new": moved})
                    db.execute("DELETE FROM muted WHERE key = ?", (key,))


def _check(key: str) -> None:
    if not key.startswith((OF_A_PAPER, TYPED, ASKED)) or not key.partition(":")[2].strip():
        raise KeepError(f"{key[:80]!r} is no interest.", "The profile lists them with their keys.")
    checked_ids([key])
