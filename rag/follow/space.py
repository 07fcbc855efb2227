"""The papers of a library as the rows of one matrix: what ranks, groups and places them.

They are the vectors that search compares, read from the same index (GenSAR, 2504.05730: one index serves search and
recommendation). A paper's row is the mean of its abstract's passages, scaled to length 1; nothing is stored.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rag.follow.titles import Titles
from rag.index.abstracts import abstract_vectors
from rag.index.library import Library

Vectors = NDArray[np.float32]
FLOOR = 0.3
"""What is added to the variance of each direction before it is levelled, in shares of their mean."""
SETTLED = 50
"""Papers from which on the mean of a library counts half."""


class Space:
    """Papers by row.

    Attributes:
        ids: Of the papers, ascending.
        vectors: One row a paper [papers, d], each of length 1.
        titles: What their titles say.
        without: Levelled vectors [d] of papers, by row and by what of their abstract is left: kept as they are made.
    """

    def __init__(self, ids: Sequence[str], vectors: Vectors, titles: Titles) -> None:
        self.ids = tuple(ids)
        self.vectors = vectors
        self.titles = titles
        self.without: dict[tuple[int, str], Vectors] = {}

    @cached_property
    def row(self) -> dict[str, int]:
        """The row of each paper."""
        return {paper_id: n for n, paper_id in enumerate(self.ids)}

    def rows(self, paper_ids: Iterable[str]) -> NDArray[np.intp]:
        """The rows of those of these papers that are there, in their order."""
        return np.array([self.row[one] for one in paper_ids if one in self.row], dtype=np.intp)

    @cached_property
    def own(self) -> Vectors:
        """The same [papers, d], of what sets papers apart: see `levelled`."""
        return self.levelled(self.vectors)

    def levelled(self, vectors: Vectors) -> Vectors:
        """Vectors [n, d] without what all papers share, every direction counting alike, scaled to length 1.

        The mean is taken away and the directions are whitened (Su et al., "Whitening sentence representations", 2021),
        short of those in which papers hardly differ. A small library knows neither well, so both are held back in it.
        """
        centred = np.asarray(vectors - self._mean, dtype=np.float32) @ self._levels
        return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9))

    @cached_property
    def _mean(self) -> Vectors:
        held = len(self.ids) / (len(self.ids) + SETTLED)
        return np.asarray(self.vectors.mean(axis=0, dtype=np.float64) * held, dtype=np.float32)

    @cached_property
    def _levels(self) -> Vectors:
        """The matrix that whitens [d, d]."""
        papers, d = self.vectors.shape
        spread = np.cov(self.vectors.T) if papers > 1 else np.zeros((d, d))
        variances, directions = np.linalg.eigh(spread)
        mean = max(float(variances.mean()), 1e-9)
        scale = 1 / np.sqrt(np.maximum(variances, 0) + (FLOOR + d / papers) * mean)
        return np.asarray((directions * scale) @ directions.T, dtype=np.float32)


_HELD: WeakKeyDictionary[Library, tuple[int, Space]] = WeakKeyDictionary()
_GUARD = threading.Lock()


def space_of(library: Library) -> Space:
    """The papers that are indexed, as they are now; made once for each state of the library.

    Raises:
        EmptyLibrary: there are none.
    """
    with _GUARD:
        generation = library.shelf.generation()
        held = _HELD.get(library)
        if held is None or held[0] != generation:
            held = _HELD[library] = (generation, _made(library))
        return held[1]


def _made(library: Library) -> Space:
    ids, vectors = abstract_vectors(library)
    titles = library.shelf.titles()
    with library.indexes() as indexes:
        said = Titles([titles.get(paper_id, "") for paper_id in ids], indexes.lexical.analyze)
    return Space(ids, vectors, said)
