"""Few slow calls at once, and few that wait."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from ui.web.base.few import Few
from ui.web.base.work import Work
from ui.web.drawn.actions import WAITING, Actions


def test_few_work_at_once_some_wait_and_more_are_turned_away() -> None:
    go_on, at_once, most = threading.Event(), 0, 0

    def work() -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        go_on.wait(10)
        at_once -= 1
        return "done"

    async def live() -> tuple[list[str | None], str | None]:
        few = Few(1, 2)
        calls = [asyncio.create_task(few.run(work)) for _ in range(5)]
        async with asyncio.timeout(10):
            while sum(call.done() for call in calls) < 2:
                await asyncio.sleep(0.01)
        go_on.set()
        return await asyncio.gather(*calls), await few.run(work)

    done, later = asyncio.run(live())
    assert sorted(map(str, done)) == ["None", "None", "done", "done", "done"]
    assert most == 1
    assert later == "done"


@pytest.mark.parametrize("path", ["/view/similar/1", "/view/questions/1", "/view/lines?papers=1"])
def test_what_is_slow_on_a_page_holds_no_thread_while_it_waits(path: str) -> None:
    go_on, at_once, most = threading.Event(), 0, 0

    def work(*_: object) -> dict[str, str]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        go_on.wait(10)
        at_once -= 1
        return {}

    site: Any = SimpleNamespace(similar=work, questions=work, news=SimpleNamespace(lines=work))
    app = FastAPI()
    Actions(site, lambda _: "", str).serve(app)

    async def live() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            calls = [asyncio.create_task(client.get(path)) for _ in range(WAITING + 5)]
            async with asyncio.timeout(10):
                while sum(call.done() for call in calls) < 4:
                    await asyncio.sleep(0.01)
            go_on.set()
            return sorted(reply.status_code for reply in await asyncio.gather(*calls))

    assert asyncio.run(live()) == [200] * (WAITING + 1) + [503] * 4
    assert most == 1


def test_papers_that_are_being_added_count_as_work_and_none_are_once_it_ends() -> None:
    work, seen = Work(), []

    def fetch(category: str) -> str:
        seen.append(work.under_way)
        return category

    site: Any = SimpleNamespace()
    app = FastAPI()
    Actions(site, lambda _: "", fetch, work).serve(app)

    async def live() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            first = await client.post("/act/fetch", json={"category": "cs.IR"})
            work.end()
            return [first, await client.post("/act/fetch", json={"category": "cs.IR"})]

    first, second = asyncio.run(live())
    assert (first.status_code, second.status_code) == (200, 400)
    assert seen == [1]
    assert work.under_way == 0
    assert "takes nothing new" in second.json()["problem"]
