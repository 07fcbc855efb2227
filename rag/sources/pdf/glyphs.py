"""The characters of a page as pdfium finds them: where each stands, how it is set, and whether a person can see it."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2
import pypdfium2.raw as raw

from rag.sources.pdf.paint import Painted, painted, verdict

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points; the page's origin is its lower left corner."""

_LEVEL = math.radians(2)
_SMALLEST = 2.0
"""Points; nobody reads smaller letters. Of nine papers the smallest, a mark in a figure's formula, has 4.3."""
_SQUEEZED = 0.15
"""Width by height, or height by width, of letters that nobody can tell apart."""
_REPLACED = {"\ufffe": "\u00ad", "\u00a0": " ", "\x02": "\u00ad"}
"""pdfium's marks for a hyphen at a line's end."""
_ACCENTS = dict(
    zip(
        "¨´`ˆ˜ˇ˝¸˚˘˙¯^~",
        "\u0308\u0301\u0300\u0302\u0303\u030c\u030b\u0327\u030a\u0306\u0307\u0304\u0302\u0303",
        strict=True,
    )
)
"""Accents that older fonts set as letters of their own, over or under the letter they belong to."""
_UNDOTTED = {"ı": "i", "ȷ": "j"}
_LINE = 120
"""Characters of a line at most."""
_BOLD = ("bold", "-bd", "medi", "black", "heavy", "cmbx", "sfbx", "cmssbx", "demi")


@dataclass(frozen=True, slots=True)
class Style:
    """How a run of characters is set: size in points, whether bold, whether level, the font's name, width by height."""

    size: float
    bold: bool
    level: bool
    font: str
    shape: float = field(default=1.0, compare=False)


@dataclass(slots=True)
class Glyph:
    """A character that can be seen; `space` says whether white space stands before it."""

    char: str
    x: float
    y: float
    box: Box
    style: Style
    space: bool


@dataclass(frozen=True, slots=True)
class PageGlyphs:
    """A page's characters in the order in which they are painted.

    Attributes:
        width: Of the page in points, like `height`.
        hidden: Characters that a person cannot see, by reason, with what they say.
        images: Share of the page that pictures cover, 0…1.
    """

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    hidden: dict[str, str]
    images: float


def page_glyphs(document: pypdfium2.PdfDocument, number: int) -> PageGlyphs:
    """Read one page, 0-based."""
    page = document[number]
    try:
        left, bottom, right, top = page.get_cropbox()
        text = page.get_textpage()
        try:
            on_page = painted(page)
            glyphs, hidden = _read(text.raw, on_page, (left, bottom, right, top))
        finally:
            text.close()
        covered = sum((b[2] - b[0]) * (b[3] - b[1]) for b in on_page.images)
        area = max((right - left) * (top - bottom), 1.0)
        return PageGlyphs(right - left, top - bottom, tuple(glyphs), hidden, min(1.0, covered / area))
    finally:
        page.close()


def _read(text: raw.FPDF_TEXTPAGE, on_page: Painted, page: Box) -> tuple[list[Glyph], dict[str, str]]:
    glyphs: list[Glyph] = []
    hidden: dict[str, list[str]] = {}
    styles: dict[int, tuple[Style, str | None]] = {}
    space = False
    why_before: str | None = None
    for index, char, generated in _chars(text):
        if char.isspace() or (generated and char != "\u00ad"):
            space = True
            continue
        found = raw.FPDFText_GetTextObject(text, index)
        key = ctypes.addressof(found.contents) if found else 0
        if key not in styles:
            style = _style(text, index)
            styles[key] = style, _small(style) or (verdict(found, on_page) if found else None)
        style, reason = styles[key]
        x, y, box = _place(text, index)
        if not generated:
            reason = reason or _outside(box, page) or on_page.cut(key, box) or on_page.covered(key, box)
        if reason:
            said = hidden.setdefault(reason, [])
            said.append(f" {char}" if space or reason != why_before else char)
        elif not _accented(glyphs, char, box, style):
            glyphs.append(Glyph(char, x, y, box, style, space))
        why_before, space = reason, False
    return glyphs, {reason: "".join(said).strip() for reason, said in hidden.items()}


def _chars(text: raw.FPDF_TEXTPAGE) -> Iterator[tuple[int, str, bool]]:
    """Index, character and whether pdfium put it there; ligatures are taken apart, control characters left out."""
    unicode, generated = raw.FPDFText_GetUnicode, raw.FPDFText_IsGenerated
    for index in range(raw.FPDFText_CountChars(text)):
        code = unicode(text, index)
        if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            continue
        char = chr(code)
        char = _REPLACED.get(char, char)
        if not char.isascii() and unicodedata.decomposition(char).startswith("<compat>") and char.isalpha():
            char = unicodedata.normalize("NFKD", char)
        if char.isspace() or ((char.isprintable() or char == "\u00ad") and not 0xE000 <= ord(char[0]) <= 0xF8FF):
            yield index, char, generated(text, index) == 1


_L, _R, _B, _T, _X, _Y = _NUMBERS = tuple(ctypes.c_double() for _ in range(6))
_BOX, _ORIGIN = [[ctypes.pointer(number) for number in some] for some in (_NUMBERS[:4], _NUMBERS[4:])]


def _place(text: raw.FPDF_TEXTPAGE, index: int) -> tuple[float, float, Box]:
    raw.FPDFText_GetCharBox(text, index, *_BOX)
    raw.FPDFText_GetCharOrigin(text, index, *_ORIGIN)
    return _X.value, _Y.value, (_L.value, _B.value, _R.value, _T.value)


def _style(text: raw.FPDF_TEXTPAGE, index: int) -> Style:
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, index, matrix)
    tall = math.hypot(matrix.c, matrix.d)
    size = raw.FPDFText_GetFontSize(text, index) * tall
    angle = math.atan2(matrix.b, matrix.a)
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    raw.FPDFText_GetFontInfo(text, index, name, 128, flags)
    font = name.value.decode("utf-8", "replace").partition("+")[2] or name.value.decode("utf-8", "replace")
    bold = any(mark in font.lower() for mark in _BOLD) or raw.FPDFText_GetFontWeight(text, index) >= 600
    shape = math.hypot(matrix.a, matrix.b) / tall if tall else 1.0
    return Style(round(size, 1), bold, abs(angle) < _LEVEL, font, shape)


def _small(style: Style) -> str | None:
    if style.size < _SMALLEST:
        return "too small to read"
    return None if _SQUEEZED < style.shape < 1 / _SQUEEZED else "squeezed"


def _outside(box: Box, page: Box) -> str | None:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return None if page[0] <= x <= page[2] and page[1] <= y <= page[3] else "off the page"


def _accented(glyphs: list[Glyph], char: str, box: Box, style: Style) -> bool:
    """Put an accent onto the letter that it stands over, or a letter under the accent before it; whether that was so.

    Accents are painted before their letter, after it, or after the whole line.
    """
    if char in _ACCENTS:
        for letter in reversed(glyphs[-_LINE:]):
            if letter.char.isalpha() and _over(box, letter.box) and abs(letter.y - box[1]) < 1.2 * letter.style.size:
                letter.char = unicodedata.normalize("NFC", _UNDOTTED.get(letter.char, letter.char) + _ACCENTS[char])
                return True
        return False
    last = glyphs[-1] if glyphs else None
    if last and char.isalpha() and last.char in _ACCENTS and last.char not in "^~" and _over(last.box, box):
        last.char = unicodedata.normalize("NFC", _UNDOTTED.get(char, char) + _ACCENTS[last.char])
        last.box = (min(last.box[0], box[0]), box[1], max(last.box[2], box[2]), last.box[3])
        last.style = style
        return True
    return False


def _over(accent: Box, letter: Box) -> bool:
    return letter[0] - 0.5 <= (accent[0] + accent[2]) / 2 <= letter[2] + 0.5
