"""One round of watching: fetch from arXiv, ingest what else is named, ask followed questions again, write the report.

A step that fails does not keep the next from what is there: without a network the report of what is held is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError, FetchError, PaperchatError, SourceError
from rag.papers.shelf import no_papers
from rag.sources import discover, read_source
from ui.intake import take_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.config import Config
    from rag.index.library import IngestReport, Library, Progress
    from rag.sources.arxiv.selection import Selection
    from rag.types import Row
    from ui.edition import Edition, Written
    from ui.fetch import Fetched


@dataclass(slots=True)
class Watched:
    """What a round did.

    Attributes:
        fetched: From arXiv; None where nothing is fetched.
        ingested: From other sources; None where none is named.
        edition: What was written; None where there are no papers.
        written: Into which files.
        errors: What could not be done.
    """

    fetched: Fetched | None = None
    ingested: IngestReport | None = None
    edition: Edition | None = None
    written: Written | None = None
    errors: list[PaperchatError] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The steps in the document that `watch --json` prints, and what went wrong; the report has its own."""
        return {
            "errors": [error.message for error in self.errors],
            "fetch": self.fetched.as_json() if self.fetched else None,
            "ingest": self.ingested.as_json() if self.ingested else None,
        }


def wanted(config: Config) -> Selection | None:
    """What is fetched from arXiv; None where only other sources are read.

    Raises:
        ConfigError: there is nothing to fetch or to read, or it cannot be asked for.
    """
    from rag.errors import UsageError
    from rag.sources.arxiv.selection import Selection

    watch = config.watch
    if not (watch.categories or watch.query or watch.sources):
        raise ConfigError(
            "Nothing is watched: watch.categories, watch.query and watch.sources are empty.",
            "Name a category in config.yaml, `watch: {categories: [cs.IR]}`.",
        )
    try:
        selection = Selection(tuple(dict.fromkeys(watch.categories)), watch.query)
    except UsageError as error:
        raise ConfigError(f"The section watch: {error.message}", error.advice) from None
    return selection if watch.categories or watch.query else None


def watch_once(library: Library, selection: Selection | None, progress: Progress | None = None) -> Watched:
    """Do a round; what fails, but for the library's own files, is among the errors of what is given back.

    Args:
        library: Takes the papers.
        selection: What is fetched (`wanted`).
        progress: Told how far it is.

    Raises:
        LibraryError: the folder of the report cannot be written; nothing was done.
    """
    from ui.edition import writable

    writable(library.config.report_dir)
    done = Watched()
    try:
        if selection:
            _fetch(library, selection, progress, done)
        if library.config.watch.sources:
            _ingest(library, progress, done)
        if library.shelf.has_papers():
            with library.writing(progress):
                library.describe_missing(progress)
            _report(library, progress, done)
        elif not done.errors:
            done.errors.append(no_papers(library.shelf.place))
    except PaperchatError as error:
        done.errors.append(error)
    return done


def _fetch(library: Library, selection: Selection, progress: Progress | None, done: Watched) -> None:
    from rag.sources.arxiv.connection import Connection
    from ui.fetch import Fetcher

    config = library.config
    with Connection(config) as connection:
        fetcher = Fetcher(library, connection, progress, pdf=config.watch.pdf)
        done.fetched = fetcher.done
        try:
            fetcher.select(selection)
        except FetchError as error:
            fetcher.done.errors.append(error)
        fetcher.finish()
    done.errors += fetcher.done.errors


def _ingest(library: Library, progress: Progress | None, done: Watched) -> None:
    found = discover(library.config.watch.sources)
    done.errors += found.errors

    def rows() -> Iterator[Row]:
        for place in found.places:
            try:
                yield from read_source(place, library.config)
            except SourceError as error:
                done.errors.append(error)

    done.ingested = take_in(library, rows(), progress)


def _report(library: Library, progress: Progress | None, done: Watched) -> None:
    from ui.edition import followed_again, make_edition, newest_day, write_edition

    done.errors += followed_again(library, progress)
    until = newest_day(library)
    done.edition = make_edition(library, until - timedelta(days=library.config.watch.days - 1), until, progress)
    done.written = write_edition(done.edition, library.config.report_dir, progress)
