"""The one path, assembled: everything that asks, asks here."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.engine import Engine
from rag.index.library import Library
from rag.retrieve.hybrid import HybridRetriever
from rag.types import Answer, Done, Event, Filters, Mode, Note, Passage, Topic, TopicDone, Turn

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM
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
    ) -> Iterator[Event]:
        """Answer a question as a stream of events, ending with `Done`.

        Args:
            question: As the reader typed it.
            history: Earlier turns, oldest first.
            filters: Restrictions on the papers that may answer.
            mode: How to answer; None takes the configured way. A model that fails is replaced by quotes, with a note.

        Raises:
            QuestionError: the question is empty or too long.
            EmptyLibrary: there are no papers.
            ConfigError: the mode is llm and no model is configured.
        """
        yield from self.engine.stream(question, history, filters, mode)

    def answer(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        mode: Mode | None = None,
    ) -> Answer:
        """Answer a question at once: the last event's `Answer`."""
        *_, last = self.ask(question, history, filters, mode)
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
        understood = self.engine.understand(self.engine.checked(question), filters=filters)
        if rerank:
            found = self.engine.candidates(understood, k=k)[: k or self.retriever.k]
        else:
            found = self.engine.search(understood, k)
        return Found(understood.filters, understood.notes, tuple(found))

    def close(self) -> None:
        """Close the library."""
        self.library.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
