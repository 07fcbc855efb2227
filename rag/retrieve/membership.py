"""Whether papers belong to a list or a topic: are they on what was asked?

That is a decision of its own. What ranks papers says which is nearer, not where the subject ends; what says which
sentence answers says little about it, for no sentence of a paper on a list's subject has to (docs/adr/0025).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.cards.subjects import load_subjects
from rag.index.library import Library
from rag.index.query_vector import question_vector
from rag.models.membership import load_membership
from rag.query import Question
from rag.retrieve.hybrid import distinct_papers
from rag.retrieve.reranker import DWELLS, NEARNESS
from rag.text.readable import readable
from rag.types import Filters, Passage

MEMBERSHIP = "membership"
"""The chance that a paper belongs, among its passages' scores."""
BACKGROUND_RANK = 15
"""The paper at this rank is taken to be off the subject; where there are fewer papers, the background is 0."""
DISTANT = slice(20, 60)
"""Passages of the whole library, by rank, whose mean similarity to the question is that of papers off its subject."""
FIRST = 5
"""First papers, which the others are compared with."""
UNTOLD = 0.5
"""Share of a question's subjects among a paper's tags where it names none that a paper is tagged with."""


def with_membership(library: Library, asked: Question, passages: Sequence[Passage]) -> list[Passage]:
    """The passages with the chance that their paper belongs, and the likelier papers first.

    Those of papers that had no second look have no chance and stay behind; where none had one, nothing changes. Their
    fused scores stay in order: what is put first gets the highest.

    Args:
        library: Holds the papers.
        asked: The question as it was read.
        passages: Best first, of which the first papers' wording was looked at.
    """
    papers = [one for one in distinct_papers(passages) if NEARNESS in one.scores]
    if not papers:
        return list(passages)
    chances = load_membership().chances(features(library, asked, passages))
    by_paper = {one.paper_id: round(float(chance), 6) for one, chance in zip(papers, chances, strict=True)}
    said = [
        replace(one, scores={**one.scores, MEMBERSHIP: by_paper[one.paper_id]}) if one.paper_id in by_paper else one
        for one in passages
    ]
    ordered = sorted(said, key=lambda one: -by_paper.get(one.paper_id, -1.0))
    scores = sorted((one.score for one in passages), reverse=True)
    return [replace(one, score=score) for one, score in zip(ordered, scores, strict=True)]


def features(library: Library, asked: Question, passages: Sequence[Passage]) -> NDArray[np.float64]:
    """Measure the papers whose wording was looked at, best first: rows in the order of `FEATURES`, [papers, features].

    Args:
        library: Holds the papers.
        asked: The question as it was read.
        passages: Best first; at least one was looked at.
    """
    ranked = distinct_papers(passages)
    papers = [one for one in ranked if NEARNESS in one.scores]
    ids = [one.paper_id for one in papers]
    subject = asked.told or asked.search_text
    vector = question_vector(library, asked.search_text)
    rows = {row.chunk_id: row.paper_id for row in library.shelf.chunks(ids)}
    with library.indexes() as indexes:
        distant = indexes.vectors.query(vector, DISTANT.stop)[DISTANT]
        similar = _best(rows, indexes.vectors.query(vector, len(rows), frozenset(ids)))
        matched = _best(rows, indexes.lexical.query(subject, len(rows), frozenset(ids)))
        idf = indexes.lexical.idf(set(indexes.lexical.analyze(subject)))
        titles = [set(indexes.lexical.analyze(readable(one.title))) for one in papers]
        vectors = indexes.vectors.vectors([one.chunk_id for one in papers])
        beyond = indexes.vectors.vectors([chunk_id for chunk_id, _ in distant])
    wording = np.array([one.scores[NEARNESS] for one in papers])
    floor = ranked[BACKGROUND_RANK - 1].score if len(ranked) >= BACKGROUND_RANK else 0.0
    way = np.array([(one.score - floor) / max(ranked[0].score - floor, 1e-6) for one in papers])
    squares = {term: weight**2 for term, weight in idf.items()}
    held = np.array([math.fsum(squares[term] for term in title & squares.keys()) for title in titles])
    like, apart = _compared(vectors - beyond.mean(axis=0) if len(beyond) else vectors, way)
    columns = (
        wording,
        wording - wording.max(),
        np.array([similar.get(one, 0.0) for one in ids]) - (np.mean([score for _, score in distant]) if distant else 0),
        np.array([matched.get(one, 0.0) for one in ids]) / max(math.fsum(idf.values()), 1e-9),
        held / max(math.fsum(squares.values()), 1e-9),
        way,
        like,
        apart,
        _tagged(library, subject, ids),
        np.array([one.scores.get(DWELLS, 0.0) for one in papers]),
    )
    return np.stack(columns, axis=1).astype(np.float64)


def _compared(vectors: NDArray[np.float32], way: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Each paper's mean similarity to the first ones; and to the near ones, less that to the far ones; itself left out.

    Args:
        vectors: One row a paper, best first [papers, d]; more than one paper, else both are 0.
        way: How far each is on the way from the background to the best one [papers]: how much it counts as near, the
            rest of 1 as far.
    """
    if len(vectors) < 2:
        return np.zeros(len(vectors)), np.zeros(len(vectors))
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    similar = np.round((unit @ unit.T).astype(np.float64), 6)
    np.fill_diagonal(similar, np.nan)
    like = np.nanmean(similar[:, :FIRST], axis=1)
    np.fill_diagonal(similar, 0.0)
    return like, _weighted(similar, np.clip(way, 0.0, None)) - _weighted(similar, 1 - np.clip(way, 0.0, 1.0))


def _weighted(similar: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each paper's mean similarity to the others by their weights; 0 where they have none [papers]."""
    return np.asarray(similar @ weights / np.maximum(weights.sum() - weights, 1e-9))


def _tagged(library: Library, subject: str, ids: Sequence[str]) -> NDArray[np.float64]:
    """The share of the subjects named in a question that each paper is tagged with, or with a part of."""
    vocabulary = load_subjects()
    tags = {vocabulary.subjects[one.subject].tag for one in vocabulary.matches(subject)}
    tagged = [papers for tag in sorted(tags) if (papers := library.shelf.select(Filters(tag=tag)))]
    return np.array([np.mean([one in papers for papers in tagged]) if tagged else UNTOLD for one in ids])


def _best(papers: Mapping[str, str], scored: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Each paper's best score among those of its passages."""
    best: defaultdict[str, float] = defaultdict(float)
    for chunk_id, score in scored:
        if chunk_id in papers:
            best[papers[chunk_id]] = max(best[papers[chunk_id]], score)
    return best
