"""Characters → lines, each with its cells: pieces that wide gaps part, as in the row of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rag.sources.pdf.glyphs import Glyph, PageGlyphs

_CELL_GAP = 1.0
"""Width of a gap that parts two cells, in font sizes; a space in justified text is narrower."""
_SPACE = 0.6
_RAISED = 0.55
"""How far an index may stand above or below its line, in font sizes."""
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Marks of footnotes and exponents stay apart from the word that they stand on."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line."""

    text: str
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print.

    Attributes:
        page: 0-based.
        y: Of its baseline, in points above the page's lower edge.
        size: Of most of its characters, in points.
        bold: Whether nearly all of it is.
        italic: The same.
        cells: At least one, from left to right.
    """

    page: int
    y: float
    size: float
    bold: bool
    italic: bool
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """Its cells, a space between two."""
        return " ".join(cell.text for cell in self.cells)

    @property
    def x0(self) -> float:
        """Its left end."""
        return self.cells[0].x0

    @property
    def x1(self) -> float:
        """Its right end."""
        return self.cells[-1].x1

    @property
    def width(self) -> float:
        """From end to end."""
        return self.x1 - self.x0


def lines(page: PageGlyphs, number: int) -> list[Line]:
    """The level lines of a page, in the order in which they are painted."""
    return [_line(run, number) for run in _runs(glyph for glyph in page.glyphs if glyph.style.level)]


def turned(page: PageGlyphs) -> str:
    """What is set at an angle, such as arXiv's stamp in the margin."""
    glyphs = [glyph for glyph in page.glyphs if not glyph.style.level]
    return "".join((" " if glyph.space else "") + glyph.char for glyph in glyphs).strip()


def _runs(glyphs: Iterable[Glyph]) -> Iterable[list[Glyph]]:
    """Characters that follow each other on one line, to the right."""
    run: list[Glyph] = []
    y = size = 0.0
    for glyph in glyphs:
        most = max(size, glyph.style.size)
        follows = run and abs(glyph.y - y) <= _RAISED * most and glyph.box[2] >= run[-1].box[0] - 0.3 * most
        if not follows:
            if run:
                yield run
            run, size = [], 0.0
        run.append(glyph)
        if glyph.style.size > size + 0.3:
            y, size = glyph.y, glyph.style.size
    if run:
        yield run


def _line(run: Sequence[Glyph], number: int) -> Line:
    size = Counter(glyph.style.size for glyph in run).most_common(1)[0][0]
    y = next(glyph.y for glyph in run if glyph.style.size == size)
    letters = [glyph.style for glyph in run if glyph.char.isalnum()] or [glyph.style for glyph in run]
    bold = sum(style.bold for style in letters) >= 0.85 * len(letters)
    italic = sum("ital" in style.font.lower() or "obli" in style.font.lower() for style in letters) >= 0.85 * len(
        letters
    )
    cells: list[Cell] = []
    piece: list[str] = []
    begin = run[0].box[0]
    for before, glyph in zip((None, *run), run, strict=False):
        gap = glyph.box[0] - before.box[2] if before else 0.0
        if gap > _CELL_GAP * size and before:
            cells.append(Cell("".join(piece), begin, before.box[2]))
            piece, begin = [], glyph.box[0]
        elif piece and (glyph.space or gap > _SPACE * size):
            piece.append(" ")
        raised = glyph.style.size < 0.85 * size and glyph.y > y + 0.15 * size
        piece.append(glyph.char.translate(_SUPERSCRIPTS) if raised else glyph.char)
    cells.append(Cell("".join(piece), begin, run[-1].box[2]))
    return Line(number, y, size, bold, italic, tuple(cells))


def split_at(line: Line, x: float) -> list[Line]:
    """A line that reaches across a gutter with a gap there, as its two halves; any other as it is."""
    halves = [tuple(cells) for _, cells in groupby(line.cells, key=lambda cell: (cell.x0 + cell.x1) / 2 < x)]
    return [replace(line, cells=cells) for cells in halves] if len(halves) == 2 else [line]
