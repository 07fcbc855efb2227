"""Probes that come together share one look at the library."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any, cast

import anyio

from rag.index.library import Library
from ui.web.base.work import Work
from ui.web.host.probes import READY, Finding, Probes


def test_many_probes_at_once_are_one_examination() -> None:
    looks: list[int] = []

    class Counted(Probes):
        def _examined(self) -> Finding:
            looks.append(threading.get_ident())
            time.sleep(0.2)
            return Finding({"library": "ok", "index": "ok"}, 7)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    said: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            said.append(message["status"])

    async def all_at_once() -> None:
        probes = Counted(app, cast(Library, SimpleNamespace()), Work(), lambda: True)
        scope = {"type": "http", "method": "GET", "path": READY}
        async with anyio.create_task_group() as group:
            for _ in range(30):
                group.start_soon(probes, scope, cast(Any, None), send)

    anyio.run(all_at_once)
    assert said == [200] * 30
    assert len(looks) == 1
