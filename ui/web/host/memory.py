"""Memory that a page no longer needs, given back to the system from time to time.

Inferences keep what they calculate in, for the longest text yet; and the C library keeps what threads have freed, in as
many places as there were threads. Both only grow while many people ask (docs/adr/0035-running.md).
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag.models.runtime import release_networks

ARENAS = 2
"""Places that glibc hands out memory from: it would make eight a processor, each with its own gaps that stay."""
APART = 256 * 1024
"""Bytes from which on a block of memory is the system's own, which has it back when it is freed. glibc would raise this
to 32 MB by itself, and then large blocks leave gaps between small ones that stay."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""What glibc calls the two (malloc.h)."""
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


def hold_together() -> bool:
    """Have all threads take memory from a few places, and large blocks from none of them; glibc only.

    What somebody chose in the environment stays. To be called before there are threads: those that have a place of
    their own keep it.

    Returns:
        Whether the places are few now.
    """
    set_option = _of_glibc("mallopt")
    if set_option and not _is_chosen("mmap_threshold"):
        set_option(_M_MMAP_THRESHOLD, APART)
    return bool(set_option and not _is_chosen("arena_max") and set_option(_M_ARENA_MAX, ARENAS))


def _is_chosen(name: str) -> bool:
    """Whether an option of glibc's malloc is set in the environment, in one of the two ways that there are."""
    by_itself = "MALLOC_ARENA_MAX" if name == "arena_max" else "MALLOC_MMAP_THRESHOLD_"
    return by_itself in os.environ or name in os.environ.get("GLIBC_TUNABLES", "")


def _trim() -> Callable[[int], int] | None:
    """What gives back the free pages of all threads."""
    return _of_glibc("malloc_trim")


def _of_glibc(name: str) -> Callable[..., int] | None:
    """A function of glibc's malloc; None where another C library is used."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - musl has a mallopt that does nothing
        found: Callable[..., int] = getattr(library, name)
    except (AttributeError, OSError, TypeError):  # Windows has none by this name
        return None
    return found
