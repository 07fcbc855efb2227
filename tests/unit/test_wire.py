"""Replies in the shapes that compatible servers give them are read as OpenAI's client expects them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from rag.models.llm.wire import reshape


class _Parts(httpx.AsyncByteStream):
    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> Any:
        for part in self._parts:
            yield part

    async def aclose(self) -> None:
        return None


def read(raw: bytes, kind: str = "text/event-stream", *, size: int = 5000, stream: bool = True) -> tuple[int, str]:
    async def run() -> tuple[int, str]:
        request = httpx.Request("POST", "http://model.test/v1/chat/completions", json={"stream": stream})
        parts = [raw[start : start + size] for start in range(0, len(raw), size)]
        response = httpx.Response(200, headers={"content-type": kind}, stream=_Parts(parts), request=request)
        await reshape(response)
        return response.status_code, (await response.aread()).decode()

    return asyncio.run(run())


def events(raw: str) -> list[Any]:
    return [json.loads(line[6:]) for line in raw.splitlines() if line.startswith("data: {")]


def said(raw: bytes, **how: Any) -> str:
    _, text = read(raw, **how)
    return "".join(one["delta"].get("content") or "" for event in events(text) for one in event["choices"])


def event(choices: Any, **more: Any) -> bytes:
    return b"data: " + json.dumps({"choices": choices, **more}, ensure_ascii=False).encode() + b"\n\n"


HELLO = event([{"delta": {"content": "Ähm."}}])


@pytest.mark.parametrize("size", [1, 7, 5000])
@pytest.mark.parametrize(
    "raw",
    [
        HELLO,
        b"\xef\xbb\xbf" + HELLO,
        b": ping\n\n" + HELLO,
        HELLO.replace(b"\n", b"\r\n"),
        HELLO.replace(b"\n", b"\r"),
        HELLO.replace(b"data: ", b"data:"),
        b"event: message\nid: 1\n" + HELLO,
        HELLO[:-2],
        HELLO + b'data: {"usage": {"prompt_tokens": 1}}\n\n',
        HELLO + event(None),
        HELLO + event([{"delta": None, "finish_reason": "stop"}]),
        event([{"message": {"content": "Ähm."}}]),
        event([{"text": "Ähm."}]),
        event([{"delta": {"content": [{"type": "text", "text": "Ähm."}]}}]),
        event([{"delta": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}}]) + HELLO,
    ],
)
def test_a_part_is_read_in_whatever_shape_it_comes(raw: bytes, size: int) -> None:
    assert said(raw, size=size) == "Ähm."


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'data: {"error": {"message": "no memory"}}\n\n', "no memory"),
        (b'data: {"error": "no memory"}\n\n', "no memory"),
        (b'data: {"object": "error", "message": "no memory"}\n\n', "no memory"),
        (b'error: {"code": 500, "message": "no memory"}\n\n', "no memory"),
        (b'event: error\ndata: {"message": "no memory"}\n\n', "no memory"),
        (b"event: error\ndata: no memory\n\n", "no memory"),
    ],
)
def test_an_error_keeps_its_words(raw: bytes, words: str) -> None:
    _, text = read(raw)
    assert events(text)[0]["error"]["message"] == words


def test_bytes_that_are_no_text_break_nothing() -> None:
    assert said(HELLO.replace("Ä".encode(), b"\xff")) == "\ufffdhm."


def test_a_whole_reply_is_a_stream_of_one() -> None:
    whole = json.dumps({"choices": [{"message": {"content": "Ähm."}, "finish_reason": "stop"}]}).encode()
    assert said(whole, kind="application/json") == "Ähm."
    status, text = read(whole, "application/json", stream=False)
    assert (status, json.loads(text)["choices"][0]["message"]["content"]) == (200, "Ähm.")


@pytest.mark.parametrize(
    ("body", "status"),
    [({"error": "model not found"}, 400), ({"error": {"message": "model not found", "code": 503}}, 503)],
)
def test_an_error_under_200_is_an_error(body: Any, status: int) -> None:
    told, text = read(json.dumps(body).encode(), "application/json")
    assert told == status
    assert json.loads(text)["error"]["message"] == "model not found"


@pytest.mark.parametrize("raw", [b"not json", b"[1]", b'"x"', b"[" * 5000])
def test_what_is_nothing_of_this_stays(raw: bytes) -> None:
    assert read(raw, "application/json") == (200, raw.decode(errors="replace"))


@pytest.mark.parametrize(
    "value",
    [
        {"choices": 5},
        {"choices": True},
        {"choices": [{"delta": [1]}]},
        {"choices": [{"message": 5}]},
        {"choices": [{"delta": {"content": [[["x"] * 2]]}}, 7]},
    ],
)
def test_what_stands_under_a_known_name_may_be_anything(value: dict[str, Any]) -> None:
    raw = json.dumps(value)
    (found,) = events(read(f"data: {raw}\n\n".encode())[1])
    assert all(isinstance(one["delta"], dict) for one in found["choices"])
    for stream in (False, True):
        assert read(raw.encode(), "application/json", stream=stream)[0] == 200


def test_a_text_within_too_many_lists_is_none() -> None:
    raw = f'data: {{"choices": [{{"delta": {{"content": {"[" * 500 + "]" * 500}}}}}]}}\n\n'
    assert said(raw.encode()) == ""
