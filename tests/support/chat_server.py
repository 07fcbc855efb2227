"""A real loopback server that speaks OpenAI's chat completions, with scripted replies and faults."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_WORDS = re.compile(r"\s*\S+|\s+$")
"""How a text is cut into the parts of a stream: nothing is lost."""
_CHARACTERS = 4
"""Of a token, about; a message has at least seven tokens and a reply three."""


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
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """The last message, which is the user's."""
        return str(self.body["messages"][-1]["content"])


@dataclass(frozen=True)
class Stream:
    """A reply that is sent part by part, whether or not it was asked for as a stream.

    Attributes:
        parts: Pieces of the text, as they stand.
        delay: Seconds before each part.
        dies: Close the connection after the parts, without an end.
        ends: Send a last part that says the reply is complete; without it, and without `dies`, the stream just ends.
        raw: Sent instead of a part's chunk: parts are lines as they stand.
        usage: Whether the counts of tokens are sent, if asked for.
        finish: Why the reply ends, as its last part says.
        read: Tokens of the prompt that the server says it read; None counts them.
        whole: Sent as one document although a stream was asked for.
    """

    parts: Sequence[str]
    delay: float = 0.0
    dies: bool = False
    ends: bool = True
    raw: bool = False
    usage: bool = True
    finish: str = "stop"
    read: int | None = None
    whole: bool = False


Script = Callable[[Asked], str | Fault | Stream]


@dataclass
class ChatServer:
    """What a test sees of the server.

    Attributes:
        base_url: Up to and with /v1.
        asked: Requests so far.
        served_as: The model's name in replies; None echoes the request's.
        most_at_once: Requests that were answered at the same time, at most.
        sent_at: When each part of the streams so far was sent (`time.perf_counter`).
    """

    base_url: str
    script: Script
    asked: list[Asked] = field(default_factory=list)
    served_as: str | None = None
    sent_at: list[float] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)
    fingerprint: str | None = "fp_scripted"


def in_turn(replies: Sequence[str | Fault | Stream]) -> Script:
    """A script that gives each reply once, in order; asking more often is the test's failure."""
    left = iter(replies)
    return lambda asked: next(left)


@contextmanager
def chat_server(script: Script) -> Iterator[ChatServer]:
    """Run the server in a thread."""
    server = _Server(("127.0.0.1", 0), _Handler)
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


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that hang up; a script's own error is its test's failure."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other

    def do_POST(self) -> None:
        state: ChatServer = self.server.state  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(self.path, self.headers.get("Authorization", ""), body, dict(self.headers))
        with state.guard:
            state.asked.append(asked)
            state.under_way += 1
            state.most_at_once = max(state.most_at_once, state.under_way)
        try:
            self._answer(state, asked)
        finally:
            with state.guard:
                state.under_way -= 1

    def _answer(self, state: ChatServer, asked: Asked) -> None:
        body = asked.body
        if self.path != "/v1/chat/completions":
            self._send(Fault(404))
            return
        try:
            reply = state.script(asked)
        except StopIteration:
            reply = Fault(418, '{"error": {"message": "asked more often than scripted"}}')
        if isinstance(reply, str) and body.get("stream"):
            reply = Stream(_WORDS.findall(reply))
        if isinstance(reply, Stream) and not reply.whole:
            self._stream(state, body, reply)
        else:
            whole = reply if isinstance(reply, Stream) else Stream([str(reply)])
            done = json.dumps(_completion(state, body, whole))
            self._send(reply if isinstance(reply, Fault) else Fault(200, done))

    def _stream(self, state: ChatServer, body: dict[str, Any], reply: Stream) -> None:
        """Send server-sent events, chunked, each part in a packet of its own."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for part in reply.parts:
                time.sleep(reply.delay)
                self._event(part if reply.raw else json.dumps(_chunk(state, body, part)))
                state.sent_at.append(time.perf_counter())
            if reply.dies:
                self.close_connection = True
                return
            if reply.ends:
                self._event(json.dumps(_chunk(state, body, None, reply.finish)))
                if reply.usage and body.get("stream_options", {}).get("include_usage"):
                    self._event(json.dumps(_chunk(state, body, None) | {"choices": [], "usage": _usage(body, reply)}))
                self._event("[DONE]")
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client has seen enough

    def _event(self, data: str) -> None:
        line = f"data: {data}\n\n".encode()
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        self.wfile.flush()

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


def _completion(state: ChatServer, body: dict[str, Any], reply: Stream) -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(reply.parts)}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": state.served_as or body["model"],
        "system_fingerprint": state.fingerprint,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
        "usage": _usage(body, reply),
    }


def _usage(body: dict[str, Any], reply: Stream) -> dict[str, int]:
    """Counts as a server gives them."""
    prompt = sum(len(str(message["content"])) for message in body["messages"]) // _CHARACTERS
    read = max(7, prompt) if reply.read is None else reply.read
    written = max(3, sum(map(len, reply.parts)) // _CHARACTERS)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _chunk(state: ChatServer, body: dict[str, Any], text: str | None, finish: str = "stop") -> dict[str, Any]:
    """A part of a streamed completion; None is the last one."""
    delta = {} if text is None else {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": state.served_as or body["model"],
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish if text is None else None}],
    }
