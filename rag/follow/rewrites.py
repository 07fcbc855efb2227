"""Rewritings that learn: what was searched for instead of a question is used again where it helped.

A rewriting of a question, by a model, by the spelling's correction, by its conversation, or by the reader who asked
again in other words, is kept when its answer was good: a thumb up, or a paper of it kept soon after. The same question
is then searched for in those words without a call to a model; a thumb down forgets them (IterQR, arXiv 2504.05309,
section 3: rewrites are mined from what readers did with their results, and renewed by it).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from rag.errors import LibraryError, RewritingNotFound
from rag.papers.readers.conversations import Conversations, Exchange
from rag.papers.readers.rewritten import Rewriting, Rewritten
from rag.query.dialogue.rewriting import REMEMBERED, Recalled
from rag.query.dialogue.wording import Wording
from rag.types import Answer, Note, Turn
from rag.types.places import Place

SOON = timedelta(minutes=30)
"""Within which a kept paper, or another wording, belongs to an answer."""
ALIKE = 0.45
"""Cosine from which two questions are taken for one in other words. Of 250 papers' questions in two wordings 28% have
it, of questions about others 0.4%; what is wrongly taken is judged by the question as typed, and so is seldom cited."""
Likeness = Callable[[str, str], float]
"""How near two questions are in meaning, as a cosine."""
_LATEST = 3
"""Answers that a kept paper may belong to: a reader's last ones, of whatever conversations."""


class Rewrites:
    """The rewritings of a library's readers; safe from many threads. Without any, a look at the folder is all."""

    def __init__(self, place: Place) -> None:
        """Use the store there, which is made when something is first kept."""
        self._place = place
        self._opened: Rewritten | None = None
        self._guard = threading.Lock()

    def recall(
        self, user: str, question: str, history: Sequence[Turn] = ()
    ) -> tuple[Recalled | None, tuple[Note, ...]]:
        """The rewriting of a question that helped, if any, and what there is to say where they cannot be read.

        Args:
            user: Who asks.
            question: As typed.
            history: Earlier turns, oldest first.
        """
        if not self._place.exists():
            return None, ()
        try:
            found = self._find(user, question, _before(history))
        except LibraryError as error:
            return None, (Note(code="rewrites_unread", text=f"{error.message} {error.advice}"),)
        return (Recalled(found.number, found.text, bool(found.context)), ()) if found else (None, ())

    def learn(
        self,
        user: str,
        exchange: Exchange,
        before: Exchange | None = None,
        likeness: Likeness | None = None,
        *,
        follows: Exchange | None = None,
    ) -> list[Rewriting]:
        """Keep what helped with an answer, and return it.

        Args:
            user: Who asked.
            exchange: The answer that was good.
            before: The one asked just before it in the same conversation, also one that it replaces.
            likeness: Compares questions; without it only those count as the same that share most words.
            follows: The one that a follow-up refers to: before it, and not replaced by it.
        """
        answer = exchange.answer
        if answer is None or answer.abstained or not answer.citations:
            return []
        kept = []
        if (origin := _origin(answer)) and (one := _made(exchange.question, _context(answer, follows), answer, origin)):
            kept.append(one)
        again = before and _was_no_help(before) and exchange.asked - before.asked <= SOON
        if before and again and _is_same(before.question, exchange.question, likeness):
            kept += [one for one in [_made(before.question, "", answer, "reader")] if one]
        for one in kept:
            self._store().add(user, one)
        return kept

    def unlearn(self, user: str, exchange: Exchange, before: Exchange | None = None) -> int:
        """Forget what led to an answer that was bad; how many rewritings that were."""
        if not self._place.exists():
            return 0
        answer = exchange.answer
        text = answer.standalone_question if answer else exchange.question
        used = {one.text for one in answer.notes if one.code == REMEMBERED} if answer else set()
        bad = {
            one.number
            for one in self.all(user)
            if (one.exact == Wording.of(exchange.question).exact and one.text == text)
            or any(said.endswith(one.text) and one.near == Wording.of(exchange.question).near for said in used)
            or (before and one.exact == Wording.of(before.question).exact and one.text == text)
        }
        self._store().remove(user, sorted(bad))
        return len(bad)

    def all(self, user: str) -> list[Rewriting]:
        """All that a reader's questions are searched for instead, in the order in which they were learnt."""
        return self._store().all(user) if self._place.exists() else []

    def remove(self, user: str, number: int) -> Rewriting:
        """Forget one.

        Raises:
            RewritingNotFound: none of the reader's has that number.
        """
        found = next((one for one in self.all(user) if one.number == number), None)
        if found is None:
            raise RewritingNotFound(f"No rewriting has the number {number}.", "`paperchat rewrites` lists them.")
        self._store().remove(user, [number])
        return found

    def forget(self, user: str, questions: Iterable[str]) -> None:
        """Forget the rewritings of some questions, and of what followed them."""
        wordings = [Wording.of(one) for one in questions]
        exact, near = {one.exact for one in wordings}, {one.near for one in wordings}
        gone = [one.number for one in self.all(user) if one.exact in exact or one.context in near]
        if gone:
            self._store().remove(user, gone)

    def clear(self, user: str) -> int:
        """Forget all of a reader's; how many that were."""
        found = self.all(user)
        if found:
            self._store().clear(user)
        return len(found)

    def kept(
        self,
        user: str,
        paper_ids: Sequence[str],
        conversations: Conversations,
        likeness: Likeness | None = None,
        now: datetime | None = None,
    ) -> list[Rewriting]:
        """Learn from papers that were kept soon after an answer that cites them.

        Args:
            user: Who keeps them.
            paper_ids: The papers.
            conversations: Of the library.
            likeness: As `learn`.
            now: This moment.
        """
        since = (now or datetime.now(UTC)) - SOON
        learnt = []
        for exchange in conversations.recent(user, since, _LATEST):
            cited = {one.paper_id for one in exchange.answer.citations} if exchange.answer else set()
            if cited.intersection(paper_ids):
                learnt += self.helped(user, exchange, conversations, likeness)
        return learnt

    def helped(
        self, user: str, exchange: Exchange, conversations: Conversations, likeness: Likeness | None = None
    ) -> list[Rewriting]:
        """Learn from an answer that was good, with what was asked before it (`learn`)."""
        before = conversations.before(user, exchange.exchange_id, superseded=True)
        follows = conversations.before(user, exchange.exchange_id, superseded=False)
        return self.learn(user, exchange, before, likeness, follows=follows)

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            if self._opened:
                self._opened.close()
            self._opened = None

    def _find(self, user: str, question: str, context: str) -> Rewriting | None:
        """The rewriting for a question: in its conversation's place before others, put the same before put nearly."""
        asked = Wording.of(question)
        contexts = [context, ""] if context else [""]
        found = self._store().find(user, asked.near, contexts)
        return min(found, key=lambda one: (one.context != context, one.exact != asked.exact, -one.number), default=None)

    def _store(self) -> Rewritten:
        with self._guard:
            if self._opened is None:
                self._opened = Rewritten(self._place)
            return self._opened


def _before(history: Sequence[Turn]) -> str:
    """The key of the question before; empty at a conversation's beginning."""
    asked = next((turn.content for turn in reversed(history) if turn.role == "user"), "")
    return Wording.of(asked).near if asked else ""


def _origin(answer: Answer) -> str:
    """Who put the question otherwise; empty where it was searched for as typed, or as remembered."""
    codes = {note.code: note.text for note in answer.notes}
    if REMEMBERED in codes:
        return ""
    if "follow_up" in codes:
        return "model" if codes["follow_up"].startswith("Read as: ") else "follow_up"
    return "spelling" if "spelling" in codes else ""


def _context(answer: Answer, follows: Exchange | None) -> str:
    is_follow_up = any(note.code == "follow_up" for note in answer.notes)
    return Wording.of(follows.question).near if is_follow_up and follows else ""


def _made(question: str, context: str, answer: Answer, origin: str) -> Rewriting | None:
    """A rewriting of a question to what an answer was searched for; None where that is the same."""
    text, asked = answer.standalone_question, Wording.of(question)
    if origin in ("follow_up", "model") and not context:
        return None  # nobody knows what it followed
    if Wording.of(text).near == asked.near:
        return None
    return Rewriting(0, question, asked.exact, asked.near, context, text, origin, datetime.now(UTC))


def _was_no_help(exchange: Exchange) -> bool:
    """Whether an answer was none, or a bad one."""
    answer = exchange.answer
    return exchange.rating == -1 or (answer is not None and (answer.abstained or not answer.citations))


def _is_same(one: str, other: str, likeness: Likeness | None) -> bool:
    """Whether a reader asked the same in other words: all that is firm kept, and near in words or meaning."""
    first, second = Wording.of(one), Wording.of(other)
    if not first.is_kept_by(second):
        return False
    words, others = set(first.near.split()), set(second.near.split())
    if 2 * len(words & others) >= min(len(words), len(others)) + 1:
        return True
    with suppress(LibraryError):
        return likeness is not None and likeness(one, other) >= ALIKE
    return False
