"""A PDF → what is known of it: title, authors, abstract, ids, and its text with sections and pages.

Runs in the child process alone (`rag.sources.pdf.child`): a stranger's file is read by a library in C.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2

from rag.sources.pdf.blocks import blocks
from rag.sources.pdf.columns import pages_in_columns
from rag.sources.pdf.front import front, ids
from rag.sources.pdf.glyphs import PageGlyphs, page_glyphs
from rag.sources.pdf.hyphens import Hyphens
from rag.sources.pdf.limits import CPU_SECONDS, MAX_CHARS, MAX_PAGES
from rag.sources.pdf.lines import Line, lines, turned
from rag.sources.pdf.margins import without_margins
from rag.sources.pdf.text import body

_LEAST = 40
"""Characters a page on average below which a document holds no text to speak of."""
_SHOWN = 200
"""Characters of hidden text that are reported of a page."""


class Refused(Exception):
    """The document cannot be read: `args` are what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class _Page:
    width: float
    height: float
    lines: list[Line]
    turned: str
    images: float


def opened(path: Path) -> pypdfium2.PdfDocument:
    """Open a document.

    Raises:
        Refused: it is encrypted, damaged, or too long.
    """
    try:
        document = pypdfium2.PdfDocument(path)
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise Refused("is encrypted and asks for a password", "Save it without one, and give that file.") from None
        raise Refused(
            "is damaged or cut short: it has no readable table of its pages", "Fetch the file again."
        ) from None
    if pages == 0:
        raise Refused("has no pages", "Fetch the file again.")
    if pages > MAX_PAGES:
        raise Refused(f"has {pages:,} pages, more than {MAX_PAGES:,}", "Split it, and give the part that is the paper.")
    return document


def read(path: Path, name: str) -> dict[str, Any]:
    """Read a document whole, as what JSON can hold.

    Args:
        path: Of the file.
        name: What the file is called, which may tell its id.

    Raises:
        Refused: nothing of it can be read.
    """
    document = opened(path)
    hidden: list[dict[str, Any]] = []
    pages = list(_pages(document, hidden))
    letters = sum(len(line.text) for page in pages for line in page.lines)
    if letters < min(_LEAST * len(pages), 200):
        raise Refused(*_empty(pages, hidden))
    heights = [page.height for page in pages]
    kept = without_margins([page.lines for page in pages], heights)
    hyphens = Hyphens(line.text for page in kept for line in page)
    found = blocks(pages_in_columns(kept, [page.width for page in pages]))
    said = document.get_metadata_dict().items()
    about = {key: "".join(char if char.isprintable() else " " for char in value) for key, value in said if value}
    first = front(found, kept[0], about, hyphens)
    known = ids(name, pages[0].turned, pages[0].lines, pages[0].height)
    text = body(first.rest, hyphens)
    return {
        "title": first.title,
        "authors": first.authors,
        "abstract": first.abstract,
        "arxiv": known.arxiv,
        "version": known.version,
        "doi": known.doi,
        "other": known.other,
        "day": known.day.isoformat() if known.day else _made(about.get("CreationDate", "")),
        "body": text.text,
        "sections": [asdict(section) for section in text.sections],
        "pages": [0] * text.first + text.pages if text.pages else [],
        "page_count": len(pages),
        "hidden": hidden,
        "turned": sum(len(page.turned) for page in pages[1:]),
        "unread": [n for n, page in enumerate(pages, 1) if not page.lines and page.images > 0.3],
    }


def _pages(document: pypdfium2.PdfDocument, hidden: list[dict[str, Any]]) -> Iterator[_Page]:
    """The pages one after the other, of whose characters only their lines are kept."""
    chars, begun = 0, time.process_time()
    for number in range(len(document)):
        try:
            page: PageGlyphs = page_glyphs(document, number)
        except pypdfium2.PdfiumError:
            raise Refused(f"is damaged: page {number + 1} cannot be opened", "Fetch the file again.") from None
        chars += len(page.glyphs)
        if chars > MAX_CHARS:
            raise Refused(f"holds more than {MAX_CHARS:,} characters up to page {number + 1}", "Split it.")
        if time.process_time() - begun > CPU_SECONDS:
            raise Refused(
                f"took longer than {CPU_SECONDS} seconds up to page {number + 1} of {len(document)}", "Split it."
            )
        for reason, text in page.hidden.items():
            hidden.append({"page": number + 1, "reason": reason, "chars": len(text), "text": text[:_SHOWN]})
        yield _Page(page.width, page.height, lines(page, number), turned(page), page.images)


def _empty(pages: list[_Page], hidden: list[dict[str, Any]]) -> tuple[str, str]:
    """What to say of a document without text."""
    if any(page.images > 0.3 for page in pages):
        more = ", but for some that nobody can see" if hidden else ""
        return f"is scanned: it holds pictures of its pages and no text{more}", "Give the publisher's own PDF instead."
    return "holds no text", "Give another file of the paper."


def _made(written: str) -> str | None:
    """The day of ``D:20200519234246Z``; None where there is no such day."""
    digits = written.removeprefix("D:")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat() if len(digits) == 8 else None
    except ValueError:
        return None
