"""Fences, JSON and labels around an answer are taken off while it streams in."""

from __future__ import annotations

import json
import time

import pytest

from rag.write.grounding.wrapping import unwrapped

ANSWER = "IterQR rewrites queries [1]. It has three stages [2]."
WRAPPED = {
    "nothing": ANSWER,
    "a fence": f"```\n{ANSWER}\n```",
    "a fence with a language": f"```markdown\n{ANSWER}\n```\n",
    "a fence that is never closed": f"```text\n{ANSWER}",
    "tildes": f"~~~\n{ANSWER}\n~~~",
    "JSON": json.dumps({"answer": ANSWER}),
    "JSON in a fence": f"```json\n{json.dumps({'answer': ANSWER}, indent=2)}\n```",
    "JSON under another key": json.dumps({"confidence": 0.9, "final_answer": ANSWER}),
    "JSON inside JSON": json.dumps({"result": {"text": ANSWER}}),
    "JSON with a reason before": json.dumps({"reasoning": "Source 1 says so [1].", "answer": ANSWER}),
    "JSON that is cut off": json.dumps({"answer": ANSWER})[:-2],
    "sentences with their sources": json.dumps(
        {
            "sentences": [
                {"text": "IterQR rewrites queries.", "sources": [1]},
                {"text": "It has three stages.", "citations": ["2"]},
            ]
        }
    ),
    "a list of sentences": json.dumps(
        [{"sentence": "IterQR rewrites queries.", "source": 1}, {"sentence": "It has three stages [2].", "source": 2}]
    ),
    "a label": f"Answer: {ANSWER}",
    "a label in bold": f"**Final Answer:**\n{ANSWER}",
    "the role as a label": f"Assistant: {ANSWER}",
    "the role as a header": f"assistant\n\n{ANSWER}",
    "a label in brackets": f"[Answer]\n{ANSWER}",
    "a list of strings": json.dumps(["IterQR rewrites queries [1].", "It has three stages [2]."]),
    "another turn behind it": f"{ANSWER}\n\n### Instruction:\nSay more.\n\n### Response:\nNo.",
    "a label as a heading": f"## Answer\n\n{ANSWER}",
    "an announcement": f"Here is the answer:\n```json\n{json.dumps({'answer': ANSWER})}\n```",
    "a message": json.dumps({"role": "assistant", "content": ANSWER}),
    "in quotation marks": f'"{ANSWER}"',
    "boxed": f"\\boxed{{{ANSWER}}}",
}


def streamed(text: str, size: int) -> str:
    return "".join(unwrapped(text[start : start + size] for start in range(0, len(text), size)))


@pytest.fixture(params=[1, 7, 5000], ids=lambda size: f"by {size}")
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("name", WRAPPED)
def test_what_is_wrapped_is_unwrapped(name: str, size: int) -> None:
    left = " ".join(streamed(WRAPPED[name], size).split())
    assert left.removeprefix("Here is the answer: ") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        'It prints {"a": 1} first [1].',
        "[1] says so.\n\n- one [1]\n- two [2]",
        '"IterQR" rewrites queries [1].',
        "Answers: two kinds [1].",
        "It ranks [1].\n\n### Response times\n\nIt is fast [1].",
        "[Assistants] rank [1].",
        "{x} is a set [1].",
        "NO ANSWER",
    ],
)
def test_what_is_no_wrapping_stays(text: str, size: int) -> None:
    assert streamed(text, size) == text


def test_many_blank_lines_before_the_answer_take_no_time() -> None:
    begun = time.process_time()
    assert streamed("\n" * 300 + ANSWER, 7).strip() == ANSWER
    assert time.process_time() - begun < 1


def test_what_can_be_shown_does_not_wait() -> None:
    arriving = unwrapped(iter(["IterQR rewrites ", "queries [1]. ", "It has"]))
    assert next(arriving) == "IterQR rewrites "
