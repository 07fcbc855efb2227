"""The web server: uvicorn, which ends in good order and without a word while tabs are open.

Told to end, it takes no new questions and serves on until those under way are answered, for as long as that may take;
told again, it ends at once.
"""

from __future__ import annotations

import logging
import socket
import time
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from ui.web.base.work import Work
from ui.web.door.patience import MOST_CONNECTIONS, Patient

_GRACE_S = 1
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

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end at a signal; uvicorn would raise it again afterwards, and nobody could clean up."""
        if self._ends is not None:
            self.force_exit = self.should_exit = True
            return
        self._ends = time.monotonic() + self._finish_s

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to end."""
        if self._ends is not None and not self.should_exit:
            if not self._work.is_ending:
                self._work.end()
                _log.info("ending", extra={"facts": {"under_way": self._work.under_way}})
            self.should_exit = not self._work.under_way or time.monotonic() >= self._ends
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is asked now; every open tab keeps a stream, and cutting those off is no error to report."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
