"""A real loopback server that speaks OpenAI's chat completions, with scripted replies and faults."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Fault:
    """An answer that is no chat completion.

    Attributes:
        status: HTTP status; 0 closes the connection without an answer.
        body: What is sent as it stands.
        delay: Seconds before anything is sent.
    """

    status: int
    body: str = '{"error": {"message": "scripted"}}'
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    authorization: str
    body: dict[str, Any]

    @property
    def user(self) -> str:
        """The last message, which is the user's."""
        return str(self.body["messages"][-1]["content"])


Script = Callable[[Asked], str | Fault]


@dataclass
class ChatServer:
    """What a test sees of the server.

    Attributes:
        base_url: Up to and with /v1.
        asked: Requests so far.
        served_as: The model's name in replies; None echoes the request's.
    """

    base_url: str
    script: Script
    asked: list[Asked] = field(default_factory=list)
    served_as: str | None = None
    fingerprint: str | None = "fp_scripted"


def in_turn(replies: Sequence[str | Fault]) -> Script:
    """A script that gives each reply once, in order; asking more often is the test's failure."""
    left = iter(replies)
    return lambda asked: next(left)


@contextmanager
def chat_server(script: Script) -> Iterator[ChatServer]:
    """Run the server in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    state = ChatServer(f"http://127.0.0.1:{server.server_address[1]}/v1", script)
    server.state = state  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other

    def do_POST(self) -> None:
        state: ChatServer = self.server.state  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(self.path, self.headers.get("Authorization", ""), body)
        state.asked.append(asked)
        if self.path != "/v1/chat/completions":
            self._send(Fault(404))
            return
        try:
            reply = state.script(asked)
        except StopIteration:
            reply = Fault(418, '{"error": {"message": "asked more often than scripted"}}')
        self._send(reply if isinstance(reply, Fault) else Fault(200, json.dumps(_completion(state, body, reply))))

    def _send(self, answer: Fault) -> None:
        if answer.delay:
            time.sleep(answer.delay)
        if answer.status == 0:
            self.close_connection = True
            return
        content = answer.body.encode()
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(content)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client gave up waiting, as a time-out test wants

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


def _completion(state: ChatServer, body: dict[str, Any], text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": state.served_as or body["model"],
        "system_fingerprint": state.fingerprint,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
