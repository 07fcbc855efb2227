"""What else is painted on a page, as far as it decides whether its text can be seen."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as raw

Box = tuple[float, float, float, float]
Colour = tuple[int, int, int]

_WHITE: Colour = (255, 255, 255)
_SAME = 1.5
"""Contrast, as WCAG 2 measures it, up to which nobody reads a grey on another: .85 on white has 1.41, .2 on .3 1.48.
What is set light to be read has more: a draft's mark at .8 grey 1.61, and no text of nine papers is paler than .55."""
_SAME_HUE = 40
"""How much parts of colours of one lightness may differ: yellow on white has a contrast of 1.07 and is seen."""
_SEE_THROUGH = 12
"""Opacity, of 255, up to which nothing is seen."""
_MOST_OBJECTS = 20_000
_DEPTH = 4
_MOST_SEGMENTS = 200
"""Of a text's clipping paths; what is cut by more is a drawing."""
_CUT_AWAY = 0.1
"""Share of a character up to which nobody reads it."""
_UNSEEN_MODES = {raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP}


@dataclass(frozen=True, slots=True)
class Area:
    """An opaque area: where, when it was painted, its colour (None: a picture), whether it is a plain rectangle."""

    box: Box
    order: int
    colour: Colour | None
    plain: bool


@dataclass(frozen=True, slots=True)
class Painted:
    """A page's objects: the areas on it, and when each text was painted and what it is clipped to, by its address."""

    areas: tuple[Area, ...]
    order: dict[int, int]
    images: tuple[Box, ...]
    clips: dict[int, Box]

    def cut(self, text: int, box: Box) -> str | None:
        """Whether a character lies outside of what its text is clipped to."""
        clip = self.clips.get(text)
        if clip is None:
            return None
        width, height = min(box[2], clip[2]) - max(box[0], clip[0]), min(box[3], clip[3]) - max(box[1], clip[1])
        area = (box[2] - box[0]) * (box[3] - box[1])
        is_seen = width >= 0 and height >= 0 and width * height >= _CUT_AWAY * area
        return None if is_seen else "cut away"

    def covered(self, text: int, box: Box) -> str | None:
        """Whether something opaque was painted over a character afterwards."""
        if not self.areas or text not in self.order:
            return None
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        when = self.order[text]
        for area in self.areas:
            if area.order > when and area.plain and _within(x, y, area.box):
                return "under a picture" if area.colour is None else "painted over"
        return None

    def below(self, text: int, x: float, y: float) -> Iterator[Area]:
        """The areas under a place of a text, the uppermost first."""
        when = self.order.get(text, 0)
        return (area for area in reversed(self.areas) if area.order < when and _within(x, y, area.box))


def painted(page: pypdfium2.PdfPage) -> Painted:
    """Look at a page's objects, those inside forms too."""
    areas: list[Area] = []
    order: dict[int, int] = {}
    images: list[Box] = []
    clips: dict[int, Box] = {}
    for n, (item, outer) in enumerate(_objects(page)):
        inside = outer is not item
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            order[ctypes.addressof(item.contents)] = n
            if clip := _clip(outer):  # of a form all that is in it; what is clipped inside has the form's places
                clips[ctypes.addressof(item.contents)] = clip
        elif inside:
            continue  # its place is the form's, not the page's
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            box = _bounds(item)
            images.append(box)
            areas.append(Area(box, n, None, not raw.FPDFPageObj_HasTransparency(item)))
        elif kind == raw.FPDF_PAGEOBJ_SHADING:
            areas.append(Area(_bounds(item), n, None, False))
        elif kind == raw.FPDF_PAGEOBJ_PATH and (colour := _filled(item)):
            areas.append(Area(_bounds(item), n, colour, raw.FPDFPath_CountSegments(item) <= 6))
    return Painted(tuple(areas), order, tuple(images), clips)


def verdict(text: raw.FPDF_PAGEOBJECT, on_page: Painted) -> str | None:
    """Why the text of an object cannot be seen, None where it can: its mode, its opacity, its colour on what is below.

    A colour that is that of the paper is seen on anything else: a picture, a shape of any form in another colour.
    """
    mode = raw.FPDFTextObj_GetTextRenderMode(text)
    if mode in _UNSEEN_MODES:
        return "not painted"
    stroked = mode in (raw.FPDF_TEXTRENDERMODE_STROKE, raw.FPDF_TEXTRENDERMODE_STROKE_CLIP)
    colour, opacity = _colour(text, raw.FPDFPageObj_GetStrokeColor if stroked else raw.FPDFPageObj_GetFillColor)
    if opacity <= _SEE_THROUGH:
        return "transparent"
    left, bottom, right, top = _bounds(text)
    under = list(on_page.below(ctypes.addressof(text.contents), (left + right) / 2, (bottom + top) / 2))
    if not under:
        return "in the paper's colour" if _alike(colour, _WHITE, opacity) else None
    if any(area.colour is None for area in under):
        return None
    if under[0].plain:
        return "in the colour behind it" if _alike(colour, under[0].colour or _WHITE, opacity) else None
    grounds = [area.colour or _WHITE for area in (*under, _PAPER)]
    return "in the paper's colour" if all(_alike(colour, ground, opacity) for ground in grounds) else None


_PAPER = Area((0, 0, 0, 0), -1, _WHITE, True)


def _objects(page: pypdfium2.PdfPage) -> Iterator[tuple[raw.FPDF_PAGEOBJECT, raw.FPDF_PAGEOBJECT]]:
    """A page's objects in the order of painting, each with the page's form that it stands in, else with itself."""
    count = min(raw.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)
    left = _MOST_OBJECTS
    for index in range(count):
        outer = raw.FPDFPage_GetObject(page.raw, index)
        for item in _inner(outer, 0):
            if (left := left - 1) < 0:
                return
            yield item, outer


def _inner(item: raw.FPDF_PAGEOBJECT, depth: int) -> Iterator[raw.FPDF_PAGEOBJECT]:
    yield item
    if depth < _DEPTH and raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_FORM:
        for index in range(raw.FPDFFormObj_CountObjects(item)):
            yield from _inner(raw.FPDFFormObj_GetObject(item, index), depth + 1)


def _clip(item: raw.FPDF_PAGEOBJECT) -> Box | None:
    """The box around what is left by all clipping paths of an object; None where nothing clips it."""
    paths = raw.FPDFPageObj_GetClipPath(item)
    count = raw.FPDFClipPath_CountPaths(paths) if paths else 0
    lengths = [raw.FPDFClipPath_CountPathSegments(paths, n) for n in range(max(count, 0))]
    if not lengths or sum(lengths) > _MOST_SEGMENTS:
        return None
    x, y = ctypes.c_float(), ctypes.c_float()
    clip = (-_FAR, -_FAR, _FAR, _FAR)
    for n, length in enumerate(lengths):
        points = []
        for k in range(length):
            raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(paths, n, k), x, y)
            points.append((x.value, y.value))
        if points:
            xs, ys = zip(*points, strict=True)
            clip = (max(clip[0], min(xs)), max(clip[1], min(ys)), min(clip[2], max(xs)), min(clip[3], max(ys)))
    return clip


_FAR = 1e9


def _filled(path: raw.FPDF_PAGEOBJECT) -> Colour | None:
    """The colour that an opaque path is filled with."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, fill, stroke)
    if fill.value == raw.FPDF_FILLMODE_NONE:
        return None
    colour, opacity = _colour(path, raw.FPDFPageObj_GetFillColor)
    return colour if opacity > 255 - _SEE_THROUGH and not raw.FPDFPageObj_HasTransparency(path) else None


def _colour(item: raw.FPDF_PAGEOBJECT, read: object) -> tuple[Colour, int]:
    r, g, b, a = (ctypes.c_uint() for _ in range(4))
    if not read(item, r, g, b, a):  # type: ignore[operator]
        return (0, 0, 0), 255
    return (r.value, g.value, b.value), a.value


def _bounds(item: raw.FPDF_PAGEOBJECT) -> Box:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(item, left, bottom, right, top)
    return left.value, bottom.value, right.value, top.value


def _alike(one: Colour, ground: Colour, opacity: int) -> bool:
    """Whether a colour, as far as it covers what is below, cannot be told from that."""
    seen = [b + (a - b) * opacity / 255 for a, b in zip(one, ground, strict=True)]
    if any(abs(a - b) > _SAME_HUE for a, b in zip(seen, ground, strict=True)):
        return False
    darker, lighter = sorted((_luminance(seen), _luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05) <= _SAME


def _luminance(colour: Sequence[float]) -> float:
    """Relative luminance of an sRGB colour, 0…1 (WCAG 2)."""
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _within(x: float, y: float, box: Box) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
