"""The one path, assembled: everything that asks, asks here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.engine import ExtractiveQueryEngine
from rag.library import Library
from rag.retrieval import HybridRetriever, Question
from rag.types import Answer, Done, Event, Filters, Note, Passage, Turn


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the filters in force, what was read from the question, passages best first."""

    filters: Filters
    notes: tuple[Note, ...]
    passages: tuple[Passage, ...]


class Assistant:
    """Answers questions over a library; safe to call from many threads."""

    def __init__(self, library: Library, retriever: HybridRetriever | None = None) -> None:
        """Assemble the path.

        Args:
            library: Holds the papers.
            retriever: Finds the passages; None makes the configured one.
        """
        self.library = library
        self.retriever = retriever or HybridRetriever(library)
        self.engine = ExtractiveQueryEngine(self.retriever)

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Iterator[Event]:
        """Answer a question as a stream of events, ending with `Done`.

        Args:
            question: As the reader typed it.
            history: Earlier turns, oldest first.
            filters: Restrictions on the papers that may answer.

        Raises:
            QuestionError: the question is empty or too long.
            EmptyLibrary: there are no papers.
        """
        yield from self.engine.stream(Question(question, filters=filters or Filters(), history=tuple(history)))

    def answer(self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Answer:
        """Answer a question at once: the last event's `Answer`."""
        *_, last = self.ask(question, history, filters)
        assert isinstance(last, Done)
        return last.answer

    def search(self, question: str, filters: Filters | None = None, k: int | None = None) -> Found:
        """Find passages without answering; the question is read as `ask` reads it."""
        query = Question(question, filters=filters or Filters())
        understood = self.engine.understand(self.engine.checked(question), query)
        return Found(understood.filters, understood.notes, tuple(self.engine.search(understood, k)))

    def close(self) -> None:
        """Close the library."""
        self.library.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
