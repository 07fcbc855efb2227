"""What servers send, in the shape that OpenAI's client reads, so that none of it is lost on the way.

Compatible servers differ in small things: a last event without ``choices``, content in a list of parts, a whole reply
where a stream was asked for, an error under status 200. A client that insists on one shape would drop such a reply, or
what the server said was wrong.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx

REFUSED = 400
"""Status of an error that came with 200 and names none: asking again would not help."""
_LINE = re.compile(r"\r\n|\n|\r(?!$)")
_BOM = "\ufeff"
_THOUGHT_KEYS = ("reasoning_content", "reasoning")
_DEEPEST = 20
"""Parts within parts of a text that are read."""
_NO_TEXT = (*_THOUGHT_KEYS, "refusal", "function_call")
"""What a part may hold in place of text."""


async def reshape(response: httpx.Response) -> None:
    """Have a response read as OpenAI's client expects it (a hook of httpx); what is of another kind stays as it is."""
    kind = response.headers.get("content-type", "")
    if not response.is_success or response.headers.get("content-encoding", "identity") != "identity":
        return
    if "event-stream" in kind:
        response.stream = _Events(response.stream)
    elif "json" in kind:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        raw = b"".join([part async for part in response.stream])
        await response.stream.aclose()
        response.status_code, told = _whole(raw, streamed=_asked_streamed(response.request))
        response.stream = httpx.ByteStream(told)


class _Events(httpx.AsyncByteStream):
    """A stream of events, each in the expected shape."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        events = _Reader()
        async for part in self._stream:
            for event in events.feed(decoder.decode(part)):
                yield event
        for event in events.feed(decoder.decode(b"", final=True) + "\n\n"):
            yield event

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Reader:
    """Cuts a text into server-sent events."""

    def __init__(self) -> None:
        self._text = self._name = ""
        self._data: list[str] = []
        self._first = True

    def feed(self, text: str) -> Iterator[bytes]:
        self._text += text.removeprefix(_BOM) if self._first else text
        self._first = self._first and not text
        *lines, self._text = _LINE.split(self._text)
        for line in lines:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                self._data.append(value)
            elif field == "event":
                self._name = value
            elif field == "error":  # llama.cpp's servers of 2024
                self._name, self._data = "error", [value]
            if self._data and (not line or field == "error"):
                yield _event("\n".join(self._data), self._name)
            if not line or field == "error":
                self._name, self._data = "", []


def _event(data: str, name: str = "") -> bytes:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
        data = json.dumps({"error": {"message": data}}) if name == "error" else " ".join(data.splitlines())
    if isinstance(value, dict):
        error = _error(value) or ({"message": str(value.get("message") or data)} if name == "error" else None)
        data = json.dumps({"error": error} if error else _chunk(value))
    return f"data: {data}\n\n".encode()


def _chunk(value: dict[str, Any]) -> dict[str, Any]:
    """One part of a reply."""
    return {**value, "choices": [_part(one) for one in _choices(value)]}


def _choices(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The choices of a reply, in whatever form a server sends something under their name."""
    found = value.get("choices")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _part(choice: Mapping[str, Any]) -> dict[str, Any]:
    said = choice.get("delta") or choice.get("message") or choice.get("text")
    delta = dict(said) if isinstance(said, Mapping) else {"content": said if isinstance(said, str) else None}
    _plain(delta)
    if delta.get("content") is None and (choice.get("finish_reason") or any(delta.get(key) for key in _NO_TEXT)):
        delta["content"] = ""  # the client passes over a first part that has none
    return {**choice, "delta": delta}


def _plain(message: dict[str, Any]) -> None:
    """Put the text of a message's parts in place of them; thoughts among them go where thoughts belong."""
    parts = message.get("content")
    if not isinstance(parts, list):
        return
    message["content"] = _text_of([one for one in parts if not _is_thought(one)])
    if thought := _text_of([one for one in parts if _is_thought(one)]):
        message["reasoning_content"] = thought


def _is_thought(part: Any) -> bool:
    return isinstance(part, Mapping) and str(part.get("type")) in ("thinking", "reasoning")


def _text_of(value: Any, depth: int = 0) -> str:
    if depth > _DEEPEST:
        return ""
    if isinstance(value, list):
        return "".join(_text_of(one, depth + 1) for one in value)
    if isinstance(value, Mapping):
        return _text_of(value.get("text") or value.get("thinking") or value.get("reasoning") or "", depth + 1)
    return value if isinstance(value, str) else ""


def _whole(raw: bytes, *, streamed: bool) -> tuple[int, bytes]:
    """Status and body of a reply that came whole."""
    try:
        value = json.loads(raw.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return httpx.codes.OK, raw
    if not isinstance(value, dict):
        return httpx.codes.OK, raw
    if error := _error(value):
        code = error.get("code")
        said = code if isinstance(code, int) and 400 <= code < 600 else REFUSED
        return said, json.dumps({"error": error}).encode()
    if streamed:
        return httpx.codes.OK, _event(json.dumps(value)) + b"data: [DONE]\n\n"
    for choice in _choices(value):
        if isinstance(choice.get("message"), dict):
            _plain(choice["message"])
    return httpx.codes.OK, json.dumps(value).encode()


def _error(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a server says went wrong, where there is no reply."""
    if value.get("choices"):
        return None
    error = value if value.get("object") == "error" else value.get("error")
    if not error:
        return None
    found = dict(error) if isinstance(error, Mapping) else {"message": error}
    return {**found, "message": str(found.get("message") or json.dumps(found))}


def _asked_streamed(request: httpx.Request) -> bool:
    return bool(json.loads(request.content or b"{}").get("stream"))
