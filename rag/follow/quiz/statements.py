"""Statements: which of four results a paper reports, the others being those of papers near it.

A statement is offered where the answer scorer, which reads all of them in the place of the paper's own, finds that it
answers clearly best, and where each statement's vector is nearer to its own paper: so none of the others answers too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from rag.follow.quiz.gaps import ADDRESS, GAP, Known, abstract_sentences, gives_away, masked
from rag.index.abstracts import abstract_vectors
from rag.index.library import Library
from rag.models import embed_texts
from rag.models.answer_scorer import Abstract, installed
from rag.text.readable import readable
from rag.text.terms import Analyzer
from rag.types import Paper

OTHERS = 3
"""Wrong options beside the right one."""
ASKED = "What results does {} report?"
SURE, MARGIN = 0.0, 1.0
"""Log-odds from which the right statement answers, and by which each other one must answer less."""
NEARER = 0.1
"""By how much nearer to its own abstract than to the other one a statement must be, as a cosine, right or wrong: what
any paper may say is neither."""
SPECIFIC = 0.55
"""How near to its own abstract a statement must be, as a cosine, to say more than that experiments show something."""
LOOKED_AT, JUDGED = 12, 5
"""Statements of other papers whose vectors are compared, and that are judged at most."""
FEWEST, MOST = 10, 60
"""Words of a statement."""
GUESSED = 0.05
"""By how much nearer to what the paper is called than the others the right statement may be, as a cosine."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a paper reports, beside what others report.

    Attributes:
        start: Of the sentence in `paper.text`, the quote.
        end: Of it.
        asked: The question.
        right: The paper's sentence in readable form, its own name a gap.
        others: Sentences of other papers, likewise, each with its paper's id; those that answer nearly come first.
    """

    start: int
    end: int
    asked: str
    right: str
    others: tuple[tuple[str, str], ...]


class Statements:
    """Finds statements; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        """Find them in papers of this library."""
        self._library = library
        self._analyzer = Analyzer()

    def of(self, asked: Known, near: Sequence[Known]) -> list[Statement]:
        """The statement that a paper's card has as its result, if it can be told from those of the papers near it."""
        told = _told(asked)
        if told is None:
            return []
        start, end, right = told
        named = asked.name or f"“{readable(asked.paper.title)}”"
        offered = [
            (other[2], one.paper)
            for one in near
            if (other := _told(one)) and not (asked.name and asked.name in other[2])
        ][:LOOKED_AT]
        if len(offered) < OTHERS or (asked.name and gives_away(asked.name, right)):
            return []
        question = ASKED.format(named)
        fitting = self._wrong(asked.paper, question, right, offered, start)
        fitting = fitting[:OTHERS]
        if len(fitting) < OTHERS or self._is_told_by(named, right, [text for text, _ in fitting]):
            return []
        return [Statement(start, end, question, right, tuple(fitting))]

    def _wrong(
        self, paper: Paper, asked: str, right: str, offered: Sequence[tuple[str, Paper]], start: int
    ) -> list[tuple[str, str]]:
        """Those that don't answer, read within the paper's abstract; none where the right one doesn't."""
        offered = self._apart(paper, right, offered)[:JUDGED]
        if len(offered) < OTHERS:
            return []
        told = abstract_sentences(paper)
        before = [text for at, _, text in told if at < start]
        after = [text for at, _, text in told if at > start]
        spoken = [text.replace(GAP, "it") for text in (right, *(text for text, _ in offered))]
        whole = Abstract(readable(paper.title), (*before, *spoken, *after))
        (scores,) = installed(self._library.config.embedding.threads).score(asked, [whole])
        odds = scores.sentences[len(before) : len(before) + len(spoken)]
        wrong = [n for n in range(1, len(spoken)) if odds[0] >= SURE and odds[0] - odds[n] >= MARGIN]
        hardest = sorted(wrong, key=lambda n: (-float(odds[n]), n))
        return [(offered[n - 1][0], offered[n - 1][1].paper_id) for n in hardest]

    def _apart(self, paper: Paper, right: str, offered: Sequence[tuple[str, Paper]]) -> list[tuple[str, Paper]]:
        """Statements that are of their own papers rather than of this one, where the right one is of this one."""
        sources = [one for _, one in offered]
        means = abstracts(self._library, [paper, *sources])
        vectors = embed_texts(self._library.embedding, [right, *(text for text, _ in offered)])
        if paper.paper_id not in means:
            return []
        here = vectors @ means[paper.paper_id]
        if here[0] < SPECIFIC:
            return []
        return [
            (text, source)
            for n, (text, source) in enumerate(offered, start=1)
            if source.paper_id in means
            and here[0] - here[n] >= NEARER
            and float(vectors[n] @ means[source.paper_id]) >= max(SPECIFIC, here[n] + NEARER)
        ]

    def _is_told_by(self, named: str, right: str, others: Sequence[str]) -> bool:
        """Whether what a paper is called tells which statement is its own: by its words, or by their sense."""
        terms = set(self._analyzer.terms(named))
        shared = [len(terms.intersection(self._analyzer.terms(text))) for text in (right, *others)]
        title, *told = embed_texts(self._library.embedding, [named, right, *others])
        near = [float(title @ one) for one in told]
        return shared[0] > median(shared[1:]) or near[0] > max(near[1:]) + GUESSED


def _told(one: Known) -> tuple[int, int, str] | None:
    """The sentence that holds a paper's result, its own name a gap; None where it is too short or too long."""
    span = one.card.result if one.card else None
    if span is None:
        return None
    for start, end, text in abstract_sentences(one.paper):
        if start <= span.start < end and FEWEST <= len(text.split()) <= MOST:
            if ADDRESS.search(text):
                return None
            return start, end, masked(text, one.names)
    return None


def abstracts(library: Library, papers: Sequence[Paper]) -> dict[str, np.ndarray]:
    """The mean vectors of papers' abstracts, of length 1, by id; without those that are not indexed yet."""
    return dict(zip(*abstract_vectors(library, {one.paper_id for one in papers}), strict=True))
