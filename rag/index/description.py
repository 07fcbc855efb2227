"""What is noted of papers beside the indexes: cards and tags, and flags of what steers, hides or repeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rag.index import units
from rag.papers.flags import SCREEN
from rag.types import Chunk, Paper

if TYPE_CHECKING:
    from rag.index.library import Library
    from rag.index.report import Progress


def screen_missing(library: Library, progress: Progress | None = None) -> int:
    """Look for what steers, hides or repeats in texts that were not looked at; the caller holds `writing()`.

    Whoever is killed within loses the last few papers' alone.

    Returns:
        Number of papers looked at.
    """
    flags = library.shelf.flags
    flags.reorder()
    missing = flags.missing(SCREEN)
    if not missing:
        return 0
    from rag.screen import repeated, runs_of, screened

    for done, unit in enumerate(units.cut(missing)):
        papers = list(library.shelf.papers(unit).values())
        found, runs = screened(papers), runs_of(papers)
        flags.enter_runs(runs)
        for paper, flag in repeated(runs, flags.sharing, library.shelf.papers):
            found.setdefault((paper.paper_id, paper.version), []).append(flag)
        flags.write(found, SCREEN, unit)
        if progress:
            progress("screening", done * units.UNIT + len(unit), len(missing))
    return len(missing)


def describe(
    library: Library, papers: Iterable[Paper], chunks: Sequence[Chunk], fresh: Sequence[Chunk], vectors: np.ndarray
) -> None:
    """Make cards and tags of papers all of whose abstract was embedded just now; others have theirs, or wait.

    They wait for `describe_missing`, which reads stored vectors.
    """
    rows = {chunk.chunk_id: row for row, chunk in enumerate(fresh)}
    near: dict[str, list[int]] = defaultdict(list)
    held = {paper.paper_id: paper for paper in papers}
    for chunk in chunks:
        if chunk.start < held[chunk.paper_id].body_start:
            near[chunk.paper_id].append(rows.get(chunk.chunk_id, -1))
    whole = [held[paper_id] for paper_id, places in near.items() if min(places) >= 0]
    if whole:
        _keep_described(library, whole, {one.paper_id: vectors[near[one.paper_id]] for one in whole})


def describe_missing(library: Library, progress: Progress | None = None) -> int:
    """`Library.describe_missing`."""
    from rag.cards import makers

    missing = library.shelf.descriptions.missing(makers(library.embedding_info.identity))
    for done, unit in enumerate(units.cut(missing)):
        papers = library.shelf.papers(unit)
        near: dict[str, list[str]] = defaultdict(list)
        for row in library.shelf.chunks(unit):
            if row.start < papers[row.paper_id].body_start and row.version == papers[row.paper_id].version:
                near[row.paper_id].append(row.chunk_id)
        with library.indexes() as indexes:
            stored = indexes.vectors.vectors([chunk_id for ids in near.values() for chunk_id in ids])
        borders = np.cumsum([0, *map(len, near.values())]).tolist()
        vectors = {one: stored[a:b] for one, (a, b) in zip(near, pairwise(borders), strict=True)}
        _keep_described(library, list(papers.values()), vectors)
        if progress:
            progress("cards", done * units.UNIT + len(unit), len(missing))
    return len(missing)


def _keep_described(library: Library, papers: Sequence[Paper], vectors: Mapping[str, np.ndarray]) -> None:
    from rag.cards import described, makers
    from rag.cards.subjects import load_subjects

    embedder, vocabulary = library.embedding_info.identity, load_subjects()
    subjects = [(one.tag, one.label, one.broader) for one in vocabulary.subjects]
    library.shelf.descriptions.enter_subjects(vocabulary.fingerprint, subjects, vocabulary.names())
    flagged = library.shelf.flags.passages([paper.paper_id for paper in papers])
    library.shelf.descriptions.write(described(papers, vectors, embedder, flagged), makers(embedder))
