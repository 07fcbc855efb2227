"""The outermost layer of the web server: a request gets an id, is logged, counted and traced, and fails in words."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.telemetry.request import HEADER, SCOPE, new_id, working_for
from ui.telemetry.routes import route_of
from ui.telemetry.watch import Watch

if TYPE_CHECKING:
    from ui.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Sent:
    """What was sent of a response so far."""

    status: int = 0
    is_whole: bool = False


class Requests:
    """ASGI middleware that stands before all others."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        """Stand before an app.

        Args:
            app: Answers the requests.
            watch: Who counts and traces them.
        """
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; where answering it fails before anything was sent, say so with its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, route, sent = Headers(scope=scope), route_of(scope["path"]), _Sent()
        given = scope[SCOPE] = new_id(headers.get(HEADER, ""))
        begun, spans, metrics = time.perf_counter(), self._watch.spans, self._watch.metrics
        asked = (value for _, value in parse_qsl(scope["query_string"].decode("latin-1")))
        watched = spans.request(scope["method"], route, headers) if spans else nullcontext()
        with working_for(given, *asked), watched as span:
            try:
                await self._app(scope, receive, _named(send, given, sent))
            except Exception as error:
                _log.exception("a request failed", extra={"facts": {"route": route}})
                _count(metrics, error)
                if not sent.status:
                    await _failed(given)(scope, receive, _named(send, given, sent))
                elif not sent.is_whole:  # told to the server without what it says, which it would print
                    raise RuntimeError(f"request {given} was answered in part") from None
            if span:
                span.set_attribute("http.response.status_code", sent.status)
            seconds = round(time.perf_counter() - begun, 4)
            facts = {"method": scope["method"], "route": route, "status": sent.status, "seconds": seconds}
            _log.info("request", extra={"facts": facts})
            if metrics:
                metrics.answered(scope["method"], route, sent.status)


def _count(metrics: Metrics | None, error: Exception) -> None:
    if metrics:
        metrics.failed(error)


def _failed(request: str) -> PlainTextResponse:
    return PlainTextResponse(f"paperchat itself failed. The server's log says where, at request {request}.", 500)


def _named(send: Send, request: str, sent: _Sent) -> Send:
    async def send_named(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = request
        elif message["type"] == "http.response.body":
            sent.is_whole = not message.get("more_body", False)
        await send(message)

    return send_named
