"""What the page is doing that must not be cut off: answers and summaries under way, and what adds papers."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag.errors import Stopping


class Work:
    """Counts what is under way, and lets nothing new begin once the page is to end; safe to share between threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._under_way = 0
        self._is_ending = False
        self._asked = -math.inf
        self._cuts: list[Callable[[], None]] = []

    @property
    def under_way(self) -> int:
        """How much has begun and not ended."""
        return self._under_way

    @property
    def idle_s(self) -> float:
        """Seconds for which nobody has asked for anything, 0 while something is under way."""
        return 0.0 if self._under_way else time.monotonic() - self._asked

    def asked(self) -> None:
        """Note that somebody asks for something now, or has just got it, be it only a picture of a page."""
        self._asked = time.monotonic()

    @property
    def is_ending(self) -> bool:
        """Whether nothing new may begin."""
        return self._is_ending

    def end(self) -> None:
        """Let nothing new begin."""
        with self._guard:
            self._is_ending = True

    def when_cut(self, cut: Callable[[], None]) -> None:
        """Have this called when what is under way may take no longer; it keeps what there is and returns soon."""
        with self._guard:
            self._cuts.append(cut)

    def cut(self) -> None:
        """Have all that is under way keep what there is of it."""
        with self._guard:
            cuts = list(self._cuts)
        for one in cuts:
            one()

    def begin(self) -> None:
        """Begin a piece of work; `done` is to be called at its end.

        Raises:
            Stopping: nothing new may begin.
        """
        with self._guard:
            if self._is_ending:
                raise Stopping("This page is being stopped and takes nothing new.", "Try again in a minute.")
            self._under_way += 1

    def done(self) -> None:
        """End a piece of work."""
        with self._guard:
            self._under_way -= 1

    @contextmanager
    def one(self) -> Iterator[None]:
        """A piece of work, for as long as the block runs (errors as `begin`)."""
        self.begin()
        try:
            yield
        finally:
            self.done()
