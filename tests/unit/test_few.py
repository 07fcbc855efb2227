"""Few slow calls at once, and few that wait."""

from __future__ import annotations

import asyncio
import threading

from ui.web.few import Few


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
