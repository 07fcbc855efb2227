"""How near texts are to a library's papers, as a conversation asks it: by meaning, word by word, and as answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.index.passage_tokens import PassageTokens
from rag.index.query_vector import question_vector, weighed
from rag.models import describe
from rag.models.answer_scorer import Abstract, installed
from rag.models.cache import Recent
from rag.models.reference import CLIP
from rag.query.lexicon.knowledge import RARE
from rag.text.readable import readable
from rag.text.sentences import sentences

if TYPE_CHECKING:
    from rag.index.library import Library
    from rag.papers.shelf import ChunkRow
    from rag.types import Paper

UNTOLD = -2.0
"""Log-odds below which nothing is an answer: how far below tells nothing of the question."""
_TELLING = 0.5
"""Share of the idf of a word that stands nowhere, from which on a word tells one subject from others."""
_WORDED = 20
"""Passages that are looked through for a text's words."""
JUDGED = 2
"""Papers of an exchange, and of each list passages not talked of, whose words are compared with a question's."""
_KEPT = 256
"""Texts whose embeddings are kept: the questions of a conversation are looked at again at each of its turns."""


class Nearness:
    """Measures texts against a library; safe to share between threads."""

    def __init__(self, library: Library, kept: int = _KEPT) -> None:
        self._library = library
        self._vectors: Recent[str, np.ndarray] = Recent(kept)
        self._tokens = PassageTokens(library)
        self._answered: Recent[tuple[str, str, int], float] = Recent(kept)

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

    def means(self, text: str) -> str:
        """The paper with the passage that is nearest to a text; empty where there is none."""
        nearest = self.nearest(self.vector(text), 1)
        return next(iter(nearest), "")

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

    def rarest(self) -> float:
        """The idf of a word that no passage holds: the most that a word weighs."""
        with self._library.indexes() as indexes:
            return max(indexes.lexical.idf({""}).values())

    def is_rare(self, word: str) -> bool:
        """Whether a word stands in few passages, or in none."""
        with self._library.indexes() as indexes:
            return min(map(indexes.lexical.doc_freq, indexes.lexical.analyze(word)), default=0) <= RARE

    def tells_apart(self, word: str) -> bool:
        """Whether a word stands in some passages, and weighs half as much at least as one that stands in none."""
        with self._library.indexes() as indexes:
            lexical = indexes.lexical
            weights = lexical.idf({term for term in lexical.analyze(word) if lexical.doc_freq(term)})
            return max(weights.values(), default=0.0) >= _TELLING * max(lexical.idf({""}).values())

    def terms(self, texts: Sequence[str]) -> list[set[str]]:
        """The index terms of texts."""
        with self._library.indexes() as indexes:
            return [set(indexes.lexical.analyze(text)) for text in texts]

    def wording(
        self, question: str, papers: frozenset[str] | None = None, without: Collection[str] = frozenset()
    ) -> float:
        """How much the passages nearest to a question are about it, word by word, the most of a few; 0 without one.

        Args:
            question: As typed.
            papers: Of these papers, those nearest in meaning; None: of the library, also those that hold its words.
            without: Papers that are left out.
        """
        asked = weighed(self._library, question)
        if asked is None:
            return 0.0
        with self._library.indexes() as indexes:
            lists = [indexes.vectors.query(question_vector(self._library, question), _WORDED, papers)]
            lists += [indexes.lexical.query(question, _WORDED)] if papers is None else []
        rows = self._library.shelf.chunk_rows([chunk_id for found in lists for chunk_id, _ in found])
        held = self._library.shelf.papers({row.paper_id for row in rows.values()} - set(without))
        texts: list[str] = []
        for found in lists:
            near = [rows[chunk_id] for chunk_id, _ in found if chunk_id in rows and rows[chunk_id].paper_id in held]
            texts += [_told(held[row.paper_id], row) for row in near[:JUDGED]]
        return max((asked.likeness(tokens) for tokens in self._tokens.of(texts) or ()), default=0.0)

    def wording_of_each(self, question: str, papers: Sequence[str]) -> dict[str, float]:
        """How much the title and abstract of each of some papers are about a question, word by word.

        No search is made, so that many may be asked for. Papers that the library does not hold have no figure.
        """
        asked = weighed(self._library, question) if papers else None
        if asked is None:
            return {}
        held = self._library.shelf.papers(papers)
        rows = [row for row in self._library.shelf.chunks(held) if row.start < len(held[row.paper_id].lead)]
        tokens = self._tokens.of([_told(held[row.paper_id], row) for row in rows]) or []
        found: dict[str, float] = {}
        for row, one in zip(rows, tokens, strict=bool(tokens)):
            found[row.paper_id] = max(found.get(row.paper_id, 0.0), asked.likeness(one))
        return found

    def answered(self, question: str, papers: Sequence[str]) -> dict[str, float]:
        """Log-odds, from `UNTOLD` to `CLIP`, that the abstract of each of some papers answers a question."""
        found = self._library.shelf.papers(papers)
        keys = {(question, paper.paper_id, paper.version): paper for paper in found.values()}
        known = self._answered.known(keys)
        missing = [key for key in keys if key not in known]
        if missing:
            scorer = installed(self._library.config.embedding.threads)
            scores = scorer.score(question, [_abstract(keys[key]) for key in missing])
            known |= {key: one.answered for key, one in zip(missing, scores, strict=True)}
        self._answered.keep(known)
        return {paper_id: min(CLIP, max(UNTOLD, odds)) for (_, paper_id, _), odds in known.items()}

    def texts(self, papers: Sequence[str]) -> list[str]:
        """Titles and abstracts of papers, readable, in their order."""
        found = self._library.shelf.papers(papers)
        return [readable(found[paper].text) for paper in papers if paper in found]


def _abstract(paper: Paper) -> Abstract:
    spans = sentences(paper.abstract)
    return Abstract(readable(paper.title), tuple(readable(paper.abstract[slice(*span)]) for span in spans))


def _told(paper: Paper, row: ChunkRow) -> str:
    return f"{readable(paper.title)} {readable(paper.text[row.start : row.end])}"
