"""Papers like a paper: those whose stored vectors are nearest to its own."""

from __future__ import annotations

import numpy as np

from rag.index.library import Library

DEEP = 6
"""Passages looked through for each paper wanted: some belong to one paper, or to the paper itself."""


def similar(library: Library, paper_id: str, k: int) -> list[tuple[str, float]]:
    """The papers nearest to one, which is never among them; none where it is not indexed yet.

    Args:
        library: Holds the papers.
        paper_id: The paper, whose abstract is compared; its full text, which says much else, is not.
        k: Most papers to return.

    Returns:
        (paper id, cosine similarity of the nearest passage), best first, ties by id.
    """
    paper = library.paper(paper_id)
    rows = [
        row
        for row in library.shelf.chunks([paper_id])
        if row.version == paper.version and not (paper.body and row.start >= paper.body_start)
    ]
    if not rows:
        return []
    with library.indexes() as indexes:
        mean = indexes.vectors.vectors([row.chunk_id for row in rows]).mean(axis=0)
        vector = np.asarray(mean / (np.linalg.norm(mean) or 1.0), dtype=np.float32)
        found = dict(indexes.vectors.query(vector, DEEP * k))
        places = library.shelf.chunk_rows(list(found))
    best: dict[str, float] = {}
    for chunk_id, score in found.items():
        row = places.get(chunk_id)
        if row and row.paper_id != paper_id:
            best[row.paper_id] = max(score, best.get(row.paper_id, -1.0))
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))[:k]
