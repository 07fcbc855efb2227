"""The one path, assembled: everything that asks, asks here."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.engine import Engine
from rag.errors import IndexDamaged, LibraryError
from rag.follow.rewrites import Rewrites
from rag.index.library import Library
from rag.models import embed_texts
from rag.papers.readers.rewritten import FILE_NAME as REWRITES
from rag.retrieve.hybrid import HybridRetriever
from rag.stages import stage
from rag.types import Answer, Done, Event, Filters, Mode, Note, Passage, Topic, TopicDone, Turn

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM
    from rag.papers.readers.conversations import Conversations, Exchange
    from rag.papers.readers.rewritten import Rewriting
    from rag.topics import TopicEngine


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the filters in force, what was read from the question, passages best first."""

    filters: Filters
    notes: tuple[Note, ...]
    passages: tuple[Passage, ...]


class Assistant:
    """Answers questions over a library; safe to call from many threads."""

    def __init__(
        self, library: Library, retriever: HybridRetriever | None = None, llm: GuardedLLM | None = None
    ) -> None:
        """Assemble the path.

        Args:
            library: Holds the papers.
            retriever: Finds the passages; None makes the configured one.
            llm: Writes answers in mode llm; None takes the configured one when it is first needed.
        """
        self.library = library
        self.retriever = retriever or HybridRetriever(library)
        self.engine = Engine(self.retriever, llm)
        self.rewrites = Rewrites(library.config.store(REWRITES))
        self._topics: TopicEngine | None = None
        self._guard = threading.Lock()

    @property
    def topics(self) -> TopicEngine:
        """Summarises topics; its modules are imported for the first one."""
        from rag.topics import TopicEngine

        with self._guard:
            if self._topics is None:
                self._topics = TopicEngine(self.engine)
            return self._topics

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        mode: Mode | None = None,
        *,
        user: str | None = None,
    ) -> Iterator[Event]:
        """Answer a question as a stream of events, ending with `Done`.

        Args:
            question: As the reader typed it.
            history: Earlier turns, oldest first.
            filters: Restrictions on the papers that may answer.
            mode: How to answer; None takes the configured way. A model that fails is replaced by quotes, with a note.
            user: Whose rewritings that helped are used again (`follow.rewrites`); None uses nobody's.

        Raises:
            QuestionError: the question is empty or too long.
            EmptyLibrary: there are no papers.
            ConfigError: the mode is llm and no model is configured.
        """
        recalled, notes = self.rewrites.recall(user, question, history) if user is not None else (None, ())
        for event in self.engine.stream(question, history, filters, mode, recalled):
            yield _noted(event, notes) if notes else event

    def answer(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        mode: Mode | None = None,
        *,
        user: str | None = None,
    ) -> Answer:
        """Answer a question at once: the last event's `Answer`."""
        *_, last = self.ask(question, history, filters, mode, user=user)
        assert isinstance(last, Done)
        return last.answer

    def topic(self, query: str, filters: Filters | None = None, mode: Mode | None = None) -> Iterator[Event]:
        """Summarise what the papers say about a topic as a stream of events, ending with `TopicDone`.

        Args:
            query: The topic as the reader typed it; dates and authors in it restrict the papers.
            filters: Restrictions given beside it.
            mode: How to write; None takes the configured way. A model that fails is replaced by quotes, with a note.

        Raises:
            QuestionError: the query is empty or too long.
            EmptyLibrary: there are no papers.
            ConfigError: the mode is llm and no model is configured.
        """
        with stage("topic"):
            yield from self.topics.stream(query, filters, mode)

    def summary(self, query: str, filters: Filters | None = None, mode: Mode | None = None) -> Topic:
        """Summarise a topic at once: the last event's `Topic`."""
        *_, last = self.topic(query, filters, mode)
        assert isinstance(last, TopicDone)
        return last.topic

    def search(
        self, question: str, filters: Filters | None = None, k: int | None = None, *, rerank: bool = False
    ) -> Found:
        """Find passages without answering; the question is read as `ask` reads it.

        Args:
            question: Any words.
            filters: Restrictions on the papers that may be found.
            k: Passages to find; None takes `retrieval.k`.
            rerank: Look at the first papers a second time, as an answer does: better first papers, many times slower.
        """
        with stage("search"):
            understood = self.engine.understand(self.engine.checked(question), filters=filters)
            if rerank:
                found = self.engine.candidates(understood, k=k)[: k or self.retriever.k]
            else:
                found = self.engine.search(understood, k)
        return Found(understood.filters, understood.notes, tuple(found))

    def learn(
        self, user: str, exchange: Exchange, conversations: Conversations, *, good: bool
    ) -> tuple[list[Rewriting], int]:
        """Keep the rewritings that led to an answer which was good, or forget those that led to a bad one.

        A library that may not be written, or a file that cannot be read, learns nothing.

        Args:
            user: Who judged.
            exchange: The answer.
            conversations: In which it stands.
            good: Whether it was.

        Returns:
            The rewritings that are kept, and how many were forgotten.
        """
        with suppress(LibraryError):
            if good:
                return self.rewrites.helped(user, exchange, conversations, self._likeness), 0
            before = conversations.before(user, exchange.exchange_id, superseded=True)
            return [], self.rewrites.unlearn(user, exchange, before)
        return [], 0

    def learn_from_kept(self, user: str, paper_ids: Sequence[str], conversations: Conversations) -> None:
        """Keep the rewritings that led to answers which cite papers that were just kept (as `learn`)."""
        with suppress(LibraryError):
            self.rewrites.kept(user, paper_ids, conversations, self._likeness)

    def delete(self, user: str, conversation_id: str, conversations: Conversations) -> None:
        """Forget a conversation, and the rewritings that were learnt from what was asked in it.

        Args:
            user: Whose it is.
            conversation_id: Its id.
            conversations: Among which it is.

        Raises:
            ConversationNotFound: the reader has no such conversation.
            LibraryError: the library may not be written; nothing is forgotten.
        """
        asked = conversations.questions(user, conversation_id)
        with suppress(IndexDamaged):  # of a file that nobody can read nothing is used either
            self.rewrites.forget(user, asked)
        conversations.delete(user, conversation_id)

    def _likeness(self, one: str, other: str) -> float:
        """How near two questions are in meaning, as the cosine of their vectors."""
        first, second = embed_texts(self.library.embedding, [one, other])
        return float(first @ second)

    def close(self) -> None:
        """Close the library."""
        self.rewrites.close()
        self.library.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _noted(event: Event, notes: tuple[Note, ...]) -> Event:
    """The last event with what else there is to say."""
    if not isinstance(event, Done):
        return event
    return Done(event.answer.model_copy(update={"notes": (*event.answer.notes, *notes)}))
