"""Papers into the library and out of it, with all that hangs on them; what came of it is reported."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from rag.errors import LibraryError, PaperNotFound
from rag.index import units
from rag.index.pending import index_pending
from rag.index.report import IngestReport, Progress
from rag.papers.browse.nearest import no_paper
from rag.papers.documents import follow as follow_files
from rag.papers.documents import forget, keep, matched
from rag.papers.readers.kept import FILE_NAME as KEPT
from rag.papers.readers.kept import Kept
from rag.papers.shelf import Outcome
from rag.sources.files import FULL_TEXTS as FULL_TEXTS_FOLDER
from rag.sources.identifiers import OF_DOI
from rag.types import FullText, Paper, Rejected, Remark, Row

if TYPE_CHECKING:
    from rag.index.library import Library
    from rag.index.pending import Engine


def ingest(
    library: Library, rows: Iterable[Row], progress: Progress | None = None, engine: Engine | None = None
) -> IngestReport:
    """`Library.ingest`."""
    begin = time.perf_counter()
    told: list[Rejected | Remark] = []
    unkept: dict[str, tuple[str, ...]] = {}
    outcomes: dict[str, Outcome] = {}
    bare: set[str] = set()
    with library.writing(progress):
        library.check_recipe()
        library.imprint.require()
        unfinished = library.is_unfinished()
        before, held = library.shelf.renamed(), library.shelf.flags.held()
        for group in _recorded_together(rows, told, unkept):
            if isinstance(group, FullText):
                found = _add_text(library, group, told)
            else:
                bare.update(paper.paper_id for paper in group if not paper.abstract)
                found = library.shelf.record(group)
            for paper_id, outcome in found.items():
                if outcomes.get(paper_id, "unchanged") == "unchanged":
                    outcomes[paper_id] = outcome
            if progress:
                progress("reading", len(outcomes), 0)
        told += _follow_renames(library, before)
        # Where nothing waits both stay closed: opening them is most of what an unchanged ingest takes.
        if library.shelf.pending() or not library.has_index_files():
            library.require_whole_indexes(unfinished=unfinished)
        added, removed = index_pending(library, progress, engine)
        flagged = {one.paper_id: one.kinds for one in library.shelf.flags.all() if one.paper_id not in held}
    count = Counter(outcomes.values())
    return IngestReport(
        papers_new=count["new"],
        papers_updated=count["updated"],
        papers_unchanged=count["unchanged"],
        chunks_added=added,
        chunks_removed=removed,
        rejected=tuple(one for one in told if isinstance(one, Rejected)),
        seconds=time.perf_counter() - begin,
        remarks=tuple(one for one in told if isinstance(one, Remark)),
        titles_only=sum(not paper.abstract for paper in library.shelf.papers(bare).values()),
        unkept=unkept,
        flagged=flagged,
    )


def _follow_renames(library: Library, before: Mapping[str, str]) -> list[Remark]:
    """Have what readers keep, and full texts' files, follow papers that left their ids; say which a DOI joined."""
    renamed = library.shelf.renamed()
    joined = ((old, new) for old, new in renamed.items() if old not in before and old.startswith(OF_DOI))
    told = [Remark(new, f"is the paper that was known as {old}, by its DOI") for old, new in joined]
    for name, follow in ((KEPT, _follow_kept), (FULL_TEXTS_FOLDER, _follow_texts)):
        if renamed:
            try:
                follow(library, renamed)
            except LibraryError as error:  # the papers are there all the same, and the next ingest tries again
                told.append(Remark(name, error.message.removesuffix(".")))
    return told


def _follow_kept(library: Library, renamed: Mapping[str, str]) -> None:
    """Have what readers keep follow papers to the ids that they have now."""
    place = library.config.store(KEPT)
    if place.exists():
        with closing(Kept(place)) as kept:
            kept.follow(renamed)


def _follow_texts(library: Library, renamed: Mapping[str, str]) -> None:
    """The same of full texts' files."""
    if (library.folder / FULL_TEXTS_FOLDER).exists():
        follow_files(library.folder, renamed)


def _add_text(library: Library, found: FullText, told: list[Rejected | Remark]) -> dict[str, Outcome]:
    """Give a full text to its paper, and keep the file."""
    match = matched(library.shelf, found)
    if isinstance(match, Rejected):
        told.append(match)
        return {}
    paper, remark = match
    told.append(remark)
    known = {paper.paper_id: library.shelf.attach(paper)} if paper.version else library.shelf.record([paper])
    stored = library.shelf.paper(next(iter(known)))
    if stored.body == found.paper.body:
        keep(library.folder, stored, found.file)
    return known


def remove(library: Library, paper_ids: Sequence[str], progress: Progress | None = None) -> IngestReport:
    """`Library.remove`."""
    begin = time.perf_counter()
    with library.writing(progress):
        unknown = [i for i in paper_ids if not library.shelf.versions(i)]
        if unknown:
            near = no_paper(library.shelf, unknown[0]).advice
            raise PaperNotFound(f"Not in the library: {', '.join(unknown)}. Nothing was removed.", near)
        library.require_whole_indexes()
        texts = [library.shelf.paper(i, version) for i in paper_ids for version in library.shelf.versions(i)]
        library.shelf.remove(paper_ids)
        for paper in texts:
            forget(library.folder, paper)
        added, removed = index_pending(library, progress)
    return IngestReport(0, 0, 0, added, removed, (), time.perf_counter() - begin)


def _recorded_together(
    rows: Iterable[Row], told: list[Rejected | Remark], unkept: dict[str, tuple[str, ...]]
) -> Iterator[tuple[Paper, ...] | FullText]:
    """Papers in runs, each full text by itself when all before it are on the shelf; the rest is collected."""
    group: list[Paper] = []
    for row in rows:
        if isinstance(row, Rejected | Remark):
            told.append(row)
        elif isinstance(row, Paper):
            group.append(row)
            if row.unkept:
                unkept[row.paper_id] = row.unkept
        if group and (len(group) == units.UNIT or isinstance(row, FullText)):
            yield tuple(group)
            group = []
        if isinstance(row, FullText):
            yield row
    if group:
        yield tuple(group)
