"""The judge's client against a real server: what is sent, what failures say, and that replies are kept."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest

from eval.judge.client import PARSE_RETRIES, JudgeClient
from eval.judge.config import JudgeConfig
from eval.judge.parsing import parse_list
from eval.judge.prompts import load_prompt
from rag.errors import JudgeError
from tests.support.chat_server import ChatServer, Fault, chat_server, in_turn

MESSAGES = [{"role": "user", "content": "Say yes."}]
VALUES = {"question": "Q?", "nuggets": '["a"]', "count": "1"}


def client_of(server: ChatServer, replies: Path | None = None, **settings: object) -> JudgeClient:
    values = {"model": "scripted", "base_url": server.base_url, "max_retries": 0, **settings}
    return JudgeClient(JudgeConfig.model_validate(values), replies, {"OPENAI_API_KEY": "secret"})


def test_the_request_is_a_chat_completion_at_temperature_0() -> None:
    with chat_server(in_turn(["yes"])) as server, client_of(server) as client:
        reply = client.complete(MESSAGES)
    assert (reply.text, reply.model, reply.fingerprint) == ("yes", "scripted", "fp_scripted")
    [asked] = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.authorization == "Bearer secret"
    assert asked.body == {"model": "scripted", "messages": MESSAGES, "temperature": 0}
    assert (client.ledger.prompt_tokens, client.ledger.completion_tokens) == (7, 3)
    assert client.ledger.models == {"scripted"}


def test_a_server_without_keys_needs_none() -> None:
    with chat_server(in_turn(["yes"])) as server:
        config = JudgeConfig(model="scripted", base_url=server.base_url, api_key_env="NOT_SET")
        with JudgeClient(config, environ={}) as client:
            assert client.complete(MESSAGES).text == "yes"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(400), "refused the request (400)"),
        (Fault(401), "refused the key in OPENAI_API_KEY"),
        (Fault(403), "does not let this key use scripted"),
        (Fault(404), "does not know scripted"),
        (Fault(409), "refused the request (409)"),
        (Fault(422), "refused the request (422)"),
        (Fault(429), "too many requests"),
        (Fault(500), "failed (500)"),
        (Fault(503), "failed (503)"),
        (Fault(0), "cannot be reached"),
        (Fault(200, "<html>hello</html>", "text/html"), "no chat completion"),
        (Fault(200, "{not json"), "no chat completion"),
        (Fault(200, '{"choices": []}'), "no chat completion"),
        (Fault(200, '{"choices": [{}]}'), "no chat completion"),
        (Fault(200, '{"choices": null}'), "no chat completion"),
        (Fault(200, "[1]"), "no chat completion"),
        (Fault(200, "null"), "no chat completion"),
        (Fault(200, delay=1.0), "did not answer within 0.2 s"),
    ],
    ids=lambda value: f"{value.status}-{value.body[:12]}" if isinstance(value, Fault) else "",
)
def test_a_failing_server_becomes_an_error_that_says_so(fault: Fault, says: str) -> None:
    with (
        chat_server(in_turn([fault])) as server,
        client_of(server, timeout_s=0.2) as client,
        pytest.raises(JudgeError) as caught,
    ):
        client.complete(MESSAGES)
    assert says in caught.value.message
    assert server.base_url in caught.value.message
    assert caught.value.advice
    assert "secret" not in str(caught.value)


def test_a_password_in_the_address_is_not_shown() -> None:
    config = JudgeConfig(model="scripted", base_url="http://me:hidden@127.0.0.1:9/v1", max_retries=0)
    with JudgeClient(config, environ={}) as client, pytest.raises(JudgeError) as caught:
        client.complete(MESSAGES)
    assert "hidden" not in str(caught.value)


def test_an_error_of_the_client_that_is_new_to_us_is_mapped_too() -> None:
    class Unheard(openai.OpenAIError):
        pass

    from eval.judge.client import mapped_errors

    with pytest.raises(JudgeError, match="Unheard"), mapped_errors(JudgeConfig(model="m")):
        raise Unheard("new in this release")


def test_a_passing_fault_is_retried_within_the_limit() -> None:
    once = Fault(503, headers={"Retry-After": "0"})
    with chat_server(in_turn([once, "yes"])) as server, client_of(server, max_retries=1) as client:
        assert client.complete(MESSAGES).text == "yes"
    assert len(server.asked) == 2


def test_a_reply_that_cannot_be_read_is_asked_for_again_with_the_reason() -> None:
    prompt = load_prompt("nuggets_label")
    with chat_server(in_turn(["vital, I think", '["vital"]'])) as server, client_of(server) as client:
        assert client.ask("label", "q1", prompt, VALUES, parse_list) == ["vital"]
    first, second = server.asked
    assert [m["role"] for m in first.body["messages"]] == ["system", "user"]
    assert [m["role"] for m in second.body["messages"]] == ["system", "user", "assistant", "user"]
    assert second.body["messages"][2]["content"] == "vital, I think"
    assert "it is not a list" in second.user
    assert (client.ledger.calls, client.ledger.parse_retries, client.ledger.failures) == (2, 1, [])


def test_it_is_asked_again_three_times_and_then_counted_as_failed() -> None:
    with chat_server(lambda asked: "no list") as server, client_of(server) as client:
        assert client.ask("label", "q1", load_prompt("nuggets_label"), VALUES, parse_list) is None
    assert PARSE_RETRIES == 3
    assert len(server.asked) == 4
    [failure] = client.ledger.failures
    assert (failure.stage, failure.subject, failure.reason) == ("label", "q1", "it is not a list")


def test_kept_replies_are_not_asked_for_again(tmp_path: Path) -> None:
    kept = tmp_path / "replies.jsonl"
    with chat_server(in_turn(["yes", "no"])) as server:
        with client_of(server, kept) as first:
            first.complete(MESSAGES)
        with kept.open("a") as file:
            file.write('{"key": "torn')
        with client_of(server, kept) as again:
            assert again.complete(MESSAGES).text == "yes"
        assert len(server.asked) == 1
        assert again.ledger == first.ledger
        with client_of(server, kept, revision="2") as other:
            assert other.complete(MESSAGES).text == "no"
    assert "secret" not in kept.read_text()
