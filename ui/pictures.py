"""A quote on the page of the PDF that it was read from, as a picture; the same for the command line and the page."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import PaperNotFound, SourceError
from rag.text.folding import plain

if TYPE_CHECKING:
    from pathlib import Path

    from rag.papers.shelf import Shelf

SCALE = 1.8
"""Pixels a point: about 130 dots an inch."""


_CUT = "…"
_ENDS = 4
"""Words at either end by which a long quote is told."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page in PNG, and which share of what was to be marked stands on it, 0…1."""

    png: bytes
    marked: float


def quote_picture(
    shelf: Shelf, folder: Path, chunk_id: str, span: tuple[int, int] | None = None, quote: str = ""
) -> Drawn:
    """The page on which most of a passage stands, with it marked.

    Args:
        shelf: Holds the paper.
        folder: Of the library, where the PDF is kept.
        chunk_id: Of the passage.
        span: The quote inside it, in the paper's text; None marks all of it.
        quote: The quote by its words instead (`short_quote`).

    Raises:
        PaperNotFound: no such passage.
        SourceError: it is of no PDF, the PDF is not kept or cannot be drawn, or the quote is not in it.
    """
    from rag.papers.documents import kept_file
    from rag.sources.pdf import picture_in_child

    row = shelf.chunk_rows([chunk_id]).get(chunk_id)
    if row is None:
        raise PaperNotFound(f"There is no passage {chunk_id}.", "`paperchat search WORDS --json` names passages.")
    paper = shelf.paper(row.paper_id, row.version)
    if quote:
        span = quote_in(paper.text, row.start, row.end, quote)
        if span is None:
            raise SourceError(
                f"This passage of {row.paper_id} does not say that.", "Copy words of it, or leave --quote."
            )
    start, end = span or (row.start, row.end)
    page = paper.page_at((start + end) // 2)
    if not row.start <= start < end <= row.end or page is None:
        raise SourceError(f"This passage of {row.paper_id} stands on no page of a PDF.", "Pick one of a full text.")
    file = kept_file(folder, paper)
    if file is None:
        raise SourceError(
            f"The PDF of {row.paper_id} is not kept here.", "Ingest it again: `paperchat ingest FILE.pdf`."
        )
    drawn = picture_in_child(file, page, paper.text[start:end], SCALE)
    return Drawn(base64.b64decode(drawn["png"]), drawn["marked"])


def short_quote(quote: str) -> str:
    """A quote as a reader may write it: a long one by its first and last words, with an ellipsis between them."""
    words = quote.split()
    return " ".join(words if len(words) <= 2 * _ENDS + 1 else [*words[:_ENDS], _CUT, *words[-_ENDS:]])


def quote_in(text: str, start: int, end: int, quote: str) -> tuple[int, int] | None:
    """Where a quote stands between two places of a text, by its letters and figures; None where it does not.

    Args:
        text: Of a paper.
        start: Where to look from.
        end: And how far.
        quote: In whatever white space and marks; what an ellipsis leaves out may be anything.
    """
    letters = [(letter, n) for n in range(start, end) for letter in plain(text[n]) if letter.isalnum()]
    said = "".join(letter for letter, _ in letters)
    pieces = ["".join(filter(str.isalnum, plain(piece))) for piece in quote.replace("...", _CUT).split(_CUT)]
    first, last = -1, 0
    for piece in filter(None, pieces):
        at = said.find(piece, last)
        if at < 0:
            return None
        first, last = at if first < 0 else first, at + len(piece)
    return (letters[first][1], letters[last - 1][1] + 1) if last else None
