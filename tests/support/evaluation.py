"""Answers and papers for tests of evaluation, and an assistant that plays a script over a real shelf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from rag.types import Answer, Citation, Done, Event, Paper, Receipt, RetrievedPassage, Step, Turn

if TYPE_CHECKING:
    from pathlib import Path

    from rag.index.library import Library

DAY = date(2025, 5, 1)
PAPERS = (
    Paper(
        "2501.00001", "Ranking with GRACE", "GRACE improves nDCG@10 by 12.5% over BM25. It needs no labels.", (), DAY
    ),
    Paper("2501.00002", "Fast Hubs", "Hubs reach 1,000 queries per second on $2$ cores.", (), DAY),
    Paper("2501.00003", "Nothing Else", "This paper is about something else entirely.", (), DAY),
)
TEXTS = {(paper.paper_id, 1): paper.text for paper in PAPERS}


def stored(paper_id: str, version: int) -> str | None:
    """The stored text of one of `PAPERS`."""
    return TEXTS.get((paper_id, version))


def citation(paper_id: str, quote: str, n: int = 1, **changes: Any) -> Citation:
    """A citation whose offsets are right, where the quote stands in the paper at all."""
    start = max(TEXTS[paper_id, 1].find(quote), 0)
    fields: dict[str, Any] = {
        "n": n, "paper_id": paper_id, "version": 1, "title": "T", "authors": (), "date": "2025-05-01", "url": "",
        "chunk_id": "c", "quote": quote, "start": start, "end": start + len(quote),
    }  # fmt: skip
    return Citation(**fields | changes)


def answer(text: str = "", citations: Sequence[Citation] = (), retrieved: Sequence[str] = (), **changes: Any) -> Answer:
    """An answer that retrieved these papers, in this order."""
    fields: dict[str, Any] = {
        "question": "q", "standalone_question": "q", "answer": text, "abstained": False, "reason": None,
        "confidence": "high", "mode": "extractive", "citations": tuple(citations),
        "retrieved": tuple(
            RetrievedPassage(paper_id=paper_id, chunk_id=f"c{rank}", score=1 / rank, ranks={})
            for rank, paper_id in enumerate(retrieved, 1)
        ),
        "receipt": Receipt(corpus="c", config="f", model="none"),
    }  # fmt: skip
    return Answer(**fields | changes)


def quoting(*paper_ids: str, **changes: Any) -> Answer:
    """An answer that quotes some papers, in this order."""
    quote = citation("2501.00003", "This paper")
    return answer("", [quote.model_copy(update={"paper_id": one}) for one in paper_ids], **changes)


class ShelfOnly:
    """What a run reads of a `Library`, over a real shelf without indexes."""

    def __init__(self, folder: Path) -> None:
        from rag.papers.shelf import Shelf

        self.shelf = Shelf(folder / "shelf.sqlite")
        self.shelf.record(PAPERS)

    def paper(self, paper_id: str, version: int | None = None) -> Paper:
        """As the library does."""
        return self.shelf.paper(paper_id, version)

    def corpus_digest(self) -> str:
        """As the library does."""
        return self.shelf.corpus_digest()

    def require_papers(self) -> None:
        """There are some."""

    def close(self) -> None:
        """Release the file."""
        self.shelf.close()


Scripted = Answer | BaseException | None


class ScriptedAssistant:
    """Answers questions from a script: an answer, an error to raise, or None for a stream without an end.

    Attributes:
        asked: Questions in the order in which they were asked.
    """

    def __init__(self, folder: Path, script: Mapping[str, Scripted]) -> None:
        self.shelf_only = ShelfOnly(folder)
        self.script = dict(script)
        self.asked: list[str] = []

    @property
    def library(self) -> Library:
        """A real shelf; the indexes are never asked."""
        return cast("Library", self.shelf_only)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Event]:
        """Play the script."""
        self.asked.append(question)
        yield Step("search", question)
        outcome = self.script[question]
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is not None:
            yield Done(outcome.model_copy(update={"question": question, "standalone_question": question}))
            # A kind of event that evaluation does not know is passed over.
            yield cast("Event", SimpleNamespace())
