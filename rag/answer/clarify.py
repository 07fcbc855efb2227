"""Asking back: a name that several papers give to systems of their own gets one short question with the choices.

A wrong guess is worse than a question: advice is only as good as what was elicited before it (Takayanagi et al., "Are
Generative AI Agents Effective Personalized Financial Advisors?", SIGIR 2025, arXiv 2504.05862). What is ambiguous is
read from the shelf and needs no model: at least two papers by different people introduce a system of that name, and
nothing else in the question, its filters or its conversation tells which one is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from rag.answer.outcome import Outcome
from rag.index.library import Library
from rag.papers.claims import Claim
from rag.query import Question
from rag.query.dialogue.conversation import ASKED
from rag.query.lexicon.entities import MANY, Named
from rag.query.lexicon.vocabulary import fold
from rag.query.lexicon.words import content_words
from rag.retrieve.hybrid import distinct_papers
from rag.text.markdown import escape
from rag.text.readable import readable
from rag.text.titles import label
from rag.types import Clarify, Delta, Event, Paper, Passage

CHOICES = 6
"""Papers offered at most."""
CLEAR = 0.8
"""A paper whose fused score is below this share of the other's is not meant."""
_GENRES = frozenset("sok position survey tutorial demo perspective".split())
"""What titles begin with that names a kind of paper and no system."""


class Clarifier:
    """Finds names with several meanings in a library; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def ask(self, asked: Question, passages: Sequence[Passage]) -> Clarify | None:
        """The question to ask back, or None where the reader's question is clear enough.

        Args:
            asked: The question as it was read.
            passages: What was retrieved for it, best first.
        """
        if asked.choices:
            return self._of_those_named(asked)
        if asked.papers or asked.kind == "topic" or asked.several:
            return None
        allowed = self.library.shelf.select(asked.filters)
        for name in asked.entities:
            papers = {paper.paper_id: paper for paper in self._introducing(name)}
            ids = papers.keys() - asked.left_out if allowed is None else (papers.keys() & allowed) - asked.left_out
            ranked = _in_order([papers[paper_id] for paper_id in ids], passages)
            if len(ranked) > 1 and not self._decided(asked, name.text, ranked, passages):
                choices = tuple(f"{readable(paper.title)} ({paper.paper_id})" for paper in ranked[:CHOICES])
                return Clarify(
                    text=f"{len(ranked)} papers here call a system {_spelt(name.text, ranked)}. {ASKED}",
                    choices=choices,
                )
        return None

    def _of_those_named(self, asked: Question) -> Clarify:
        """Which of the papers is meant that were named before and fit what the question says."""
        papers = self.library.shelf.papers(asked.choices)
        held = [papers[paper_id] for paper_id in asked.choices if paper_id in papers]
        choices = tuple(f"{readable(paper.title)} ({paper.paper_id})" for paper in held[:CHOICES])
        return Clarify(text=f"{len(held)} of the papers named before fit that. {ASKED}", choices=choices)

    def _introducing(self, name: Named) -> list[Paper]:
        """Papers of different people that introduce a system of this name; empty where the name is a common word."""
        called = [one for one in name.namings if one.claim is Claim.CALLED]
        if not called or len(name.namings) == MANY or fold(name.text) in _GENRES:
            return []
        spelt = {one.surface for one in called}
        others = [one for one in name.namings if one.claim is not Claim.CALLED and one.surface in spelt]
        introducing = [one.paper_id for one in others if one.claim is Claim.INTRODUCED]
        ids = [*(one.paper_id for one in called), *introducing]
        papers = self.library.shelf.papers(ids)
        found = _of_different_people([papers[paper_id] for paper_id in ids if paper_id in papers])
        return found if len(others) - len(introducing) <= len(found) else []

    def _decided(self, asked: Question, name: str, papers: Sequence[Paper], passages: Sequence[Passage]) -> bool:
        """Whether the conversation or another word of the question tells which of the papers is meant."""
        if any(paper.paper_id in asked.focus for paper in papers):
            return True
        words = [word for word in content_words(asked.standalone) if fold(word) != fold(name)]
        with self.library.indexes() as indexes:
            terms = set(indexes.lexical.analyze(" ".join(words)))
            texts = [set(indexes.lexical.analyze(readable(paper.lead))) for paper in papers]
        if not terms:
            return False
        if any(0 < sum(term in text for text in texts) < len(texts) for term in terms):
            return True
        scores = {passage.paper_id: passage.score for passage in reversed(passages)}
        first, second = sorted((scores.get(paper.paper_id, 0.0) for paper in papers), reverse=True)[:2]
        return second < CLEAR * first


def as_markdown(clarify: Clarify, escape: Callable[[str], str]) -> str:
    """The question and its choices as an answer's text; `resumed` reads it back.

    Args:
        clarify: What is asked.
        escape: Makes a stranger's text safe to stand in Markdown.
    """
    choices = (f"{n}. {escape(choice)}" for n, choice in enumerate(clarify.choices, 1))
    return "\n".join([escape(clarify.text), "", *choices])


def asked_back(clarify: Clarify) -> Generator[Event, None, Outcome]:
    """Ask the reader back: the question with its choices, and nothing cited."""
    text = as_markdown(clarify, escape)
    yield Delta(text)
    return Outcome(text=text, clarify=clarify)


def _spelt(name: str, papers: Sequence[Paper]) -> str:
    """The name as the first paper that has it in front of its title spells it."""
    return next((label(paper.title) for paper in papers if fold(label(paper.title)) == fold(name)), name)


def _of_different_people(papers: Sequence[Paper]) -> list[Paper]:
    """The papers without those that share an author with an earlier one: theirs is the same system."""
    kept: list[Paper] = []
    seen: set[str] = set()
    for paper in papers:
        people = {fold(name) for name in paper.authors}
        if not people & seen:
            kept.append(paper)
        seen |= people
    return kept


def _in_order(papers: Sequence[Paper], passages: Sequence[Passage]) -> list[Paper]:
    """Papers as they were ranked, those that were not found last."""
    ranks = {passage.paper_id: rank for rank, passage in enumerate(distinct_papers(passages))}
    return sorted(papers, key=lambda paper: (ranks.get(paper.paper_id, len(ranks)), paper.paper_id))
