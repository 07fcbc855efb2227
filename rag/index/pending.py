"""From the shelf into both indexes, a unit of papers at a time.

The order of a write makes it safe. Papers go on the shelf first and become *pending*, in one transaction. Then, a unit
at a time: chunks are made and embedded; the unit is marked as being written; both indexes are changed; and one
transaction notes the new chunks, clears the pending marks and raises the generation. A process that dies leaves pending
papers, and the next writer finishes them. What was marked as being written is first cleared from the indexes by paper
id, so that no chunk of an unfinished write is orphaned.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.index import units
from rag.index.bulk.blocks import FOLDER as BULK
from rag.index.description import describe, screen_missing
from rag.index.report import Progress
from rag.models import embed_texts
from rag.types import Chunk

if TYPE_CHECKING:
    from rag.index.library import Library


@dataclass(frozen=True, slots=True)
class Embedded:
    """Papers that can be written to both indexes.

    Attributes:
        unit: Paper ids, with whether an earlier write of them may have begun.
        chunks: Those that stand for these papers from now on.
        fresh: Those of them that the indexes lack.
        vectors: Of `fresh`, float32 [len(fresh), d].
    """

    unit: Mapping[str, bool]
    chunks: Sequence[Chunk]
    fresh: Sequence[Chunk]
    vectors: np.ndarray


Engine = Callable[["Library", Mapping[str, bool], Progress | None], Iterable[Embedded]]
"""Chunks and embeds pending papers; each is written before the next is asked for."""


def index_pending(library: Library, progress: Progress | None = None, engine: Engine | None = None) -> tuple[int, int]:
    """`Library.index_pending`."""
    screen_missing(library, progress)
    pending = dict(library.shelf.pending())
    added = removed = 0
    for embedded in (engine or _embedded_here)(library, pending, progress):
        plus, minus = _write(library, embedded)
        added, removed = added + plus, removed + minus
    return added, removed


def fresh(library: Library, unit: Mapping[str, bool], chunks: Sequence[Chunk]) -> list[int]:
    """Places of the chunks that the indexes lack, or may lack, of papers with whether their write had begun."""
    old = {row.chunk_id for row in library.shelf.chunks(unit)}
    return [place for place, chunk in enumerate(chunks) if chunk.chunk_id not in old or unit[chunk.paper_id]]


def _write(library: Library, embedded: Embedded) -> tuple[int, int]:
    unit, chunks, new = embedded.unit, embedded.chunks, embedded.fresh
    old = {row.chunk_id for row in library.shelf.chunks(unit)}
    half_written = [paper_id for paper_id, writing in unit.items() if writing]
    gone = old - {chunk.chunk_id for chunk in chunks}
    describe(library, library.shelf.papers(unit).values(), chunks, new, embedded.vectors)
    library.require_held()
    library.shelf.mark_writing(list(unit))
    indexes = library.open_indexes()
    try:
        if half_written:
            indexes.vectors.delete_papers(half_written)
        indexes.vectors.upsert(new, embedded.vectors)
        indexes.lexical.replace(list(unit), chunks)
        if isinstance(library.vectors_location, Path):
            indexes.vectors.delete(list(gone))
        with library.gate.write():  # a moment: readers have the state before, and open the one after
            if not isinstance(library.vectors_location, Path):
                indexes.vectors.delete(list(gone))  # readers see a server's store as it is
            indexes.close()
            with library.imprint.following(list(unit), chunks) as imprint:
                library.shelf.mark_indexed(list(unit), chunks, imprint)
    except BaseException:
        indexes.vectors.discard()  # the unit stays pending
        raise
    finally:
        indexes.close()
    return sum(chunk.chunk_id not in old for chunk in new), len(gone)


def _embedded_here(
    library: Library, pending: Mapping[str, bool], progress: Progress | None = None
) -> Iterator[Embedded]:
    """Chunk and embed in this process, but for what a cluster had embedded of an ingest that was killed."""
    done, total = 0, len(pending)
    if (library.folder / BULK).exists():
        from rag.index.bulk.cluster import resumed

        pending = yield from resumed(library, pending, progress)
        done = total - len(pending)
    left = dict(pending)
    while left:
        unit = {paper_id: left.pop(paper_id) for paper_id in _next_unit(library, left)}
        papers = library.shelf.papers(unit).values()
        chunks = list(chain.from_iterable(library.chunker.split(paper) for paper in papers))
        new = [chunks[place] for place in fresh(library, unit, chunks)]
        report = _shifted(progress, done, total, len(unit))
        vectors = embed_texts(library.embedding, [chunk.embedded_text for chunk in new], on_progress=report)
        yield Embedded(unit, chunks, new, vectors)
        done += len(unit)


def _next_unit(library: Library, left: Collection[str]) -> tuple[str, ...]:
    """The papers to write next: more of them where a write copies much."""
    is_copied = isinstance(library.vectors_location, Path)  # a server's store is written in place
    there = library.shelf.coverage().papers - len(left) if is_copied else 0
    most = max(units.UNIT, there // units.SHARE)
    first = list(islice(left, most))
    lengths = {paper_id: len(paper.text) for paper_id, paper in library.shelf.papers(first).items()}
    return next(units.weighed(((one, lengths.get(one, 0)) for one in first), most))


def _shifted(progress: Progress | None, done: int, total: int, unit: int) -> Callable[[int, int], None] | None:
    """Turn a unit's own progress into progress over all pending papers."""
    if progress is None:
        return None
    return lambda part, whole: progress("embedding", done + unit * part // max(whole, 1), total)
