"""Wrong passwords, counted by who tries and for whom: after some, even right ones have to wait.

Three counts, as each is got round alone: of one name from one address, of one address for whatever name (one password
tried on everybody), of one name from wherever (a thousand machines that try one user). Who has signed in from an
address before is only held to the first, so that nobody can lock others out by failing in their name.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

PAUSE_S = 60.0
OF_BOTH, OF_ADDRESS, OF_NAME = 5, 30, 100
"""Wrong passwords in a row, each less than a pause after the one before, from which nobody may try."""
_REMEMBERED = 10_000
Key = tuple[str, str, str]


class Tries:
    """Counts tries; safe from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with none.

        Args:
            now: Seconds on a clock that never goes back.
        """
        self._now = now
        self._guard = threading.Lock()
        self._failed: OrderedDict[Key, tuple[int, float]] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def may_try(self, address: str, name: str) -> bool:
        """Whether a password may be compared."""
        with self._guard:
            known = (address, name) in self._known
            keys = list(_keys(address, name))
            return all(self._count(key) < most for key, most in (keys[:1] if known else keys))

    def failed(self, address: str, name: str) -> None:
        """Count a wrong password."""
        with self._guard:
            for key, _ in _keys(address, name):
                self._failed[key] = (self._count(key) + 1, self._now())
                self._failed.move_to_end(key)
            while len(self._failed) > _REMEMBERED:
                self._failed.popitem(last=False)

    def succeeded(self, address: str, name: str) -> None:
        """Forget what this address got wrong for this name, and know it from now on."""
        with self._guard:
            self._failed.pop(("both", address, name), None)
            self._known[address, name] = None
            self._known.move_to_end((address, name))
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def _count(self, key: Key) -> int:
        count, last = self._failed.get(key, (0, 0.0))
        return count if self._now() - last <= PAUSE_S else 0


def _keys(address: str, name: str) -> Iterator[tuple[Key, int]]:
    yield ("both", address, name), OF_BOTH
    yield ("address", address, ""), OF_ADDRESS
    yield ("name", "", name), OF_NAME
