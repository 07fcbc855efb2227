"""The judge's client against a real server: what is sent, what failures say, and that replies are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core.llms import MockLLM

from eval.judge.client import PARSE_RETRIES, JudgeClient
from eval.judge.config import JudgeConfig
from eval.judge.prompts import load_prompt
from eval.judge.replies import parse_list
from rag.errors import JudgeError
from tests.support.chat_server import ChatServer, Fault, chat_server, in_turn

MESSAGES = [{"role": "user", "content": "Say yes."}]
VALUES = {"question": "Q?", "nuggets": '["a"]', "count": "1"}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")


def client_of(server: ChatServer, replies: Path | None = None, **settings: object) -> JudgeClient:
    values = {"model": "scripted", "base_url": server.base_url, "max_retries": 0, **settings}
    return JudgeClient(JudgeConfig.model_validate(values), replies)


def test_the_request_is_a_chat_completion_at_temperature_0() -> None:
    with chat_server(in_turn(["yes"])) as server:
        client = client_of(server, max_output_tokens=99)
        reply = client.complete(MESSAGES)
    assert (reply.text, reply.model, reply.fingerprint) == ("yes", "scripted", "fp_scripted")
    [asked] = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.authorization == "Bearer secret"
    assert asked.body == {
        "model": "scripted",
        "messages": MESSAGES,
        "temperature": 0,
        "max_tokens": 99,
        "stream": False,
    }
    assert (client.ledger.prompt_tokens, client.ledger.completion_tokens) == (7, 3)
    assert client.ledger.models == {"scripted"}


def test_a_server_without_keys_needs_none_and_gets_none() -> None:
    with chat_server(in_turn(["yes"])) as server:
        assert client_of(server, api_key_env="NOT_SET").complete(MESSAGES).text == "yes"
    assert server.asked[0].authorization == ""


@pytest.mark.parametrize(
    ("fault", "says", "do"),
    [
        (Fault(400), "answered 400", "leave_out takes out parameters that it may refuse"),
        (Fault(401), "answered 401", "Check the API key in OPENAI_API_KEY."),
        (Fault(404), "answered 404", "Check base_url (it usually ends in /v1) and model."),
        (Fault(429), "answered 429", "quota"),
        (Fault(500), "answered 500", "Ask again later"),
        (Fault(0), "cannot be reached", "Check base_url, and that the server runs."),
        (Fault(200, "<html>hello</html>", "text/html"), "no chat completion", "Check that base_url is an OpenAI API."),
        (Fault(200, '{"choices": []}'), "no chat completion", "OpenAI API"),
        (Fault(200, "null"), "no chat completion", "OpenAI API"),
        (Fault(200, delay=1.0), "did not give its whole reply within 0.2 s", "Raise timeout_s"),
    ],
    ids=lambda value: f"{value.status}-{value.body[:12]}" if isinstance(value, Fault) else "",
)
def test_a_failing_server_becomes_an_error_that_says_so(fault: Fault, says: str, do: str) -> None:
    with chat_server(in_turn([fault])) as server, pytest.raises(JudgeError) as caught:
        client_of(server, timeout_s=0.2 if fault.delay else 30).complete(MESSAGES)
    assert says in caught.value.message
    assert caught.value.message.startswith(f"The judge's server {server.base_url} (model scripted) ")
    assert do in caught.value.advice
    assert "What has been judged is kept." in caught.value.advice
    assert "llm." not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_password_in_the_address_is_not_shown() -> None:
    config = JudgeConfig(model="scripted", base_url="http://me:hidden@127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(JudgeError) as caught:
        JudgeClient(config).complete(MESSAGES)
    assert "hidden" not in str(caught.value)


def test_openai_is_asked_as_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    assert JudgeConfig(model="m").llm.provider == "openai"
    assert JudgeConfig(model="m", base_url="http://localhost:1/v1").llm.provider == "openai-compatible"
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(JudgeError, match="OPENAI_API_KEY is not set"):
        JudgeClient(JudgeConfig(model="m")).complete(MESSAGES)


def test_any_model_of_llamaindex_may_judge() -> None:
    reply = JudgeClient(JudgeConfig(model="named"), llm=MockLLM()).complete(MESSAGES)
    assert (reply.model, reply.fingerprint, reply.prompt_tokens) == ("named", None, 0)
    assert "Say yes." in reply.text


def test_a_passing_fault_is_retried_within_the_limit() -> None:
    once = Fault(503, headers={"Retry-After": "0"})
    with chat_server(in_turn([once, "yes"])) as server:
        assert client_of(server, max_retries=1).complete(MESSAGES).text == "yes"
    assert len(server.asked) == 2


def test_a_reply_that_cannot_be_read_is_asked_for_again_with_the_reason() -> None:
    prompt = load_prompt("nuggets_label")
    with chat_server(in_turn(["vital, I think", '["vital"]'])) as server:
        client = client_of(server)
        assert client.ask("label", "q1", prompt, VALUES, parse_list) == ["vital"]
    first, second = server.asked
    assert [m["role"] for m in first.body["messages"]] == ["system", "user"]
    assert [m["role"] for m in second.body["messages"]] == ["system", "user", "assistant", "user"]
    assert second.body["messages"][2]["content"] == "vital, I think"
    assert "it is not a list" in second.user
    assert (client.ledger.calls, client.ledger.parse_retries, client.ledger.failures) == (2, 1, [])


def test_an_empty_reply_is_asked_for_again_too() -> None:
    with chat_server(in_turn(["", '["vital"]'])) as server:
        client = client_of(server)
        assert client.ask("label", "q1", load_prompt("nuggets_label"), VALUES, parse_list) == ["vital"]
    assert server.asked[1].body["messages"][2]["content"] == "(empty)"


def test_it_is_asked_again_three_times_and_then_counted_as_failed() -> None:
    with chat_server(lambda asked: "no list") as server:
        client = client_of(server)
        assert client.ask("label", "q1", load_prompt("nuggets_label"), VALUES, parse_list) is None
    assert PARSE_RETRIES == 3
    assert len(server.asked) == 4
    [failure] = client.ledger.failures
    assert (failure.stage, failure.subject, failure.reason) == ("label", "q1", "it is not a list")


def test_kept_replies_are_not_asked_for_again(tmp_path: Path) -> None:
    kept = tmp_path / "replies.jsonl"
    with chat_server(in_turn(["yes", "no"])) as server:
        first = client_of(server, kept)
        first.complete(MESSAGES)
        with kept.open("a") as file:
            file.write('{"key": "torn')
        again = client_of(server, kept)
        assert again.complete(MESSAGES).text == "yes"
        assert len(server.asked) == 1
        assert again.ledger == first.ledger
        assert client_of(server, kept, revision="2").complete(MESSAGES).text == "no"
    assert "secret" not in kept.read_text()
