"""The page as a browser first reads it: what its address shows is in it, and what has to run before Gradio's scripts.

Drawn pages come without Gradio, whose scripts take a processor for longer than all of the page: it follows when that is
painted. What Gradio is given for the head of its page it puts there itself, from a script, after the first picture.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.base.address import LONE, NAMED, READ, SECTIONS, Address
from ui.web.door.access import NOWHERE, USER
from ui.web.drawn.site import Site
from ui.web.drawn.view import View
from ui.web.html.rendering import EMPTY, element

STYLES = ("site.css", "keys.css", "today.css", "paper.css", "shelves.css", "map.css", "best.css", "quiz.css", "you.css")
SCRIPTS = ("theme.js", "notes.js", "map.js", "address.js", "keys.js")
_LINKS = (
    ("Today", "today"),
    ("Chat", "chat"),
    ("Topic", "topic"),
    ("Library", "library"),
    ("Map", "map"),
    ("You", "you"),
)
_OURS = ("view", "act", "export", "quote", "answer", "ready", "metrics")
_BARE = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><base href="./" />'
    b'<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
    b'<body style="margin: 0; display: flex; flex-direction: column; min-height: 100vh">'
    b"<script>paperchatSite.complete()</script></body></html>"
)
"""A page that is read before Gradio is there; the script adds Gradio's part afterwards."""


@dataclass(slots=True)
class _Page:
    """A response under way."""

    start: Message
    content: bytearray


class Front:
    """ASGI app of two: what the drawn pages need, and all else."""

    def __init__(self, drawn: ASGIApp, rest: ASGIApp) -> None:
        """Stand before both."""
        self._drawn = drawn
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the one that answers for it."""
        is_ours = scope["type"] == "http" and scope["path"].split("/", 2)[1] in _OURS
        await (self._drawn if is_ours else self._rest)(scope, receive, send)


class Opening:
    """ASGI middleware that answers for all addresses of pages: Gradio's page with what the address shows in it."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        """Stand before an app.

        Args:
            app: Serves Gradio's page at ``/``, and what is no page.
            site: Draws what addresses show.
        """
        self._app = app
        self._site = site
        static = files("ui.web") / "static"
        style = "".join((static / name).read_text(encoding="utf-8") for name in STYLES)
        scripts = "".join((static / name).read_text(encoding="utf-8") for name in SCRIPTS)
        self._head = f"<script data-ours>{scripts}</script><title></title><style data-ours>{style}</style>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a page, or pass a request on."""
        if scope["type"] != "http" or scope["method"] != "GET" or not _is_page(scope):
            await self._app(scope, receive, send)
            return
        path = "/nowhere" if scope.get(NOWHERE) else scope["path"]
        address = Address.read(path, scope["query_string"].decode("latin-1"))
        view = await self._site.shown(address, scope.get(USER) or "")
        is_packed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if view.page in READ:
            page = _Page({"type": "http.response.start", "status": 200, "headers": []}, bytearray(_BARE))
            MutableHeaders(scope=page.start)["Content-Type"] = "text/html; charset=utf-8"
            await _send(page, self._completed(_BARE, view), view.status, is_packed, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        inner = {**scope, "headers": plain, "path": "/", "raw_path": b"/", "query_string": b""}
        page = _Page({}, bytearray())
        await self._app(inner, receive, _collected(page))
        await _send(page, self._completed(bytes(page.content), view), view.status, is_packed, send)

    def _completed(self, page: bytes, view: View) -> bytes:
        """Gradio's page with what belongs to an address."""
        title = element("title", f"{view.title} · paperchat" if view.title else "paperchat")
        head = self._head.replace("<title></title>", str(title), 1)
        text = page.decode()
        text = text.replace("<html", f"<html{_attributes(view)}", 1).replace("<head>", f"<head>{head}", 1)
        text = text.replace('<base href="./" />', '<base href="/" />', 1)
        place = "<gradio-app" if "<gradio-app" in text else "<script>paperchatSite"
        return text.replace(place, f"{_body(view)}{place}", 1).encode()


def _is_page(scope: Scope) -> bool:
    name = scope["path"].strip("/").partition("/")[0]
    return bool(scope.get(NOWHERE)) or not name or name in LONE or name in NAMED


def _attributes(view: View) -> str:
    """What the style sheet and the script are told of the page shown, and of pages at all."""
    known = Markup('data-pages="{}" data-sections="{}"').format(" ".join(sorted(READ)), json.dumps(SECTIONS))
    return f' data-page="{view.page}"{" data-drawn" if view.page in READ else ""} {known}'


def _body(view: View) -> Markup:
    section = SECTIONS.get(view.page, view.page)
    links = (_link(name, page, page == section) for name, page in _LINKS)
    header = element(
        "header",
        element("a", "Skip to the page", href="#view", id="skip", data_here=True),
        element("a", "paperchat", href="/today", class_="home"),
        element("nav", *links, aria_label="Pages"),
        element("div", _link("Setup", "setup", section == "setup"), class_="ends"),
        id="site",
    )
    main = element("main", view.html, id="view", hidden=None)
    return header + main + element("div", EMPTY, id="toast", role="status")


def _link(name: str, page: str, is_here: bool, **more: object) -> Markup:
    return element("a", name, href=f"/{page}", data_page=page, aria_current="page" if is_here else None, **more)


def _collected(page: _Page) -> Send:
    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            page.start = message
        else:
            page.content.extend(message.get("body", b""))

    return collect


async def _send(page: _Page, content: bytes, status: int, is_packed: bool, send: Send) -> None:
    headers = MutableHeaders(scope=page.start)
    if page.start["status"] == 200:
        page.start["status"] = status
    if is_packed:
        content = gzip.compress(content, compresslevel=5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Vary"] = "Accept-Encoding"
    headers["Cache-Control"] = "no-store"
    headers["Content-Length"] = str(len(content))
    await send(page.start)
    await send({"type": "http.response.body", "body": content})
