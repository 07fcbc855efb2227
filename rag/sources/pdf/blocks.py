"""Lines in the order of reading → blocks: headings, paragraphs, tables, figures with their captions, footnotes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from statistics import median
from typing import Literal

from rag.sources.pdf.columns import Column
from rag.sources.pdf.lines import Line

Kind = Literal["text", "heading", "table", "figure", "note"]

_NEAR = 0.65
"""Points by which sizes of one font differ from rounding alone."""
_CAPTION = re.compile(
    r"(?P<label>(?P<kind>Tab(?:le|\.)|Fig(?:ure|\.)|Algorithm|Listing)\s*(?:\d+|[A-Z]\.?\d+|[IVX]+)\b)"
    r"(?:\s*(?P<mark>[:.|—–-])\s|\s+(?=(?-i:[A-Z])))",
    re.I,
)
_BULLET = re.compile(r"[•‣◦▪■●○∗⋆➢→–-]\s|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s|\[\d{1,3}\]\s")
_NUMBERED = re.compile(r"(?:(?:Appendix\s+)?[A-Z](?:\.\d+)*|\d{1,2}(?:\.\d{1,2}){0,3}|[IVX]{1,5})\.?\s+(?=[^\W\d_])")
_KNOWN = re.compile(
    r"abstract|(?:introduction|related work|background|conclusions?|discussion|references|bibliography|limitations"
    r"|acknowledge?ments?|appendi(?:x|ces)|ethic\w*(?: \w+){0,2}|broader impact\w*|methods?|results|experiments?)",
    re.I,
)
_NOTE = re.compile(r"[\d¹²³⁰⁴-⁹∗†‡*]{1,3}\s?[^\W\d_]")
_VALUE = re.compile(r"\b\d|^\S+$")
"""A figure that is no mark on a word (as authors have), or a single word."""
_REFERENCES = re.compile(r"references(?: and notes)?|bibliography|works cited|literature(?: cited)?", re.I)
_ENDS = re.compile(r"[.?!:;][\"”’)\]\d]*$")
_LONGEST_HEADING = 150
_BODY_SHARE = 0.8
"""Share of its column's width that a line of running text has at least, but for the last of a paragraph."""
_DENSE = 1.6
"""Characters a font size of width that running text has at least; a row of short cells has fewer."""


@dataclass(slots=True)
class Block:
    """A paragraph, a heading, a table or figure with its caption, or a footnote.

    Attributes:
        label: ``Table 2``; empty for what has none.
        lines: In order; of a table, row by row.
        caption: Lines of the caption, which come first.
    """

    kind: Kind
    lines: list[Line]
    label: str = ""
    caption: list[Line] = field(default_factory=list)
    left: float = 0.0
    right: float = 0.0

    @property
    def page(self) -> int:
        """Where it begins."""
        return (self.caption or self.lines)[0].page


@dataclass(frozen=True, slots=True)
class Print:
    """How a document is set: size of its running text, distance of its lines, what follows "Table 2" in captions."""

    size: float
    pitch: float
    mark: str | None = None

    @classmethod
    def of(cls, pages: Sequence[Sequence[Column]]) -> Print:
        """Measure a document's pages."""
        sizes: Counter[float] = Counter()
        for column in (column for page in pages for column in page):
            for line in column.lines:
                sizes[line.size] += len(line.text)
        size = sizes.most_common(1)[0][0] if sizes else 10.0
        gaps = [
            above.y - line.y
            for page in pages
            for column in page
            for above, line in zip(column.lines, column.lines[1:], strict=False)
            if abs(line.size - size) <= _NEAR and abs(above.size - size) <= _NEAR and 0.9 * size < above.y - line.y
        ]
        lines = (line for page in pages for column in page for line in column.lines)
        marks = Counter(match["mark"] for line in lines if (match := _CAPTION.match(line.text)))
        mark = marks.most_common(1)[0][0] if marks else None
        return cls(size, min(median(gaps), 2.2 * size) if gaps else 1.2 * size, mark)

    def caption(self, line: Line) -> re.Match[str] | None:
        """The label that a line begins with as captions do; in running text another mark follows it."""
        match = _CAPTION.match(line.text)
        return match if match and match["mark"] == self.mark else None


def blocks(pages: Sequence[Sequence[Column]]) -> list[Block]:
    """The blocks of a document, page by page; a paragraph that goes on in the next column is one block."""
    how = Print.of(pages)
    found: list[Block] = []
    listing = False
    for page in pages:
        floats: list[Block] = []
        flow: list[Block] = []
        running = [_kinds(column, how) for column in page]
        for n, column in enumerate(page):
            floats += _floats(column, running[n], how)
            if n and floats and floats[-1].caption[0] is column.lines[0] and not floats[-1].lines:
                floats[-1].lines = _above(floats[-1], page[max(n - 2, 0) : n], running[max(n - 2, 0) : n], how)
        taken = {id(line) for block in floats for line in (*block.lines, *block.caption)}
        ordered = [line for column in page for line in column.lines]
        below = {id(line) for above, line in pairwise(ordered) if id(above) in taken and line.y < above.y}
        for column in page:
            rest = [line for line in column.lines if id(line) not in taken]
            parts = _flow(rest, column, how, listing, below)
            listing = _lists_works(parts, listing)
            flow += parts
        _append(found, flow, floats, how)
    return found


def _kinds(column: Column, how: Print) -> list[bool]:
    """Which lines of a column are running text."""
    width = max(column.right - column.left, 1.0)
    found: list[bool] = []
    for n, line in enumerate(column.lines):
        begins = line.x0 <= column.left + 2.5 * how.size
        is_row = _is_row(line) or any(_is_pair(line, beside, how) for beside in column.lines[max(n - 1, 0) : n + 2])
        is_text = abs(line.size - how.size) <= _NEAR and begins and not (is_row or how.caption(line))
        full = line.x1 >= column.left + _BODY_SHARE * width and len(line.text) >= _DENSE * line.width / line.size
        before = column.lines[n - 1] if n and found[n - 1] else None
        follows = (
            before is not None and before.y - line.y <= 1.25 * how.pitch and abs(before.x0 - line.x0) <= 2.5 * how.size
        )
        found.append(is_text and (full or follows))
    return found


def _is_row(line: Line) -> bool:
    """Whether a line is the row of a table: several cells, or mostly figures."""
    words = line.text.split()
    figures = sum(any(char.isdigit() for char in word) and not any(char.isalpha() for char in word) for word in words)
    return len(line.cells) > 2 or (figures >= 2 and figures >= 0.34 * len(words))


def _is_pair(line: Line, beside: Line, how: Print) -> bool:
    """Whether two lines are rows of a table with two columns: a name and what stands beside it, below each other.

    Justified print has wide gaps too, by chance: not in two lines at one place. Authors, keywords and terms with their
    meaning stand below each other as well, but hold more than a word beside the name, and no figure.
    """
    near = 0 < abs(line.y - beside.y) <= 2 * how.pitch
    if not (near and len(line.cells) == len(beside.cells) == 2):
        return False
    (name, value), (other, second) = line.cells, beside.cells
    named = all(len(re.findall(r"[^\W\d_]", cell.text)) > 1 for cell in (name, other))
    at_one = 0.25 * line.size
    lefts = abs(name.x0 - other.x0) <= at_one and abs(value.x0 - second.x0) <= at_one
    lefts = lefts and all(_VALUE.search(cell.text) for cell in (value, second))
    rights = abs(value.x1 - second.x1) <= at_one and all(re.search(r"\d", cell.text) for cell in (value, second))
    return named and (lefts or rights)


def _floats(column: Column, running: Sequence[bool], how: Print) -> list[Block]:
    """Tables and figures of a column: a caption, with what is no running text above it, or else below."""
    lines = column.lines
    found: list[Block] = []
    taken: set[int] = set()
    for n, line in enumerate(lines):
        match = how.caption(line)
        if not match or n in taken or not _begins(lines, n, how):
            continue
        end = n + 1
        while end < len(lines) and _goes_on(lines[end - 1], lines[end], line, column):
            end += 1
        above, below = [], []
        k = n - 1
        while k >= 0 and k not in taken and _belongs(lines, k, running, how) and not how.caption(lines[k]):
            above.append(k)
            k -= 1
        if not above:
            k = end
            while k < len(lines) and _belongs(lines, k, running, how) and not how.caption(lines[k]):
                below.append(k)
                k += 1
        rows = [*reversed(above), *below]
        taken |= {*range(n, end), *rows}
        kind: Kind = "table" if match["kind"].lower().startswith("tab") else "figure"
        caption = list(lines[n:end])
        label = " ".join(match["label"].split())
        found.append(Block(kind, [lines[k] for k in rows], label, caption, column.left, column.right))
    return found


def _above(wide: Block, sides: Sequence[Column], running: Sequence[Sequence[bool]], how: Print) -> list[Line]:
    """What belongs to a caption across the page: in the columns above it, all from the last running text on."""
    found: list[Line] = []
    for column, kinds in zip(sides, running, strict=True):
        beside = column.right - column.left < 0.6 * (wide.right - wide.left)
        if column.lines[-1].y < wide.caption[0].y or not beside:
            continue
        k = len(column.lines)
        while k and _belongs(column.lines, k - 1, kinds, how) and not how.caption(column.lines[k - 1]):
            k -= 1
        found += column.lines[k:]
    return found


def _begins(lines: Sequence[Line], n: int, how: Print) -> bool:
    """Whether a line that looks like a caption begins one: "Table 3 shows" inside a paragraph does not."""
    if n == 0 or lines[n - 1].y - lines[n].y > 1.35 * how.pitch or re.match(r"\S+\s*\S+?\s*[:|]", lines[n].text):
        return True
    return abs(lines[n - 1].size - lines[n].size) > _NEAR or len(lines[n - 1].cells) > 1


def _goes_on(before: Line, line: Line, first: Line, column: Column) -> bool:
    """Whether a caption goes on: the line before it is full, or ends no sentence."""
    if abs(line.size - first.size) > 0.3 or len(line.cells) > 2 or before.y - line.y > 1.45 * max(line.size, 6):
        return False
    full = before.width >= 0.8 * (column.right - column.left)
    return full or not _ENDS.search(before.text)


def _belongs(lines: Sequence[Line], k: int, running: Sequence[bool], how: Print) -> bool:
    return not running[k] and not is_heading(lines[k], how, named=True) and not _note(lines[k], how)


def _note(line: Line, how: Print) -> bool:
    return line.size < how.size - _NEAR and bool(_NOTE.match(line.text)) and len(line.cells) <= 2


def is_heading(line: Line, how: Print, *, named: bool = False) -> bool:
    """Whether a line is set as a heading: in bold or larger print, or numbered and in capitals.

    Args:
        line: Any.
        how: The document is set.
        named: Only one that is numbered, or bears a name that sections have.
    """
    text = line.text
    if len(text) > _LONGEST_HEADING or not any(char.isalpha() for char in text) or len(line.cells) > 2:
        return False
    numbered = _NUMBERED.match(text)
    rest = text[numbered.end() :] if numbered else text
    known = bool(_KNOWN.fullmatch(rest.strip(" :.")))
    if named and not (numbered or known):
        return False
    if line.bold or line.size >= how.size + 0.8:
        return rest[:1].isupper() and not (text.endswith(".") if numbered else _ENDS.search(text))
    if numbered and text.isupper() and len(rest) > 3:
        return True
    return known and (rest.isupper() or (bool(numbered) and line.italic))


def _lists_works(flow: Sequence[Block], before: bool) -> bool:
    """Whether the list of references goes on at the end of a column."""
    headings = [block for block in flow if block.kind == "heading"]
    return is_references(headings[-1].lines[0].text) if headings else before


def is_references(heading: str) -> bool:
    """Whether a heading stands over the list of the works that a paper cites."""
    return bool(_REFERENCES.fullmatch(_NUMBERED.sub("", heading, count=1).strip(" :.")))


def _flow(lines: Sequence[Line], column: Column, how: Print, listing: bool, below: Container[int]) -> list[Block]:
    """Running text of a column cut into paragraphs and headings; small print at its end or below a table is a note.

    Args:
        lines: Without those of tables and figures.
        column: That they stand in.
        how: The document is set.
        listing: Whether the column begins within the list of references.
        below: By `id`, the lines that stand right below a table or figure.
    """
    found: list[Block] = []
    for before, line, after in zip((None, *lines), lines, (*lines[1:], None), strict=False):
        block = found[-1] if found else None
        if block and before and block.kind == "heading" and _same_heading(before, line, how):
            block.lines.append(line)
        elif is_heading(line, how) and not _inside(before, line, after, block, column, how):
            found.append(Block("heading", [line], left=column.left, right=column.right))
            listing = is_references(line.text)
        elif (
            block
            and before
            and block.kind != "heading"
            and not (_new_work(before, line, column) if listing else _new(block, before, line, column, how))
        ):
            block.lines.append(line)
        else:
            apart = id(line) in below or (block is not None and block.kind == "note")
            is_note = _note(line, how) and (apart or _small_below(lines, line, how))
            found.append(Block("note" if is_note else "text", [line], left=column.left, right=column.right))
    return found


def _new_work(before: Line, line: Line, column: Column) -> bool:
    """Whether a line begins another entry of the list of references, whose further lines are set in."""
    if re.match(r"\[\w+\]\s|\d{1,3}\.\s", line.text):
        return True
    hangs = line.x0 < before.x0 - 0.4 * line.size
    level = abs(line.x0 - before.x0) <= 0.4 * line.size and line.x0 <= column.left + 0.4 * line.size
    return hangs or (level and before.x1 < column.right - 4 * line.size and before.text.endswith("."))


def _same_heading(before: Line, line: Line, how: Print) -> bool:
    alike = abs(before.size - line.size) <= 0.3 and before.bold == line.bold
    close = before.y - line.y <= 1.45 * line.size
    return alike and close and not _NUMBERED.match(line.text) and (line.bold or line.size >= how.size + 0.8)


def _inside(
    before: Line | None, line: Line, after: Line | None, block: Block | None, column: Column, how: Print
) -> bool:
    """Whether a bold line stands in a paragraph: in the middle, or at its beginning and goes on in the next line."""
    close = before is not None and 0 < before.y - line.y <= 1.15 * how.pitch
    if close and before and block and block.kind == "text" and not before.bold and not _ENDS.search(before.text):
        return True
    if _NUMBERED.match(line.text) or line.size >= how.size + 0.8:
        return False
    full = line.x1 >= column.right - 2 * line.size
    return full and after is not None and 0 < line.y - after.y <= 1.15 * how.pitch


def _new(block: Block, before: Line, line: Line, column: Column, how: Print) -> bool:
    """Whether a line begins a new paragraph."""
    if abs(line.size - before.size) > _NEAR and len(line.text) > 3 and len(before.text) > 3:
        return True
    if before.y - line.y > 1.4 * max(how.pitch if abs(line.size - how.size) <= _NEAR else 1.25 * line.size, 1):
        return True
    if _BULLET.match(line.text) and (line.x0 <= block.lines[0].x0 + 1 or not _BULLET.match(block.lines[0].text)):
        return _ENDS.search(before.text) is not None or _BULLET.match(block.lines[0].text) is not None
    if _note(line, how) and line.size < how.size - _NEAR and _ENDS.search(before.text):
        return True
    first = len(block.lines) == 1
    if line.x0 > before.x0 + 0.6 * line.size:
        return not (first and _BULLET.match(block.lines[0].text)) and line.x0 < before.x0 + 4 * line.size
    short = before.x1 < column.right - 2.5 * line.size
    if short and re.search(r"[.?!:][\"”’)\]\d]*$", before.text) and line.x0 <= block.lines[0].x0 + 1:
        return True
    if line.x0 < before.x0 - 0.6 * line.size and not first:
        return bool(_ENDS.search(before.text))
    return False


def _small_below(lines: Sequence[Line], line: Line, how: Print) -> bool:
    """Whether nothing but small print stands below a line in its column."""
    return all(other.size < how.size - _NEAR or len(other.text) < 4 for other in lines if other.y < line.y)


def _append(found: list[Block], flow: Sequence[Block], floats: Iterable[Block], how: Print) -> None:
    """Put a page behind what there is: a paragraph may go on, floats stand where they interrupt none."""
    notes = [block for block in flow if block.kind == "note"]
    texts = [block for block in flow if block.kind != "note"]
    placed: list[Block] = []
    for block in texts:
        before = chain(reversed(placed), reversed(found))
        last = next((one for one in before if one.kind in ("text", "heading")), None)
        if last is not None and _continues(last, block, how):
            last.lines += block.lines
        else:
            placed.append(block)
    aside = [*floats, *notes]
    open_end = placed and placed[-1].kind == "text" and not _ENDS.search(placed[-1].lines[-1].text)
    if open_end and len(placed) > 1 and placed[-1].page == placed[-1].lines[-1].page:
        placed[-1:-1] = aside
    else:
        placed += aside
    found += placed


def _continues(last: Block, block: Block, how: Print) -> bool:
    """Whether a block at the top of a column goes on with the paragraph at the end of the one before."""
    before, line = last.lines[-1], block.lines[0]
    moved = line.page != before.page or line.y > before.y
    if not moved or last.kind != "text" or block.kind != "text" or abs(before.size - line.size) > _NEAR:
        return False
    if _BULLET.match(line.text) and line.x0 > block.left + 0.3 * line.size:
        return False
    if not _ENDS.search(before.text):
        return True
    indented = line.x0 > block.left + 0.6 * line.size
    full = before.x1 >= last.right - 1.5 * before.size
    return full and not indented
