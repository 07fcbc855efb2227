"""arxiv-sanity's recommender, to compare with: a linear SVM a reader, on tf-idf of titles, abstracts and authors.

As in github.com/karpathy/arxiv-sanity-lite (MIT): words and pairs of words without stop words, the 20,000 most frequent
of those in five papers, sublinear counts; squared hinge, C = 0.01, classes balanced, all papers that are not kept as
negatives. The primal is solved by L-BFGS, which gives the ranking of liblinear's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags

from rag.index.library import Library
from rag.text.folding import plain
from rag.text.terms import STOP_WORDS

FEATURES, LEAST, C = 20_000, 5, 0.01
FIRST = 10
_WORD = re.compile(r"\b[a-z_][a-z0-9_]+\b")


class Classifier:
    """Learns what one reader keeps."""

    def __init__(self, library: Library, ids: Sequence[str]) -> None:
        self._ids = ids
        self._row = {paper_id: row for row, paper_id in enumerate(ids)}
        papers = library.shelf.papers(ids)
        texts = (f"{papers[one].title} {papers[one].abstract} {' '.join(papers[one].authors)}" for one in ids)
        self._features = tfidf([Counter(_terms(text)) for text in texts])

    def rank(self, likes: Sequence[str]) -> list[str]:
        """The first papers by the decision function, those kept left out."""
        rows = [self._row[one] for one in likes]
        scores = decision(self._features, rows)
        scores[rows] = -np.inf
        return [self._ids[row] for row in np.argsort(-scores, kind="stable")[:FIRST]]


def tfidf(counts: Sequence[Counter[str]]) -> Any:
    """Rows of length 1 [papers, features], sparse."""
    held: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one in counts:
        held.update(one.keys())
        total.update(one)
    chosen = sorted((term for term in held if held[term] >= LEAST), key=lambda term: (-total[term], term))[:FEATURES]
    column = {term: n for n, term in enumerate(chosen)}
    rows, columns, values = [], [], []
    for row, one in enumerate(counts):
        for term, count in one.items():
            if term in column:
                rows.append(row)
                columns.append(column[term])
                values.append((1 + np.log(count)) * (1 + np.log((1 + len(counts)) / (1 + held[term]))))
    matrix = csr_matrix((values, (rows, columns)), shape=(len(counts), len(chosen)))
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (diags(1 / np.maximum(norms, 1e-12)) @ matrix).tocsr()


def decision(features: Any, kept: Sequence[int]) -> np.ndarray:
    """Distances from the border between kept papers and all others [papers]."""
    n, d = features.shape
    sign = np.full(n, -1.0)
    sign[list(kept)] = 1.0
    cost = C * np.where(sign > 0, n / (2 * len(kept)), n / (2 * (n - len(kept))))
    back = features.T.tocsr()

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        gap = np.maximum(0, 1 - sign * (features @ weights[:d] + weights[d]))
        slope = -2 * cost * sign * gap
        value = 0.5 * float(weights @ weights) + float(cost @ gap**2)
        return value, weights + np.append(back @ slope, slope.sum())

    weights = minimize(loss, np.zeros(d + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return np.asarray(features @ weights[:d] + weights[d])


def _terms(text: str) -> list[str]:
    stop = frozenset(STOP_WORDS)
    words = [word for word in _WORD.findall(plain(text).lower()) if word not in stop]
    return [*words, *(f"{one} {two}" for one, two in pairwise(words))]
