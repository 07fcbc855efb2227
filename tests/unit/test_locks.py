"""The gate: readers see every write, writers never meet a reader, and nobody starves."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from rag.index.locks import IndexGate, writer_lock


class Handle:
    """Counts how many are open and notes any use after close."""

    open_now = 0

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.closed = False
        Handle.open_now += 1

    def close(self) -> None:
        self.closed = True
        Handle.open_now -= 1


class Counter:
    value = 0


@pytest.fixture
def gate(tmp_path: Path) -> IndexGate[Handle]:
    Handle.open_now = Counter.value = 0
    return IndexGate(tmp_path / "index.lock", lambda: Handle(Counter.value), lambda: Counter.value)


def test_handles_are_kept_until_the_generation_moves(gate: IndexGate[Handle]) -> None:
    with gate.read() as first:
        pass
    with gate.read() as again:
        assert again is first
    Counter.value += 1
    with gate.read() as fresh:
        assert fresh is not first
        assert first.closed
        assert fresh.generation == 1


def test_a_burst_waits_for_readers_and_closes_their_handles(gate: IndexGate[Handle]) -> None:
    inside, release, order = threading.Event(), threading.Event(), []

    def read() -> None:
        with gate.read():
            inside.set()
            release.wait(10)
            order.append("read")

    def write() -> None:
        with gate.write():
            assert Handle.open_now == 0
            order.append("write")

    reader, writer = threading.Thread(target=read), threading.Thread(target=write)
    reader.start()
    inside.wait(10)
    writer.start()
    time.sleep(0.1)
    assert order == []
    release.set()
    reader.join(10)
    writer.join(10)
    assert order == ["read", "write"]


def test_many_readers_and_writers_never_overlap(gate: IndexGate[Handle]) -> None:
    problems: list[str] = []
    stop = time.monotonic() + 1.0
    reads = [0]

    def read() -> None:
        while time.monotonic() < stop:
            before = Counter.value
            with gate.read() as handle:
                reads[0] += 1
                if handle.closed:
                    problems.append("closed while in use")
                if handle.generation < before:
                    problems.append("stale")

    def write() -> None:
        while time.monotonic() < stop:
            with gate.write():
                if Handle.open_now:
                    problems.append("a reader's handle is open during a burst")
                Counter.value += 1
            time.sleep(0.01)

    threads = [threading.Thread(target=read) for _ in range(8)] + [threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == []
    assert Counter.value > 5, "the writer was starved"
    assert reads[0] > 20, "the readers were starved"


def test_the_writer_lock_excludes_and_tells_who_waits(tmp_path: Path) -> None:
    waited, order = threading.Event(), []

    def second() -> None:
        with writer_lock(tmp_path / "w", waited.set):
            order.append("second")

    with writer_lock(tmp_path / "w"):
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
