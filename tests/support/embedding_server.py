"""A real OpenAI-compatible embedding server on the loopback, with faults on order."""

from __future__ import annotations

import hashlib
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DIMENSIONS = 8


@dataclass(frozen=True)
class Reply:
    """One scripted answer.

    Attributes:
        body: Bytes to send; None: embeddings of the texts that were asked for.
        change: Alters those embeddings' JSON document before it is sent.
        delay: Seconds before the answer begins.
        drip: Seconds between two bytes of the body.
        hang_up: Close the connection without an answer.
    """

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], None] | None = None
    delay: float = 0.0
    drip: float = 0.0
    hang_up: bool = False


@dataclass(frozen=True)
class Request:
    """What a client sent, and when (`time.monotonic`)."""

    at: float
    path: str
    authorization: str | None
    document: dict[str, Any]


class EmbeddingServer(ThreadingHTTPServer):
    """Answers each request with the next of `script`, and as asked when the script is used up."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[Reply] = []
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base_url a client is configured with."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def next_reply(self, request: Request) -> Reply:
        """Note the request and choose its answer."""
        with self.lock:
            self.requests.append(request)
            return self.script.pop(0) if self.script else Reply()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: EmbeddingServer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        document = json.loads(self.rfile.read(length))
        request = Request(time.monotonic(), self.path, self.headers.get("Authorization"), document)
        reply = self.server.next_reply(request)
        self.server.stopping.wait(reply.delay)
        if reply.hang_up:
            self.close_connection = True
        elif self.path == "/v1/embeddings":
            self._send(reply, _embeddings(document, reply) if reply.body is None else reply.body)
        else:
            self._send(Reply(404), b'{"error": {"message": "no such path"}}')

    def _send(self, reply: Reply, body: bytes) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            for i in range(len(body) if reply.drip else 0):
                self.wfile.write(body[i : i + 1])
                if self.server.stopping.wait(reply.drip):
                    return
            if not reply.drip:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client gave up, as some tests want

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """The vector this server's model gives a text."""
    digest = hashlib.shake_256(text.encode()).digest(2 * dimensions)
    return [value / 65536 + 0.1 for value in struct.unpack(f"<{dimensions}H", digest)]


def _embeddings(document: dict[str, Any], reply: Reply) -> bytes:
    size = document.get("dimensions", DIMENSIONS)
    data = [{"object": "embedding", "index": i, "embedding": vector(t, size)} for i, t in enumerate(document["input"])]
    answer = {"object": "list", "model": document["model"], "data": data}
    if reply.change:
        reply.change(answer)
    return json.dumps(answer).encode()


@contextmanager
def embedding_server() -> Iterator[EmbeddingServer]:
    """Run a server while the block lasts."""
    server = EmbeddingServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def elapsed_at_most(seconds: float) -> Iterator[None]:
    """Fail when the block takes longer."""
    start = time.monotonic()
    yield
    taken = time.monotonic() - start
    assert taken <= seconds, f"took {taken:.2f} s, more than {seconds:.2f} s"
