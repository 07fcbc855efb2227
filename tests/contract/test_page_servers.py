"""Several page servers behind one address: signed in once, and the same conversations, papers and answers from each."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import httpx
import pytest
from gradio_client import Client
from starlette.requests import Request

from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.types import Filters
from tests.support.page_server import sample_library
from tests.support.proxy import Proxy
from ui.web.door.sessions import KEY_FILE, KEY_VARIABLE
from ui.web.door.signin import COOKIE
from ui.web.door.users import USERS_VARIABLE, user_line

COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]
KEY = "the secret of both servers, long enough"
LINES = f"{user_line('ada', 'right')}\n{user_line('bob', 'also right')}"
"""The same for both: a signature covers the line, in which a password is salted anew each time that it is made."""


@dataclass
class Site:
    """Two servers, the proxy before them, and how often each was asked."""

    url: str
    servers: tuple[str, str]
    asked: Counter[str]
    folder: Path


@contextmanager
def page(folder: Path) -> Iterator[str]:
    environ = {
        KEY_VARIABLE: KEY,
        USERS_VARIABLE: LINES,
        "PAPERCHAT__UI__SHARED": "true",
        "PAPERCHAT__UI__API": "true",
    }
    process = subprocess.Popen(
        [*COMMAND, "--data-dir", str(folder), "ui", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | environ,
    )
    with process:
        try:
            assert process.stdout
            address = process.stdout.readline().split()[3]
            httpx.get(f"{address}/ready", timeout=120).raise_for_status()
            yield address
        finally:
            process.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Requests go to the two in turn; those of Gradio's sessions, which live in one process, by the reader's cookie."""
    folder = tmp_path_factory.mktemp("library")
    sample_library(folder)
    with ExitStack() as stack:
        servers = tuple(stack.enter_context(page(folder)) for _ in range(2))
        turn, asked = itertools.cycle(range(2)), Counter[str]()

        def choose(request: Request) -> str:
            kept = crc32(request.cookies.get(COOKIE, "").encode())
            chosen = servers[kept % 2 if request.url.path.startswith("/gradio_api/") else next(turn)]
            asked[chosen] += 1
            return chosen

        front = stack.enter_context(Proxy(choose))
        yield Site(front.url, (servers[0], servers[1]), asked, folder)


@contextmanager
def signed_in(url: str, name: str, password: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=120) as client:
        answer = client.post("/login", data={"username": name, "password": password})
        assert answer.json() == {"success": True}
        yield client


def test_who_signed_in_at_one_is_known_at_the_other(site: Site) -> None:
    site.asked.clear()
    with signed_in(site.url, "ada", "right") as ada:
        for _ in range(6):
            assert ada.get("/library", headers={"Accept": "text/html"}).status_code == 200
    assert min(site.asked[server] for server in site.servers) >= 3, "both were asked"
    assert not (site.folder / KEY_FILE).exists(), "the key of the environment is the only one"
    assert httpx.get(f"{site.url}/library").status_code == 401


def test_what_one_keeps_the_other_shows_to_its_owner_only(site: Site) -> None:
    store = Conversations(site.folder / FILE_NAME)
    kept = store.add("ada", store.start("ada", "A question?"), "A question?", Filters(), "An answer.", None)
    store.close()
    with signed_in(site.url, "ada", "right") as ada, signed_in(site.url, "bob", "also right") as bob:
        for client, status in ((ada, 200), (bob, 404)):
            found = [client.get(f"{server}/answer/{kept.exchange_id}/next").status_code for server in site.servers]
            assert found == [status, status]


def test_a_star_given_at_one_is_seen_at_the_other(site: Site) -> None:
    here, there = site.servers
    with signed_in(site.url, "ada", "right") as ada:
        given = ada.post(f"{here}/act/star", json={"papers": "2504.05220", "on": "on"})
        assert given.status_code == 200, given.text
        exported = ada.get(f"{there}/export/bibtex?keep=starred")
        assert "2504.05220" in exported.text


def test_programs_ask_through_the_proxy(site: Site) -> None:
    client = Client(site.url, auth=("ada", "right"), verbose=False, analytics_enabled=False)
    found = json.loads(client.predict("annotate documents for training retrievers", api_name="/search"))
    assert found["hits"]
