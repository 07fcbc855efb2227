"""What happens on the page on which papers are added: an event → which components change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import gradio as gr

from rag.config import UIConfig
from rag.errors import PaperchatError, SourceError
from rag.index.library import Library, Progress
from rag.papers.browse.catalogue import Catalogue
from rag.sources import discover, read_source
from rag.types import Row
from ui.intake import take_in
from ui.web.base.work import Work
from ui.web.evidence import papers
from ui.web.forms.uploads import check_number, check_size
from ui.web.html.bars import bars

KINDS = ("new", "revised", "listed again")
"""What a report lists."""
_STAGES = {"waiting": "Waiting for another process to finish writing", "reading": "Reading", "embedding": "Indexing"}


class Desk:
    """The handlers of the page; they keep nothing between two events."""

    def __init__(self, library: Library, limits: UIConfig, work: Work) -> None:
        """Show and change this library; what is added keeps to these limits, and is a part of this work."""
        self._work = work
        self._library = library
        self._limits = limits
        self._catalogue = Catalogue(library.shelf)

    def plotted(self, step: str) -> str:
        """What each report brought, in steps of a day, week or month."""
        days = ((day.day, (day.new, day.changed, day.again)) for day in self._catalogue.activity())
        return str(bars(days, KINDS, step, "Papers in the daily reports"))

    def added(self, paths: Sequence[str] | None, progress: gr.Progress = gr.Progress()) -> tuple[str, None]:  # noqa: B008 (Gradio looks for this default)
        """Add the papers of uploaded files; what could not be read is listed."""
        if not paths:
            return str(papers.failed("There is no file to add.", "Choose one first.")), None
        failures: list[str] = []
        files = [Path(path) for path in paths]
        try:
            check_number(files, self._limits)
            with self._work.one():
                report = take_in(self._library, _rows(files, self._limits, failures), _shown(progress))
        except PaperchatError as error:
            return str(papers.failed(error.message, error.advice)), None
        return str(papers.added(report, failures)), None


def _rows(paths: Sequence[Path], limits: UIConfig, failures: list[str]) -> Iterator[Row]:
    """Papers and rejected rows of all files; a file that cannot be read is a failure and does not stop the others."""
    found = discover(paths)
    errors: list[SourceError] = list(found.errors)
    for path in found.files:
        try:
            check_size(path, limits)
            yield from read_source(path)
        except SourceError as error:
            errors.append(error)
    for failed in errors:
        text = f"{failed.message} {failed.advice}"
        for path in paths:
            text = text.replace(str(path), path.name)
        failures.append(text)


def _shown(progress: gr.Progress) -> Progress:
    """An ingest's progress as Gradio shows it."""

    def report(stage: str, done: int, total: int) -> None:
        text = _STAGES.get(stage, stage.capitalize())
        progress((done, total) if total else None, desc=f"{text} {done:,} papers" if done and not total else text)

    return report
