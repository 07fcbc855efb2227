"""What is fed with inputs, within which time, and where these lie while they are read."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MOST_SECONDS = 2.0
"""Of processor time, for an input of `MOST_BYTES` at most."""
MOST_BYTES = 20_000
PARTED = b"\x1e"
"""What parts the pieces of inputs that are several."""
_KEPT: list[object] = []


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads what strangers wrote.

    Attributes:
        name: Of its folder of cases, too.
        run: Reads an input; returns, or raises where the contract is broken.
        seeds: Inputs as people write them.
        words: Pieces of which such inputs consist.
    """

    name: str
    run: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...]


class TooSlow(AssertionError):
    """An input took longer than `MOST_SECONDS`."""


@cache
def load(target: Target) -> None:
    """Run a target on what people write: what it loads once is no input's time."""
    for seed in target.seeds():
        with suppress(Exception):  # told when the seed is an input
            target.run(seed)


def checked(target: Target, data: bytes) -> None:
    """Run a target on an input, within its time.

    Raises:
        TooSlow: it took longer.
        Exception: whatever else breaks the contract.
    """
    load(target)
    begun = time.process_time()
    target.run(data[:MOST_BYTES])
    if (taken := time.process_time() - begun) > MOST_SECONDS:
        raise TooSlow(f"{taken:.1f} s for {len(data)} bytes")


@cache
def folder() -> Path:
    """A folder that lasts as long as the process, in memory where the system has such."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    made = tempfile.TemporaryDirectory(prefix="paperchat-fuzz-", dir=memory, ignore_cleanup_errors=True)
    _KEPT.append(made)
    return Path(made.name)


def texts(*said: str) -> Callable[[], Iterator[bytes]]:
    """Seeds as they are written here."""
    return lambda: iter([text.encode() for text in said])


def words(said: str) -> tuple[bytes, ...]:
    """Pieces of inputs, parted by blanks."""
    return tuple(word.encode() for word in said.split(" "))
