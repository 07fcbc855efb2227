"""The extractive writer: passages → draft. It quotes the sentences that answer and invents nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.chunking import sentences
from rag.config import AnswerConfig
from rag.embedding import embed_texts
from rag.library import Library
from rag.readable import readable
from rag.retrieval import coverage, distinct_papers
from rag.types import Confidence, Passage

NEAR_BEST = 0.75
"""A further paper is quoted when its fused score is at least this share of the best one's."""
EMPTY_COVERAGE, EMPTY_SIMILARITY = 0.25, 0.30
"""Below both, nothing in the corpus is about the question (share of its idf mass; cosine similarity)."""
SURE_COVERAGE, SURE_SIMILARITY = 0.6, 0.6
"""At or above both, confidence is high; below, medium; where only one list knows the best paper, low."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of a passage's paper that belongs into the answer; offsets count into the paper's stored text."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer proposes, paper by paper, before its quotes are checked. No quotes: it abstains."""

    quotes: tuple[tuple[Quote, ...], ...]
    confidence: Confidence


class ExtractiveWriter:
    """Chooses papers by their fused score and sentences by meaning and shared terms."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def write(self, question: str, passages: Sequence[Passage]) -> Draft:
        """Choose what to quote.

        Args:
            question: The standalone question.
            passages: Retrieved passages, best first.
        """
        settings = self.library.config.answer
        weights = self._term_weights(question)
        if not passages or self._nothing_found(weights, passages):
            return Draft((), "low")
        papers = distinct_papers(passages, settings.max_papers)
        papers = [paper for paper in papers if paper.score >= NEAR_BEST * papers[0].score]
        cited = {paper.paper_id for paper in papers}
        candidates = [
            Quote(passage, passage.start + start, passage.start + end)
            for passage in passages
            if passage.paper_id in cited
            for start, end in sentences(passage.text)
        ]
        scores = self._score(question, weights, candidates)
        by_paper: dict[str, list[tuple[Quote, float]]] = {paper.paper_id: [] for paper in papers}
        for candidate, score in zip(candidates, scores, strict=True):
            by_paper[candidate.passage.paper_id].append((candidate, score))
        groups = tuple(choose(scored, settings) for scored in by_paper.values())
        return Draft(groups, self._confidence(weights, papers[0]))

    def _term_weights(self, text: str) -> dict[str, float]:
        with self.library.indexes() as indexes:
            return indexes.lexical.idf(indexes.lexical.analyze(text))

    def _terms(self, texts: Sequence[str]) -> list[set[str]]:
        with self.library.indexes() as indexes:
            return [set(indexes.lexical.analyze(text)) for text in texts]

    def _nothing_found(self, weights: Mapping[str, float], passages: Sequence[Passage]) -> bool:
        similarity = max(passage.scores.get("dense", 0.0) for passage in passages)
        texts = [f"{passage.title} {passage.text}" for passage in distinct_papers(passages, 5)]
        best = max(coverage(weights, terms) for terms in self._terms(texts))
        return best < EMPTY_COVERAGE and similarity < EMPTY_SIMILARITY

    def _score(self, question: str, weights: Mapping[str, float], candidates: Sequence[Quote]) -> list[float]:
        """Cosine similarity to the question plus the share of its idf mass that the sentence covers."""
        texts = [readable(quote_text(quote)) for quote in candidates]
        vector = np.asarray(self.library.embedding.get_query_embedding(question), dtype=np.float32)
        similar = embed_texts(self.library.embedding, texts) @ vector
        return [float(s) + coverage(weights, terms) for s, terms in zip(similar, self._terms(texts), strict=True)]

    def _confidence(self, weights: Mapping[str, float], best: Passage) -> Confidence:
        covered = coverage(weights, self._terms([f"{best.title} {best.text}"])[0])
        similarity = best.scores.get("dense", 0.0)
        if covered >= SURE_COVERAGE and similarity >= SURE_SIMILARITY:
            return "high"
        return "medium" if covered >= SURE_COVERAGE or similarity >= SURE_SIMILARITY else "low"


def quote_text(quote: Quote) -> str:
    """The quoted characters, as the passage holds them."""
    return quote.passage.text[quote.start - quote.passage.start : quote.end - quote.passage.start]


def choose(scored: Sequence[tuple[Quote, float]], settings: AnswerConfig) -> tuple[Quote, ...]:
    """Take the best sentences of one paper within its word budget, in reading order, neighbours joined.

    The paper's title, which the answer shows, counts as well. The best sentence is taken however long it is.
    """
    taken: list[Quote] = []
    words = len(scored[0][0].passage.title.split()) if scored else 0
    for quote, _ in sorted(scored, key=lambda item: (-item[1], item[0].start)):
        length = len(quote_text(quote).split())
        if len(taken) == settings.max_sentences or (taken and words + length > settings.max_words):
            continue
        taken.append(quote)
        words += length
    return join_neighbours(sorted(taken, key=lambda quote: quote.start))


def join_neighbours(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """Join quotes of one passage between which only white space stands."""
    joined: list[Quote] = []
    for quote in quotes:
        last = joined[-1] if joined else None
        if last and last.passage is quote.passage:
            between = quote.passage.text[last.end - quote.passage.start : quote.start - quote.passage.start]
            if not between.strip():
                joined[-1] = Quote(quote.passage, last.start, quote.end)
                continue
        joined.append(quote)
    return tuple(joined)
