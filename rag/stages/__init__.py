"""The stages of a piece of work, told to whoever watches the process; nobody does by default.

The core says when it begins and ends to read, retrieve, answer or write. What becomes of that, a histogram, a span of
OpenTelemetry or nothing, is the watcher's matter (ui/telemetry): nothing of either is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Protocol

Fact = str | int | float | bool
Facts = MutableMapping[str, Fact]
"""What is known of a stage, by name: kinds, counts and codes, never what a reader typed or a paper says."""
Ended = Callable[[Facts, BaseException | None], None]
"""Called at a stage's end with all that is known by then, and what it failed with; `GeneratorExit` where nobody wanted
the rest of it."""


class Watcher(Protocol):
    """Is told of stages, from many threads."""

    def begin(self, name: str) -> Ended:
        """A stage begins; what is returned is called at its end, in the same thread."""


_watchers: tuple[Watcher, ...] = ()


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell a watcher of all stages of this process while the block runs."""
    global _watchers
    _watchers = (*_watchers, watcher)
    try:
        yield
    finally:
        _watchers = tuple(one for one in _watchers if one is not watcher)


@contextmanager
def stage(name: str) -> Iterator[Facts]:
    """A stage of the work: what is put into its facts before its end is told with it."""
    facts: Facts = {}
    ends = [watcher.begin(name) for watcher in _watchers]
    failed: BaseException | None = None
    try:
        yield facts
    except BaseException as error:
        failed = error
        raise
    finally:
        for ended in reversed(ends):
            ended(facts, failed)
