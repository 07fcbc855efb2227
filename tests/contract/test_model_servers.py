"""Servers of language models as they are: what they refuse is left out, and what they leave out is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.index.library import Library
from tests.support import roles
from tests.support.chat_server import Asked, Fault, Script, Stream
from tests.support.playing import Playing, playing_over, sample_library

QUESTION = "How does IterQR rewrite queries in e-commerce search?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with sample_library(tmp_path_factory.mktemp("library")) as opened:
        yield opened


@pytest.fixture
def playing(library: Library, tmp_path: Path) -> Playing:
    return playing_over(library, tmp_path / "usage.sqlite", max_retries=0, repair=False, thinks=None)


def refusing(*names: str, told: Callable[[str], str], status: int = 400) -> Script:
    """Plays an honest model whose server takes some parameters not, and says so in its own words."""

    def play(asked: Asked) -> Fault | str | Stream:
        given = {name for name, value in asked.body.items() if value not in (None, False)}
        given |= {str(message["role"]) for message in asked.body["messages"]}
        refused = [name for name in names if name in given]
        if refused:
            return Fault(status, told(refused[0]))
        reply = roles.honest(asked)
        return reply if asked.body.get("stream") else Stream([reply], whole=True)

    return play


def openai_says(name: str) -> str:
    return (
        f'{{"error": {{"message": "Unsupported parameter: \'{name}\' is not supported with this model.", '
        f'"type": "invalid_request_error", "param": "{name}", "code": "unsupported_parameter"}}}}'
    )


def fastapi_says(name: str) -> str:
    return f'{{"detail": [{{"loc": ["body", "{name}"], "msg": "Extra inputs are not permitted"}}]}}'


def in_prose(name: str) -> str:
    said = {"system": "System role not supported", "stream": "Streaming is not supported"}
    return said.get(name, f"got an unexpected keyword argument '{name}'")


@pytest.mark.parametrize(
    "names",
    [
        ("stream_options",),
        ("max_tokens",),
        ("max_tokens", "max_completion_tokens"),
        ("temperature",),
        ("stream",),
        ("system",),
        ("stream_options", "max_tokens", "temperature", "system"),
    ],
    ids="+".join,
)
@pytest.mark.parametrize(
    ("told", "status"), [(openai_says, 400), (fastapi_says, 422), (in_prose, 500)], ids=["openai", "fastapi", "prose"]
)
def test_what_a_server_refuses_is_left_out_and_remembered(
    playing: Playing, names: tuple[str, ...], told: Callable[[str], str], status: int
) -> None:
    with playing(refusing(*names, told=told, status=status), temperature=0.5) as (assistant, server):
        first = assistant.answer(QUESTION, mode="llm")
        assert (first.mode, [note.code for note in first.notes]) == ("llm", [])
        assert len(server.asked) == 1 + len(names)
        again = assistant.answer(QUESTION, mode="llm")
        assert again.answer == first.answer
        assert len(server.asked) == 2 + len(names)


def test_a_renamed_limit_keeps_its_value(playing: Playing) -> None:
    with playing(refusing("max_tokens", told=openai_says)) as (assistant, server):
        assistant.answer(QUESTION, mode="llm")
    assert server.asked[-1].body["max_completion_tokens"] == 800


@pytest.mark.parametrize(
    ("said", "advised"),
    [
        ('{"error": {"message": "This model\'s maximum context length is 1024 tokens."}}', "llm.context_tokens"),
        ('{"error": {"message": "max_tokens must be at most 512"}}', "llm.max_output_tokens"),
        ('{"error": "bad request"}', "llm.leave_out"),
    ],
)
def test_another_refusal_is_told_with_advice_that_can_help(playing: Playing, said: str, advised: str) -> None:
    with playing(lambda asked: Fault(400, said)) as (assistant, server):
        answer = assistant.answer(QUESTION, mode="llm")
        assert len(server.asked) == 1
    assert advised in answer.notes[-1].text


def test_what_the_settings_leave_out_is_never_sent(playing: Playing) -> None:
    left = ("stream_options", "temperature", "max_tokens", "max_completion_tokens", "system", "stream")
    with playing(refusing(*left, told=lambda name: '"no"'), leave_out=left) as (assistant, server):
        assert assistant.answer(QUESTION, mode="llm").mode == "llm"
        assert len(server.asked) == 1


def finished(reason: str, **settings: Any) -> Script:
    def play(asked: Asked) -> Stream:
        return Stream([f"{sentence} " for sentence in roles.quoted(asked)], finish=reason, **settings)

    return play


@pytest.mark.parametrize(
    ("reason", "code", "said"),
    [
        ("content_filter", "model_failed", "content filter"),
        ("SAFETY", "model_failed", "content filter"),
        ("error", "model_failed", "“error”"),
        ("insufficient_system_resource", "model_failed", "“insufficient_system_resource”"),
        ("length", "reply_cut", "its end is missing"),
        ("MAX_TOKENS", "reply_cut", "its end is missing"),
    ],
)
def test_a_reply_that_is_not_whole_is_said_to_be_so(playing: Playing, reason: str, code: str, said: str) -> None:
    with playing(finished(reason)) as (assistant, _):
        answer = assistant.answer(QUESTION, mode="llm")
    (note,) = answer.notes
    assert note.code == code
    assert said in note.text
    assert answer.citations


@pytest.mark.parametrize("reason", ["stop", "STOP", "eos", "end_turn"])
def test_a_whole_reply_is_whole(playing: Playing, reason: str) -> None:
    with playing(finished(reason)) as (assistant, _):
        assert assistant.answer(QUESTION, mode="llm").notes == ()


def test_a_prompt_that_the_server_cut_is_told(playing: Playing) -> None:
    with playing(finished("stop", read=120)) as (assistant, _):
        answer = assistant.answer(QUESTION, mode="llm")
    (note,) = answer.notes
    assert note.code == "prompt_cut"
    assert "120 of about" in note.text
    assert "num_ctx" in note.text


@pytest.mark.parametrize(
    ("reply", "finish", "said"),
    [
        ("<think>Source 1 says so [1].</think>", "stop", "sent thoughts and no answer"),
        ("<think>Source 1 says so [1]. Let me", "length", "still thinking when its reply was cut off"),
    ],
)
def test_thoughts_alone_end_in_quotes_with_the_reason(playing: Playing, reply: str, finish: str, said: str) -> None:
    with playing(lambda asked: Stream([reply], finish=finish)) as (assistant, _):
        answer = assistant.answer(QUESTION, mode="llm")
    assert (answer.mode, answer.removed) == ("extractive", ())
    assert said in answer.notes[-1].text


def test_sentences_without_markers_are_not_called_unsupported(playing: Playing) -> None:
    with playing(lambda asked: "Tides change with the seasons of the year. The moon is far away.") as (assistant, _):
        answer = assistant.answer(QUESTION, mode="llm")
    assert "for which no source is named or found" in answer.notes[-1].text


WRITTEN = "IterQR is an iterative framework for query rewrite"
SHOWN = f"{WRITTEN} [1]."


def part(**delta: Any) -> str:
    return json.dumps(
        {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, **delta}]}
    )


@pytest.mark.parametrize(
    "reply",
    [
        f"<p>{SHOWN}</p>",
        "*IterQR* is an `iterative` framework for **query rewrite** [1].",
        f"\x1b[31m{WRITTEN}\x1b[0m [1].",
        f"{WRITTEN} [arXiv:2504.05309].",
        f"Assistant: {SHOWN}",
        f"<answer><sentence>{SHOWN}</sentence></answer>",
        Stream([SHOWN], whole=True),
        Stream(
            [part(delta={"content": [{"type": "text", "text": SHOWN}]}), part(delta=None, finish_reason="stop")],
            raw=True,
        ),
        Stream([part(message={"role": "assistant", "content": SHOWN}, finish_reason="stop")], raw=True),
        Stream(
            [
                part(delta={"content": SHOWN}),
                part(delta={}, finish_reason="stop"),
                '{"usage": {"prompt_tokens": 2000}}',
            ],
            raw=True,
        ),
    ],
)
def test_a_reader_gets_the_sentence_and_nothing_else(playing: Playing, reply: str | Stream) -> None:
    with playing(lambda asked: reply) as (assistant, _):
        answer = assistant.answer(QUESTION, mode="llm")
    assert (answer.answer, answer.removed, answer.notes) == (SHOWN, (), ())


ENTRY = "- [1] IterQR: An Iterative Framework for LLM-based Query Rewrite"
AGAIN = "Query rewrite is the subject of IterQR, an iterative framework [1]."
AGAIN_SHOWN = AGAIN.replace("[1]", "[1][2]")  # two spans carry it


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (f"{SHOWN}\n\n### Sources\n{ENTRY}", SHOWN),
        (f"{SHOWN}\n\n[1]: https://arxiv.org/abs/2504.05309", SHOWN),
        (f"{SHOWN}\n\n### Sources\n{ENTRY}\n\n{AGAIN}", f"{SHOWN}\n\n{AGAIN_SHOWN}"),
        (f"{SHOWN}\n\n### The subject\n{ENTRY}\n\n{AGAIN}", f"{SHOWN}\n\n### The subject\n\n{AGAIN_SHOWN}"),
    ],
)
def test_a_list_of_sources_is_left_out_with_a_word_and_takes_no_other_heading(
    playing: Playing, reply: str, text: str
) -> None:
    with playing(lambda asked: reply) as (assistant, _):
        answer = assistant.answer(QUESTION, mode="llm")
    assert (answer.answer, answer.removed) == (text, ())
    assert [note.code for note in answer.notes] == ["list_left_out"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Stream(
                [
                    part(delta={"tool_calls": [{"index": 0, "function": {"name": "f"}}]}),
                    part(delta={}, finish_reason="tool_calls"),
                ],
                raw=True,
            ),
            "called a tool",
        ),
        ("<tool_call>{}</tool_call>", "called a tool"),
        (
            Stream([part(delta={"refusal": "I will not."}), part(delta={}, finish_reason="stop")], raw=True),
            "refused to answer: I will not.",
        ),
        (
            Stream([part(delta={"reasoning_content": "Hm."}), part(delta={}, finish_reason="stop")], raw=True),
            "sent thoughts and no answer",
        ),
        (
            Stream(
                [part(delta={"reasoning_content": "Hm."}), part(delta={"content": "\n\n"})], raw=True, finish="length"
            ),
            "was still thinking when its reply was cut off",
        ),
        (
            Stream([part(delta={"content": "\n\n", "refusal": "I will not."}, finish_reason="stop")], raw=True),
            "refused to answer: I will not.",
        ),
        (" \n", "sent an empty reply"),
        (Fault(200, '{"error": "model m not found, pull it first"}'), "model m not found, pull it first"),
    ],
)
def test_what_came_in_place_of_an_answer_is_told(playing: Playing, reply: str | Stream | Fault, said: str) -> None:
    with playing(lambda asked: reply) as (assistant, _):
        answer = assistant.answer(QUESTION, mode="llm")
    assert (answer.mode, answer.removed) == ("extractive", ())
    assert said in answer.notes[-1].text


@pytest.mark.parametrize("reply", ["NO ANSWER: the sources do not say how.", "NO_ANSWER"])
def test_a_model_that_declines_with_a_reason_declines(playing: Playing, reply: str) -> None:
    with playing(lambda asked: reply) as (assistant, _):
        assert assistant.answer(QUESTION, mode="llm").reason == "nothing_found"
