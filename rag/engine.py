"""The engine: question → stream of events.

LlamaIndex knows it as a `BaseQueryEngine` in `rag/llamaindex.py`; here neither it nor what serves a language model is
imported before it is needed (docs/adr/0013-cold-start.md).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.answer.abstention import Abstainer
from rag.answer.clarify import asked_back
from rag.answer.compound import Compound
from rag.answer.finder import Finder, Found
from rag.answer.notes import held_back, model_failed, state_of_the_index, unknown_names, withdrawn
from rag.answer.outcome import Gathered, Outcome, Reading
from rag.answer.parts import together, told
from rag.answer.quotes import QuotedReply
from rag.errors import LLMError
from rag.index.library import Library
from rag.index.query_vector import begin_vector
from rag.models.llm import build_llm
from rag.query import Question, Reader
from rag.query.dialogue.conversation import resumed
from rag.query.dialogue.rewriting import Recalled, with_rewriting
from rag.query.lexicon.words import check_question
from rag.retrieve.answer_scores import AnswerScores
from rag.retrieve.hybrid import Expanded, HybridRetriever
from rag.retrieve.reranker import build_reranker
from rag.stages import Fact, stage
from rag.themes.plan import Planner
from rag.types import (
    Answer,
    Done,
    Event,
    Filters,
    Mode,
    Note,
    Passage,
    Receipt,
    Retrieved,
    RetrievedPassage,
    Shape,
    Timings,
    Turn,
    Understood,
)

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM
    from rag.write.scribe import Scribe

USAGE_FILE = "usage.sqlite"
"""Keeps, beside the library, what the model used on each day."""


class Engine:
    """Answers with exact quotes, or with a model's checked sentences where the mode is llm; safe to share."""

    def __init__(self, retriever: HybridRetriever, llm: GuardedLLM | None = None) -> None:
        """Assemble the path.

        Args:
            retriever: Finds the passages.
            llm: Writes where an answer is to be written; None takes the configured one when it is first needed.
        """
        self.retriever = retriever
        self.library: Library = retriever.library
        self.reader = Reader(self.library)
        self.scores = AnswerScores(self.library)
        self.abstainer = Abstainer(self.scores)
        self.reranker = build_reranker(self.library, self.scores)
        self.finder = Finder(retriever, self.reranker, self.scores, self.abstainer)
        self.planner = Planner(self.library)
        self.quoted = QuotedReply(retriever, self.planner, self.scores)
        self.compound = Compound(self.reader, self.finder, self.quoted)
        self._llm = llm
        self._scribe: Scribe | None = None
        self._guard = threading.Lock()

    def stream(
        self,
        asked: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        mode: Mode | None = None,
        recalled: Recalled | None = None,
    ) -> Iterator[Event]:
        """Answer a question step by step; the last event is `Done`.

        Args:
            asked: As the reader typed it.
            history: Earlier turns, oldest first.
            filters: Restrictions on the papers that may answer.
            mode: How to answer; None takes the configured way.
            recalled: A rewriting of this question that helped before.

        Raises:
            QuestionError: the question is empty or too long.
            EmptyLibrary: there are no papers.
        """
        with stage("ask") as facts:
            for event in self._stream(asked, history, filters, mode, recalled):
                if isinstance(event, Done):
                    facts.update(told_of(event.answer))
                yield event

    def _stream(
        self,
        asked: str,
        history: Sequence[Turn],
        filters: Filters | None,
        mode: Mode | None,
        recalled: Recalled | None,
    ) -> Iterator[Event]:
        question = self.checked(asked)
        begin = time.perf_counter()
        self.library.require_papers()
        llm, notes = self._model(mode)
        with stage("read"):
            reading = yield from self._read(question, history, filters or Filters(), llm, recalled)
        understood = reading.understood
        yield Understood(understood.standalone, understood.filters, (*understood.notes, *reading.notes))
        with stage("retrieve") as facts:
            parts = () if llm else self.compound.parts(understood, history, filters or Filters())
            found = None if parts else (yield from self._find(llm, understood))
            understood = found.question if found else understood
            gathered = found.gathered if found else together(understood, parts)
            facts["passages"] = len(gathered.passages)
        retrieved = time.perf_counter()
        yield Retrieved(gathered.passages)
        begun = Outcome(complete=False, notes=notes)
        with stage("write" if found and found.writes else "answer"):
            outcome = (
                yield from self._answer(llm, understood, found, begun)
                if found
                else told(parts, begun, self.abstainer.calibration.confidence)
            )
        prompts = {**reading.prompts, **(found.prompts if found else {}), **outcome.prompts}
        reading = replace(reading, understood=understood)
        answer = self._finished(asked, reading, gathered, found, outcome, llm, prompts)
        end = time.perf_counter()
        spent = Timings(
            retrieve_ms=round(1000 * (retrieved - begin), 3),
            answer_ms=round(1000 * (end - retrieved), 3),
            total_ms=round(1000 * (end - begin), 3),
        )
        yield Done(answer.model_copy(update={"timings": spent}))

    def _model(self, mode: Mode | None) -> tuple[GuardedLLM | None, tuple[Note, ...]]:
        """The model where the answer is to be written; a note where it cannot be had."""
        if (mode or self.library.config.answer.mode) != "llm":
            return None, ()
        try:
            return self.model(), ()
        except LLMError as error:
            return None, (model_failed(error),)

    def _read(
        self,
        question: str,
        history: Sequence[Turn],
        filters: Filters,
        llm: GuardedLLM | None,
        recalled: Recalled | None,
    ) -> Generator[Event, None, Reading]:
        """Read a question; a model puts a follow-up into words that stand alone, unless such words are known."""
        question, history, picked = resumed(question, history)
        if not history:
            begin_vector(self.library, question)  # which nearly always is what is searched for
        if recalled and not picked and (read := self._rewritten(question, history, filters, recalled)):
            return Reading(read)
        if llm is None or picked or not history or self.reader.is_courtesy(question):
            return Reading(self.reader.understand(question, history, filters))
        return (yield from self._with_model().condenser.read(llm, question, history, filters))

    def _rewritten(
        self, question: str, history: Sequence[Turn], filters: Filters, recalled: Recalled
    ) -> Question | None:
        """The question with what its rewriting searches for, where that is allowed and still finds an answer to it."""
        plain = self.reader.understand(question, history, filters)
        read = with_rewriting(plain, self.reader.understand(recalled.text), recalled)
        found = self.finder.find(read) if read else None
        return read if found and not (found.decision.abstain or found.clarify) else None

    def _find(self, llm: GuardedLLM | None, understood: Question) -> Generator[Event, None, Found]:
        """Find what an answer may use, with the model's help where that is configured."""
        expanded: Expanded | None = None
        prompts: Mapping[str, str] = {}
        if llm and not (understood.about or understood.selects):
            expanded, prompts = yield from self._with_model().gatherer.rewrite(llm, understood)
        found = self.finder.find(understood, expanded, whole=llm is not None)
        if llm is None or found.entry or found.clarify or found.decision.abstain or understood.selects:
            return replace(found, prompts=prompts)
        gathered = yield from self._with_model().gatherer.events(llm, found.question, found.passages)
        return replace(found, gathered=gathered, writes=True, prompts={**prompts, **gathered.prompts})

    def _answer(
        self, llm: GuardedLLM | None, understood: Question, found: Found, outcome: Outcome
    ) -> Generator[Event, None, Outcome]:
        """Ask back, let the model write, or quote; quotes also follow what the model could not finish."""
        if found.clarify:
            return (yield from asked_back(found.clarify))
        if llm and found.writes:
            given, counted = found.gathered.given, found.gathered.counted
            outcome = yield from self._with_model().reply.events(llm, understood, given, found.decision, counted)
        if outcome.complete:
            return outcome
        quoted = yield from self.quoted.events(understood, found.passages, found.decision, found.entry, behind=outcome)
        return outcome.followed_by(quoted)

    def _finished(
        self,
        asked: str,
        reading: Reading,
        gathered: Gathered,
        found: Found | None,
        outcome: Outcome,
        llm: GuardedLLM | None,
        prompts: Mapping[str, str],
    ) -> Answer:
        """The answer with all that is told beside it, but for the time it took."""
        understood = reading.understood
        return Answer(
            question=asked,
            standalone_question=understood.standalone,
            answer=outcome.text,
            abstained=outcome.reason is not None,
            reason=outcome.reason,
            confidence=outcome.confidence,
            mode=outcome.mode,
            confidence_p=None if outcome.chance is None else round(outcome.chance, 3),
            notes=(
                *understood.notes,
                *unknown_names(understood),
                *reading.notes,
                *gathered.notes,
                *outcome.notes,
                *withdrawn(self.library, outcome.citations),
                *held_back(gathered.passages),
                *state_of_the_index(self.library),
            ),
            parts=outcome.parts,
            clarify=outcome.clarify,
            citations=outcome.citations,
            removed=outcome.removed,
            closest=outcome.closest,
            retrieved=tuple(map(RetrievedPassage.of, gathered.passages)),
            filters=understood.filters.as_json(),
            usage=llm.used() if llm else None,
            receipt=self.receipt(llm, prompts),
            shape=_shape(understood, found, outcome),
        )

    def checked(self, question: str) -> str:
        """The question, trimmed and folded, if it can be one (`check_question`)."""
        return check_question(question, self.library.config.answer.max_question_chars)

    def understand(self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Question:
        """Read constraints, typing errors and what a follow-up refers to out of a question."""
        self.library.require_papers()
        if not history:
            begin_vector(self.library, question)
        return self.reader.understand(question, history, filters or Filters())

    def candidates(self, understood: Question, expanded: Expanded | None = None, k: int | None = None) -> list[Passage]:
        """The passages an answer may use (`Finder.candidates`)."""
        return self.finder.candidates(understood, expanded, k)

    def search(self, understood: Question, k: int | None = None) -> list[Passage]:
        """The passages that one search finds, without a second look (`Finder.search`)."""
        return self.finder.search(understood, k)

    def receipt(self, llm: GuardedLLM | None = None, prompts: Mapping[str, str] | None = None) -> Receipt:
        """What answers are made with at this moment: with which model, and which prompts it was given."""
        return Receipt(
            corpus=self.library.corpus_digest(),
            config=self.library.config.digest(),
            model=llm.metadata.model_name if llm else "extractive",
            prompts=dict(prompts or {}),
        )

    def model(self) -> GuardedLLM:
        """The configured model with the limits of one new answer.

        Raises:
            ConfigError: none is configured, or a key is missing.
            LLMError: it cannot be asked.
        """
        with self._guard:
            if self._llm is None:
                self._llm = build_llm(self.library.config.llm, self.library.config.store(USAGE_FILE))
            return self._llm.for_answer()

    def _with_model(self) -> Scribe:
        """What a model does for an answer; its modules are imported for the first answer that has one."""
        from rag.write.scribe import Scribe

        with self._guard:
            if self._scribe is None:
                self._scribe = Scribe(self.retriever, self.reader)
            return self._scribe


def told_of(answer: Answer) -> dict[str, Fact]:
    """What may be told of an answer outside: how it came out, and no word of it."""
    outcome = "asked_back" if answer.clarify else answer.reason or "answered"
    return {
        "outcome": outcome,
        "mode": answer.mode,
        "citations": len(answer.citations),
        "struck": len(answer.removed),
        "notes": " ".join(note.code for note in answer.notes),
        **{name: round(value, 1) for name, value in answer.timings.model_dump().items()},
    }


def _shape(understood: Question, found: Found | None, outcome: Outcome) -> Shape | None:
    """What kind of answer was given; None where there is none, or to several questions."""
    if found is None or outcome.reason or not outcome.citations:
        return None
    return "list" if found.entry else understood.kind
