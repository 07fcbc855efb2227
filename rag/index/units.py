"""In how many papers at a time the library is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
UNIT = 512
"""Papers indexed between two commits: what a killed ingest can lose of embedding work."""
FULL_TEXTS = 8
"""The same where full texts are among them, each of which is as long as fifty abstracts."""


def cut(items: Iterable[T], size: int | None = None) -> Iterator[tuple[T, ...]]:
    """Cut into runs of at most so many, `UNIT` where none are given."""
    iterator = iter(items)
    while unit := tuple(islice(iterator, size or UNIT)):
        yield unit
