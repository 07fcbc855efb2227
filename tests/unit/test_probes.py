"""Probes that come together share one look at the library, and wait for none for ever."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from rag.index.library import Library
from ui.web.base.work import Work
from ui.web.host.probes import READY, Finding, Probes


class Looking(Probes):
    """Takes its time, once it may look."""

    def __init__(self, may_look: threading.Event) -> None:
        super().__init__(_nothing_else, cast(Library, SimpleNamespace()), Work(), lambda: True)
        self.looks: list[int] = []
        self._may_look = may_look

    def _examined(self) -> Finding:
        self.looks.append(threading.get_ident())
        self._may_look.wait(20)
        time.sleep(0.2)
        return Finding({"library": "ok", "index": "ok"}, 7)


async def _nothing_else(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError


async def asked(probes: Probes, times: int) -> list[int]:
    """The statuses that come of asking so many times at once."""
    said: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            said.append(message["status"])

    async with anyio.create_task_group() as group:
        for _ in range(times):
            group.start_soon(probes, {"type": "http", "method": "GET", "path": READY}, cast(Any, None), send)
    return said


def test_many_probes_at_once_are_one_examination() -> None:
    (may_look := threading.Event()).set()
    probes = Looking(may_look)
    assert anyio.run(asked, probes, 30) == [200] * 30
    assert len(probes.looks) == 1


def test_a_library_that_says_nothing_is_not_ready_and_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.web.host.probes._PATIENCE_S", 0.3)
    probes = Looking(may_look := threading.Event())

    async def over_time() -> None:
        begin = time.monotonic()
        assert await asked(probes, 3) == [503] * 3
        assert await asked(probes, 3) == [503] * 3
        assert time.monotonic() - begin < 3
        assert len(probes.looks) == 1
        may_look.set()
        await anyio.sleep(0.5)
        assert await asked(probes, 3) == [200] * 3

    anyio.run(over_time)
