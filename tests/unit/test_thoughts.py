"""What a model thinks, and what its chat template leaves behind, is no part of its reply."""

from __future__ import annotations

import pytest

from rag.models.llm.thoughts import ReplyText

ANSWER = "IterQR rewrites queries [1]. It has three stages [1]."

THOUGHTFUL = {
    "tagged": f"<think>Source 1 says so [1].</think>{ANSWER}",
    "tagged, with blank lines": f"<think>\nOkay.\n\nSource 1.\n</think>\n\n{ANSWER}",
    "an empty thought": f"<think>\n\n</think>\n\n{ANSWER}",
    "only the closing tag": f"Okay, the user wants IterQR. Source 1 says so [1].\n</think>\n\n{ANSWER}",
    "another name": f"<thinking>Let us see [1].</thinking>\n{ANSWER}",
    "capitals and blanks": f"< Think >Let us see [1].</ THINK >\n{ANSWER}",
    "reasoning": f"<reasoning>Let us see [1].</reasoning>\n{ANSWER}",
    "attributes": f'<thought effort="high">Let us see [1].</thought>\n{ANSWER}',
    "a name that nobody has heard of": f"<cogitation>Let us see [1].</cogitation>\n{ANSWER}",
    "with a prefix": f"<seed:think>Let us see [1].</seed:think>\n{ANSWER}",
    "special tokens": f"<|begin_of_thought|>Let us see [1].<|end_of_thought|>\n{ANSWER}",
    "other special tokens": f"<|START_THINKING|>Let us see [1].<|END_THINKING|>{ANSWER}",
    "in square brackets": f"[THINK]Let us see [1].[/THINK]{ANSWER}",
    "in triangles": f"◁think▷Let us see [1].◁/think▷{ANSWER}",
    "channels": "<|channel|>analysis<|message|>Let us see [1].<|end|>"
    f"<|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>",
    "three channels": "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>I "
    f"look [1].<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}",
    "channels whose tokens the server took out": f"analysisWe need IterQR [1].assistantfinal{ANSWER}",
    "one thought inside another": f"<think>One <think>two [1].</think> three [1].</think>{ANSWER}",
    "opened twice, closed once": f"<think>One.\n<think>Two [1].</think>\n{ANSWER}",
    "twice": f"<think>One [1].</think><think>Two [1].</think>{ANSWER}",
    "between sentences": "IterQR rewrites queries [1].\n<think>What else [1]?</think>\nIt has three stages [1].",
    "before the answer's own tag": f"<think>Let us see [1]. <answer>{ANSWER}</answer>",
    "in plain words before the answer's own tag": f"Let me see. Source 1 says so [1].\n<answer>{ANSWER}</answer>",
    "with the form of what follows": "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final "
    f"<|constrain|>text<|message|>{ANSWER}",
    "folded away": f'<details type="reasoning">\n<summary>Thought for 3 s</summary>\nHm [1].</details>{ANSWER}',
    "the question before it": f"[INST] And IterQR? [/INST] {ANSWER}",
    "a call of a tool": f'<tool_call>{{"name": "search"}}</tool_call>\n{ANSWER}',
    "a bare call behind it": f'{ANSWER} <tool>{{"name": "search"}}',
    "a closed call behind it": f"{ANSWER}\n<function>search(IterQR)</function>",
    "a call within a bare tag": f'<tool><invoke name="search">IterQR</invoke></tool>{ANSWER}',
    "a turn that is made up": f"{ANSWER}\n[INST] And GenSAR? [/INST]",
    "closed by another name": f"<think>Let us see [1].</thinking>\n{ANSWER}",
}

ENDED = {
    "chatml": f"{ANSWER}<|im_end|>",
    "llama 2": f"{ANSWER}</s>",
    "llama 3": f"{ANSWER}<|eot_id|>",
    "gemma": f"{ANSWER}<end_of_turn>",
    "deepseek": f"{ANSWER}<\uff5cend\u2581of\u2581sentence\uff5c>",
    "cohere": f"{ANSWER}<|END_OF_TURN_TOKEN|>",
    "a beginning before it": f"<s>{ANSWER}</s>",
    "a role before it": f"<|im_start|>assistant\n{ANSWER}<|im_end|>",
    "a header before it": f"<|start_header_id|>assistant<|end_header_id|>\n\n{ANSWER}",
    "the model goes on as the user": f"{ANSWER}<|im_end|>\n<|im_start|>user\nAnd GenSAR?<|im_end|>\nIt ranks [1].",
    "cut in the token": f"{ANSWER}<|im_",
    "after thoughts": f"<think>Hm.</think>{ANSWER}<|im_end|>\n",
    "an answer tag": f"<answer>{ANSWER}</answer>",
    "another answer tag": f"<final_answer>\n{ANSWER}\n</final_answer>",
}

ONLY_THOUGHTS = {
    "never closed": "<think>Source 1 says so [1]. I will",
    "closed, and nothing behind": "<think>Source 1 says so [1].</think>\n",
    "an analysis without a final": "<|channel|>analysis<|message|>Source 1 says so [1].",
    "an end token behind": "<think>Source 1 says so [1].</think><|im_end|>",
    "only the closing tag": "Source 1 says so [1].\n</think>",
    "a call": '<tool_call>\n{"name": "search"}\n</tool_call>',
    "a call that is never closed": '[TOOL_CALLS] [{"name": "search"}]',
    "a call as a token": '<|python_tag|>search.call(query="IterQR")',
    "a call by its name": '<function=search>{"query": "IterQR"}</function>',
    "a call in a bare tag": '<tool>{"name": "search"}',
    "a call in a bare tag that is closed": "<function>search(IterQR)</function>",
    "a call in its channel": "<|channel|>commentary to=functions.search <|constrain|>json<|message|>{}<|call|>",
}

PLAIN = {
    "nothing to take out": ANSWER,
    "less than": "The loss is < 0.5 [1]. It holds for n<m and k>2 [1].",
    "brackets": "It covers [0, 1] and [THIN] cases [1].",
    "tags that are spoken of": "The model wraps its steps in <think> and </think> tags [1]. It ranks well [1].",
    "a call that is spoken of": "Agents write <tool_call> tags [1]. It ranks well [1].",
    "a tool's tag that a sentence begins with": "It ranks well [1]. <tool> [1] marks a call. It scales [1].",
    "a function's tag that an answer begins with": "<function> marks a call [1].\n\nIt <b>scales</b> [1].",
    "a turn's tag that a paragraph begins with": "It ranks well [1].\n\n[INST] marks a turn [1]. It scales [1].",
    "one tag that is spoken of": "Each chain ends with </think> in the data [1]. It ranks well [1].",
    "the words": "Its analysis: thinking and reasoning help [1].",
    "a word that begins so": "analysis of queries helps [1]. The assistant finally ranks [1].",
}


def streamed(text: str, size: int, *, certain: bool = False) -> str:
    reply = ReplyText(certain=certain)
    shown = "".join(reply.feed(text[start : start + size]) for start in range(0, len(text), size))
    return shown + reply.finish()


def without_thoughts(reply: str) -> str:
    text = ReplyText(tags=True)
    return text.feed(reply) + text.finish()


@pytest.fixture(params=[1, 3, 12, 5000], ids=lambda size: f"by {size}")
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("text", [*THOUGHTFUL.values(), *ENDED.values()], ids=[*THOUGHTFUL, *ENDED])
def test_the_answer_alone_is_left(text: str, size: int) -> None:
    assert " ".join(streamed(text, size).split()) == ANSWER


@pytest.mark.parametrize("text", ONLY_THOUGHTS.values(), ids=ONLY_THOUGHTS)
def test_thoughts_alone_leave_nothing(text: str, size: int) -> None:
    assert streamed(text, size).strip() == ""
    assert without_thoughts(text).strip() == ""


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_plain_text_stays_as_it_is(text: str, size: int) -> None:
    assert streamed(text, size) == text
    assert without_thoughts(text) == text


def test_a_tag_that_a_sentence_begins_with_is_told_before_the_turns_end(size: int) -> None:
    said = "It ranks well [1]. <tool> marks a call [1]."
    assert streamed(f"{said}<|im_end|>", size) == streamed(f"<think>Hm.</think>{said}</s>", size) == said


def test_a_reply_known_to_begin_with_its_answer_comes_as_it_is_written() -> None:
    reply = ReplyText(certain=True)
    assert reply.feed("IterQR rewrites ") == "IterQR rewrites "
    assert reply.feed("queries.") == "queries."


def test_a_reply_that_may_still_turn_out_to_be_thoughts_waits_for_its_end() -> None:
    reply = ReplyText(certain=False)
    assert reply.feed("IterQR rewrites queries.") == ""
    assert reply.finish() == "IterQR rewrites queries."
    assert not reply.thought


def test_behind_its_thoughts_a_reply_comes_as_it_is_written() -> None:
    reply = ReplyText(certain=False)
    assert reply.feed("<think>Hm.</think>") == ""
    assert reply.feed("IterQR rewrites ") == "IterQR rewrites "
    assert reply.thought


def test_thoughts_that_were_shown_already_are_told() -> None:
    reply = ReplyText(certain=True)
    assert reply.feed("Okay, the user wants IterQR.\n")
    assert reply.feed(f"</think>\n{ANSWER}") + reply.finish() == f"\n{ANSWER}"
    assert reply.exposed


def test_tags_inside_the_answers_own_tag_lose_no_sentence() -> None:
    reply = "<answer><sentence>It ranks [1].</sentence><sentence>It scales [1].</sentence></answer>"
    assert streamed(reply, 7).count("[1]") == 2


@pytest.mark.parametrize("name", [name for name in ONLY_THOUGHTS if name.startswith("a call")])
def test_a_call_of_a_tool_is_told(name: str) -> None:
    reply = ReplyText()
    reply.feed(ONLY_THOUGHTS[name])
    reply.finish()
    assert reply.called


def test_a_programs_reply_keeps_the_tags_it_was_asked_for() -> None:
    assert without_thoughts("<think>Hm.</think><search>IterQR</search>") == "<search>IterQR</search>"
    assert without_thoughts("<think>Hm. <answer>1, 2</answer>") == "<answer>1, 2</answer>"
    assert without_thoughts("Sure. <answer>1</answer>") == "Sure. <answer>1</answer>"
