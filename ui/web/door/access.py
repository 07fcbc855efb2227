"""The door of the web server: which requests reach the page, and as whom.

It stands before everything that Gradio serves, its MCP server included, and lets a request through only if

1. it was meant for this server: a page elsewhere whose name resolves to this machine (DNS rebinding) is refused by its
   Host header, and a form or script of another site by its Origin;
2. it asks for something the page needs: Gradio's routes that fetch from other servers, edit code or watch traffic
   are not among them;
3. it comes from a user, where there are users: by session cookie, or by HTTP Basic for programs.

What a request carries is limited (bodies.py). Every response gets headers that keep the browser from loading or running
anything that is not ours.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.config import UIConfig
from rag.errors import ConfigError
from ui.web.base.address import LONE, NAMED
from ui.web.door.bodies import MOST_BYTES, MOST_HEADER_BYTES, SIGN_IN_BYTES, Body, header_bytes
from ui.web.door.sessions import Sessions
from ui.web.door.signin import COOKIE, SignIn
from ui.web.door.users import USERS_VARIABLE, Users

USER = "paperchat.user"
"""Key of the ASGI scope under which the user's name stands."""
READY = "/ready"
"""Answered when all of the page is there; scripts and tests wait for it."""
NOWHERE = "paperchat.nowhere"
"""Key of the ASGI scope that says that a browser asks for an address at which nothing is."""
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_CALLS = r"(?:call/v2|call|run|api)"
_SERVED = re.compile(
    rf"/(?:|{'|'.join(LONE)}|(?:{'|'.join(NAMED)})/.+"
    r"|view/.+|ready|metrics|act/[a-z]+|export/[a-z]+|quote/[0-9a-f]{32}\.png|answer/\d{1,18}/(?:next|table|table\.csv)|config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|(?:assets|static|svelte)/.+"
    r"|gradio_api/(?:app_id|info|openapi\.json|queue/join|queue/data|heartbeat/[^/]+|cancel|reset|upload"
    r"|upload_progress|file=(?![a-z]+:).+|component_server|mcp(?:/.*)?"
    rf"|{_CALLS}/(?P<name>[a-z_]+)(?:/[^/]+)?))/?",
    re.IGNORECASE,
)
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; connect-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers send our own form with `Origin: null`
}


@dataclass(frozen=True)
class Rules:
    """What the door lets through.

    Attributes:
        host: The address that is bound.
        names: Names under which browsers reach the page, besides this machine's own.
        endpoints: Names of the endpoints that programs may call.
        mcp: Whether the MCP server may be reached.
        upload_bytes: Most that one upload may have, with all its files.
    """

    host: str
    names: tuple[str, ...] = ()
    endpoints: frozenset[str] = frozenset()
    mcp: bool = False
    upload_bytes: int = MOST_BYTES

    def most_bytes(self, path: str) -> int:
        """Most that the body of a request for a path may have."""
        if path in SignIn.PATHS:
            return SIGN_IN_BYTES
        return self.upload_bytes if path.rstrip("/") == "/gradio_api/upload" else MOST_BYTES


class Door:
    """ASGI middleware that applies the rules."""

    def __init__(self, app: ASGIApp, rules: Rules, users: Users, sessions: Sessions) -> None:
        """Stand before an app.

        Args:
            app: What requests are passed on to.
            rules: What is let through.
            users: Who may sign in; nobody needs to where there is none.
            sessions: Reads the cookies.
        """
        self._app = app
        self._rules = rules
        self._users = users
        self._sessions = sessions
        self._sign_in = SignIn(users, sessions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # Gradio needs no web socket; a closed door answers it
            await send({"type": "websocket.close", "code": 1008})
            return
        body = Body(scope, receive, _with_headers(send, scope["path"]), self._rules.most_bytes(scope["path"]))
        await body.run(self._passed)

    async def _passed(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """The door's own response; None lets the request through, with the user's name in its scope."""
        if header_bytes(request.scope) > MOST_HEADER_BYTES:
            return PlainTextResponse("The request's headers are too long.", 431, {"Connection": "close"})
        if refusal := _unreadable(request) or self._misdirected(request.headers) or self._foreign(request):
            return refusal
        path = request.url.path
        if path in SignIn.PATHS and self._users:
            return await self._sign_in.respond(request)
        if not self._is_served(path):
            if not _is_browser(request):
                return PlainTextResponse("There is nothing here.", 404)
            request.scope[NOWHERE] = True  # a person is told, and what to do
        if not self._users or path == READY:  # that says no more than that a server is here
            return None
        user = self._sessions.user(request.cookies.get(COOKIE, "")) or await self._by_password(request)
        if user is None:
            return _unauthorised(request)
        request.scope[USER] = user
        return None

    def _misdirected(self, headers: Headers) -> Response | None:
        name = _name(f"//{headers.get('host', '')}")
        if name in (*_LOOPBACK_NAMES, self._rules.host, *self._rules.names) or _is_address(name):
            return None
        if self._users and not _is_loopback(self._rules.host) and not self._rules.names:
            return None  # whoever knows no password learns nothing, whatever name led here
        return PlainTextResponse(
            f"This server does not go by the name {name!r}. If it should, add the name to ui.hosts.", 421
        )

    def _foreign(self, request: Request) -> Response | None:
        if request.method in ("GET", "HEAD"):
            return None
        origin, host = request.headers.get("origin"), request.headers.get("host", "")
        same = origin is None or _place(origin) == host.lower() or _name(origin) in self._rules.names
        if same and request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none"):
            return None
        return PlainTextResponse("Another site may not use this page.", 403)

    def _is_served(self, path: str) -> bool:
        match = _SERVED.fullmatch(path)
        if match is None:
            return False
        if path.startswith(("/gradio_api/info", "/gradio_api/openapi.json")):
            return bool(self._rules.endpoints)
        if path.startswith("/gradio_api/mcp"):
            return self._rules.mcp
        return match["name"] is None or match["name"] in self._rules.endpoints

    async def _by_password(self, request: Request) -> str | None:
        """The user of an ``Authorization: Basic`` header whose password is right."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:  # no base64, or not of text
            return None
        return name if await run_in_threadpool(self._sign_in.check, request, name, password) else None


def check_binding(config: UIConfig, users: Users) -> None:
    """Refuse to be reached from other machines without users.

    Raises:
        ConfigError: the host is not this machine's own and nobody has to sign in.
    """
    if users or config.allow_open or _is_loopback(config.host):
        return
    raise ConfigError(
        f"ui.host is {config.host}, which other machines can reach, and there are no users.",
        f"Name their file in ui.auth_file or put them into {USERS_VARIABLE} (`paperchat config password NAME` makes a "
        "line), or set ui.allow_open: true.",
    )


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _unreadable(request: Request) -> Response | None:
    """Refuse an address or a Host that none can be: all that reads it behind the door would fail."""
    try:
        request.url.path  # noqa: B018  # read when it is asked for
    except ValueError:
        return PlainTextResponse("The request's address cannot be read.", 400)
    return None


def _place(url: str) -> str | None:
    """Host and port of an address, in lower case; None where it is none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return None


def _name(url: str) -> str:
    """Host name of an address, in lower case, without port and brackets; empty where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_browser(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _is_own_script(request: Request) -> bool:
    """Whether our page asks. Over plain http from another machine, browsers say so by the Referer alone."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    host = request.headers.get("host", "")
    return request.headers.get("referer", "").startswith((f"http://{host}/", f"https://{host}/"))


def _unauthorised(request: Request) -> Response:
    """Send a browser to the form, and tell a program what it must send.

    A script of the page is told no more than that: a browser that reads which password is wanted asks for it itself,
    and what the script waits for never comes.
    """
    if _is_browser(request):
        return RedirectResponse(SignIn.address(request), 303)
    wanted = {} if _is_own_script(request) else {"WWW-Authenticate": 'Basic realm="paperchat", charset="UTF-8"'}
    return PlainTextResponse("Sign in first.", 401, wanted)


def _with_headers(send: Send, path: str) -> Send:
    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(_HEADERS)
            if path.startswith("/gradio_api/file="):  # what somebody uploaded is downloaded, never shown as a page
                headers["Content-Disposition"] = "attachment"
                headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        await send(message)

    return send_guarded
