"""Hybrid retrieval: question → passages, best first.

Dense candidates (Chroma) and lexical ones (BM25) are fused by a convex combination of scores scaled to their list's
best, with 0 as the floor of both (Bruch et al., "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023,
section 4). The weight follows the question: where even the best lexical match covers little of its idf mass, the reader
paraphrases and meaning counts more; where names and figures match, words do (docs/adr/0004-fusion.md). A
question's vector is learnt (`rag/models/question_encoder`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from rag.config import RetrievalConfig
from rag.index import LexicalIndex
from rag.index.library import Indexes, Library
from rag.index.query_vector import question_vector
from rag.papers.shelf import ChunkRow, Shelf
from rag.retrieve.held import clean_first
from rag.retrieve.matches import matched_words
from rag.text.readable import readable
from rag.text.terms import coverage as coverage
from rag.types import Filters, Paper, Passage

Scored = Sequence[tuple[str, float]]
"""Chunk ids with their scores, best first."""
Place = tuple[int, float]
"""Rank and score of a candidate in one list."""
FOCUS = 0.2
"""What a paper gains that the conversation is about; a perfect match in both lists has 1."""
COVERING = 10
"""Best lexical matches among which the one that covers most of the question is looked for."""
COVERAGE_RANGE = (0.2, 0.4)
"""Shares of the question's idf mass between which the weight moves from paraphrase to name."""


OF_A_PAPER, DEEPER = 4, 4
"""Passages of one paper in each list at most, where full texts are in the library; how much more is asked for then."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """A question rewritten for the search.

    Attributes:
        lexical: Text for the lexical list.
        dense: Texts whose embeddings are averaged for the dense list, the question among them.
        repeats: A word of `lexical` counts as often as it is repeated; else once, as of a question as it was put.
    """

    lexical: str
    dense: tuple[str, ...]
    repeats: bool = True


class HybridRetriever:
    """Finds passages in a library; safe to share between threads."""

    def __init__(self, library: Library, k: int | None = None) -> None:
        """Make a retriever.

        Args:
            library: The open library.
            k: Passages to return; None takes `retrieval.k`.
        """
        self.library = library
        self.k = k or library.config.retrieval.k

    def search(
        self,
        question: str,
        filters: Filters | None = None,
        k: int | None = None,
        *,
        papers: frozenset[str] | None = None,
        focus: Collection[str] = (),
        expanded: Expanded | None = None,
        explained: int | None = None,
    ) -> list[Passage]:
        """Find the passages nearest to a question.

        Args:
            question: Any text; one without a matching word is answered from the dense list alone.
            filters: Restrictions on the papers; they hold before candidates are taken, so none is lost to them.
            k: Passages to return; None takes the retriever's own.
            papers: Only these papers, on top of the filters; None allows all.
            focus: Papers that the conversation is about, to be preferred.
            expanded: The question rewritten: what both lists are asked instead of it.
            explained: How many of the first passages name the words that matched, which takes half a millisecond
                each; None: all.

        Raises:
            EmptyLibrary: there is nothing to search.
        """
        self.library.require_papers()
        allowed = self._allowed(filters or Filters(), papers)
        if allowed is not None and not allowed:
            return []
        settings, wanted = self.library.config.retrieval, k or self.k
        asked = expanded or Expanded(question, (question,), repeats=False)
        vector = self._vector(asked.dense)
        depth = max(settings.candidates, wanted)
        with self.library.indexes() as indexes:
            looked_up = _LookedUp(self.library.shelf)
            dense, lexical = self._lists(indexes, asked, vector, depth, allowed, looked_up)
            weights = indexes.lexical.idf(set(indexes.lexical.analyze(question)))
            covered = _covered(indexes.lexical, weights, looked_up.passages([i for i, _ in lexical[:COVERING]]))
            fused = dict(fuse(dense, lexical, dense_weight(covered, settings), depth))
            rows = looked_up.rows(fused) if focus else {}
            preferred = {i for i, row in rows.items() if row.paper_id in focus}
            scores = {i: score + FOCUS if i in preferred else score for i, score in fused.items()}
            first = _first(looked_up, sorted(scores, key=lambda i: (-scores[i], i)), wanted)
            boosts = {i: {"conversation": FOCUS} for i in preferred}
            scored = [replace(one, score=scores[one.chunk_id], boosts=boosts.get(one.chunk_id, {})) for one in first]
            found = clean_first(scored, focus)[:wanted]
            words = [_words(indexes.lexical, passage) for passage in found[:explained]]
        matched = [matched_words(weights, one) for one in words] + [()] * (len(found) - len(words))
        places = {"dense": _placed(dense), "lexical": _placed(lexical)}
        return [_in_lists(passage, places, said) for passage, said in zip(found, matched, strict=True)]

    def _allowed(self, filters: Filters, papers: frozenset[str] | None) -> frozenset[str] | None:
        """The papers that may answer; None where all may."""
        allowed = self.library.shelf.select(filters)
        if papers is None:
            return allowed
        known = frozenset(self.library.shelf.papers(papers))
        return known if allowed is None else allowed & known

    def _vector(self, texts: Sequence[str]) -> np.ndarray:
        """What the dense list is asked: the question's vector, or the mean of those it was rewritten to."""
        vectors = np.stack([question_vector(self.library, text) for text in texts])
        mean = vectors.mean(axis=0)
        return mean if len(texts) == 1 else np.asarray(mean / (np.linalg.norm(mean) or 1.0), dtype=np.float32)

    def _lists(
        self,
        indexes: Indexes,
        asked: Expanded,
        vector: np.ndarray,
        depth: int,
        allowed: frozenset[str] | None,
        looked_up: _LookedUp,
    ) -> tuple[Scored, Scored]:
        """The dense and the lexical candidates, as many as `depth` of each."""
        crowded = self.library.shelf.has_bodies() and (allowed is None or len(allowed) > OF_A_PAPER)
        deep = depth * DEEPER if crowded else depth
        dense = indexes.vectors.query(vector, deep, allowed)
        lexical = indexes.lexical.query(asked.lexical, deep, allowed, repeats=asked.repeats)
        if deep == depth:
            return dense, lexical
        rows = looked_up.rows(dict(dense) | dict(lexical))
        return _few_of_each(dense, rows)[:depth], _few_of_each(lexical, rows)[:depth]


class _LookedUp:
    """Chunks with their papers as one search needs them, each read from the shelf once, and only those needed."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._rows: dict[str, ChunkRow | None] = {}
        self._papers: dict[str, Paper | None] = {}

    def rows(self, chunk_ids: Iterable[str]) -> dict[str, ChunkRow]:
        """Chunks by id; one that was removed since is left out."""
        wanted = list(chunk_ids)
        if missing := [one for one in wanted if one not in self._rows]:
            self._rows |= dict.fromkeys(missing) | self._shelf.chunk_rows(missing)
        return {one: row for one in wanted if (row := self._rows[one])}

    def passages(self, chunk_ids: Sequence[str]) -> list[Passage]:
        """Chunks with their papers, in order; one removed since, or of an older version, is left out."""
        rows = self.rows(chunk_ids).values()
        if missing := {row.paper_id for row in rows if row.paper_id not in self._papers}:
            self._papers |= dict.fromkeys(missing) | self._shelf.papers(missing)
        pairs = ((row, self._papers[row.paper_id]) for row in rows)
        return [passage_of(paper, row) for row, paper in pairs if paper and paper.version == row.version]


def _first(looked_up: _LookedUp, ordered: Sequence[str], k: int) -> list[Passage]:
    """The first `k` that can be shown, which nearly always are the first `k`.

    All that can be shown where a held paper is among them: a clean one may stand further down.
    """
    found = looked_up.passages(ordered[:k])
    if len(found) < len(ordered[:k]):
        found = looked_up.passages(ordered)[:k]
    return looked_up.passages(ordered) if any(passage.held for passage in found) else found


def _covered(index: LexicalIndex, weights: Mapping[str, float], best: Iterable[Passage]) -> float:
    """The share of the question's idf mass that one of the best lexical matches covers at most."""
    return max((coverage(weights, _terms(index, passage)) for passage in best), default=0.0)


def _few_of_each(scored: Scored, rows: Mapping[str, ChunkRow]) -> list[tuple[str, float]]:
    """A list without what a paper has beyond its first few passages: one full text must not fill it."""
    seen: Counter[str] = Counter()
    kept = []
    for chunk_id, score in scored:
        if chunk_id in rows:
            seen[rows[chunk_id].paper_id] += 1
            if seen[rows[chunk_id].paper_id] <= OF_A_PAPER:
                kept.append((chunk_id, score))
    return kept


def dense_weight(covered: float, settings: RetrievalConfig) -> float:
    """The dense list's weight for a question whose best lexical match covers this share of its idf mass."""
    low, high = COVERAGE_RANGE
    share = min(1.0, max(0.0, (covered - low) / (high - low)))
    return settings.dense_weight_paraphrase + share * (settings.dense_weight - settings.dense_weight_paraphrase)


def fuse(dense: Scored, lexical: Scored, weight: float, depth: int) -> list[tuple[str, float]]:
    """Combine two scored lists into one, best first, ties by id.

    score = weight · dense / best dense + (1 - weight) · lexical / best lexical. A candidate that one list lacks gets
    what its last entry has, since it can have at most that; or 0 where the list ended before `depth`.
    """
    total = dict.fromkeys([chunk_id for scored in (dense, lexical) for chunk_id, _ in scored], 0.0)
    for scored, share in ((dense, weight), (lexical, 1 - weight)):
        best = max((score for _, score in scored), default=0.0)
        if best <= 0:
            continue
        scaled = {chunk_id: max(score, 0.0) / best for chunk_id, score in scored}
        missing = min(scaled.values()) if len(scored) >= depth else 0.0
        for chunk_id in total:
            total[chunk_id] += share * scaled.get(chunk_id, missing)
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def _terms(lexical: LexicalIndex, passage: Passage) -> set[str]:
    """What a passage is found by: the terms of its title and its text."""
    return lexical.distinct(readable(passage.title)) | lexical.distinct(readable(passage.text))


def _words(lexical: LexicalIndex, passage: Passage) -> Iterator[tuple[str, frozenset[str]]]:
    """A passage's words with their terms: those of its text first, then its title's."""
    return chain(lexical.words(readable(passage.text)), lexical.words(readable(passage.title)))


def _placed(scored: Scored) -> dict[str, Place]:
    """Rank (1-based) and score by chunk id."""
    return {chunk_id: (rank, score) for rank, (chunk_id, score) in enumerate(scored, 1)}


def _in_lists(passage: Passage, places: Mapping[str, Mapping[str, Place]], matched: tuple[str, ...]) -> Passage:
    """A passage with its rank and its score in each list that has it, by the lists' names, and the words that match."""
    has = {name: at[passage.chunk_id] for name, at in places.items() if passage.chunk_id in at}
    ranks = {name: rank for name, (rank, _) in has.items()}
    scores = {name: score for name, (_, score) in has.items()}
    return replace(passage, ranks=ranks, scores=scores, matched=matched)


def passage_of(paper: Paper, row: ChunkRow) -> Passage:
    """A chunk of a paper as a passage that no search has scored."""
    return Passage(
        chunk_id=row.chunk_id,
        paper_id=paper.paper_id,
        version=paper.version,
        title=paper.title,
        authors=paper.authors,
        date=paper.date,
        url=paper.url,
        start=row.start,
        end=row.end,
        text=paper.text[row.start : row.end],
        undated=paper.undated,
        held=paper.held,
    )


def known_text(paper: Paper, passages: Sequence[Passage]) -> str:
    """What of a paper's text is looked at: all of it, or of a full text the beginning and the passages found."""
    found = (one for one in passages if one.paper_id == paper.paper_id and one.start >= paper.body_start)
    return "\n".join([paper.lead, *(one.text for one in found)]) if paper.body else paper.text


def distinct_papers(passages: Sequence[Passage], limit: int | None = None) -> list[Passage]:
    """The best passage of each paper, in rank order."""
    best: dict[str, Passage] = {}
    for passage in passages:
        best.setdefault(passage.paper_id, passage)
    return list(best.values())[:limit]
