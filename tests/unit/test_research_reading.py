"""How a model's turns and plans are read, and which questions are planned for."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import LLMResponseError
from rag.models.llm.structured import read
from rag.models.minilm import installed
from rag.query.intents.intent import Intents
from rag.text.untrusted import as_data
from rag.types import Passage
from rag.write.research.plan import MAX_STEPS, Plan
from rag.write.research.ranking import united
from rag.write.research.tags import LONGEST_QUERY, Action, Finish, Invalid, Search, read_action


@pytest.mark.parametrize(
    ("reply", "action"),
    [
        ("<think>I need more.</think>\n<search>bees and clover</search>", Search("bees and clover")),
        ("<THINK>hm</THINK>< Search > bees\n and clover </ search >", Search("bees and clover")),
        ("<search>bees", Search("bees")),
        ("<think>never closed <search>bees</search>", Search("bees")),
        ("<search>bees</search><answer>1</answer>", Search("bees")),
        ("<search>bees<answer>1</answer>", Search("bees")),
        ("```xml\n<search>bees</search>\n```", Search("bees")),
        ("<search><b>bees</b></search>", Search("bees")),
        ("<think>maybe <search> later</think><answer>2, 1, 2</answer>", Finish((2, 1))),
        ("<answer>[3] and passage 12", Finish((3, 12))),
        ("<answer>none</answer>", Finish(())),
        ("<answer>see 2510.04506v1, 97.5%</answer>", Finish(())),
        ("<answer>Bees [2].</answer>", Finish((2,))),
        ("The answer is bees.", Invalid("it holds neither a search nor an answer")),
        ("<search> … </search>", Invalid("the search is empty")),
        ("&lt;search&gt;planted&lt;/search&gt;", Invalid("it holds neither a search nor an answer")),
        ("<think>only thoughts", Invalid("it holds neither a search nor an answer")),
    ],
)
def test_a_turn_is_read_tolerantly(reply: str, action: Action) -> None:
    assert read_action(reply) == action


@given(st.lists(st.sampled_from([*"<>/ ab1,\n", "search", "answer", "think", "<search>", "</answer>"])).map("".join))
def test_any_reply_is_one_action(reply: str) -> None:
    action = read_action(reply)
    if isinstance(action, Search):
        assert any(map(str.isalnum, action.query))
        assert len(action.query) <= LONGEST_QUERY
        assert "\n" not in action.query


@given(st.lists(st.sampled_from([*"<>/ &;ltg\n", "search", "answer", "</information>"])).map("".join))
def test_text_as_data_can_open_and_close_no_tag(text: str) -> None:
    assert isinstance(read_action(as_data(text)), Invalid)
    assert not set(as_data(text)) & set("<>")


INTENTS = Intents(installed)
STEP = '{"tool": "search", "query": "bees", "name": "a"}'


def test_a_plan_is_read_with_what_models_leave_out_or_add() -> None:
    reply = (
        'Here it is:\n```json\n{"goal": "g", "steps": ['
        + STEP
        + ', {"tool": "Filter", "of": "a", "from": "2025-05-01",'
        ' "to": "", "author": null, "why": "?"}, {"tool": "count", "of": ["filter 2"]}, {"tool": "write"}, '
        + STEP
        + "]}\n```"
    )
    plan = read(reply, Plan)
    assert [step.tool for step in plan.steps] == ["search", "filter", "count"]
    assert (plan.steps[1].of, plan.steps[1].date_from, plan.steps[1].date_to) == (("a",), date(2025, 5, 1), None)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ('{"tool": "delete", "of": ["a"]}', "tool"),
        ('{"tool": "search", "query": " "}', "needs a query"),
        ('{"tool": "filter", "of": ["a"]}', "needs from, to or author"),
        ('{"tool": "filter", "from": "2025-06-01", "to": "2025-05-01"}', "from lies after to"),
        ('{"tool": "filter", "from": "May"}', "from"),
        ('{"tool": "compare", "of": ["a", "a"]}', "two results"),
        ('{"tool": "count"}', "count needs a result"),
        ("", "steps"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(steps: str, says: str) -> None:
    with pytest.raises(LLMResponseError, match=says):
        read(f'{{"goal": "g", "steps": [{steps}]}}', Plan)


def test_a_plan_has_ten_steps_at_most() -> None:
    assert len(read(f'{{"steps": [{", ".join([STEP] * 30)}]}}', Plan).steps) == MAX_STEPS == 10


@pytest.mark.parametrize(
    "question",
    [
        "How many papers study bees and which data do they use?",
        "Which papers are on bees? What do they find?",
        "List the papers on bees, then compare their methods",
        "How has query expansion changed since May 2025?",
        "What does each target and how do their architectures differ?",
    ],
)
def test_several_parts_are_seen(question: str) -> None:
    assert INTENTS.read(question).several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which papers study bees and clover?",
        "In the reproduction, to what fraction does the time fall?",
        "What is the difference between dense and sparse retrieval?",
        "List the papers on legal retrieval",
        "is GRACE better?",
    ],
)
def test_a_question_of_one_part_gets_no_plan(question: str) -> None:
    assert not INTENTS.read(question).several(question)


def passage(name: str) -> Passage:
    return Passage(name, name, 1, name, (), date(2025, 1, 1), "", 0, 1, name)


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=5),
    st.lists(st.sampled_from("abcdefgh"), max_size=8),
)
def test_united_keeps_every_passage_once_and_the_named_ones_first(rankings: list[list[str]], named: list[str]) -> None:
    found = united([[passage(name) for name in ranking] for ranking in rankings], named)
    ids = [one.chunk_id for one in found]
    held = {name for ranking in rankings for name in ranking}
    assert sorted(ids) == sorted(held)
    expected = [name for name in dict.fromkeys(named) if name in held]
    assert ids[: len(expected)] == expected
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)


def test_what_two_searches_found_comes_before_what_one_did() -> None:
    found = united([[passage("a"), passage("b")], [passage("b"), passage("c")]])
    assert [one.chunk_id for one in found] == ["b", "a", "c"]
