"""What a page gives back to the system, and what it does not do for nothing."""

from __future__ import annotations

import threading
import time

import pytest

from ui.web.host import memory


def test_memory_is_given_back_while_there_is_work_and_not_while_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = iter([2.0, 2.0, 2.5, 3.2, 3.2])  # processor seconds, asked for once a look and once after each giving
    given, seen = [], threading.Event()

    def process_time() -> float:
        found = next(spent, None)
        if found is None:
            seen.set()
            return 3.2
        return found

    monkeypatch.setattr(time, "process_time", process_time)
    with memory.given_back(pace_s=0.01, give=lambda: given.append(True)):
        assert seen.wait(10)
        time.sleep(0.1)
    assert len(given) == 2


def test_all_that_is_free_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(memory, "release_networks", lambda: done.append("networks"))
    monkeypatch.setattr(memory, "_trim", lambda: done.append)
    memory.give_back()
    assert done == ["networks", 0]
    monkeypatch.setattr(memory, "_trim", lambda: None)
    memory.give_back()
