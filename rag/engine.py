"""The query engine: question → stream of events, as a LlamaIndex `BaseQueryEngine`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from rag.abstaining import Abstainer, Decision
from rag.answering import Draft, ExtractiveWriter
from rag.citing import check
from rag.errors import QuestionError
from rag.library import Library
from rag.replying import reply
from rag.retrieval import HybridRetriever, Question, to_node
from rag.types import (
    Answer,
    Delta,
    Done,
    Event,
    Filters,
    Note,
    Passage,
    Receipt,
    Removed,
    Retrieved,
    RetrievedPassage,
    Timings,
    Understood,
)
from rag.understanding import Reader, Understanding

_NAME = re.compile(r"(?<![\w/.@-])[A-Za-z][\w-]*(?:[A-Z]|\d)[\w-]*(?<!-)")
"""A word that is written as systems are named: with a capital inside, or a digit."""


class ExtractiveQueryEngine(BaseQueryEngine):
    """Answers with exact quotes. `stream` yields events; `query` folds them into a LlamaIndex `Response`.

    The response's text is the answer, its source nodes are the retrieved passages, and
    ``response.metadata["answer"]`` is the checked `Answer`.
    """

    def __init__(self, retriever: HybridRetriever) -> None:
        self.retriever = retriever
        self.library: Library = retriever.library
        self.writer = ExtractiveWriter(self.library)
        self.reader = Reader(self.library)
        self.abstainer = Abstainer(self.library)
        super().__init__(callback_manager=CallbackManager([]))

    def stream(self, query: QueryBundle) -> Iterator[Event]:
        """Answer a question step by step; the last event is `Done`.

        Raises:
            QuestionError: the question is empty or too long.
            EmptyLibrary: there are no papers.
        """
        question = self.checked(query.query_str)
        begin = time.perf_counter()
        understood = self.understand(question, query)
        yield Understood(understood.question, understood.filters)
        passages = self.search(understood, self.library.config.retrieval.candidates)
        retrieved = time.perf_counter()
        yield Retrieved(tuple(passages))
        decision = self.abstainer.decide(understood, passages)
        checked = check(self._draft(understood, passages, decision), self.library)
        for item in checked.removed:
            yield Removed(item.text, item.reason)
        said = reply(self.retriever, understood, passages, decision, checked)
        for n, part in enumerate(said.parts):
            yield Delta(f"\n\n{part}" if n else part)
        end = time.perf_counter()
        yield Done(
            Answer(
                question=query.query_str,
                standalone_question=understood.question,
                answer="\n\n".join(said.parts),
                abstained=said.reason is not None,
                reason=said.reason,
                confidence="low" if said.reason else decision.confidence,
                mode="extractive",
                notes=(*understood.notes, *self._unknown_names(understood.question), *self._state_of_the_index()),
                citations=tuple(citation for group in checked.groups for citation in group),
                removed=checked.removed,
                closest=said.closest,
                retrieved=tuple(_retrieved(passage) for passage in passages),
                filters=understood.filters.as_json(),
                timings=Timings(
                    retrieve_ms=round(1000 * (retrieved - begin), 3),
                    answer_ms=round(1000 * (end - retrieved), 3),
                    total_ms=round(1000 * (end - begin), 3),
                ),
                receipt=self.receipt(),
            )
        )

    def checked(self, question: str) -> str:
        """The question, trimmed, if it can be one (`check_question`)."""
        return check_question(question, self.library.config.answer.max_question_chars)

    def receipt(self) -> Receipt:
        """What answers are made with at this moment."""
        return Receipt(
            corpus=self.library.corpus_digest(), config=self.library.config.digest(), model="extractive", prompts={}
        )

    def understand(self, question: str, query: QueryBundle) -> Understanding:
        """Read constraints, typing errors and what a follow-up refers to out of a question."""
        history = query.history if isinstance(query, Question) else ()
        filters = query.filters if isinstance(query, Question) else Filters()
        self.library.require_papers()
        return self.reader.understand(question, history, filters)

    def search(self, understood: Understanding, k: int | None = None) -> list[Passage]:
        """Find the passages for a question as it was understood."""
        return self.retriever.search(
            understood.search_text, understood.filters, k, papers=understood.papers, focus=understood.focus
        )

    def _draft(self, understood: Understanding, passages: Sequence[Passage], decision: Decision) -> Draft:
        """What to quote: nothing when nothing was found, the paper that lacks the detail when only that is missing."""
        if decision.reason == "nothing_found":
            return Draft(())
        if decision.reason == "detail_absent":
            nearest = [passage for passage in passages if passage.paper_id == decision.paper_id]
            return self.writer.write(understood.question, nearest)
        return self.writer.write(
            understood.question, passages, understood.kind, understood.subjects, whole=understood.only_filters
        )

    def _unknown_names(self, question: str) -> tuple[Note, ...]:
        """A note on each name in the question that no paper holds: what is quoted is then about something else."""
        with self.library.indexes() as indexes:
            unknown = [
                name
                for name in dict.fromkeys(_NAME.findall(question))
                if (terms := indexes.lexical.analyze(name)) and not any(map(indexes.lexical.doc_freq, terms))
            ]
        return tuple(Note(code="unknown_name", text=f'"{name}" stands nowhere in the library.') for name in unknown)

    def _state_of_the_index(self) -> tuple[Note, ...]:
        """A note where papers on the shelf cannot be found yet."""
        waiting = self.library.shelf.unindexed()
        if not waiting:
            return ()
        text = f"{waiting} papers cannot be found yet: an ingest is at work, or was ended and the next one finishes it."
        return (Note(code="indexing_unfinished", text=text),)

    def _query(self, query_bundle: QueryBundle) -> Response:
        passages: tuple[Passage, ...] = ()
        for event in self.stream(query_bundle):
            if isinstance(event, Retrieved):
                passages = event.passages
            elif isinstance(event, Done):
                answer = event.answer
        nodes = [to_node(passage) for passage in passages]
        return Response(response=answer.answer, source_nodes=nodes, metadata={"answer": answer})

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        import asyncio

        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def check_question(question: str, limit: int) -> str:
    """Trim a question and refuse what cannot be one.

    Raises:
        QuestionError: it is empty, or longer than `limit` characters.
    """
    trimmed = question.replace("\0", " ").strip()
    if not trimmed:
        raise QuestionError("The question is empty.", "Ask something, for instance: which papers rewrite queries?")
    if len(trimmed) > limit:
        raise QuestionError(
            f"The question has {len(trimmed):,} characters; the limit is {limit:,}.",
            "Shorten it, or raise answer.max_question_chars.",
        )
    return trimmed


def _retrieved(passage: Passage) -> RetrievedPassage:
    return RetrievedPassage(
        paper_id=passage.paper_id, chunk_id=passage.chunk_id, score=passage.score, ranks=dict(passage.ranks)
    )
