"""In how many papers at a time the library is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
UNIT = 512
"""Papers indexed between two commits, in a library that is not large: what a killed ingest can lose of embedding."""
SHARE = 8
"""A large library is written in such parts of itself. Each write copies it, so that units of one size would copy the
square of what they add up to."""
ABSTRACT = 1200
"""Characters of a usual paper; one with its full text counts as often as it is longer."""


def cut(items: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """Cut into runs of at most `UNIT`."""
    iterator = iter(items)
    while unit := tuple(islice(iterator, UNIT)):
        yield unit


def weighed(items: Iterable[tuple[T, int]], most: int) -> Iterator[tuple[T, ...]]:
    """Cut into runs of about so many usual papers, at least one.

    Args:
        items: Things with the characters of their papers.
        most: Papers as long as an abstract that a run may come to.
    """
    unit: list[T] = []
    weight = 0
    for item, length in items:
        own = max(1, length // ABSTRACT)
        if unit and weight + own > most:
            yield tuple(unit)
            unit, weight = [], 0
        unit.append(item)
        weight += own
    if unit:
        yield tuple(unit)
