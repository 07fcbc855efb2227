"""The quoted reply: what may be used → exact quotes, checked, put into words and streamed."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from rag.answer.abstention import Decision
from rag.answer.arrangement import arranged
from rag.answer.citations import check
from rag.answer.draft import Draft
from rag.answer.extract import ExtractiveWriter
from rag.answer.holdings import Entry
from rag.answer.outcome import EVIDENCE, Outcome
from rag.answer.render import reply
from rag.answer.select import choose_papers
from rag.query import Question
from rag.retrieve.answer_scores import AnswerScores
from rag.retrieve.hybrid import HybridRetriever, distinct_papers
from rag.themes.plan import Planner
from rag.types import Delta, Event, Note, Passage, Removed

DOUBTFUL = 0.45
"""Chance of being right below which an answer's first paper is one of several that may be meant."""
_NOTHING_MORE = Note(
    code="nothing_more", text="Nothing in the abstract seems to answer this but what the answer before quotes."
)
_QUOTED_BEFORE = Note(code="quoted_before", text="Some of what is quoted stands in the answer before as well.")


class QuotedReply:
    """Answers with quotes; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever, planner: Planner, scores: AnswerScores) -> None:
        """Make one.

        Args:
            retriever: Finds papers outside the filters where they leave none.
            planner: Groups the papers of a topic.
            scores: Says which sentences answer.
        """
        self.retriever = retriever
        self.library = retriever.library
        self.planner = planner
        self.writer = ExtractiveWriter(self.library, scores)

    def events(
        self,
        asked: Question,
        passages: Sequence[Passage],
        decision: Decision,
        entry: Entry | None,
        behind: Outcome,
    ) -> Generator[Event, None, Outcome]:
        """Answer with quotes, or follow an answer that broke off with them.

        Args:
            asked: The question as it was read.
            passages: What was retrieved, best first.
            decision: Whether they answer.
            entry: What the shelf itself says; None where papers are to say it.
            behind: What was said already.
        """
        draft = entry.draft if entry else self._draft(asked, passages, decision)
        checked = check(draft, self.library, len(behind.citations) + 1, () if behind.text else behind.citations)
        for item in checked.removed:
            yield Removed(item.text, item.reason)
        said = entry.reply(checked) if entry else reply(self.retriever, asked, passages, decision, checked, draft)
        parts = (EVIDENCE, *said.parts) if behind.text else said.parts
        text = ""
        for part in parts:
            shown = f"\n\n{part}" if text or behind.text else part
            text += shown
            yield Delta(shown)
        citations = tuple(citation for group in checked.groups for citation in group)
        # The chance was calibrated on abstracts. Nobody knows it of what a full text says, nor that one of two papers
        # which praise themselves is ahead, nor that a name which stands nowhere is the one that it was read as.
        of_body = any(citation.page or citation.section for citation in citations)
        unsure = of_body or draft.apart is not None or asked.read_as
        confidence = "medium" if unsure and decision.confidence == "high" else decision.confidence
        return Outcome(
            text=text,
            reason=said.reason,
            confidence="low" if said.reason else confidence,
            chance=None if said.reason or unsure else decision.chance,
            citations=citations,
            removed=checked.removed,
            closest=said.closest,
            notes=() if not draft.told else (_QUOTED_BEFORE,) if draft.told == "partly" else (_NOTHING_MORE,),
        )

    def _draft(self, asked: Question, passages: Sequence[Passage], decision: Decision) -> Draft:
        """What to quote: nothing when nothing was found, the paper that lacks the detail when only that is missing."""
        if decision.reason == "nothing_found":
            return Draft(())
        if decision.reason == "detail_absent":
            nearest = [passage for passage in passages if passage.paper_id == decision.paper_id]
            return self.writer.nearest(asked, self.writer.write(asked, nearest, "single"))
        whole = asked.only_filters or asked.picked or asked.of_sort or bool(asked.mention)
        if asked.wanted:
            most = self.library.config.answer.max_papers
            return self.writer.write(asked, _as_wanted(asked, passages, whole, most), "list", whole=True)
        draft = self.writer.write(asked, passages, whole=whole, doubtful=is_doubtful(asked, decision))
        return arranged(draft, asked.search_text, passages, self.planner) if asked.kind == "topic" else draft


def is_doubtful(asked: Question, decision: Decision) -> bool:
    """Whether a question that nothing ties to a paper is answered from one that is unlikely to be the one meant."""
    tied = asked.papers or asked.focus or asked.named or asked.filters or asked.share > 1
    return decision.chance is not None and decision.chance < DOUBTFUL and not tied


def _as_wanted(asked: Question, passages: Sequence[Passage], whole: bool, most: int) -> list[Passage]:
    """The passages of as many papers as are wanted, in the order that is wanted, of those that belong.

    Where no number is wanted the nearest `most` are put in order, so that "what is new in X" names the papers about X.
    Of the few newest or oldest that are wanted only those count that surely belong, or name the subject: the first to
    be shown is no more likely to belong than the last.
    """
    ranked, within = distinct_papers(passages), bool(asked.filters)
    strict = bool(asked.wanted.order and asked.wanted.limit)
    papers = choose_papers(ranked, "list", whole=whole, about=asked.phrase, within=within, unsure=strict)
    if asked.wanted.order:
        papers = papers if whole or asked.wanted.limit else papers[:most]
        newest = asked.wanted.order == "newest"
        papers.sort(key=lambda paper: (paper.undated != newest, paper.date), reverse=newest)  # the undated come last
    places = {paper.paper_id: place for place, paper in enumerate(papers[: asked.wanted.limit])}
    return sorted((one for one in passages if one.paper_id in places), key=lambda one: places[one.paper_id])
