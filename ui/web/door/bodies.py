"""How much a request may carry, and how slowly: a body that is too long or drips is refused while it comes in."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 4_000_000
"""Of what the page's scripts and programs send; a conversation's history with a question is far shorter."""
SIGN_IN_BYTES = 16_000
MOST_HEADER_BYTES = 64_000
"""Of a request's line and headers; browsers send a tenth of it."""
GRACE_S = 30.0
"""Seconds that a body may take, however short it is."""
LEAST_RATE = 4096
"""Bytes a second that a longer one must bring."""
_LONG = "That is too long."
_SLOW = "The request came too slowly."


class Body:
    """A request's body as an app may receive it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        """Take a request.

        Args:
            scope: Of the request.
            receive: Brings the body's pieces.
            send: Takes the response.
            most: Bytes that the body may have.
        """
        self._scope = scope
        self._receive = receive
        self._send = send
        self._most = most
        self._refusal: PlainTextResponse | None = None
        self._answered = False
        self._size = 0
        self._whole = False
        self._begun = time.monotonic()

    async def run(self, app: ASGIApp) -> None:
        """Have an app answer, or refuse in its place."""
        if _said(self._scope) > self._most:
            self._refusal = _refusal(_LONG, 413)
        else:
            try:
                await app(self._scope, self.receive, self.send)
            except Exception:
                if self._refusal is None:
                    raise  # else the app only tells that its request broke off
        if self._refusal is not None and not self._answered:
            await self._refusal(self._scope, self._receive, self._send)

    async def receive(self) -> Message:
        """The next piece; the end of the connection where the body is refused."""
        if self._whole:
            return await self._receive()
        if self._refusal is not None:
            return {"type": "http.disconnect"}
        left = GRACE_S + self._size / LEAST_RATE - (time.monotonic() - self._begun)
        try:
            message = await asyncio.wait_for(self._receive(), max(left, 0.001))
        except TimeoutError:
            self._refusal = _refusal(_SLOW, 408)
            return {"type": "http.disconnect"}
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self._most:
            self._refusal = _refusal(_LONG, 413)
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        """Pass a response on, unless the request is refused: then what the app makes of it is dropped."""
        if self._refusal is None or self._answered:
            self._answered = True
            await self._send(message)


def header_bytes(scope: Scope) -> int:
    """Bytes of a request's line and headers."""
    lines = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    return lines + len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))


def _said(scope: Scope) -> int:
    """How long a body says that it is; 0 where it does not."""
    with suppress(ValueError):
        return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
    return 0


def _refusal(text: str, status: int) -> PlainTextResponse:
    return PlainTextResponse(text, status, {"Connection": "close"})
