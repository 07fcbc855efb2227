"""What a page does while nobody waits for anything: it reads the papers that may be asked about next."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from rag.errors import PaperchatError
from rag.index.library import Library
from rag.retrieve.reading import read_ahead
from ui.web.base.work import Work

LOOK_S = 10.0
"""Seconds after which it looks again whether the library has changed."""
WAIT_S = 0.2
"""The same for whether somebody has asked for something."""
IDLE_S = 1.0
"""Seconds after somebody did: a page is asked for in pieces."""


def read_while_idle(library: Library, work: Work, ended: threading.Event) -> None:
    """Read the newest papers of a library, and those that come, until the event is set.

    It takes half of the time of one processor: a machine that has something else to do does it.
    """
    read = None
    while not ended.is_set():
        generation = library.shelf.generation()
        if generation != read:
            with suppress(PaperchatError):  # whoever asks is told
                _read(library, work, ended)
            read = generation
        ended.wait(LOOK_S)


def wait_until_idle(work: Work, ended: threading.Event) -> bool:
    """Wait until nobody waits for anything; False where the page ends first."""
    while work.idle_s < IDLE_S and not ended.is_set():
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
