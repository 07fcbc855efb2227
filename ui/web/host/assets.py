"""Gradio's own scripts and style sheets, from memory: a page asks for sixty of them at once.

Gradio reads and compresses each of them anew for every visitor, which takes longer than the browser takes to run them.
Their names hold a hash of what is in them, so a browser that has one never needs to ask again.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_PATH = re.compile(r"/assets/([\w-]+\.(js|css))")
_TYPES = {"js": "text/javascript", "css": "text/css"}
_HEADERS = {
    "Content-Encoding": "gzip",
    "Vary": "Accept-Encoding",
    "Cache-Control": "private, max-age=31536000, immutable",
}
_KEPT = 1024


class Assets:
    """ASGI middleware that answers for the files of one folder; everything else is the app's."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        """Stand before an app.

        Args:
            app: What else is asked for, and what is not in the folder.
            folder: Where the files lie, with nothing below it.
        """
        self._app = app
        self._folder = folder
        self._packed = lru_cache(_KEPT)(self._pack)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        response = self._response(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        await (response or self._app)(scope, receive, send)

    def _response(self, scope: Scope) -> Response | None:
        found = _PATH.fullmatch(scope["path"])
        if not found or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            return None
        content = self._packed(found[1])
        return Response(content, headers=_HEADERS, media_type=_TYPES[found[2]]) if content else None

    def _pack(self, name: str) -> bytes | None:
        """A file, compressed; None where there is no such."""
        path = self._folder / name
        return gzip.compress(path.read_bytes(), mtime=0) if path.is_file() else None
