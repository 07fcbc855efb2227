"""Gradio's part of the web app, made while the pages that need none of it are served already.

Importing Gradio takes longer than all else that a start does. Requests for what it serves wait until it is there.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_log = logging.getLogger(__name__)
_FAILED = "The chat could not be made; the server's log says why."


class Deferred:
    """ASGI app that another one, made in a thread of its own from the server's start on, stands behind."""

    def __init__(
        self,
        make: Callable[[], FastAPI],
        then: Callable[[threading.Event], None] | None = None,
        beside: Callable[[threading.Event], None] | None = None,
    ) -> None:
        """Take what makes the app.

        Args:
            make: Called once, within a running event loop that ends with it.
            then: What is to be done in the background afterwards. The server's end sets the event that it is given, and
                waits for it, as what it uses is closed then.
            beside: What is done meanwhile, which takes no longer; told of the server's end likewise.
        """
        self._make = make
        self._then = then
        self._beside = beside
        self._app: FastAPI | None = None
        self._ready: asyncio.Event | None = None
        self._ended = threading.Event()

    @property
    def is_ready(self) -> bool:
        """Whether the app is there; never, where it could not be made."""
        return self._app is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as soon as the app is there."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        await self.wait()
        answer: ASGIApp = self._app or PlainTextResponse(_FAILED, 500)
        await answer(scope, receive, send)

    async def wait(self) -> Response:
        """Answer when the app is there, or cannot be made."""
        assert self._ready is not None, "the server has started"
        await self._ready.wait()
        return Response(status_code=204) if self._app else PlainTextResponse(_FAILED, 500)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Begin with the server, and end with it."""
        await receive()
        self._ready = asyncio.Event()
        async with AsyncExitStack() as stack:
            making = asyncio.create_task(self._begin(stack))
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self._ended.set()
            await making
        await send({"type": "lifespan.shutdown.complete"})

    async def _begin(self, stack: AsyncExitStack) -> None:
        assert self._ready is not None
        beside = asyncio.create_task(self._done(self._beside)) if self._beside else None
        try:
            app = await run_in_threadpool(asyncio.run, self._made())
            await stack.enter_async_context(app.router.lifespan_context(app))
            self._app = app
        except Exception:
            _log.exception("Gradio's part of the page could not be made")
        finally:
            self._ready.set()
        if beside:
            await beside
        if self._then and not self._ended.is_set():
            await self._done(self._then)

    async def _done(self, what: Callable[[threading.Event], None]) -> None:
        """Prepare something; nobody's page fails where that does."""
        try:
            await run_in_threadpool(what, self._ended)
        except Exception:
            _log.exception("The page could not be prepared for its first reader")

    async def _made(self) -> FastAPI:
        return self._make()
