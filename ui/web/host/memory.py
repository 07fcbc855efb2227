"""Memory that a page no longer needs, given back to the system from time to time.

Inferences keep what they calculate in, for the longest text yet; and the C library keeps what threads have freed, in as
many places as there were threads. Both only grow while many people ask (docs/adr/0035-running.md).
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag.models.runtime import release_networks

PACE_S = 10.0
WORKED_S = 1.0
"""Processor seconds after which there may be something to give back."""


def give_back() -> None:
    """Give back what is free; where the C library cannot (macOS, musl, Windows), only what inferences hold."""
    release_networks()
    if trim := _trim():
        trim(0)


@contextmanager
def given_back(pace_s: float = PACE_S, give: Callable[[], None] = give_back) -> Iterator[None]:
    """Give memory back while the block runs: at this pace, where the process has worked since the last time."""
    ended = threading.Event()

    def watch() -> None:
        worked = 0.0
        while not ended.wait(pace_s):
            if time.process_time() - worked > WORKED_S:
                give()
                worked = time.process_time()

    thread = threading.Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _trim() -> Callable[[int], int] | None:
    """What glibc calls malloc_trim: it gives back the free pages of all threads."""
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; Windows has none by this name
        return None
    return found
