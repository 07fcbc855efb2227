"""Running heads, page numbers and what else stands in the margins: found by place and repetition, and left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rag.sources.pdf.lines import Line

_NUMBER = re.compile(r"(?:page\s+)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:/|of)\s*\d{1,4})?|[–-]\s*\d{1,4}\s*[–-]", re.I)
_EDGE = 0.11
"""Share of a page's height at either end in which running heads stand."""
_OFTEN = 3


def without_margins(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[list[Line]]:
    """The lines of all pages but for those in their margins."""
    edges = [[line for line in page if at_edge(line, height)] for page, height in zip(pages, heights, strict=True)]
    seen = Counter(key for page in edges for key in {_key(line) for line in page})
    often = min(_OFTEN, max(2, len(pages) - 1))

    def runs(line: Line) -> bool:
        return bool(_NUMBER.fullmatch(line.text.strip())) or seen[_key(line)] >= often

    running = [[line for line in edge if runs(line)] for edge in edges]
    foot = _reach(
        [[line.y for line in page if line.y < height / 2] for page, height in zip(running, heights, strict=True)], max
    )
    head = _reach(
        [[line.y for line in page if line.y > height / 2] for page, height in zip(running, heights, strict=True)], min
    )
    kept = []
    for page, out, counted in zip(pages, running, _page_numbers(pages), strict=True):
        gone = {id(line) for line in (*out, *counted)}
        inside = [line for line in page if id(line) not in gone]
        kept.append(
            [line for line in inside if (foot is None or line.y > foot + 1) and (head is None or line.y < head - 1)]
        )
    return kept


def _page_numbers(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """By page, the number that ends it, be it further in than its edge: what counts along with the pages numbers them.

    Articles set by LaTeX with its own margins have their numbers there, and one would stand in the middle of the
    sentence that goes on overleaf. They alone are left out: a page without one may have text as far down.
    """
    last = [min(page, key=lambda line: line.y, default=None) for page in pages]
    ahead = Counter(told - place for place, line in enumerate(last) if (told := _told(line)) is not None)
    offset, count = ahead.most_common(1)[0] if ahead else (0, 0)
    if count < max(2, len(pages) / 2):
        return [[] for _ in pages]
    return [[line] if line and _told(line) == place + offset else [] for place, line in enumerate(last)]


def _told(line: Line | None) -> int | None:
    """The number that a line is, with nothing beside it but what pages are numbered with."""
    text = line.text.strip() if line else ""
    digits = re.search(r"\d+", text)
    return int(digits[0]) if digits and _NUMBER.fullmatch(text) else None


def _reach(pages: Sequence[Sequence[float]], inmost: object) -> float | None:
    """How far the margin reaches into most pages; None where few have one."""
    reached = [inmost(page) for page in pages if page]  # type: ignore[operator]
    if len(reached) < max(2, len(pages) / 3):
        return None
    (usual, count), *_ = Counter(round(y) for y in reached).most_common(1)
    return float(usual) if count >= max(2, len(reached) / 3) else None


def at_edge(line: Line, height: float) -> bool:
    """Whether a line stands where running heads do, at the upper or lower end of a page of this height."""
    return not _EDGE * height < line.y < (1 - _EDGE) * height


def _key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text), round(line.y / 4)
