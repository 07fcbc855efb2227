"""The page as a browser first reads it: what has to run before Gradio's scripts stands in it.

What Gradio is given for the head of its page it puts there itself, from a script, after the first picture was painted.
"""

from __future__ import annotations

import gzip
from importlib.resources import files

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEAD = b"<head>"


class Opening:
    """ASGI middleware that puts a script at the beginning of the page's head."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an app."""
        self._app = app
        script = (files("ui.web") / "static" / "theme.js").read_text(encoding="utf-8")
        self._script = f"<script>{script}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; the page itself is changed on its way back."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        is_packed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, self._changed(send, is_packed))

    def _changed(self, send: Send, is_packed: bool) -> Send:
        start: Message = {}
        page = bytearray()

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            page.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            content = bytes(page).replace(_HEAD, _HEAD + self._script, 1)
            headers = MutableHeaders(scope=start)
            if is_packed:
                content = gzip.compress(content, compresslevel=5, mtime=0)
                headers["Content-Encoding"] = "gzip"
            headers["Vary"] = "Accept-Encoding"
            headers["Content-Length"] = str(len(content))
            await send(start)
            await send({"type": "http.response.body", "body": content})

        return collect
