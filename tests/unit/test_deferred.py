"""An app that stands behind another one, which is made in the background."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from ui.web.host.deferred import Deferred


def lived(app: Deferred, within: Callable[[], Any]) -> list[str]:
    """Start the app, await something, and end it; the messages of its lifespan."""
    said: list[str] = []

    async def live() -> None:
        going: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        await going.put({"type": "lifespan.startup"})

        async def send(message: Any) -> None:
            said.append(message["type"])

        task = asyncio.create_task(app({"type": "lifespan"}, going.get, send))
        while not said:
            await asyncio.sleep(0.01)
        await within()
        await going.put({"type": "lifespan.shutdown"})
        await asyncio.wait_for(task, 10)

    asyncio.run(live())
    return said


def failing() -> FastAPI:
    raise RuntimeError("no Gradio")


def test_an_app_that_cannot_be_made_is_never_ready(caplog: pytest.LogCaptureFixture) -> None:
    app = Deferred(failing)

    async def within() -> None:
        assert (await app.wait()).status_code == 500
        assert not app.is_ready

    assert lived(app, within)[-1] == "lifespan.shutdown.complete"
    assert "could not be made" in caplog.text


def test_what_fails_afterwards_is_logged_and_the_server_ends_well(caplog: pytest.LogCaptureFixture) -> None:
    tried = threading.Event()

    def then(_: threading.Event) -> None:
        tried.set()
        raise RuntimeError("no model")

    app = Deferred(FastAPI, then)

    async def within() -> None:
        assert (await app.wait()).status_code == 204
        assert app.is_ready
        await asyncio.to_thread(tried.wait, 10)

    assert lived(app, within)[-1] == "lifespan.shutdown.complete"
    assert "no model" in caplog.text


def test_what_is_done_beside_begins_before_the_app_is_there_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    tried, after = threading.Event(), threading.Event()

    def make() -> FastAPI:
        assert tried.wait(10)
        return FastAPI()

    def beside(_: threading.Event) -> None:
        tried.set()
        raise RuntimeError("no themes")

    app = Deferred(make, lambda _: after.set(), beside)

    async def within() -> None:
        assert (await app.wait()).status_code == 204
        await asyncio.to_thread(after.wait, 10)

    assert lived(app, within)[-1] == "lifespan.shutdown.complete"
    assert after.is_set()
    assert "no themes" in caplog.text


@pytest.mark.parametrize("when", ["then", "beside"])
def test_what_is_done_afterwards_or_beside_is_told_of_the_end(when: str) -> None:
    begun, told = threading.Event(), []

    def background(ended: threading.Event) -> None:
        begun.set()
        told.append(ended.wait(10))

    app = Deferred(FastAPI, **{when: background})

    async def within() -> None:
        await asyncio.to_thread(begun.wait, 10)

    lived(app, within)
    assert told == [True]
