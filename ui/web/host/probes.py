"""What whoever runs the page asks of it: does the process live, and can it answer?

Both addresses are reached without signing in and under any name, and so say nothing of what is in the library: which
parts work, and the number of its last write.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.errors import EmptyLibrary, PaperchatError
from rag.index.library import Library
from ui.web.base.work import Work

LIVES, READY = "/healthz", "/readyz"
_FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_HELD_S = 1.0
"""Seconds for which a finding holds: strangers may ask as often as they like."""
_PATIENCE_S = 5.0
"""Seconds after which a library counts as not ready. The look itself goes on, and no other one is begun beside it: a
Chroma server that takes a question and says nothing is given up only after its minute."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found when the page was examined.

    Attributes:
        checks: By part, ``ok`` or what is wrong with it.
        generation: Number of the library's last write; None where it cannot be read.
    """

    checks: Mapping[str, str]
    generation: int | None = None

    @property
    def is_ready(self) -> bool:
        """Whether questions can be answered, or, of an empty library, papers added."""
        return all(found in ("ok", "empty") for found in self.checks.values())


class Probes:
    """ASGI middleware that answers for both addresses and passes everything else on."""

    def __init__(self, app: ASGIApp, library: Library, work: Work, is_made: Callable[[], bool]) -> None:
        """Stand before an app.

        Args:
            app: Everything else.
            library: Has to be readable.
            work: Says whether the page is about to end.
            is_made: Whether all of the page is there.
        """
        self._app = app
        self._library = library
        self._work = work
        self._is_made = is_made
        self._found: tuple[float, Finding] | None = None
        self._looker = ThreadPoolExecutor(1, "probe")
        self._look: Future[Finding] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        is_read = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        response: ASGIApp = self._app
        if is_read and scope["path"] == LIVES:
            response = PlainTextResponse("alive\n", headers=_FRESH)
        elif is_read and scope["path"] == READY:
            response = await self._readiness()
        await response(scope, receive, send)

    async def _readiness(self) -> Response:
        found = await self._finding()
        checks = {"page": self._page(), **found.checks}
        is_ready = found.is_ready and checks["page"] == "ok"
        said = {"status": "ready" if is_ready else "not ready", "checks": checks, "generation": found.generation}
        return JSONResponse(said, 200 if is_ready else 503, _FRESH)

    async def _finding(self) -> Finding:
        """What was found just now, what the look finds that is under way, or that it takes too long."""
        if self._found and time.monotonic() - self._found[0] <= _HELD_S:
            return self._found[1]
        if self._look is None or self._look.done():
            self._look = self._looker.submit(self._looked)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._look)), _PATIENCE_S)
        except TimeoutError:
            return Finding({"library": "unknown", "index": "no answer"})

    def _looked(self) -> Finding:
        found = self._examined()
        self._found = time.monotonic(), found
        return found

    def _page(self) -> str:
        if self._work.is_ending:
            return "ending"
        return "ok" if self._is_made() else "starting"

    def _examined(self) -> Finding:
        """Read the library, borrow its indexes and ask the vectors' one for an id."""
        try:
            generation = self._library.shelf.generation()
        except PaperchatError as error:
            return Finding({"library": _said(error), "index": "unknown"})
        try:
            with self._library.indexes() as indexes:
                indexes.vectors.require()
                return Finding({"library": "ok", "index": "ok"}, generation)
        except EmptyLibrary:
            return Finding({"library": "ok", "index": "empty"}, generation)
        except PaperchatError as error:
            return Finding({"library": "ok", "index": _said(error)}, generation)


def _said(error: PaperchatError) -> str:
    """The kind of an error, which may be told to anybody; what it says of folders and addresses goes into the log."""
    _log.warning("not ready: %s", json.dumps(error.message))
    return type(error).__name__
