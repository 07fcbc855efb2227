"""Adding papers, the same from the command line and from the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.sources import Discovery, Place, Reading, open_source
from rag.types import Rejected, Remark

if TYPE_CHECKING:
    from rag.config import Config
    from rag.index.library import Engine, IngestReport, Library, Progress
    from rag.types import Row


@dataclass(frozen=True, slots=True)
class Named:
    """What the reader says of a PDF; empty where they say nothing."""

    paper_id: str
    title: str


class Intake:
    """The places that are read, and what they turned out to be.

    Attributes:
        found: What is to be read.
        layouts: Of each place that could be opened, the layout it is written in.
        unread: Columns and keys that no field is known for.
    """

    def __init__(
        self, found: Discovery, errors: list[SourceError], config: Config | None = None, named: Named | None = None
    ) -> None:
        """Read these places; what is wrong with one as a whole is added to `errors`.

        Args:
            found: The places.
            errors: Where errors go.
            config: How addresses are asked.
            named: What is said of the one PDF that they are.
        """
        self.found, self._errors, self._config, self._named = found, errors, config, named
        self.layouts: dict[str, str] = {}
        self.unread: set[str] = set()
        self._papers: Counter[Place] = Counter()
        self._rejected: Counter[Place] = Counter()

    def rows(self) -> Iterator[Row]:
        """Rows of all places; one that cannot be read is an error of its own and doesn't stop the others."""
        for place in self.found.places:
            try:
                reading = self._opened(place)
                self.layouts[str(place)] = reading.layout
                for row in reading.rows:
                    if not isinstance(row, Remark):
                        (self._rejected if isinstance(row, Rejected) else self._papers)[place] += 1
                    yield row
                self.unread.update(reading.unread)
            except SourceError as error:
                self.layouts.pop(str(place), None)  # what failed as a whole has said so
                self._errors.append(error)

    def _opened(self, place: Place) -> Reading:
        if self._named is None:
            return open_source(place, self._config)
        from rag.sources.pdf import read_pdf

        return Reading("PDFs", read_pdf(Path(place), self._named.paper_id, self._named.title))

    def nothing_read(self) -> list[SourceError]:
        """An error for each name that gave no paper, after all rows have been read."""
        failed = []
        for name, places in self.found.named.items():
            if any(self._papers[place] for place in places) or not any(str(p) in self.layouts for p in places):
                continue
            rejected = sum(self._rejected[place] for place in places)
            if not rejected and all(isinstance(place, str) for place in places):
                continue  # an address at which nothing is new today
            why = f"none of its {rejected} rows could be read" if rejected else "it lists none"
            failed.append(SourceError(f"{name} gave no paper: {why}.", "See the reasons above, or leave it out."))
        return failed


def take_in(
    library: Library, rows: Iterable[Row], progress: Progress | None, engine: Engine | None = None
) -> IngestReport:
    """Ingest rows, and count the library's words at once instead of while somebody waits for an answer."""
    report = library.ingest(rows, progress, engine)
    if report.papers_new or report.papers_updated:
        count_words(library)
    return report


def count_words(library: Library) -> None:
    """Count the library's words, which somebody's first question would do otherwise."""
    from rag.query import Reader

    Reader(library).speller()
