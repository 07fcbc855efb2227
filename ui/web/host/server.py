"""The web server: uvicorn, which ends in good order and without a word while tabs are open.

Told to end, it takes no new questions and serves on until those under way are answered, for as long as that may take;
told again, or when that takes too long, it ends at once, and what answers have said by then is kept.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from ui.web.base.work import Work
from ui.web.door.patience import MOST_CONNECTIONS, Patient

_GRACE_S = 1
_KEEP_S = 5.0
"""Seconds for what is under way to be kept at the end, and for what tears down the app."""
_log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Serves an app on sockets that are bound already."""

    def __init__(self, app: ASGIApp, work: Work | None = None, finish_s: float = 0.0) -> None:
        """Serve this app.

        Args:
            app: What is served.
            work: What is to be finished before the server ends.
            finish_s: Seconds that this may take.
        """
        super().__init__(
            uvicorn.Config(
                app,
                http=Patient,
                limit_concurrency=MOST_CONNECTIONS,
                log_level="warning",
                log_config=None,
                timeout_graceful_shutdown=_GRACE_S,
                server_header=False,
            )
        )
        self._work = work or Work()
        self._finish_s = finish_s
        self._ends: float | None = None
        self.is_clean = True
        """Whether nothing of it runs on after `run`."""
        self.unfinished = 0
        """What was cut off."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to end; what can't be cancelled by then is left behind, and the process is to be ended."""
        runner = asyncio.Runner(loop_factory=self.config.get_loop_factory())
        runner.run(self.serve(sockets))
        loop = runner.get_loop()
        if tasks := asyncio.all_tasks(loop):
            for task in tasks:
                task.cancel()
            _, left = loop.run_until_complete(asyncio.wait(tasks, timeout=_GRACE_S))
            self.is_clean = not left
        if self.is_clean:  # else closing waits for them, as long as they like
            runner.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end at a signal; uvicorn would raise it again afterwards, and nobody could clean up."""
        if self._ends is not None:
            self.force_exit, self._ends = True, 0.0
            return
        self._ends = time.monotonic() + self._finish_s

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to end."""
        if self._ends is not None and not self.should_exit:
            if not self._work.is_ending:
                self._work.end()
                _log.info("ending", extra={"facts": {"under_way": self._work.under_way}})
            if self._work.under_way and time.monotonic() >= self._ends:
                self.unfinished = self._work.under_way
                await self._cut()
                self.should_exit = True
            self.should_exit = self.should_exit or not self._work.under_way
        return await super().on_tick(counter)

    async def _cut(self) -> None:
        """Have what is under way kept, for some seconds at most: a database may not answer."""
        cutting = threading.Thread(target=self._work.cut, name="cut", daemon=True)
        cutting.start()
        ends = time.monotonic() + _KEEP_S
        while cutting.is_alive() and time.monotonic() < ends:
            await asyncio.sleep(0.05)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is asked now; every open tab keeps a stream, and cutting those off is no error to report."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await asyncio.wait([asyncio.ensure_future(super().shutdown(sockets))], timeout=_KEEP_S)
