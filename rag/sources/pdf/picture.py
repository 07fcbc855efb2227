"""A page as a picture, with a quote marked where it stands. Runs in the child process alone."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import pack

import pypdfium2
import pypdfium2.raw as raw

from rag.sources.pdf.document import Refused, opened
from rag.sources.pdf.glyphs import Box, Glyph, page_glyphs
from rag.text.folding import plain

MOST_PIXELS = 12_000_000
_MARK = (255, 214, 0)
"""What white becomes below the quote, as a marker's ink does."""
_SHORTEST = 12
"""Letters that a piece of a quote has at least to be looked for by itself, where the page interrupts the quote."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page in PNG, and how much of the quote is marked on it, 0…1."""

    png: bytes
    marked: float


def picture(path: Path, page: int, quote: str, scale: float) -> Picture:
    """Draw a page.

    Args:
        path: The PDF.
        page: 1-based.
        quote: What to mark.
        scale: Pixels a point; less where the page is huge.

    Raises:
        Refused: there is no such page.
    """
    document = opened(path)
    if not 1 <= page <= len(document):
        raise Refused(f"has no page {page}", f"It has {len(document)}.")
    glyphs = page_glyphs(document, page - 1).glyphs
    boxes, marked = found(quote, glyphs)
    drawn = document[page - 1]
    width, height = drawn.get_size()
    scale = min(scale, (MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = drawn.render(scale=scale, rev_byteorder=True, force_bitmap_format=raw.FPDFBitmap_BGR)
    rows = bytearray(bytes(bitmap.buffer))
    left, bottom, _, _ = drawn.get_cropbox()
    for box in boxes:
        _mark(rows, bitmap, (box[0] - left, box[1] - bottom, box[2] - left, box[3] - bottom), scale, height)
    return Picture(_png(rows, bitmap.width, bitmap.height, bitmap.stride), marked)


def found(quote: str, glyphs: Sequence[Glyph]) -> tuple[list[Box], float]:
    """Where a quote stands among the characters of a page, a box a line; and which share of its letters was found.

    Only letters and figures are compared: white space, hyphens and marks are what the making of a text changes.
    """
    letters = [(letter, n) for n, glyph in enumerate(glyphs) for letter in plain(glyph.char) if letter.isalnum()]
    text = "".join(letter for letter, _ in letters)
    wanted = "".join(letter for letter in plain(quote) if letter.isalnum())
    hits = list(_pieces(wanted, text))
    marked = sum(end - start for start, end in hits)
    places = sorted({letters[k][1] for start, end in hits for k in range(start, end)})
    return _lines([glyphs[n] for n in places]), marked / len(wanted) if wanted else 0.0


def _pieces(wanted: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the parts of a quote stand in a text, the longest ones that do."""
    while wanted:
        low, high = 0, len(wanted)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if wanted[:middle] in text else (low, middle - 1)
        if low == len(wanted) or low >= _SHORTEST:
            start = text.index(wanted[:low])
            yield start, start + low
            wanted = wanted[low:]
        else:
            wanted = wanted[max(low, 1) :]


def _lines(glyphs: Sequence[Glyph]) -> list[Box]:
    """Boxes around characters, those that follow each other on one line together."""
    found: list[Box] = []
    before: Glyph | None = None
    for glyph in glyphs:
        size = glyph.style.size
        low, high = glyph.y - 0.22 * size, glyph.y + 0.78 * size
        near = (
            before is not None and abs(before.y - glyph.y) < 0.6 * size and -size < glyph.box[0] - before.box[2] < size
        )
        if found and near:
            last = found[-1]
            found[-1] = (min(last[0], glyph.box[0]), min(last[1], low), max(last[2], glyph.box[2]), max(last[3], high))
        else:
            found.append((glyph.box[0], low, glyph.box[2], high))
        before = glyph
    return found


def _mark(rows: bytearray, bitmap: pypdfium2.PdfBitmap, box: Box, scale: float, height: float) -> None:
    """Colour a box as a marker does: each part of a colour is at most the marker's."""
    x0, x1 = (min(max(round(x * scale), 0), bitmap.width) for x in (box[0] - 1, box[2] + 1))
    y0, y1 = (min(max(round((height - y) * scale), 0), bitmap.height) for y in (box[3], box[1]))
    tables = [bytes(value * most // 255 for value in range(256)) for most in _MARK]
    for y in range(y0, y1):
        for part, table in enumerate(tables):
            row = slice(y * bitmap.stride + 3 * x0 + part, y * bitmap.stride + 3 * x1 + part, 3)
            rows[row] = rows[row].translate(table)


def _png(rows: bytes | bytearray, width: int, height: int, stride: int) -> bytes:
    """RGB rows as a PNG (ISO/IEC 15948), which needs no library for pictures."""
    out = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    out.seek(0, io.SEEK_END)
    raw_rows = b"".join(b"\0" + rows[y * stride : y * stride + 3 * width] for y in range(height))
    chunks = (
        (b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw_rows, 6)),
        (b"IEND", b""),
    )
    for name, data in chunks:
        out.write(pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data)))
    return out.getvalue()
