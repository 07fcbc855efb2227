"""What happens on the library page: an event → which components change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

from rag.config import UIConfig
from rag.errors import PaperchatError, SourceError
from rag.index.library import Library, Progress
from rag.papers.catalogue import Catalogue
from rag.sources import discover, read_source
from rag.text.readable import readable
from rag.types import Row
from ui.intake import take_in
from ui.web import papers
from ui.web.bars import bars
from ui.web.fields import read_form, sent
from ui.web.place import read_filters
from ui.web.uploads import check_number, check_size

KINDS = ("new", "with a new text", "seen before")
"""What a report lists."""
_STAGES = {"waiting": "Waiting for another process to finish writing", "reading": "Reading", "embedding": "Indexing"}


@dataclass(frozen=True)
class Asked:
    """What the reader looks for, and how far they have turned the pages."""

    fields: dict[str, Any] = field(default_factory=dict)
    offset: int = 0


class Desk:
    """The handlers of the library page; they keep nothing between two events."""

    def __init__(self, library: Library, limits: UIConfig) -> None:
        """Show and change this library; what is added keeps to these limits."""
        self._library = library
        self._limits = limits
        self._catalogue = Catalogue(library.shelf)

    # --- looking ----------------------------------------------------------------------------------------------------

    def everything(self, asked: Asked, step: str) -> tuple[str, str, str]:
        """List, coverage and plot as they are now, whoever wrote to the library meanwhile."""
        return self._page(asked), *self.overview(step)

    def overview(self, step: str) -> tuple[str, str]:
        """Coverage and plot."""
        return str(papers.covered(self._library.shelf.coverage())), self.plotted(step)

    def looked(self, typed: Any) -> tuple[str, Asked]:
        """The first page of what was typed into the form."""
        asked = Asked(read_form(typed))
        return self._page(asked), asked

    def turned(self, asked: Asked, event: gr.EventData) -> tuple[str, Asked]:
        """Another page."""
        number = sent(event, "offset")
        turned = Asked(asked.fields, int(number) if number.isdecimal() and len(number) < 19 else 0)
        return self._page(turned), turned

    def opened(self, event: gr.EventData) -> str:
        """A paper with its versions."""
        return self._paper(sent(event, "paper"))

    def doubted(self, event: gr.EventData) -> str:
        """The paper, with the question whether it is to be removed."""
        return self._paper(sent(event, "paper"), removing=True)

    def plotted(self, step: str) -> str:
        """What each report brought, in steps of a day, week or month."""
        days = ((day.day, (day.new, day.changed, day.again)) for day in self._catalogue.activity())
        return str(bars(days, KINDS, step, "Papers in the daily reports"))

    # --- changing ---------------------------------------------------------------------------------------------------

    def removed(self, asked: Asked, step: str, event: gr.EventData) -> tuple[str, str, str, str]:
        """Take a paper out of the library, which the reader has confirmed."""
        paper_id = sent(event, "paper")
        try:
            title = readable(self._library.paper(paper_id).title)
            self._library.remove([paper_id])
        except PaperchatError as error:
            return str(papers.failed(error.message, error.advice)), *self.everything(asked, step)
        return "", self._page(asked, f"Removed: {title}"), *self.overview(step)

    def added(self, paths: Sequence[str] | None, progress: gr.Progress = gr.Progress()) -> tuple[str, None]:  # noqa: B008 (Gradio looks for this default)
        """Add the papers of uploaded files; what could not be read is listed."""
        if not paths:
            return str(papers.failed("There is no file to add.", "Choose one first.")), None
        failures: list[str] = []
        files = [Path(path) for path in paths]
        try:
            check_number(files, self._limits)
            report = take_in(self._library, _rows(files, self._limits, failures), _shown(progress))
        except PaperchatError as error:
            return str(papers.failed(error.message, error.advice)), None
        return str(papers.added(report, failures)), None

    # --- parts ------------------------------------------------------------------------------------------------------

    def _page(self, asked: Asked, note: str = "") -> str:
        try:
            filters = read_filters(asked.fields)
            words = str(asked.fields.get("words", ""))
            page = self._catalogue.page(words, filters, papers.PAGE_SIZE, asked.offset)
            if page.total and not page.papers:  # what stood on this page was removed
                offset = (page.total - 1) // papers.PAGE_SIZE * papers.PAGE_SIZE
                return self._page(Asked(asked.fields, offset), note)
        except PaperchatError as error:
            return str(papers.failed(error.message, error.advice))
        return str(papers.catalogue(page, asked.offset, note))

    def _paper(self, paper_id: str, *, removing: bool = False) -> str:
        shelf = self._library.shelf
        try:
            latest = shelf.paper(paper_id).version
            versions = [shelf.paper(paper_id, number) for number in shelf.versions(paper_id)]
        except PaperchatError as error:
            return str(papers.failed(error.message, error.advice))
        days = self._catalogue.version_days(paper_id)
        return str(papers.paper_page(versions, latest, days, removing=removing))


def closed() -> str:
    """No paper."""
    return ""


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
