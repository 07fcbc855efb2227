"""The newest papers, or the oldest, that filters allow: what answers where the restrictions say everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rag.papers.shelf import ChunkRow, Shelf
from rag.query.limits.order import Order
from rag.retrieve.hybrid import passage_of
from rag.types import Filters, Paper, Passage


def first_by_date(shelf: Shelf, filters: Filters, limit: int, order: Order = "newest") -> list[Passage]:
    """The passages of the first papers, in the order of their days, that filters allow."""
    if order == "newest":
        papers = shelf.browse(filters=filters, limit=limit)
    else:
        papers = shelf.browse(filters=filters)[: -limit - 1 : -1]
    rows = rows_of(shelf, papers)
    return [
        replace(passage_of(paper, row), ranks={order: rank})
        for rank, paper in enumerate(papers, 1)
        for row in rows.get(paper.paper_id, ())
    ]


def rows_of(shelf: Shelf, papers: Iterable[Paper]) -> dict[str, list[ChunkRow]]:
    """The passages of papers by id, in reading order; of each paper those of its latest version."""
    found: dict[str, list[ChunkRow]] = {}
    latest = {paper.paper_id: paper.version for paper in papers}
    for row in sorted(shelf.chunks(latest), key=lambda row: row.start):
        if row.version == latest[row.paper_id]:
            found.setdefault(row.paper_id, []).append(row)
    return found
