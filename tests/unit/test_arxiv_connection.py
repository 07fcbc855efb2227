"""Requests to arXiv: again where that helps, never too soon, of no other host, within limits."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rag.errors import FetchError
from rag.sources.arxiv.connection import Absent, Connection, Reply, TooLarge, Unusable
from rag.sources.arxiv.pace import MARK
from tests.support.arxiv_server import DELAY, PDF, ArxivServer, Fault, arxiv_server


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with arxiv_server() as running:
        yield running
        running.assert_polite()


def ask(server: ArxivServer, folder: Path, path: str = "/api/query", **changes: Any) -> bytes:
    with Connection(server.config(folder, **changes)) as connection:
        return connection.ask(f"{server.url}{path}", {"id_list": "2504.00001"}, lambda reply: reply.content)


BUSY = [Fault(status) for status in (429, 500, 502, 503, 504)]


@pytest.mark.parametrize(
    "fault",
    [
        *BUSY,
        Fault(503, {"Retry-After": "0.2"}),
        Fault(429, {"Retry-After": "soon"}),
        Fault(hang_up=True),
        Fault(keep=0.5),
        Fault(delay=2.5),
    ],
    ids=str,
)
def test_what_may_pass_is_asked_for_again(server: ArxivServer, tmp_path: Path, fault: Fault) -> None:
    server.script = [fault]
    assert b"<feed" in ask(server, tmp_path)
    assert len(server.requests) == 2


def test_waits_double(server: ArxivServer, tmp_path: Path) -> None:
    server.script = [Fault(503)] * 3
    ask(server, tmp_path, max_retries=3)
    times = [request.begun for request in server.requests]
    gaps = [after - before for before, after in pairwise(times)]
    assert [gap >= DELAY * factor for gap, factor in zip(gaps, (2, 4, 8), strict=True)] == [True] * 3


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_wait_that_arxiv_asks_for_is_kept(server: ArxivServer, tmp_path: Path, form: str) -> None:
    asked = "0.6" if form == "seconds" else formatdate(time.time() + 4, usegmt=True)
    server.script = [Fault(429, {"Retry-After": asked})]
    ask(server, tmp_path, patience_s=9)
    first, second = server.requests
    assert second.begun - first.begun >= (0.6 if form == "seconds" else 0.9)


def test_a_storm_ends_the_command(server: ArxivServer, tmp_path: Path) -> None:
    server.always = Fault(429)
    with pytest.raises(FetchError, match=r"gave no usable reply, 3 times: it is busy \(429\)"):
        ask(server, tmp_path)
    assert len(server.requests) == 3


def test_a_wait_past_the_patience_ends_the_command_and_the_next_asks_nothing(
    server: ArxivServer, tmp_path: Path
) -> None:
    server.script = [Fault(503, {"Retry-After": "7200"})]
    with pytest.raises(FetchError, match="asks for 120 minutes of rest"):
        ask(server, tmp_path)
    with pytest.raises(FetchError, match="left alone for another 120 minutes"):
        ask(server, tmp_path)
    assert len(server.requests) == 1
    assert (tmp_path / MARK).exists()


@pytest.mark.parametrize("status", [401, 403, 304, 418])
def test_what_no_retry_helps_is_not_asked_for_again(server: ArxivServer, tmp_path: Path, status: int) -> None:
    server.script = [Fault(status)]
    with pytest.raises(FetchError, match=rf"refuses the request \({status}\)"):
        ask(server, tmp_path)
    assert len(server.requests) == 1


def test_what_is_not_there(server: ArxivServer, tmp_path: Path) -> None:
    with pytest.raises(Absent):
        ask(server, tmp_path, "/nowhere")


@pytest.mark.parametrize(
    "location", ["http://192.0.2.1/api/query", "http://169.254.169.254/latest/meta-data", "http://localhost:1/x",
                 "//example.org/x", "file:/etc/passwd", "ftp://127.0.0.1/x", "http://[", "http://127.0.0.1:1/"],
)  # fmt: skip
def test_a_redirect_to_another_host_is_not_followed(server: ArxivServer, tmp_path: Path, location: str) -> None:
    server.script = [Fault(302, {"Location": location})]
    with pytest.raises(FetchError, match="redirects to another host"):
        ask(server, tmp_path)
    assert len(server.requests) == 1


def test_a_redirect_within_the_host_is_followed_at_the_same_pace(server: ArxivServer, tmp_path: Path) -> None:
    server.script = [Fault(301, {"Location": "/api/query?id_list=2504.00002"})]
    assert b"<feed" in ask(server, tmp_path)
    assert [request.parameters["id_list"] for request in server.requests] == ["2504.00001", "2504.00002"]


def test_redirects_in_a_circle(server: ArxivServer, tmp_path: Path) -> None:
    server.always = Fault(302, {"Location": "/api/query"})
    with pytest.raises(FetchError, match="redirects in a circle"):
        ask(server, tmp_path)


def test_no_network_says_so_at_once(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = ArxivServer()
        config = server.config(tmp_path)
        server.server_close()
    with Connection(config) as connection, pytest.raises(FetchError) as caught:
        connection.ask(config.arxiv.api_url, {}, lambda reply: reply)
    assert "127.0.0.1 cannot be reached" in caught.value.message
    assert len(str(caught.value).splitlines()) == 2


def test_a_reply_that_drips_is_given_up(server: ArxivServer, tmp_path: Path) -> None:
    server.script = [Fault(drip=0.1)]
    assert b"<feed" in ask(server, tmp_path, timeout_s=0.5)
    assert len(server.requests) == 2


def test_a_reply_without_end_is_refused(server: ArxivServer, tmp_path: Path) -> None:
    server.pdfs["2504.00001v1"] = PDF * 20_000
    with (
        Connection(server.config(tmp_path, max_pdf_mb=1)) as connection,
        pytest.raises(TooLarge, match="more than 1 MB"),
    ):
        connection.download(f"{server.url}/pdf/2504.00001v1", lambda reply: None, tmp_path / "x.pdf")
    assert not list(tmp_path.glob("x.pdf*"))


def test_what_cannot_be_used_is_not_stored(server: ArxivServer, tmp_path: Path) -> None:
    server.pdfs["2504.00001v1"] = PDF

    def check(reply: Reply) -> None:
        raise Unusable("it is odd")

    with Connection(server.config(tmp_path)) as connection, pytest.raises(FetchError, match="it is odd"):
        connection.download(f"{server.url}/pdf/2504.00001v1", check, tmp_path / "x.pdf")
    assert not list(tmp_path.glob("x.pdf*"))
    assert len(server.requests) == 3


def test_longer_waits_are_said(server: ArxivServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.sources.arxiv.connection._SECONDS_WORTH_A_WORD", 0.05)
    server.script = [Fault(503)]
    said: list[str] = []
    with Connection(server.config(tmp_path), say=said.append) as connection:
        connection.ask(f"{server.url}/api/query", {}, lambda reply: reply)
    assert said == ["arXiv: it is busy (503); asking again in 1 s"]


def test_arxiv_is_told_who_asks(server: ArxivServer, tmp_path: Path) -> None:
    ask(server, tmp_path, contact="reader@example.org")
    assert server.requests[0].agent.startswith("paperchat/")
    assert "reader@example.org" in server.requests[0].agent
