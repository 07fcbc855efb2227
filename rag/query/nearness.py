"""How near a text is to the library's papers: in its words, and in meaning."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from rag.models import describe
from rag.models.cache import Recent
from rag.query.knowledge import RARE, Papers
from rag.text.readable import readable

_WORDED = 20
"""Passages that are looked through for a text's words."""
_KEPT = 256
"""Texts whose embeddings are kept: the questions of a conversation are looked at again at each of its turns."""


class Nearness:
    """Measures texts against a library; safe to share between threads."""

    def __init__(self, library: Papers, kept: int = _KEPT) -> None:
        self._library = library
        self._vectors: Recent[str, np.ndarray] = Recent(kept)

    def embedder(self) -> str:
        """Identity of the library's embedding model."""
        return describe(self._library.embedding).identity

    def vector(self, text: str) -> np.ndarray:
        """The embedding of a text [d]."""
        known = self._vectors.known([text])
        if text not in known:
            vector = self._library.embedding.get_query_embedding(text)
            known = {text: np.asarray(vector, dtype=np.float32)}
        self._vectors.keep(known)
        return known[text]

    def nearest(self, vector: np.ndarray, k: int, papers: frozenset[str] | None = None) -> dict[str, float]:
        """The papers of the `k` nearest passages with their cosine similarity, of some papers or of all."""
        with self._library.indexes() as indexes:
            found = indexes.vectors.query(vector, k, papers)
        rows = self._library.shelf.chunk_rows([chunk_id for chunk_id, _ in found])
        best: dict[str, float] = {}
        for chunk_id, cosine in found:
            if chunk_id in rows:
                paper_id = rows[chunk_id].paper_id
                best[paper_id] = max(best.get(paper_id, cosine), cosine)
        return best

    def worded(self, text: str) -> list[str]:
        """The papers whose passages hold the words of a text, best first."""
        with self._library.indexes() as indexes:
            found = [chunk_id for chunk_id, _ in indexes.lexical.query(text, _WORDED)]
        rows = self._library.shelf.chunk_rows(found)
        return list(dict.fromkeys(rows[chunk_id].paper_id for chunk_id in found if chunk_id in rows))

    def idf(self, text: str) -> tuple[dict[str, float], dict[str, float]]:
        """The idf of a text's index terms, and of those that the library holds."""
        with self._library.indexes() as indexes:
            weights = indexes.lexical.idf(set(indexes.lexical.analyze(text)))
            return weights, {term: weight for term, weight in weights.items() if indexes.lexical.doc_freq(term)}

    def is_rare(self, word: str) -> bool:
        """Whether a word stands in few passages, or in none."""
        with self._library.indexes() as indexes:
            return min(map(indexes.lexical.doc_freq, indexes.lexical.analyze(word)), default=0) <= RARE

    def terms(self, texts: Sequence[str]) -> list[set[str]]:
        """The index terms of texts."""
        with self._library.indexes() as indexes:
            return [set(indexes.lexical.analyze(text)) for text in texts]

    def texts(self, papers: Sequence[str]) -> list[str]:
        """Titles and abstracts of papers, readable, in their order."""
        found = self._library.shelf.papers(papers)
        return [readable(found[paper].text) for paper in papers if paper in found]


def share(weights: Mapping[str, float], terms: Collection[str]) -> float:
    """Share of the weight of all terms that falls on some, 0…1."""
    total = math.fsum(weights.values())
    return math.fsum(weight for term, weight in weights.items() if term in terms) / total if total else 0.0
