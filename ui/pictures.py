"""A quote on the page of the PDF that it was read from, as a picture; the same for the command line and the page."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from rag.errors import PaperNotFound, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from rag.papers.shelf import Shelf

SCALE = 1.8
"""Pixels a point: about 130 dots an inch."""


def quote_picture(shelf: Shelf, folder: Path, chunk_id: str, span: tuple[int, int] | None = None) -> bytes:
    """The page on which a passage begins, with it marked, in PNG.

    Args:
        shelf: Holds the paper.
        folder: Of the library, where the PDF is kept.
        chunk_id: Of the passage.
        span: The quote inside it, in the paper's text; None marks all of it.

    Raises:
        PaperNotFound: no such passage.
        SourceError: it is of no PDF, the PDF is not kept, or cannot be drawn.
    """
    from rag.papers.documents import kept_file
    from rag.sources.pdf import picture_in_child

    row = shelf.chunk_rows([chunk_id]).get(chunk_id)
    if row is None:
        raise PaperNotFound(f"There is no passage {chunk_id}.", "`paperchat search WORDS --json` names passages.")
    paper = shelf.paper(row.paper_id, row.version)
    start, end = span or (row.start, row.end)
    page = paper.page_at((start + end) // 2)
    if not row.start <= start < end <= row.end or page is None:
        raise SourceError(f"This passage of {row.paper_id} stands on no page of a PDF.", "Pick one of a full text.")
    file = kept_file(folder, paper)
    if file is None:
        raise SourceError(
            f"The PDF of {row.paper_id} is not kept here.", "Ingest it again: `paperchat ingest FILE.pdf`."
        )
    return base64.b64decode(picture_in_child(file, page, paper.text[start:end], SCALE)["png"])
