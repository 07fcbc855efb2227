"""What a page does while nobody waits for anything: it reads the papers that may be asked about next."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from rag.errors import PaperchatError
from rag.index.library import Library
from rag.retrieve.reading import read_ahead
from ui.web.base.work import Work
from ui.web.host.figures import PATH as FIGURES

LOOK_S = 10.0
"""Seconds after which it looks again whether the library has changed."""
WAIT_S = 0.2
"""The same for whether somebody has asked for something."""
IDLE_S = 1.0
"""Seconds after somebody did: a page is asked for in pieces."""
PATIENCE_S = 30.0
"""Seconds after which what every reader needs is prepared, however many come meanwhile."""


class Visits:
    """ASGI middleware that notes when somebody asks for something, and when it is there; behind the door."""

    def __init__(self, app: ASGIApp, work: Work) -> None:
        """Stand before an app.

        Args:
            app: What is asked.
            work: Is told of it. What reads the page's figures is nobody who waits.
        """
        self._app = app
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        is_visit = scope["type"] == "http" and scope["path"] != FIGURES
        if is_visit:
            self._work.asked()
        try:
            await self._app(scope, receive, send)
        finally:
            if is_visit:
                self._work.asked()


def read_while_idle(library: Library, work: Work, ended: threading.Event) -> None:
    """Read the newest papers of a library, and those that come, until the event is set.

    It takes half of the time of one processor: a machine that has something else to do does it.
    """
    read = None
    while not ended.is_set():
        with suppress(PaperchatError):  # whoever asks is told; here it is tried again
            generation = library.shelf.generation()
            if generation != read:
                _read(library, work, ended)
                read = generation
        ended.wait(LOOK_S)


def wait_until_idle(work: Work, ended: threading.Event, most_s: float = math.inf) -> bool:
    """Wait until nobody waits for anything, or for so many seconds; False where the page ends first."""
    begun = time.monotonic()
    while work.idle_s < IDLE_S and not ended.is_set() and time.monotonic() - begun < most_s:
        ended.wait(WAIT_S)
    return not ended.is_set()


def _read(library: Library, work: Work, ended: threading.Event) -> None:
    if not wait_until_idle(work, ended):
        return
    begun = time.monotonic()
    for _ in read_ahead(library, library.config.ui.read_ahead):
        ended.wait(time.monotonic() - begun)
        if not wait_until_idle(work, ended):
            return
        begun = time.monotonic()
