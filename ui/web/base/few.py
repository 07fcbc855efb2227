"""Requests that take long: few at once, and those that wait hold none of the threads that draw pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")


class Few:
    """Lets few calls work at once, each in a thread of its own; used from one event loop."""

    def __init__(self, at_once: int, waiting: int) -> None:
        """Let in so many.

        Args:
            at_once: Calls that work.
            waiting: Calls that wait for one of those to end; more are turned away.
        """
        self._limiter = anyio.CapacityLimiter(at_once)
        self._most = at_once + waiting
        self._inside = 0

    async def run(self, does: Callable[[], T]) -> T | None:
        """What a call returns; None, and no call, where too many wait."""
        if self._inside >= self._most:
            return None
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(does, limiter=self._limiter)
        finally:
            self._inside -= 1
