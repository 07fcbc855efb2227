"""What a `VectorStore` says when there is no Chroma where it should be."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from rag.config import IndexConfig
from rag.errors import ConfigError, IndexDamaged, VectorStoreError
from rag.index import VectorStore, chroma
from tests.support.chroma_gateway import TOKEN, gateway
from tests.support.chroma_server import ChromaServer, free_port
from tests.support.chunks import make_chunks, make_vectors


def test_nobody_at_the_address() -> None:
    with pytest.raises(VectorStoreError, match="can be reached") as error:
        VectorStore(f"http://127.0.0.1:{free_port()}", "papers", IndexConfig())
    assert "chroma run" in error.value.advice


def test_an_address_that_is_none() -> None:
    for address in ("127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port"):
        with pytest.raises(VectorStoreError, match=address):
            VectorStore(address, "papers", IndexConfig())


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "127.0.0.1:port", "127.0.0.1:{port}/x y"])
def test_a_password_in_the_address_is_not_told(host: str) -> None:
    with pytest.raises(VectorStoreError, match=r"\*\*\*@") as error:
        VectorStore(f"http://bob:s3cret@{host.format(port=free_port())}", "papers", IndexConfig())
    assert "s3cret" not in str(error.value)


def test_a_password_is_not_told_when_chroma_fails_later() -> None:
    store = VectorStore.__new__(VectorStore)
    store.location = "http://bob:s3cret@127.0.0.1:1/"
    with pytest.raises(VectorStoreError, match=r"\*\*\*@127") as error, store._mapped():
        raise RuntimeError("404 for http://bob:s3cret@127.0.0.1:1/api/v2")
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, "<html>hello</html>", "not Chroma"),
        (404, "not found", "not Chroma"),
        (401, "no", "refuses us .HTTP 401"),
        (403, "no", "refuses us .HTTP 403"),
        (502, "bad gateway", "failing .HTTP 502"),
    ],
)
def test_something_else_at_the_address(status: int, body: str, message: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    other = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    try:
        with pytest.raises(VectorStoreError, match=message):
            VectorStore(f"http://127.0.0.1:{other.server_port}", "papers", IndexConfig())
    finally:
        other.shutdown()
        thread.join()
        other.server_close()


def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chroma, "_CONNECT_SECONDS", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begin = time.monotonic()
        with pytest.raises(VectorStoreError, match="within"):
            VectorStore(f"http://127.0.0.1:{silent.getsockname()[1]}", "papers", IndexConfig())
        assert time.monotonic() - begin < 10


def test_a_server_that_goes_away(tmp_path: Path) -> None:
    with ChromaServer(tmp_path / "chroma") as server:
        store = VectorStore(server.url, "papers", IndexConfig())
        store.upsert(make_chunks(3), make_vectors(3))
    with pytest.raises(VectorStoreError, match=server.url):
        store.query(make_vectors(1)[0], 3)
    store.close()


def test_a_hosted_server_says_what_it_misses(tmp_path: Path) -> None:
    with gateway(tmp_path) as config:
        assert config.chroma_url
        VectorStore(config.chroma_url, "papers", config).close()
        for change, message, advice in (
            ({"chroma_headers": ()}, "refuses us .HTTP 401", "No credentials are configured"),
            ({"chroma_ca_file": None}, "CERTIFICATE_VERIFY_FAILED", "index.chroma_ca_file"),
            ({"chroma_database": "other"}, "no database 'other' of tenant 'our-team'", "Make it there"),
            ({"chroma_tenant": "theirs"}, "of tenant 'theirs'", "index.chroma_tenant"),
        ):
            with pytest.raises(VectorStoreError, match=message) as error:
                VectorStore(config.chroma_url, "papers", config.model_copy(update=change))
            assert advice in error.value.advice
            assert TOKEN not in str(error.value)
        greedy = VectorStore(config.chroma_url, "papers", config.model_copy(update={"chroma_batch": None}))
        with pytest.raises(VectorStoreError, match="300 are allowed"):
            greedy.upsert(make_chunks(301), make_vectors(301))
        greedy.close()


def test_what_a_server_is_sent_must_be_configured(tmp_path: Path) -> None:
    url, nothing = f"http://127.0.0.1:{free_port()}", tmp_path / "nothing.pem"
    nothing.write_text("no certificate")
    for config, message in (
        (IndexConfig(chroma_headers=("X-Chroma-Token: UNSET_IN_TESTS",)), "UNSET_IN_TESTS, which is not set"),
        (IndexConfig(chroma_headers=("s3cret",)), "not of the form"),
        (IndexConfig(chroma_ca_file=nothing), "it holds no certificate"),
        (IndexConfig(chroma_ca_file=tmp_path / "missing.pem"), "No such file"),
    ):
        with pytest.raises(ConfigError, match=message) as error:
            VectorStore(url, "papers", config)
        assert "s3cret" not in str(error.value)


def test_a_folder_that_is_no_chroma(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    (folder / "store").mkdir(parents=True)
    (folder / "store" / "chroma.sqlite3").write_bytes(b"this is not a database" * 100)
    with pytest.raises(IndexDamaged, match="chroma") as error:
        VectorStore(folder, "papers", IndexConfig())
    assert "doctor --repair" in error.value.advice
