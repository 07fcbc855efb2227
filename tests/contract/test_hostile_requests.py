"""Requests that no browser sends, over real sockets: too long, too slow, too many, and paths that lead out."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.page_server import sample_library, served, users
from ui.web.door import bodies, patience

SECRET = "the content of a file that is nobody's business"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library")
    sample_library(made)
    (made / "secret.txt").write_text(SECRET)
    return made


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[str]:
    """A page that is less patient than usual."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience, "HEADER_S", 0.7)
        patch.setattr(bodies, "GRACE_S", 0.7)
        with served(folder, {"api": True, "max_upload_mb": 1, "max_upload_files": 2}) as address:
            yield address


def connected(page: str) -> socket.socket:
    url = httpx.URL(page)
    assert url.port
    found = socket.create_connection((url.host, url.port))
    found.settimeout(10)
    return found


def exchanged(page: str, head: str, *pieces: bytes, pause: float = 0.0) -> bytes:
    """The reply to bytes that are sent as they are; what comes until the server closes."""
    host = httpx.URL(page).netloc.decode()
    with closing(connected(page)) as connection:
        try:
            connection.sendall(head.replace("HOST", f"Host: {host}").encode())
            for piece in pieces:
                time.sleep(pause)
                connection.sendall(piece)
        except OSError:  # refused while it was sent
            pass
        reply = b""
        try:
            while part := connection.recv(65536):
                reply += part
        except OSError:  # reset, as the rest of what was sent was never read
            pass
        return reply


def status(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1]) if reply.startswith(b"HTTP/1.1 ") else 0


# --- too long -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/gradio_api/run/papers", "/gradio_api/queue/join", "/gradio_api/reset", "/act/star"])
def test_a_body_that_says_it_is_too_long_is_refused_unread(page: str, path: str) -> None:
    reply = exchanged(page, f"POST {path} HTTP/1.1\r\nHOST\r\nContent-Length: 900000000\r\n\r\n", b"{")
    assert status(reply) == 413
    assert b"too long" in reply


@pytest.mark.parametrize("path", ["/gradio_api/run/papers", "/gradio_api/queue/join", "/act/star"])
def test_a_body_that_only_turns_out_too_long_is_refused(page: str, path: str) -> None:
    pieces = (b"%x\r\n%s\r\n" % (500_000, b"a" * 500_000) for _ in range(40))
    head = f"POST {path} HTTP/1.1\r\nHOST\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply = exchanged(page, head, *pieces)
    assert status(reply) in (413, 0)  # 0: the server closed while we were still sending
    assert httpx.get(f"{page}/ready").status_code == 204


def test_an_upload_may_have_all_its_files_and_no_more(page: str) -> None:
    files = [("files", (f"{n}.jsonl", b"x" * 900_000)) for n in range(2)]
    assert httpx.post(f"{page}/gradio_api/upload", files=files).status_code == 200
    head = "POST /gradio_api/upload HTTP/1.1\r\nHOST\r\nContent-Length: 90000000\r\n\r\n"
    assert status(exchanged(page, head, b"-")) == 413


def test_a_sign_in_is_short(folder: Path) -> None:
    with served(folder, known=users(ada="secret")) as address:
        reply = httpx.post(f"{address}/login", data={"username": "ada", "password": "x" * 20_000})
        assert reply.status_code == 413


@pytest.mark.parametrize(
    "head",
    [
        "GET /ready HTTP/1.1\r\nHOST\r\nX: " + "a" * 100_000 + "\r\n\r\n",
        "GET /ready HTTP/1.1\r\nHOST\r\n" + "".join(f"X-{n}: a\r\n" for n in range(10_000)) + "\r\n",
        "GET /ready HTTP/1.1\r\nHOST\r\nX: " + "a" * 3_000_000,
        "GET /view/library?words=" + "a" * 200_000 + " HTTP/1.1\r\nHOST\r\n\r\n",
    ],
    ids=["one-header", "many-headers", "endless", "address"],
)
def test_long_headers_are_refused(page: str, head: str) -> None:
    assert status(exchanged(page, head)) in (400, 431, 0)
    assert httpx.get(f"{page}/ready").status_code == 204


# --- too slow -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", ["", "GET /ready HT", "GET /ready HTTP/1.1\r\nHOST\r\nX: a\r\n"])
def test_who_never_finishes_the_head_of_a_request_is_cut_off(page: str, begun: str) -> None:
    begin = time.monotonic()
    assert status(exchanged(page, begun)) == 408
    assert time.monotonic() - begin < 5


def test_a_head_that_drips_is_cut_off(page: str) -> None:
    drops = [b"X: a\r\n"] * 30
    reply = exchanged(page, "GET /ready HTTP/1.1\r\nHOST\r\n", *drops, pause=0.1)
    assert status(reply) in (408, 0)


def test_a_second_request_may_not_drip_either(page: str) -> None:
    with closing(connected(page)) as connection:
        host = httpx.URL(page).netloc
        connection.sendall(b"GET /ready HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
        assert b" 204 " in connection.recv(65536)
        connection.sendall(b"GET /ready HTTP/1.1\r\n")
        begin = time.monotonic()
        assert connection.recv(65536) == b""
        assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/act/star", "application/json"),
        ("/gradio_api/run/papers", "application/json"),
        ("/gradio_api/upload", "multipart/form-data; boundary=x"),
    ],
)
def test_a_body_that_drips_is_refused(page: str, path: str, kind: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHOST\r\nContent-Type: {kind}\r\nContent-Length: 100\r\n\r\n"
    begin = time.monotonic()
    drops = [b"%c" % one for one in b"--x\r\nContent-Disposition"]
    assert status(exchanged(page, head, *drops, pause=0.1)) == 408
    assert time.monotonic() - begin < 8


def test_a_body_that_nobody_reads_may_not_drip_either(page: str) -> None:
    head = "POST /nowhere HTTP/1.1\r\nHOST\r\nContent-Length: 100\r\n\r\n"
    begin = time.monotonic()
    reply = exchanged(page, head, *[b"{"] * 30, pause=0.1)
    assert (status(reply), reply.count(b"HTTP/1.1 ")) == (404, 1)
    assert time.monotonic() - begin < 8


def test_a_slow_answer_is_waited_for(page: str) -> None:
    """Patience ends with the request: what the server takes its time for is the reader's to wait for."""
    with (
        httpx.stream("GET", f"{page}/gradio_api/heartbeat/abcdef", timeout=2.5) as reply,
        pytest.raises(httpx.ReadTimeout),  # open, long after both limits
    ):
        list(reply.iter_raw())


# --- too many -------------------------------------------------------------------------------------------------------


def test_idle_connections_leave_room_for_others(page: str) -> None:
    held = [connected(page) for _ in range(150)]
    try:
        assert httpx.get(f"{page}/ready", timeout=5).status_code == 204
    finally:
        for one in held:
            one.close()


def test_one_address_cannot_hold_every_connection(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MOST_OF_ONE", 5)
    monkeypatch.setattr(patience, "_is_own", lambda host: False)
    with served(folder) as address:
        held = [connected(address) for _ in range(8)]
        try:
            time.sleep(0.3)
            closed = 0
            for one in held:
                one.settimeout(0.2)
                with suppress(TimeoutError):
                    closed += one.recv(1) == b""
            assert closed >= 3
        finally:
            for one in held:
                one.close()


# --- paths that lead out --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../../../etc/passwd",
        "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/svelte/..%2f..%2f..%2fetc%2fpasswd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/assets/..%5c..%5cetc",
        "/gradio_api/file=%2fetc%2fpasswd",
        "/gradio_api/file=../../../../etc/passwd",
        "/gradio_api/file=/proc/self/environ",
        "/gradio_api/file=file%3a///etc/passwd",
        "/gradio_api/file=//etc/passwd",
        "/gradio_api/file=FOLDER/secret.txt",
        "/gradio_api/file=FOLDER/shelf.sqlite",
        "/gradio_api/file=FOLDER%2fsecret.txt",
        "/view/paper/..%2f..%2fetc%2fpasswd",
        "/export/..%2fsecret.txt",
        "/quote/..%2f..%2fsecret.png",
        "/paper/%00",
    ],
)
def test_no_path_leads_to_a_file_of_the_machine(page: str, folder: Path, path: str) -> None:
    asked = path.replace("FOLDER", str(folder))
    reply = exchanged(page, f"GET {asked} HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n")
    assert status(reply) in (400, 403, 404)
    assert b"root:" not in reply
    assert SECRET.encode() not in reply
    assert b"SQLite format" not in reply


@pytest.mark.parametrize(
    "name", ["../../../../../../tmp/out.jsonl", "..\\..\\out.jsonl", "/etc/out.jsonl", ".jsonl", "a\0b.jsonl"]
)
def test_an_upload_lies_where_uploads_lie_whatever_it_is_called(page: str, folder: Path, name: str) -> None:
    import tempfile

    reply = httpx.post(f"{page}/gradio_api/upload", files={"files": (name, b"{}")})
    assert reply.status_code in (200, 400)
    for stored in reply.json() if reply.status_code == 200 else ():
        assert ".." not in Path(stored).parts
        assert Path(stored).resolve().is_relative_to(Path(tempfile.gettempdir()).resolve())
        assert not Path(stored).is_relative_to(folder)


def test_two_requests_in_one_are_not_two_answers_to_one(page: str) -> None:
    """A length and chunks at once: proxies and servers read such a request differently, so it is refused."""
    inner = b"0\r\n\r\nGET /ready HTTP/1.1\r\nHost: x\r\n\r\n"
    head = "POST /act/star HTTP/1.1\r\nHOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply = exchanged(page, head, inner)
    assert status(reply) in (400, 408)
    assert reply.count(b"HTTP/1.1 ") == 1
