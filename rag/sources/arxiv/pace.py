"""One request at a time and a pause after it, over all processes that use a data folder.

arXiv's terms of use allow one request in three seconds and one connection at a time, for its interfaces together. A
lock file makes requests take turns; a file beside it says until when nobody may ask, so that also a command that begins
right after another waits, and a wait that arXiv asked for (``Retry-After``) holds for all.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from rag.errors import FetchError

LOCK, MARK = "arxiv.lock", "arxiv.pace"
"""Names of the two files."""
LONGEST = 86_400.0
"""Seconds for which nobody asks at most, whatever a server says."""


@dataclass(slots=True)
class Turn:
    """A request's turn.

    Attributes:
        rest: Seconds after its end in which nobody asks; may be raised while it lasts.
    """

    rest: float


class Pace:
    """Hands out turns, each `seconds` after the end of the one before at the earliest."""

    def __init__(
        self,
        folder: Path,
        seconds: float,
        patience: float,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep the pace of a data folder, which is made where it is missing.

        Args:
            folder: The data folder.
            seconds: From the end of a request to the beginning of the next.
            patience: Longest wait; a longer one is refused.
            clock: Seconds since 1970, the same for all processes.
            sleep: Waits.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = folder / LOCK
        self._mark = folder / MARK
        self._seconds = seconds
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait for a turn and hold it: while it lasts, and for its rest, nobody else asks.

        Raises:
            FetchError: the wait would be longer than the patience.
        """
        with FileLock(self._lock, thread_local=False):
            if (wait := self._wait()) > self._patience:
                raise FetchError(
                    f"arXiv asked to be left alone for another {minutes(wait)}.",
                    "Run the same command again after that: it goes on where it stopped.",
                )
            self._sleep(wait)
            turn = Turn(self._seconds)
            self._rest(turn.rest)  # holds also where this process is killed before it has an answer
            try:
                yield turn
            finally:
                self._rest(max(turn.rest, self._seconds))

    def hold(self, seconds: float) -> None:
        """Keep everybody from asking for at least so long from now on."""
        with FileLock(self._lock, thread_local=False):
            self._rest(max(seconds, self._wait()))

    def _wait(self) -> float:
        """Seconds until somebody may ask. A clock that was turned back makes no wait longer than it was meant to be."""
        try:
            begun, until = map(float, json.loads(self._mark.read_text()))
        except FileNotFoundError:
            return 0.0
        except (ValueError, TypeError, ArithmeticError, RecursionError):  # half-written: somebody has just asked
            return self._seconds
        now = self._clock()
        return min(max(until - now, 0.0), until - begun) if begun <= now else until - begun

    def _rest(self, seconds: float) -> None:
        now = self._clock()
        self._mark.write_text(json.dumps([now, now + min(seconds, LONGEST)]))


def minutes(seconds: float) -> str:
    """A wait in words."""
    return f"{round(seconds / 60)} minutes" if seconds >= 90 else f"{max(1, round(seconds))} s"
