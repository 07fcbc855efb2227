"""What was computed lately and is likely to be asked for again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A bounded memory that forgets what was used longest ago; safe to share between threads."""

    def __init__(self, most: int) -> None:
        """Make an empty one.

        Args:
            most: Values kept.
        """
        self.most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._guard = threading.Lock()

    def known(self, keys: Iterable[K]) -> dict[K, V]:
        """The values of those keys that are kept."""
        with self._guard:
            return {key: self._kept[key] for key in keys if key in self._kept}

    def keep(self, values: Mapping[K, V]) -> None:
        """Keep values, those known already as used just now, and forget the oldest beyond the limit."""
        with self._guard:
            for key, value in values.items():
                self._kept[key] = value
                self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
