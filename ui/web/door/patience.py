"""Connections that hold a place and say nothing: closed after some seconds, and never more than so many at once.

uvicorn waits for a request's first line and headers as long as the other side likes, and takes any number of them.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ui.web.door.bodies import MOST_HEADER_BYTES

HEADER_S = 15.0
"""Seconds in which a request's line and headers must be there."""
MOST_CONNECTIONS = 600
"""At once; an open tab holds two to four."""
MOST_OF_ONE = 200
"""From one address, other than this machine's own, from which a proxy asks for everybody."""
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Patient(HttpToolsProtocol):
    """uvicorn's protocol of a connection, whose patience ends."""

    _clock: asyncio.TimerHandle | None = None
    _head = 0
    _in_body = False
    _has_asked = False

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request, unless the other side holds enough connections already."""
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        if not _is_own(host) and sum(_host(one) == host for one in self.connections) > MOST_OF_ONE:
            self.transport.close()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes: of a request's head, which must end soon, or of a body, which the door looks after."""
        if not self._in_body:
            self._head += len(data)
        super().data_received(data)
        if self._head > MOST_HEADER_BYTES and not self._in_body:
            self._end(_TOO_LONG)

    def on_message_begin(self) -> None:
        """Another request on the same connection has as long as the first."""
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._stop()
        self._head, self._in_body, self._has_asked = 0, True, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A body that nobody reads any more must end soon, too."""
        super().on_response_complete()
        if self._in_body:
            self._wait()

    def _wait(self) -> None:
        self._stop()
        self._clock = self.loop.call_later(HEADER_S, self._end, _TOO_SLOW)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _end(self, said: bytes) -> None:
        """Close the connection; what is wrong is said where nothing else was."""
        self._stop()
        if not self.transport.is_closing():
            if not self._has_asked:
                self.transport.write(said)
            self.transport.close()


def _host(connection: Any) -> str:
    client = getattr(connection, "client", None)
    return client[0] if client else ""


def _is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True
