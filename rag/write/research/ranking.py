"""Several rankings of passages → one, the most useful first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.types import Passage

RRF_K = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""


def united(rankings: Sequence[Sequence[Passage]], first: Sequence[str] = ()) -> tuple[Passage, ...]:
    """Fuse rankings by the sum of 1 / (`RRF_K` + rank), ties by chunk id.

    Args:
        rankings: Passages, best first.
        first: Ids of chunks that come before all others, in this order; unknown ones are passed over.

    Returns:
        Every passage once; the scores are the fused ones, so that they go down with the rank.
    """
    known: dict[str, Passage] = {}
    score: dict[str, float] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            known.setdefault(passage.chunk_id, passage)
            score[passage.chunk_id] = score.get(passage.chunk_id, 0.0) + 1 / (RRF_K + rank)
    picked = [chunk_id for chunk_id in dict.fromkeys(first) if chunk_id in known]
    for place, chunk_id in enumerate(picked):
        score[chunk_id] = 1.0 + (len(picked) - place) / len(picked)
    order = sorted(known, key=lambda chunk_id: (-score[chunk_id], chunk_id))
    return tuple(replace(known[chunk_id], score=score[chunk_id]) for chunk_id in order)
