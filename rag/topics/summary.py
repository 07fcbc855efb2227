"""The topic engine: query → stream of events, ending in a `Topic`.

Papers are chosen by how far they stand out from the background, grouped into themes, and quoted. In mode llm a model
groups them and writes each theme from its own papers; its sentences are checked as those of any answer, and whatever
it fails to do is done without it.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.answer.citations import Checked, find_problem, located
from rag.answer.draft import Draft, Quote, quote_text
from rag.answer.notes import model_failed
from rag.answer.render import reply
from rag.engine import Engine
from rag.errors import LLMError, LLMResponseError
from rag.papers.descriptions import card_of
from rag.prompts import load_prompt
from rag.query import Question
from rag.retrieve.hybrid import distinct_papers
from rag.text.grammar import plural
from rag.themes.plan import NEIGHBOURS, PLAN_PROMPT, Plan
from rag.topics.cells import MAKE_CARDS, NO_CARD, data, stated
from rag.topics.disagreements import find_disagreements
from rag.topics.document import describe
from rag.topics.highlights import Quoter
from rag.topics.oppositions import find_opposed
from rag.topics.scope import DEPTH, background_rank, choose, holding, passages_of, subject
from rag.topics.sections import THEME_PROMPT, Sections, SectionWriter
from rag.types import (
    Cell,
    Delta,
    Event,
    Filters,
    Mode,
    Note,
    Paper,
    Passage,
    Retrieved,
    RetrievedPassage,
    Step,
    Timings,
    Topic,
    TopicDone,
    TopicPaper,
    Understood,
)

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM

MOST_PAPERS = 24
"""Papers of a topic; of a broader one the best."""


@dataclass(frozen=True, slots=True)
class _Material:
    """What a topic is written from.

    Attributes:
        chosen: The best passage of each paper on the topic, best first; more than are written about.
        papers: Those that are written about, by id, best first.
        texts: All passages of each, in reading order.
    """

    understood: Question
    passages: Sequence[Passage]
    chosen: Sequence[Passage]
    papers: Mapping[str, Paper]
    texts: Mapping[str, Sequence[Passage]]


class TopicEngine:
    """Summarises topics over a library; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        """Make an engine.

        Args:
            engine: Reads questions, finds passages, knows when nothing answers, and has the model.
        """
        self.engine = engine
        self.library = engine.library
        self.planner = engine.planner
        self.quoter = Quoter(engine.scores)
        self.writer = SectionWriter(self.library)

    def stream(self, query: str, filters: Filters | None = None, mode: Mode | None = None) -> Iterator[Event]:
        """Summarise a topic step by step; the last event is `TopicDone`, and the deltas make its text.

        Args:
            query: The topic as the reader typed it; dates and authors in it restrict the papers.
            filters: Restrictions given beside it.
            mode: How to write; None takes the configured way. A model that fails is replaced by quotes, with a note.

        Raises:
            QuestionError: the query is empty or too long.
            EmptyLibrary: there are no papers.
            ConfigError: the mode is llm and no model is configured.
        """
        begin = time.perf_counter()
        understood = self._understand(query, filters or Filters())
        llm, notes = self._model(mode)
        yield Understood(understood.standalone, understood.filters)
        yield Step("search", understood.search_text)
        passages = self.engine.search(understood, self._depth())
        yield Retrieved(tuple(passages))
        retrieved = time.perf_counter()
        material = self._material(understood, passages)
        if material.papers:
            topic = yield from self._summarise(query, material, llm, notes)
        else:
            topic = self._abstain(query, understood, passages)
            yield Delta(topic.text)
        end = time.perf_counter()
        timings = Timings(
            retrieve_ms=round(1000 * (retrieved - begin), 3),
            answer_ms=round(1000 * (end - retrieved), 3),
            total_ms=round(1000 * (end - begin), 3),
        )
        yield TopicDone(topic.model_copy(update={"timings": timings}))

    def on_topic(self, query: str, filters: Filters | None = None) -> tuple[list[str], list[str]]:
        """The papers on a topic, as a summary of it would find them, and those that hold its words, best first.

        Args:
            query: The topic as the reader typed it.
            filters: Restrictions given beside it.

        Returns:
            Ids of those on it, none where the library is not about it, and of those in whose text all its words stand.

        Raises:
            QuestionError: the query is empty or too long.
            EmptyLibrary: there are no papers.
        """
        understood = self._understand(query, filters or Filters())
        passages = self.engine.search(understood, self._depth())
        chosen = self._on_topic(understood, passages)
        return [one.paper_id for one in chosen], holding(self.library, understood.search_text, passages)

    def _understand(self, query: str, filters: Filters) -> Question:
        """Read the query as a topic, whatever shape of question it has."""
        understood = self.engine.understand(self.engine.checked(query), filters=filters)
        return replace(understood, kind="topic", subjects=(), search_text=subject(understood.search_text))

    def _model(self, mode: Mode | None) -> tuple[GuardedLLM | None, tuple[Note, ...]]:
        """The model where it is to write; a note where it cannot be had."""
        if (mode or self.library.config.answer.mode) != "llm":
            return None, ()
        try:
            return self.engine.model(), ()
        except LLMError as error:
            return None, (model_failed(error),)

    def _depth(self) -> int:
        """Passages to look through, so that papers off the topic are among them."""
        return round(DEPTH * background_rank(self.library.shelf.coverage().papers))

    def _material(self, understood: Question, passages: Sequence[Passage]) -> _Material:
        chosen = self._on_topic(understood, passages)
        texts = passages_of(self.library, [paper.paper_id for paper in chosen[:MOST_PAPERS]], passages)
        held = self.library.shelf.papers(texts)
        papers = {paper_id: held[paper_id] for paper_id in texts if paper_id in held}
        return _Material(understood, passages, chosen, papers, texts)

    def _on_topic(self, understood: Question, passages: Sequence[Passage]) -> list[Passage]:
        """The best passage of each paper on the topic, best first; none when the library is not about it."""
        if understood.only_filters or understood.papers:
            return distinct_papers(passages)
        return choose(self.library, understood.search_text, passages)

    def _abstain(self, query: str, understood: Question, passages: Sequence[Passage]) -> Topic:
        decision = self.engine.abstainer.decide(understood, ())
        said = reply(self.engine.retriever, understood, passages, decision, Checked((), ()), Draft(()))
        return Topic(
            query=query,
            text="\n\n".join(said.parts),
            abstained=True,
            reason=said.reason,
            closest=said.closest,
            mode="extractive",
            notes=understood.notes,
            retrieved=tuple(map(RetrievedPassage.of, passages)),
            filters=understood.filters.as_json(),
            receipt=self.engine.receipt(),
        )

    def _summarise(
        self, query: str, material: _Material, llm: GuardedLLM | None, notes: tuple[Note, ...]
    ) -> Generator[Event, None, Topic]:
        understood, papers = material.understood, material.papers
        plans, more = self._plan(material, llm)
        yield Step("group", "; ".join(f"{plan.name} ({len(plan.papers)})" for plan in plans))
        writes = llm if not any(note.code == "model_failed" for note in more) else None
        rows = tuple(
            self._row(papers[paper_id], material.texts[paper_id], n)
            for n, plan in enumerate(plans)
            for paper_id in plan.papers
        )
        lead = describe(rows, len(plans))
        yield Delta(lead)
        sections = yield from self.writer.events(
            understood.search_text, plans, material.texts, self._quotes(material), writes
        )
        texts = material.texts.values()
        yield from self.writer.disagreeing(find_opposed(texts), find_disagreements(texts), sections)
        prompts = {name: load_prompt(name).digest for name in (PLAN_PROMPT, THEME_PROMPT)} if llm else {}
        return Topic(
            query=query,
            text=f"{lead}\n\n{sections.text}",
            themes=tuple(sections.themes),
            papers=rows,
            citations=tuple(located(one, self.library) for one in sections.citations),
            disagreements=tuple(sections.disagreements),
            removed=tuple(sections.removed),
            mode="llm" if sections.written else "extractive",
            notes=(
                *understood.notes,
                *notes,
                *more,
                *_outcome(sections, writes),
                *_left_out(material.chosen),
                *_uncarded(rows),
            ),
            retrieved=tuple(map(RetrievedPassage.of, material.passages)),
            filters=understood.filters.as_json(),
            usage=llm.used() if llm else None,
            receipt=self.engine.receipt(llm, prompts),
        )

    def _plan(self, material: _Material, llm: GuardedLLM | None) -> tuple[list[Plan], tuple[Note, ...]]:
        """The themes, by the model where it can; a note where it could not."""
        best = list(material.papers.values())
        topic = "" if material.understood.only_filters else material.understood.search_text
        near_ids = [p.paper_id for p in distinct_papers(material.passages) if p.paper_id not in material.papers]
        near = list(self.library.shelf.papers(near_ids[:NEIGHBOURS]).values())
        notes: tuple[Note, ...] = ()
        if llm and len(best) > 1:
            first = {paper_id: material.texts[paper_id][0] for paper_id in material.papers}
            try:
                return self.planner.by_model(llm, topic, best, first, near), ()
            except LLMResponseError as error:
                text = f"The papers are grouped by similarity. {error.message}"
                notes = (Note(code="themes_by_similarity", text=text),)
            except LLMError as error:
                notes = (model_failed(error),)
        return self.planner.by_similarity(topic, best, near), notes

    def _quotes(self, material: _Material) -> dict[str, tuple[Quote, ...]]:
        """What speaks for each paper."""
        ids = list(material.papers)
        quotes = self.quoter.quote(material.understood.standalone, [material.texts[paper_id] for paper_id in ids])
        return dict(zip(ids, quotes, strict=True))

    def _row(self, paper: Paper, passages: Sequence[Passage], theme: int) -> TopicPaper:
        card = card_of(self.library.shelf, paper.paper_id, paper.version)
        return TopicPaper(
            paper_id=paper.paper_id,
            version=paper.version,
            title=paper.title,
            authors=paper.authors,
            date=paper.told,
            url=paper.url,
            theme=theme,
            held=paper.held,
            method=stated(card, "method"),
            data=self._cell(data(passages, paper.abstract_start, card)),
            result=stated(card, "result"),
            has_card=card is not None,
        )

    def _cell(self, quote: Quote | None) -> Cell | None:
        """A cell, if its quote holds."""
        if quote is None or find_problem(quote, self.library):
            return None
        return Cell(quote=quote_text(quote), start=quote.start, end=quote.end)


def _outcome(sections: Sections, llm: GuardedLLM | None) -> tuple[Note, ...]:
    """What became of the model's part."""
    remarks = tuple(sections.remarks.values())
    if sections.failure:
        return (*remarks, model_failed(sections.failure))
    if llm and not sections.written:
        text = "The model wrote nothing that the papers carry; quotes are shown instead."
        return (*remarks, Note(code="nothing_supported", text=text))
    return remarks


def _left_out(chosen: Sequence[Passage]) -> tuple[Note, ...]:
    if len(chosen) <= MOST_PAPERS:
        return ()
    shown = f"The {MOST_PAPERS} nearest of {len(chosen)} papers on this are shown;"
    return (Note(code="papers_left_out", text=f"{shown} dates, an author or a narrower topic show others."),)


def _uncarded(rows: Sequence[TopicPaper]) -> tuple[Note, ...]:
    """A note where cells stand empty only since nobody has made cards."""
    count = sum(not row.has_card for row in rows)
    verb = "has" if count == 1 else "have"
    text = f"{plural(count, 'paper')} {verb} {NO_CARD}, from which method and result are read; {MAKE_CARDS}."
    return (Note(code="no_card", text=text),) if count else ()
