"""The layouts in which people publish lists of papers: a table tried in order, told by what a file holds.

A layout is one more row of `LAYOUTS`. What none of them fits is refused with the names of those that were tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag.errors import SourceError
from rag.sources.fields import day_in
from rag.sources.files import decoded, first_bytes, read_text

if TYPE_CHECKING:
    from rag.sources.rows import Origin
    from rag.types import Paper, Rejected

Kind = Literal["markdown", "json lines", "json", "values", "page"]
"""What a file's name says that it is; a layout is looked for among those of its kind."""
_ENOUGH_BYTES = 1 << 20
"""How much of a file is looked at: a README's first table may stand far down."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to write a list of papers.

    Attributes:
        name: As it is said to people and in JSON.
        kinds: Files that may be written so.
        module: Of this folder; imported when a file is looked at, so that help texts don't wait for parsers.
        test: Its function that tells by the beginning of a text whether a file is written so.
        reader: Its function that yields the papers of a whole text, and what stands there and is none; empty where
            lines are read one at a time, from the file.
    """

    name: str
    kinds: tuple[Kind, ...]
    module: str
    test: str
    reader: str = ""

    def fits(self, text: str) -> bool:
        """Whether a text that begins so is written in this layout."""
        test: Callable[[str], bool] = getattr(import_module(f"rag.sources.{self.module}"), self.test)
        return test(text)

    def read(self, text: str, origin: Origin) -> Iterator[Paper | Rejected]:
        """The rows of a whole text."""
        reader: Callable[[str, Origin], Iterator[Paper | Rejected]]
        reader = getattr(import_module(f"rag.sources.{self.module}"), self.reader)
        return reader(text, origin)


LAYOUTS = (
    Layout("daily report", ("markdown",), "reports", "has_report_table", "read_report"),
    Layout("Markdown table", ("markdown",), "pipe_tables", "is_pipe_list", "read_pipe_tables"),
    Layout("HTML table", ("markdown", "page"), "html_tables", "is_html_list", "read_html_tables"),
    Layout("headings, bullets or details", ("markdown", "page"), "entries", "is_entry_list", "read_entries"),
    Layout("daily report", ("markdown",), "reports", "has_report_heading", "read_report"),
    Layout("CSL-JSON", ("json",), "bibliography.csl", "is_csl", "read_csl"),
    Layout("JSON lines", ("json lines", "json"), "jsonlines", "are_json_lines"),
    Layout("Python dictionaries", ("json lines", "json"), "jsonlines", "are_python_lines"),
    Layout("JSON document", ("json lines", "json"), "json_documents", "is_json_list", "read_json_document"),
    Layout("separated values", ("values",), "separated_values", "is_separated_list", "read_separated_values"),
)
"""In the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class ListKind:
    """Files that hold lists of one kind.

    Attributes:
        kind: Which layouts are tried.
        called: What such a file is, for the error that none fits.
        default: The layout of a file that fits none; None refuses it.
    """

    kind: Kind
    called: str
    default: str | None = None

    def layout_of(self, path: Path) -> Layout:
        """The layout that a file is written in.

        Raises:
            SourceError: it fits none, and which were tried; or it cannot be opened.
        """
        tried = [layout for layout in LAYOUTS if self.kind in layout.kinds]
        start = self._start(path)
        found = next((layout for layout in tried if layout.fits(start)), None)
        if found is None and self.default:
            found = next(layout for layout in tried if layout.name == self.default)
        if found is None:
            names = ", ".join(dict.fromkeys(layout.name for layout in tried))
            raise SourceError(
                f"{path} is not a daily report nor another list of papers. Layouts tried: {names}.",
                f"Give {self.called}, with a title in each row or entry.",
            )
        return found

    def read(self, path: Path, origin: Origin, layout: Layout | None = None) -> Iterator[Paper | Rejected]:
        """Yield the rows of a file.

        Raises:
            SourceError: as `layout_of`; or it is binary, or not UTF-8.
        """
        layout = layout or self.layout_of(path)
        if not layout.reader:
            from rag.sources.jsonlines import read_jsonl

            yield from read_jsonl(path, origin)
        else:
            yield from layout.read(read_text(path), origin)

    def recognise(self, start: bytes) -> bool:
        """Whether a file in a folder is meant, by its first bytes: it holds a list, and for a text one of arXiv's."""
        text = decoded(start)
        found = next((layout for layout in LAYOUTS if self.kind in layout.kinds and layout.fits(text)), None)
        if found is None or self.kind in ("json lines", "json", "values") or found.module == "reports":
            return found is not None
        return "arxiv.org" in text.casefold()

    def _start(self, path: Path) -> str:
        if self.kind == "json lines":
            from rag.sources.jsonlines import first_line

            first = first_line(path)
            if (first[:1] == b"{" and first != b"{") or path.name.lower().endswith(".gz"):
                return first.decode("utf-8", errors="replace")
        start = first_bytes(path, _ENOUGH_BYTES)
        if b"\0" in start:
            read_text(path)  # raises what is wrong with the file as a whole
        return decoded(start)


def day_of(path: Path) -> date | None:
    """The day in a file's name, else in its folder's."""
    return day_in(path.name.partition(".")[0]) or day_in(path.stem) or day_in(path.absolute().parent.name)
