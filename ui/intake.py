"""Adding papers, the same from the command line and from the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.index.library import IngestReport, Library, Progress
    from rag.types import Row


def take_in(library: Library, rows: Iterable[Row], progress: Progress | None) -> IngestReport:
    """Ingest rows, and count the library's words at once instead of while somebody waits for an answer."""
    from rag.query import Reader

    report = library.ingest(rows, progress)
    if report.papers_new or report.papers_updated:
        Reader(library).speller()
    return report
