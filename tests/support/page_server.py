"""The real web server over a real library, in a thread of this process, on a port of its own."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from rag.assistant import Assistant
from rag.config import Config, UIConfig
from rag.index.library import Library
from tests.support.samples import sample_library as sample_library
from ui.web.door.access import READY
from ui.web.door.users import Users, user_line
from ui.web.host.server import Server
from ui.web.host.serving import guarded_app


def users(**passwords: str) -> Users:
    """Users by name and password."""
    return Users({name: user_line(name, password) for name, password in passwords.items()})


@contextmanager
def served(
    folder: Path,
    ui: Mapping[str, object] | None = None,
    known: Users | None = None,
    make: Callable[[Library], Assistant] = Assistant,
    sections: Mapping[str, Any] | None = None,
    whole: bool = True,
) -> Iterator[str]:
    """Serve the library in a folder while the block runs.

    Args:
        folder: The library's.
        ui: Keys of the configuration's section `ui`.
        known: Who must sign in; None lets everybody in.
        make: Makes the assistant over the library.
        sections: Other sections of the configuration, by name.
        whole: Whether to wait until Gradio's part of the page is there.

    Yields:
        The page's address, without a slash at its end.
    """
    config = Config(data_dir=folder, ui=UIConfig.model_validate(ui or {}), **(sections or {}))
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        make(Library(config)) as assistant,
        ThreadPoolExecutor(1, "page") as thread,
    ):
        page = _Page(assistant, config, known or Users({}))
        ended = thread.submit(asyncio.run, page.serve(listening))
        try:
            page.wait(ended)
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            if whole:
                httpx.get(f"{url}{READY}", timeout=60).raise_for_status()
            yield url
        finally:
            page.end()
            ended.result(20)


class _Page:
    """The server, built within its own event loop: where none is running, Gradio makes one and never closes it."""

    def __init__(self, assistant: Assistant, config: Config, known: Users) -> None:
        self._parts = assistant, config, known
        self._server: Server | None = None

    async def serve(self, listening: socket.socket) -> None:
        self._server = Server(guarded_app(*self._parts))
        await self._server.serve([listening])

    def wait(self, ended: Future[None]) -> None:
        begin = time.monotonic()
        while not (self._server and self._server.started):
            if ended.done():
                ended.result()
            assert time.monotonic() - begin < 60, "the server did not start"
            time.sleep(0.01)

    def end(self) -> None:
        if self._server:
            self._server.should_exit = True
