"""Model servers: what is sent, one clear error for each thing that goes wrong, and the time it may take."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from typing import Any

import openai
import pytest
from llama_index.core.base.llms.types import ChatMessage
from pydantic import BaseModel

from rag.config import LLMConfig
from rag.errors import (
    ConfigError,
    LLMAuthError,
    LLMError,
    LLMNotFoundError,
    LLMRateLimitError,
    LLMRequestError,
    LLMResponseError,
    LLMTimeoutError,
    LLMUnavailableError,
)
from rag.models.llm import build_llm
from rag.models.llm.client import GuardedLLM
from rag.models.llm.failures import ERRORS
from rag.models.llm.structured import ask_for, read
from rag.papers.database import Database
from rag.prompts import load_prompt
from tests.support.chat_server import ChatServer, Fault, Script, Stream, chat_server, in_turn
from tests.support.data import REPOSITORY
from tests.support.embedding_server import elapsed_at_most

KEY, KEY_ENV = "sk-a-secret-that-must-not-be-seen", "TEST_LLM_KEY"
MESSAGES = [ChatMessage(role="user", content="Say hello.")]
MARGIN_S = 0.7


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)


def build(server: ChatServer | None, **settings: Any) -> GuardedLLM:
    defaults: dict[str, Any] = {
        "provider": "openai-compatible",
        "model": "m",
        "base_url": server.base_url if server else None,
        "api_key_env": KEY_ENV,
        "timeout_s": 5.0,
        "max_retries": 2,
    }
    return build_llm(LLMConfig(**(defaults | settings)))


def said(llm: GuardedLLM, *, streamed: bool) -> str:
    if streamed:
        return "".join(part.delta or "" for part in llm.stream_chat(MESSAGES))
    return llm.chat(MESSAGES).message.content or ""


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_reply_comes_back_and_is_counted(streamed: bool) -> None:
    with chat_server(lambda asked: "Hello, world.") as server:
        llm = build(server).for_answer()
        assert said(llm, streamed=streamed) == "Hello, world."
    (request,) = server.asked
    assert request.authorization == f"Bearer {KEY}"
    assert (request.body["model"], request.body["temperature"], request.body["max_tokens"]) == ("m", 0.0, 800)
    used = llm.used()
    assert used is not None
    assert (used.prompt_tokens, used.completion_tokens) == (7, 3)


def test_completions_are_chats() -> None:
    with chat_server(lambda asked: "Hello.") as server:
        llm = build(server)
        assert llm.complete("hi").text == "Hello."
        assert [part.delta for part in llm.stream_complete("hi") if part.delta] == ["Hello."]


def test_tokens_are_counted_where_the_server_does_not() -> None:
    with chat_server(lambda asked: Stream(["Hello ", "there."], usage=False)) as server:
        llm = build(server).for_answer()
        said(llm, streamed=True)
    used = llm.used()
    assert used is not None
    assert (used.prompt_tokens, used.completion_tokens) == (11, 3)


def test_a_stream_that_is_left_ends_the_call_and_is_counted() -> None:
    with chat_server(lambda asked: Stream(["word "] * 1000, delay=0.02)) as server:
        llm = build(server).for_answer()
        parts = llm.stream_chat(MESSAGES)
        next(parts)
        next(parts)
        parts.close()
        sent = len(server.sent_at)
        time.sleep(0.3)
        assert len(server.sent_at) < sent + 12
    used = llm.used()
    assert used is not None
    assert 0 < used.completion_tokens < 100


def test_options_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TENANT", "blue")
    with chat_server(lambda asked: "Hello.") as server:
        llm = build(server, temperature=None, headers=("X-Tenant: TEST_TENANT",))
        llm.chat(MESSAGES, max_tokens=5)
    (request,) = server.asked
    assert "temperature" not in request.body
    assert request.body["max_tokens"] == 5
    assert request.headers["X-Tenant"] == "blue"


def test_openai_gets_the_name_that_its_newer_models_want() -> None:
    with chat_server(lambda asked: "Hello.") as server:
        build(server, provider="openai").chat(MESSAGES)
    assert server.asked[0].body["max_completion_tokens"] == 800
    assert "max_tokens" not in server.asked[0].body


def test_a_server_without_a_key_is_sent_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_ENV)
    with chat_server(lambda asked: "Hello.") as server:
        build(server).chat(MESSAGES)
    assert server.asked[0].authorization == ""


def test_a_proxy_is_used() -> None:
    with chat_server(lambda asked: "Hello.") as proxy:
        llm = build(None, base_url="http://model.invalid/v1", proxy_url=proxy.base_url.removesuffix("/v1"))
        with pytest.raises(LLMNotFoundError):  # our server is no proxy, but it was asked
            llm.chat(MESSAGES)
    assert proxy.asked[0].path == "http://model.invalid/v1/chat/completions"


FAULTS = [
    pytest.param(401, LLMAuthError, 1, id="401"),
    pytest.param(403, LLMAuthError, 1, id="403"),
    pytest.param(404, LLMNotFoundError, 1, id="404"),
    pytest.param(400, LLMRequestError, 1, id="400"),
    pytest.param(413, LLMRequestError, 1, id="413"),
    pytest.param(422, LLMRequestError, 1, id="422"),
    pytest.param(429, LLMRateLimitError, 3, id="429"),
    pytest.param(500, LLMUnavailableError, 3, id="500"),
    pytest.param(503, LLMUnavailableError, 3, id="503"),
]


@pytest.mark.parametrize(("status", "kind", "tries"), FAULTS)
def test_a_status_becomes_one_error_and_is_retried_only_where_that_helps(
    streamed: bool,
    status: int,
    kind: type[LLMError],
    tries: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_TENANT", "another-secret")
    body = '{"error": {"message": "Incorrect API key provided: ' + KEY + ' another-secret"}}'
    with chat_server(lambda asked: Fault(status, body, headers={"Retry-After": "0"})) as server:
        with caplog.at_level(logging.DEBUG), pytest.raises(LLMError) as caught:
            said(build(server, headers=("X-Tenant: TEST_TENANT",)), streamed=streamed)
        assert len(server.asked) == tries
    assert type(caught.value) is kind
    assert str(status) in caught.value.message
    assert server.base_url in caught.value.message
    assert caught.value.advice
    told = f"{caught.value!s} {caught.value.__cause__!r}{caplog.text}"
    assert KEY not in told
    assert "another-secret" not in told


def test_a_passing_fault_is_survived(streamed: bool) -> None:
    script = in_turn([Fault(503), Fault(0), "Hello."])
    with chat_server(script) as server:
        assert said(build(server), streamed=streamed) == "Hello."
    assert len(server.asked) == 3


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(streamed: bool, as_date: bool) -> None:
    value = formatdate(time.time() + 2, usegmt=True) if as_date else "1"
    with (
        chat_server(in_turn([Fault(429, headers={"Retry-After": value}), "Hello."])) as server,
        elapsed_at_most(5),
    ):
        begin = time.monotonic()
        assert said(build(server), streamed=streamed) == "Hello."
        assert time.monotonic() - begin >= 0.9


UNUSABLE: list[tuple[str, Script]] = [
    ("html", lambda asked: Fault(200, "<html>Welcome</html>", content_type="text/html")),
    ("other document", lambda asked: Fault(200, '{"models": []}')),
    ("a list", lambda asked: Fault(200, "[]")),
    ("cut off", lambda asked: Fault(200, '{"choices": [')),
    ("no words", lambda asked: ""),
    ("garbled", lambda asked: Stream(["{not json"], raw=True)),
    ("other events", lambda asked: Stream(["{}", "[]"], raw=True)),
]


@pytest.mark.parametrize("script", [script for _, script in UNUSABLE], ids=[name for name, _ in UNUSABLE])
def test_an_unusable_reply_is_told(streamed: bool, script: Script) -> None:
    with chat_server(script) as server, pytest.raises(LLMResponseError) as caught:
        said(build(server), streamed=streamed)
    assert server.base_url in caught.value.message
    assert len(server.asked) == 1


@pytest.mark.parametrize("dies", [False, True], ids=["just ends", "breaks"])
def test_a_stream_that_stops_half_way_is_an_error_after_what_came(dies: bool) -> None:
    with chat_server(lambda asked: Stream(["One ", "two "], dies=dies, ends=False)) as server:
        parts = build(server, thinks=False).stream_chat(MESSAGES)
        assert "".join(next(parts).delta or "" for _ in range(2)) == "One two "
        with pytest.raises(LLMUnavailableError, match="stopped in the middle"):
            next(parts)
        assert len(server.asked) == 1


SLOW: list[tuple[str, Script]] = [
    ("silent", lambda asked: Fault(200, delay=30)),
    ("word by word", lambda asked: Stream(["word "] * 1000, delay=0.05)),
    ("failing slowly", lambda asked: Fault(503, delay=0.4)),
]


@pytest.mark.parametrize("script", [script for _, script in SLOW], ids=[name for name, _ in SLOW])
def test_one_time_out_covers_everything(streamed: bool, script: Script) -> None:
    with (
        chat_server(script) as server,
        elapsed_at_most(1.5 + MARGIN_S),
        pytest.raises((LLMTimeoutError, LLMUnavailableError)),
    ):
        said(build(server, timeout_s=1.5, max_retries=99), streamed=streamed)


def test_waiting_for_a_slot_counts_as_time(streamed: bool) -> None:
    with chat_server(lambda asked: Stream(["word "] * 1000, delay=0.02)) as server:
        llm = build(server, max_concurrency=1, timeout_s=1.0)
        busy = llm.stream_chat(MESSAGES)
        next(busy)
        with elapsed_at_most(1.0 + MARGIN_S), pytest.raises(LLMTimeoutError):
            said(llm, streamed=streamed)
        busy.close()


def test_an_address_nobody_listens_on_is_told_at_once(streamed: bool) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with elapsed_at_most(2), pytest.raises(LLMUnavailableError, match="cannot be reached") as caught:
            said(build(None, base_url=url), streamed=streamed)
    assert "llm.base_url" in caught.value.advice


def test_a_prompt_that_cannot_fit_is_not_sent() -> None:
    with chat_server(lambda asked: "Hello.") as server, pytest.raises(LLMRequestError, match=r"context_tokens"):
        build(server, context_tokens=512, max_output_tokens=510).chat(MESSAGES)
    assert server.asked == []


def test_every_error_of_the_package_is_mapped() -> None:
    def below(kind: type[openai.APIError]) -> set[type[openai.APIError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    unmapped = {kind.__name__ for kind in below(openai.APIError) if kind.__module__ == "openai"} - {
        kind.__name__ for kind in ERRORS
    }
    assert not unmapped


@pytest.mark.parametrize(
    ("settings", "kind", "names"),
    [
        ({"provider": None}, ConfigError, r"llm\.provider"),
        ({"model": None}, ConfigError, r"llm\.model"),
        ({"base_url": None}, ConfigError, r"llm\.base_url"),
        ({"base_url": "localhost:11434"}, ConfigError, r"llm\.base_url"),
        ({"headers": ("X-Key: secret value",)}, ConfigError, r"llm\.headers"),
        ({"headers": ("X-Key: NOT_SET",)}, ConfigError, r"NOT_SET"),
        ({"provider": "openai", "api_key_env": "NOT_SET"}, LLMAuthError, "NOT_SET"),
    ],
)
def test_wrong_settings_name_their_key(settings: dict[str, Any], kind: type[Exception], names: str) -> None:
    with pytest.raises(kind, match=names) as caught:
        build(None, **({"base_url": "http://127.0.0.1:9/v1"} | settings))
    assert "secret value" not in str(caught.value)


class Choice(BaseModel):
    """What a program wants to know."""

    papers: list[int]


@pytest.mark.parametrize(
    "reply",
    [
        '{"papers": [1, 2]}',
        '```json\n{"papers": [1, 2]}\n```',
        'Of course! {"papers": [1, 2]} I hope this helps.',
    ],
)
def test_an_object_is_read_however_it_is_dressed(reply: str) -> None:
    assert read(reply, Choice).papers == [1, 2]


@pytest.mark.parametrize("reply", ["", "no", '{"papers": "x"}', "{" * 5000])
def test_what_is_no_object_is_told(reply: str) -> None:
    with pytest.raises(LLMResponseError, match="cannot be read"):
        read(reply, Choice)


def test_the_schema_goes_along_and_is_left_out_where_it_is_refused() -> None:
    def script(asked: Any) -> str | Fault:
        return Fault(400) if "response_format" in asked.body else '{"papers": [3]}'

    with chat_server(script) as server:
        prompt = load_prompt("answer")
        assert ask_for(build(server), prompt, {"sources": "s", "question": "q"}, Choice).papers == [3]
    assert server.asked[0].body["response_format"]["json_schema"]["name"] == "Choice"
    assert len(server.asked) == 2


def test_an_unreadable_object_is_asked_for_once_more() -> None:
    with chat_server(in_turn(["nothing", '{"papers": [3]}'])) as server:
        prompt = load_prompt("answer")
        assert ask_for(build(server), prompt, {"sources": "s", "question": "q"}, Choice).papers == [3]
    assert "it holds no JSON" in server.asked[1].user


def test_usage_of_the_day_is_kept(tmp_path: Path) -> None:
    with chat_server(lambda asked: "Hello.") as server:
        config = LLMConfig(provider="openai-compatible", model="m", base_url=server.base_url, api_key_env=KEY_ENV)
        build_llm(config, tmp_path / "usage.sqlite").chat(MESSAGES)
    with closing(Database.at(tmp_path / "usage.sqlite")) as kept:
        assert kept.all("SELECT calls FROM usage") == [(1,)]


def test_nothing_of_a_model_is_imported_before_one_is_needed() -> None:
    code = "import sys, rag.assistant; print({'openai', 'rag.models.llm.client'} & sys.modules.keys() or [])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.strip() == "[]"
