"""Blocks → one text with its sections and pages: what a paper's body is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rag.sources.pdf.blocks import Block, is_references
from rag.sources.pdf.hyphens import Hyphens
from rag.sources.pdf.lines import Line
from rag.types import Section

_GAP = "\n\n"
_CELLS = " | "
_NOTES = "Footnotes"
_MARK = re.compile(r"(?:(?<=[^\W\d_]{2})|(?<=[.,;:?!)\]”\"’]))[⁰¹²³⁴-⁹]{1,2}(?![⁰¹²³⁴-⁹])")
"""The mark of a footnote behind a word or a stop; behind a figure or a single letter stands an exponent."""


@dataclass(slots=True)
class Text:
    """A text under way.

    Attributes:
        pieces: What it is made of so far, `length` characters.
        sections: Of the text so far; the last one that is no table, figure or footnote is open.
        pages: Where each page begins, from the `first` one of the text on.
    """

    hyphens: Hyphens
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    sections: list[Section] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    first: int = 0
    open: int | None = None

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)

    def add(self, block: Block) -> None:
        """Put a block behind the text."""
        if block.kind in ("table", "figure"):
            self._add_float(block)
            return
        end = self.length
        start, said = self._paragraph(block.lines)
        if block.kind == "heading":
            self._close(end)
            self.open = len(self.sections)
            self.sections.append(Section(said, start, self.length, "references" if is_references(said) else ""))
        elif block.kind == "note":
            self._add_note(start)

    def finish(self) -> None:
        """Close the last section."""
        self._close(self.length)

    def _close(self, end: int) -> None:
        """End the section that is open."""
        if self.open is not None:
            self.sections[self.open] = replace(self.sections[self.open], end=end)

    def _add_note(self, start: int) -> None:
        """Footnotes are a section, those that follow each other one together: no passage mixes them with the text."""
        last = self.sections[-1] if self.sections else None
        if last and last.kind == "note" and last.end == start - len(_GAP):
            self.sections[-1] = replace(last, end=self.length)
        else:
            self.sections.append(Section(_NOTES, start, self.length, "note"))

    def _add_float(self, block: Block) -> None:
        """A table or a figure is a section of its own: its caption, then its rows, each on a line."""
        start, _ = self._paragraph(block.caption)
        rows = [(_CELLS.join(cell.text for cell in line.cells), line.page) for line in block.lines]
        for text, page in _rows(rows, block):
            self._append(f"\n{text}")
            self._reach(page, self.length)
        self.sections.append(Section(block.label, start, self.length, block.kind))

    def _paragraph(self, lines: Sequence[Line]) -> tuple[int, str]:
        text, begins = self.hyphens.joined([_MARK.sub("", line.text) for line in lines])
        if self.length:
            self._append(_GAP)
        start = self.length
        for line, begin in zip(lines, begins, strict=True):
            self._reach(line.page, start + begin)
        self._append(text)
        return start, text

    def _append(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def _reach(self, page: int, place: int) -> None:
        """Note where pages begin, those without text too."""
        if not self.pages:
            self.first = page
            self.pages.append(place)
        while len(self.pages) + self.first <= page:
            self.pages.append(place)


def _rows(rows: Iterable[tuple[str, int]], block: Block) -> list[tuple[str, int]]:
    """The rows of a table; of a figure what is written in it, on one line."""
    found = [(text.replace("\u00ad", "-"), page) for text, page in rows]
    if block.kind == "table" or not found:
        return found
    return [(" ".join(text for text, _ in found), found[0][1])]


def body(blocks: Sequence[Block], hyphens: Hyphens) -> Text:
    """The text of blocks in order, every offset counted from its beginning."""
    text = Text(hyphens)
    for block in blocks:
        text.add(block)
    text.finish()
    return text
