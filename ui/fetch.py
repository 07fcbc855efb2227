"""From arXiv into the library: a selection, papers named by id, those known by title alone, and their full texts.

What arrives is ingested page by page, and a page's place is noted when it is in: an interrupted fetch loses nothing,
and the next goes on there. Ingesting a paper again that is known as it is writes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import FetchError, PaperchatError, SourceError
from rag.sources import file_suffixes, read_source
from rag.sources.arxiv import announcements, fulltexts, lookup
from rag.sources.arxiv.connection import Connection
from rag.sources.arxiv.feed import SOURCE, ArxivId
from rag.sources.arxiv.listing import Listing
from rag.sources.arxiv.positions import NotFound
from rag.sources.arxiv.selection import Selection
from rag.sources.identifiers import OF_DOI, bare_doi, doi_id, is_arxiv_doi, is_titled
from rag.text.names import may_share_author, telling_words
from rag.text.readable import readable
from rag.text.titles import title_key, title_words
from rag.types import Paper, Rejected, Row
from ui.intake import count_words

if TYPE_CHECKING:
    from rag.index.library import Library, Progress

_TITLES = 10
"""Papers found by title between two writes to the library."""


@dataclass(slots=True)
class Fetched:
    """What a fetch did so far.

    Attributes:
        since: The day that a selection was read back to.
        fetched: Papers that arXiv gave, each once.
        versions: Versions that were asked for and came, of papers of which all were (`all_versions`).
        completed: Papers that were known by id, DOI or title alone before.
        withdrawn: Ids of fetched papers that have been withdrawn.
        pdfs: Full texts that were downloaded.
        errors: What stopped it, or a part of it.
    """

    since: date | None = None
    fetched: set[str] = field(default_factory=set)
    versions: int = 0
    completed: int = 0
    withdrawn: list[str] = field(default_factory=list)
    pdfs: list[Path] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    errors: list[PaperchatError] = field(default_factory=list)
    papers_new: int = 0
    papers_updated: int = 0
    papers_unchanged: int = 0
    chunks_added: int = 0
    chunks_removed: int = 0
    begun: float = field(default_factory=time.perf_counter)

    def as_json(self) -> dict[str, Any]:
        """The document that `fetch --json` prints: an ingest's, and what belongs to a fetch."""
        return {
            "papers_new": self.papers_new,
            "papers_updated": self.papers_updated,
            "papers_unchanged": self.papers_unchanged,
            "chunks_added": self.chunks_added,
            "chunks_removed": self.chunks_removed,
            "rejected": [row.as_json() for row in self.rejected],
            "seconds": round(self.seconds, 3),
            "since": self.since and self.since.isoformat(),
            "fetched": len(self.fetched),
            "versions": self.versions,
            "completed": self.completed,
            "withdrawn": self.withdrawn,
            "pdfs": [str(path) for path in self.pdfs],
            "errors": [error.message for error in self.errors],
        }

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.perf_counter() - self.begun


class Fetcher:
    """Fetches into a library; `done` says at any moment what has been done."""

    def __init__(
        self, library: Library, connection: Connection, progress: Progress | None = None, *, pdf: bool = False
    ) -> None:
        """Make ready.

        Args:
            library: Takes the papers.
            connection: To arXiv.
            progress: Told how far it is.
            pdf: Download full texts as well.
        """
        self.done = Fetched()
        self._library = library
        self._connection = connection
        self._progress = progress
        self._pdf = pdf

    def select(self, selection: Selection, since: date | None = None) -> None:
        """Fetch a selection's papers back to a day, with the licences that the day's announcements tell.

        Args:
            selection: What is wanted.
            since: The day; None: some days before the last fetch of the same selection, or before today.

        Raises:
            FetchError: arXiv fails; what was fetched before is in.
        """
        listing = Listing(self._connection, selection, key="-pdf" * self._pdf)
        self.done.since = since or listing.since()
        announced, error = self._announced(selection)
        for page in listing.pages(self.done.since):
            self._take([_licensed(row, announced) for row in page.rows])
            self._report("fetching", page.read)
        seen = self._library.shelf.papers(announced)
        rest = [i for i in announced if i not in self.done.fetched and not (i in seen and seen[i].licence)]
        self._by_id(rest, licences=announced)
        if error:
            self.done.errors.append(error)

    def named(self, ids: Sequence[str]) -> None:
        """Fetch papers by id; one with a version (``2504.05309v1``) as it stood then.

        Raises:
            FetchError: arXiv fails; what was fetched before is in.
        """
        known = [found.versioned for found in self._read(ids)]
        before = len(self.done.rejected)
        self._by_id(known)
        self._fail_missing(before)

    def all_versions(self, ids: Sequence[str]) -> None:
        """Fetch papers by id as they stood in each of their versions, the first one first; the newest stays the latest.

        Raises:
            FetchError: arXiv fails; what was fetched before is in.
        """
        before = len(self.done.rejected)
        for batch in lookup.by_id(self._connection, [found.paper_id for found in self._read(ids)]):
            newest = [one.paper for one in batch.entries]
            earlier = [f"{one.paper_id}v{n}" for one in newest for n in range(1, one.arxiv_version)]
            rows: list[Row] = list(batch.rejected)
            papers = list(newest)
            for found in lookup.by_id(self._connection, earlier):
                papers += [one.paper for one in found.entries]
                rows += found.rejected
                self._report("looking up versions", len(papers), len(newest) + len(earlier))
            self._take([*rows, *sorted(papers, key=lambda one: (one.paper_id, one.arxiv_version))])
            self.done.versions += len(papers)
        self._fail_missing(before)

    def _read(self, ids: Sequence[str]) -> list[ArxivId]:
        """Ids as arXiv writes them; what is none is an error."""
        read = {written: ArxivId.read(written) for written in ids}
        for written, found in read.items():
            if not found:
                self._fail(f"{written} is no id of arXiv.")
        return [found for found in read.values() if found]

    def _fail_missing(self, before: int) -> None:
        """Papers that were named and that arXiv does not have are errors, among what was rejected since."""
        for row in self.done.rejected[before:]:
            if row.reason.endswith(lookup.NO_SUCH_PAPER):  # others are of its full text
                self._fail(f"{row.reason}.")

    def complete(self) -> None:
        """Fill in the papers that are known by id, DOI or title alone.

        Raises:
            FetchError: arXiv fails; what was completed before is in.
        """
        bare = self._library.shelf.without_abstract()
        by_id = [paper.paper_id for paper in bare if _is_arxiv(paper)]
        self._by_id(by_id)
        self.done.completed += sum(bool(paper.abstract) for paper in self._library.shelf.papers(by_id).values())
        self._complete_titles([paper for paper in bare if _is_unnamed(paper)])

    def finish(self) -> None:
        """Make the library ready for questions, where anything is new in it."""
        if self.done.papers_new or self.done.papers_updated:
            count_words(self._library)

    def _announced(self, selection: Selection) -> tuple[dict[str, str], FetchError | None]:
        """Licences by id of what is announced today in the categories, and the error where that cannot be read.

        The listing can do without, so the error only counts where the listing is read.
        """
        if not selection.categories or selection.query:
            return {}, None
        try:
            feed = announcements.announced(self._connection, selection.categories)
        except FetchError as error:
            return {}, error
        self.done.rejected += feed.rejected
        return {entry.paper.paper_id: entry.paper.licence for entry in feed.entries}, None

    def _by_id(self, ids: Sequence[str], licences: dict[str, str] | None = None) -> None:
        read = 0
        for found in lookup.by_id(self._connection, ids):
            papers = [_licensed(one.paper, licences or {}) for one in found.entries]
            self._take([*papers, *found.rejected])
            read += len(found.entries) + len(found.rejected)
            self._report("looking up", read, len(ids))

    def _complete_titles(self, papers: Sequence[Paper]) -> None:
        """Look papers up by title, in the library first; a few at a time become arXiv's."""
        found: dict[str, list[Paper]] = {}
        not_found = NotFound(self._connection.folder)
        try:
            for n, paper in enumerate(papers, start=1):
                if here := self._here(paper):
                    found[paper.paper_id] = _listed_again(_published(here, paper), paper.listed)
                elif paper.paper_id in not_found:
                    self._not_found(paper, "arXiv had no paper of this title when it was last asked")
                elif isinstance(entry := lookup.by_title(self._connection, paper.title, paper.authors), str):
                    self._not_found(paper, entry)
                    not_found.add(paper.paper_id)
                elif not _may_be_one(entry.paper, paper):
                    self._not_found(paper, "arXiv's paper of this title has another DOI, and no author of it is known")
                    not_found.add(paper.paper_id)
                else:
                    own = _published(entry.paper, paper)
                    found[paper.paper_id] = [own, *_listed_again(own, paper.listed)]
                if len(found) == _TITLES:
                    self._replace(found)
                self._report("looking up titles", n, len(papers))
        finally:  # also where arXiv fails or the reader interrupts: what was found is kept
            self._replace(found)

    def _not_found(self, paper: Paper, reason: str) -> None:
        self.done.rejected.append(Rejected(SOURCE, 0, f"{readable(paper.title)}: {reason}"))

    def _here(self, wanted: Paper) -> Paper | None:
        """The library's own paper of the same title, where it has one of arXiv's."""
        for paper in self._library.shelf.browse(" ".join(title_words(wanted.title))):
            is_same = title_key(paper.title) == title_key(wanted.title)
            if paper.abstract and _is_arxiv(paper) and is_same and _may_be_one(paper, wanted):
                return paper
        return None

    def _replace(self, found: dict[str, list[Paper]]) -> None:
        """Put arXiv's papers in the place of those known by title or DOI, on whose days they were listed."""
        if found:
            self._take([paper for papers in found.values() for paper in papers])
            left = [paper_id for paper_id in found if self._library.shelf.versions(paper_id)]
            self.done.chunks_removed += self._library.remove(left, self._progress).chunks_removed
            self.done.completed += len(found)
            found.clear()

    def _take(self, rows: Iterable[Row]) -> None:
        """Ingest a page, and its full texts."""
        rows = list(rows)
        papers = {row.paper_id: row for row in rows if isinstance(row, Paper)}
        self._ingest(rows)
        self.done.fetched |= papers.keys()
        self.done.withdrawn += [i for i, paper in papers.items() if paper.withdrawn and i not in self.done.withdrawn]
        if self._pdf:
            self._full_texts([one for one in papers.values() if one.arxiv_version and not one.withdrawn])

    def _ingest(self, rows: Iterable[Row]) -> None:
        report = self._library.ingest(rows, self._stored)
        self.done.papers_new += report.papers_new
        self.done.papers_updated += report.papers_updated
        self.done.papers_unchanged += report.papers_unchanged
        self.done.chunks_added += report.chunks_added
        self.done.chunks_removed += report.chunks_removed
        self.done.rejected += report.rejected

    def _full_texts(self, papers: Sequence[Paper]) -> None:
        """Download what is not there, and ingest what has not been."""
        paths: dict[str, Path] = {}
        for n, paper in enumerate(papers, start=1):
            try:
                new = fulltexts.download(self._connection, paper.paper_id, paper.arxiv_version)
            except fulltexts.NotAvailable as error:
                self.done.rejected.append(Rejected(SOURCE, 0, error.message))
                continue
            self.done.pdfs += [new] if new else []
            path = fulltexts.path_of(self._connection.folder, paper.paper_id, paper.arxiv_version)
            paths[paper.paper_id] = path
            self._report("downloading", n, len(papers))
        ingest_full_texts(self._library, paths, self._ingest)

    def _stored(self, stage: str, done: int, total: int) -> None:
        """An ingest's progress, of which nothing is read here."""
        self._report("storing" if stage == "reading" else stage, done, total)

    def _report(self, stage: str, done: int, total: int = 0) -> None:
        if self._progress:
            self._progress(stage, done, total)

    def _fail(self, reason: str) -> None:
        self.done.errors.append(SourceError(reason, "Write an id as arXiv does: 2504.05309, or hep-th/9901001."))


def ingest_full_texts(library: Library, paths: dict[str, Path], ingest: Callable[[Iterable[Row]], None]) -> None:
    """Ingest the PDFs of papers that have no body yet, where a source of PDFs is registered; else they only lie there.

    Args:
        library: Holds the papers.
        paths: Files by paper id. Their names hold id and version (`fulltexts.path_of`), for the source to join them by.
        ingest: Takes a file's rows.
    """
    if ".pdf" not in file_suffixes():
        return
    held = library.shelf.papers(paths)
    for paper_id, path in paths.items():
        if not (paper_id in held and held[paper_id].body):
            try:
                ingest(list(read_source(path)))
            except SourceError as error:
                ingest([Rejected(path.name, 0, error.message)])


def _licensed(row: Paper | Rejected, licences: dict[str, str]) -> Paper | Rejected:
    """A row with the licence that the announcements name for its paper."""
    return replace(row, licence=licences.get(row.paper_id, "")) if isinstance(row, Paper) else row


def _is_arxiv(paper: Paper) -> bool:
    return bool(paper.url) and ArxivId.read(paper.paper_id) is not None


def _is_unnamed(paper: Paper) -> bool:
    """Whether its list named no collection's id, so that arXiv's may take its place."""
    return is_titled(paper.paper_id) or paper.paper_id.startswith(OF_DOI)


def _may_be_one(paper: Paper, known: Paper) -> bool:
    """Whether a paper of arXiv's can be one known by its title or DOI: with another DOI, only by an author of both."""
    doi = bare_doi(paper.doi)
    if is_titled(known.paper_id) or not doi or is_arxiv_doi(doi) or doi_id(doi) == known.paper_id:
        return may_share_author(paper.authors, known.authors)
    return bool(telling_words(paper.authors) & telling_words(known.authors))


def _published(paper: Paper, known: Paper) -> Paper:
    """A paper of arXiv's with the DOI that it was known by, where arXiv names none."""
    return paper if paper.doi or is_titled(known.paper_id) else replace(paper, doi=known.paper_id.removeprefix(OF_DOI))


def _listed_again(paper: Paper, days: Iterable[date]) -> list[Paper]:
    """A paper as it would be read from lists of these days."""
    return [replace(paper, date=min(paper.date, day), listed=(day,)) for day in days]
