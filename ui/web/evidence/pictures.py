"""Serves the pages of PDFs as pictures, with a quote marked: only of papers whose PDF the library keeps."""

from __future__ import annotations

import threading
from functools import lru_cache
from urllib.parse import urlencode

from fastapi import FastAPI
from markupsafe import Markup
from starlette.responses import PlainTextResponse, Response

from rag.errors import PaperchatError
from rag.index.library import Library
from rag.types import Citation
from ui.pictures import quote_picture
from ui.web.html.rendering import EMPTY, element

PATH = "/quote/{chunk_id}.png"
_KEPT = 32
"""Pictures that are kept, some 300 kB each."""


def serve_pictures(app: FastAPI, library: Library) -> None:
    """Give an app the address of the pictures."""
    one_at_a_time = threading.Lock()

    @lru_cache(_KEPT)
    def drawn(chunk_id: str, start: int, end: int) -> bytes:
        with one_at_a_time:
            return quote_picture(library.shelf, library.folder, chunk_id, (start, end)).png

    def picture(chunk_id: str, start: int, end: int) -> Response:
        try:
            return Response(drawn(chunk_id, start, end), media_type="image/png", headers={"Cache-Control": "private"})
        except PaperchatError as error:
            return PlainTextResponse(f"{error.message} {error.advice}", 404)

    app.get(PATH)(picture)


def page_picture(citation: Citation, library: Library) -> Markup:
    """The page of a citation, drawn when the reader opens it; nothing where its PDF is not kept."""
    if citation.page is None:
        return EMPTY
    try:
        paper = library.paper(citation.paper_id, citation.version)
    except PaperchatError:
        return EMPTY
    if library.document(paper) is None:
        return EMPTY
    query = urlencode({"start": citation.start, "end": citation.end})
    image = element(
        "img",
        src=f"{PATH.format(chunk_id=citation.chunk_id)}?{query}",
        alt=f"Page {citation.page} with the quote marked",
        loading="lazy",
        class_="pdf-page",
    )
    return element("details", element("summary", f"Show page {citation.page}"), image)
