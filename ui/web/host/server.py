"""The web server: uvicorn, which ends in good order and without a word while tabs are open."""

from __future__ import annotations

import logging
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

_GRACE_S = 1


class Server(uvicorn.Server):
    """Serves an app on sockets that are bound already."""

    def __init__(self, app: ASGIApp) -> None:
        """Serve this app."""
        super().__init__(
            uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_GRACE_S, server_header=False)
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End at a signal; uvicorn would raise it again afterwards, and nobody could clean up."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is asked now; every open tab keeps a stream, and cutting those off is no error to report."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
