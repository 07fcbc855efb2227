"""Hybrid retrieval: question → passages, best first.

Dense candidates (Chroma) and lexical ones (BM25) are fused by a convex combination of min-max normalised scores (Bruch
et al., "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.library import Library
from rag.shelf import ChunkRow
from rag.types import Filters, Paper, Passage, Turn

Scored = Sequence[tuple[str, float]]


@dataclass
class Question(QueryBundle):
    """A LlamaIndex query that also carries filters and the conversation so far."""

    filters: Filters = field(default_factory=Filters)
    history: tuple[Turn, ...] = ()


class HybridRetriever(BaseRetriever):
    """A LlamaIndex retriever over a library; filters travel in a `Question`, a plain query has none."""

    def __init__(self, library: Library, k: int | None = None) -> None:
        """Make a retriever.

        Args:
            library: The open library.
            k: Passages to return; None takes `retrieval.k`.
        """
        self.library = library
        self.k = k or library.config.retrieval.k
        super().__init__()

    def search(self, question: str, filters: Filters | None = None, k: int | None = None) -> list[Passage]:
        """Find the passages nearest to a question.

        Args:
            question: Any text; one without a matching word is answered from the dense list alone.
            filters: Restrictions on the papers; they hold before candidates are taken, so none is lost to them.
            k: Passages to return; None takes the retriever's own.

        Raises:
            EmptyLibrary: there is nothing to search.
        """
        settings = self.library.config.retrieval
        self.library.require_papers()
        allowed = self.library.shelf.select(filters or Filters())
        if allowed is not None and not allowed:
            return []
        vector = np.asarray(self.library.embedding.get_query_embedding(question), dtype=np.float32)
        depth = max(settings.candidates, k or self.k)
        with self.library.indexes() as indexes:
            dense = indexes.vectors.query(vector, depth, allowed)
            lexical = indexes.lexical.query(question, depth, allowed)
        fused = fuse(dense, lexical, settings.dense_weight)
        return self._passages(fused, {"dense": dense, "lexical": lexical})[: k or self.k]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        filters = query_bundle.filters if isinstance(query_bundle, Question) else Filters()
        return [to_node(passage) for passage in self.search(query_bundle.query_str, filters)]

    def _passages(self, fused: Scored, lists: Mapping[str, Scored]) -> list[Passage]:
        """Look the fused chunks up on the shelf; one removed since the search is left out."""
        found = {
            name: {chunk_id: (rank, score) for rank, (chunk_id, score) in enumerate(scored, 1)}
            for name, scored in lists.items()
        }
        rows = self.library.shelf.chunk_rows([chunk_id for chunk_id, _ in fused])
        papers = self.library.shelf.papers({row.paper_id for row in rows.values()})
        passages = []
        for chunk_id, score in fused:
            row = rows.get(chunk_id)
            paper = papers.get(row.paper_id) if row else None
            if row is None or paper is None or paper.version != row.version:
                continue
            ranks = {name: places[chunk_id][0] for name, places in found.items() if chunk_id in places}
            scores = {name: places[chunk_id][1] for name, places in found.items() if chunk_id in places}
            passages.append(_passage(row, paper, score, ranks, scores))
        return passages


def fuse(dense: Scored, lexical: Scored, dense_weight: float) -> list[tuple[str, float]]:
    """Combine two scored lists into one, best first, ties by id.

    score = w · minmax(dense) + (1 - w) · minmax(lexical); a candidate missing from a list gets 0 from it.
    """
    total: dict[str, float] = {}
    for scored, weight in ((dense, dense_weight), (lexical, 1 - dense_weight)):
        for chunk_id, value in minmax(scored):
            total[chunk_id] = total.get(chunk_id, 0.0) + weight * value
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def minmax(scored: Scored) -> list[tuple[str, float]]:
    """Scale scores to 0…1 within the list; a list of equal scores gets 1 throughout."""
    if not scored:
        return []
    values = [score for _, score in scored]
    low, span = min(values), max(values) - min(values)
    return [(chunk_id, (score - low) / span if span else 1.0) for chunk_id, score in scored]


def _passage(row: ChunkRow, paper: Paper, score: float, ranks: dict[str, int], scores: dict[str, float]) -> Passage:
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
        score=score,
        ranks=ranks,
        scores=scores,
    )


def to_node(passage: Passage) -> NodeWithScore:
    """A passage as LlamaIndex knows it; ids and offsets are ours, so citations survive the round trip."""
    metadata: dict[str, Any] = {
        "paper_id": passage.paper_id,
        "version": passage.version,
        "title": passage.title,
        "authors": list(passage.authors),
        "date": passage.date.isoformat(),
        "url": passage.url,
        "ranks": dict(passage.ranks),
        "scores": dict(passage.scores),
    }
    hidden = [key for key in metadata if key != "title"]
    node = TextNode(
        id_=passage.chunk_id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
    )
    return NodeWithScore(node=node, score=passage.score)


def from_node(found: NodeWithScore) -> Passage:
    """Read a passage back from a node made by `to_node`."""
    node = found.node
    assert isinstance(node, TextNode)
    data = node.metadata
    return Passage(
        chunk_id=node.node_id,
        paper_id=data["paper_id"],
        version=data["version"],
        title=data["title"],
        authors=tuple(data["authors"]),
        date=date.fromisoformat(data["date"]),
        url=data["url"],
        start=int(node.start_char_idx or 0),
        end=int(node.end_char_idx or 0),
        text=node.text,
        score=found.score or 0.0,
        ranks=data["ranks"],
        scores=data["scores"],
    )


def distinct_papers(passages: Sequence[Passage], limit: int | None = None) -> list[Passage]:
    """The best passage of each paper, in rank order."""
    best: dict[str, Passage] = {}
    for passage in passages:
        best.setdefault(passage.paper_id, passage)
    return list(best.values())[:limit]
