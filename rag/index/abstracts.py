"""A vector for each paper: the mean of its title's and abstract's passages, as search has them; nothing is stored."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from rag.index.library import Library


def abstract_vectors(
    library: Library, among: Collection[str] | None = None
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Vectors of the papers that are indexed; full texts say much else and are left out.

    Args:
        library: Whose papers.
        among: Only these papers.

    Returns:
        Ids, ascending, and float32 [papers, d], each row of length 1; no rows where nothing is indexed.
    """
    with library.indexes() as indexes:
        stored = indexes.vectors.matrix()
    at = {key.partition("/")[0]: row for row, key in enumerate(stored.keys)}
    chunks = [
        (at[chunk_id], paper_id)
        for chunk_id, paper_id in library.shelf.abstract_chunks()
        if chunk_id in at and (among is None or paper_id in among)
    ]
    if not chunks:
        return (), np.zeros((0, 1), dtype=np.float32)
    starts = [n for n, (_, paper_id) in enumerate(chunks) if n == 0 or chunks[n - 1][1] != paper_id]
    sums = np.add.reduceat(np.asarray(stored.vectors[[row for row, _ in chunks]], np.float32), starts, axis=0)
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return tuple(chunks[n][1] for n in starts), np.asarray(sums / lengths, dtype=np.float32)
