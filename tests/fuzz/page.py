"""What is typed into a terminal, clicked in a browser and sent to the page's door."""

from __future__ import annotations

import contextlib
import io
import json
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import PaperchatError
from tests.fuzz.target import PARTED, Target, folder, texts, words

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COMMANDS = ("papers", "show", "new", "list", "note", "review", "export", "conversations", "keep", "similar", "search")
"""Those that read what is typed, and write into the library alone."""


@cache
def _opened() -> tuple[ExitStack, Path, TestClient]:
    """A library of some papers, and the addresses of its drawn pages."""
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from rag.assistant import Assistant
    from rag.config import Config
    from rag.index.library import Library
    from rag.papers.readers.conversations import FILE_NAME, Conversations
    from tests.support.papers import make_paper
    from ui.web.drawn.actions import Actions
    from ui.web.drawn.site import Site

    stack, place = ExitStack(), folder() / "pages"
    assistant = stack.enter_context(Assistant(Library(Config(data_dir=place))))
    rows = enumerate(("Passages", "Queries", "Bread"), start=1)
    papers = [
        (f"2504.0000{n}", f"{word} Net", f"We rank {word}.", ("Ada Ling",), f"2025-04-{9 + n}") for n, word in rows
    ]
    assistant.library.ingest(make_paper(*one) for one in papers)
    assistant.search("ranking")  # what is loaded once is no input's time
    app = FastAPI()
    Actions(Site(assistant, Conversations(place / FILE_NAME)), lambda _: "", lambda category: category).serve(app)
    return stack, place, TestClient(app)


def typed(data: bytes) -> None:
    """A command with its words: done, refused in our words, or wrong usage."""
    from ui.cli import app, require_text
    from ui.cli.base.terminal import Plain

    words = [piece.decode("utf-8", "surrogateescape").replace("\0", "") for piece in data.split(PARTED)]
    if words[0] not in _COMMANDS or any(word.startswith(("--o", "--c", "--d", "-c", "-o", "/")) for word in words[1:]):
        return
    _, place, _ = _opened()
    told = io.StringIO()
    shown = redirect_stdout(Plain(told)), redirect_stderr(Plain(told))
    with contextlib.chdir(folder()), shown[0], shown[1], suppress(SystemExit, PaperchatError, OSError):
        require_text(words)
        app([words[0], "--data-dir", str(place), *words[1:]])
    assert "\x1b" not in told.getvalue(), "an escape reaches the terminal"


def clicked(data: bytes) -> None:
    """What a browser asks of the drawn pages, or an action with the JSON that it sends."""
    first, _, body = data.partition(PARTED)
    said = first.decode("utf-8", "replace")
    _, _, client = _opened()
    if said in ("sample", "fetch", "remove"):
        return
    with suppress(UnicodeError):  # no browser can ask for it
        if said.startswith("/"):
            reply = client.get(f"/view{_address(said)}")
        else:
            reply = client.post(f"/act/{_address(said.replace('/', ''))}", content=body)
        assert reply.status_code < 500 or reply.status_code == 503, f"status {reply.status_code}"
        if reply.headers["content-type"].startswith("application/json"):
            json.dumps(reply.json(), ensure_ascii=False).encode()


def _address(said: str) -> str:
    """An address as a browser writes it."""
    from urllib.parse import quote

    return quote(said, safe="/?=&%+;:@.~-_")


@cache
def _doors() -> tuple[ASGIApp, ...]:
    """The page's door where nobody signs in, and where somebody does on a machine that others reach."""
    from starlette.requests import Request
    from starlette.responses import JSONResponse

    from ui.telemetry.requests import Requests
    from ui.telemetry.watch import Watch
    from ui.web.door.access import USER, Door, Rules
    from ui.web.door.sessions import Sessions
    from ui.web.door.users import Users

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        said = {"user": scope.get(USER), "query": dict(request.query_params), "size": len(await request.body())}
        await JSONResponse(said)(scope, receive, send)

    known = Users({"ann": f"ann:$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ${'A' * 43}"})
    made = ((Rules("127.0.0.1"), Users({})), (Rules("0.0.0.0"), known))
    doors = [Door(app, rules, users, Sessions(users, b"k" * 32)) for rules, users in made]
    return tuple(Requests(_telling(one), Watch()) for one in doors)


_FAILED: list[Exception] = []


def _telling(app: ASGIApp) -> ASGIApp:
    """An app whose errors are kept: whoever stands before it answers them with a status."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            _FAILED.append(error)
            raise

    return told


def door(data: bytes) -> None:
    """A request as anybody may send it, headers a line each: answered, and passed on as nobody without a password."""
    import asyncio
    from urllib.parse import unquote

    first, headers, body = (*data.split(PARTED, 2), b"", b"")[:3]
    method, _, address = first.partition(b" ")
    path, _, query = address.partition(b"?")
    lines = (line.partition(b":") for line in headers.split(b"\n") if line.strip())
    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "method": method.decode("latin-1"),
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "headers": [(name.strip().lower(), value.strip()) for name, _, value in lines],
        "client": ("203.0.113.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    for made in _doors():
        _FAILED.clear()
        status = asyncio.run(_answered(made, dict(scope), body))
        if _FAILED:
            raise _FAILED[0]
        assert 200 <= status < 500, f"status {status}"


async def _answered(app: ASGIApp, scope: Scope, body: bytes) -> int:
    """The status of what an app answers a request."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert b'"user":"ann"' not in b"".join(one.get("body", b"") for one in sent), "passed on as a user"
    return int(sent[0]["status"])


_TYPED = (
    "papers\x1e--query\x1erank\x1e--from\x1e2025-04\x1e--sort\x1edate",
    "show\x1e2504.00001\x1e--json",
    "new\x1e--since\x1e7d",
    "list\x1ethesis\x1e--add\x1e2504.00001",
    "note\x1e2504.00001\x1ecompare **with** ours",
    "export\x1e--format\x1eris\x1e2504.00002",
    "similar\x1e2504.00001\x1e-k\x1e2",
    "search\x1erank passages\x1e--author\x1eLing",
    "review\x1e2504.00001\x1e--release",
    "keep\x1eexport",
    "conversations\x1eshow\x1e1",
)
_CLICKED = (
    "/?since=7d",
    "/library?words=rank&from=2025-04-10&sort=date&page=2",
    "/paper/2504.00001?words=a",
    "/map/1.2",
    "/you",
    "/quiz?list=thesis",
    'star\x1e{"papers": "2504.00001", "on": "off"}',
    'list\x1e{"papers": "2504.00001", "list": "thesis"}',
    'note\x1e{"papers": "2504.00001", "text": "**a** <b>", "seen": "1"}',
    'interest\x1e{"sentence": "ranking of passages", "key": "1"}',
    'answer\x1e{"key": "1", "said": "a", "part": "you"}',
)
_ASKED = (
    "GET /library?words=a\x1eHost: 127.0.0.1:8000\nAccept: text/html\nCookie: paperchat-session=YQ.YQ",
    "POST /gradio_api/queue/join\x1eHost: localhost\nOrigin: http://localhost\nX-Request-ID: abcdefgh\x1e{}",
    "POST /act/star\x1eHost: [::1]:80\nAuthorization: Basic YW5uOmE=\nSec-Fetch-Site: same-origin\nReferer: http://x/",
    "POST /login?next=/map\x1eHost: 127.0.0.1\nContent-Type: application/x-www-form-urlencoded\x1eusername=ann&"
    "password=a&next=/",
    "POST /login\x1eHost: a\nContent-Type: multipart/form-data; boundary=b\x1e--b\r\nContent-Disposition: form-data; "
    'name="username"\r\n\r\nann\r\n--b--\r\n',
)
_OF_COMMANDS = "\x1e -- --json --region --tag --has --to -k 2504.00001v9 9999999999 -1"
_OF_PAGES = '\x1e ": " ", " {" &page= &since= 99999999999 -1 \\ud800 %00 <b>'
_OF_REQUESTS = "\x1e \n Host: Origin: http:// [ ] @ : // %00 \xe9 Basic Forwarded: Content-Type: ; boundary= --b\r\n"

TARGETS = (
    Target("typed", typed, texts(*_TYPED), words(_OF_COMMANDS)),
    Target("clicked", clicked, texts(*_CLICKED), words(_OF_PAGES)),
    Target("door", door, texts(*_ASKED), words(_OF_REQUESTS)),
)
"""Of all these."""
