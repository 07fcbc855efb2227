"""Research, two heads, utility selection, rewriting and asking back, through the one path and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag import open_assistant
from rag.assistant import Assistant
from rag.config import AnswerConfig, Config, LLMConfig
from rag.models.llm import build_llm
from rag.types import Answer, Delta, Done, Event, Mode, Retrieved, Step, Turn
from tests.contract.test_eval_retrieval import load, paperchat
from tests.support import roles
from tests.support.chat_server import Asked, ChatServer, Fault, Stream, chat_server
from tests.support.papers import make_paper

PAPERS = [
    make_paper(
        "2501.00001",
        "Bees and clover",
        "Honey bees visit flowers of clover in summer. They carry pollen between the flowers of a meadow.",
        day="2025-01-01",
    ),
    make_paper(
        "2502.00001",
        "Cracks in bridges",
        "Welded steel joints of bridges crack when the metal cools too fast. Slow cooling avoids the cracks.",
        day="2025-02-01",
    ),
    make_paper(
        "2503.00001",
        "Bees in winter",
        "Honey bees keep warm in winter by moving their wings. A cluster of bees loses little heat.",
        day="2025-03-01",
    ),
    make_paper(
        "2504.00001",
        "GRACE: Tides from the moon",
        "We present GRACE, which predicts tides of the sea from the moon. Its error is 3 cm.",
        ("Ann Lee",),
        "2025-04-01",
    ),
    make_paper(
        "2505.00001",
        "GRACE: Bread from wild yeast",
        "We present GRACE, which bakes sourdough bread from wild yeast. Its loaves rise by 40 percent.",
        ("Bo Ek",),
        "2025-05-01",
    ),
]
BRIDGES = "Why do welded bridges crack?"
PARTS = "How many papers are about honey bees, and how do bees keep warm in winter?"
Answering = Callable[..., tuple[Answer, list[Event], ChatServer]]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with open_assistant(Config(data_dir=tmp_path_factory.mktemp("library"))) as opened:
        opened.library.ingest(PAPERS)
        flags = opened.library.shelf.flags
        flags.decide(sorted(flags.held()), "released")  # texts so plain are taken for orders
        yield opened


def asked_for(asked: Asked) -> str:
    """Which prompt a request was made from."""
    system, user = (str(message["content"]) for message in [*asked.body["messages"], {"content": ""}][:2])
    for sign, name in (
        ("You look for passages", "research"),
        ("You plan how", "plan"),
        ("You pick the passages that are about", "relevance"),
        ("You pick the passages that a good answer needs", "utility"),
        ("at most three sentences", "draft"),
        ("from numbered sources", "answer"),
    ):
        if sign in system:
            return name
    assert "Write one passage" in system + user
    return "query2doc"


def by_prompt(**replies: str | Fault | list[str]) -> Callable[[Asked], str | Fault | Stream]:
    """Plays a part for each prompt; answers are written honestly unless they are scripted."""
    left = {name: list(reply) for name, reply in replies.items() if isinstance(reply, list)}

    def script(asked: Asked) -> str | Fault:
        name = asked_for(asked)
        if name in left:
            return left[name].pop(0)
        reply = replies.get(name)
        assert reply is None or not isinstance(reply, list)
        return roles.honest(asked) if reply is None else reply

    return script


def answered(
    assistant: Assistant,
    script: Callable[[Asked], str | Fault | Stream],
    question: str = BRIDGES,
    *,
    history: tuple[Turn, ...] = (),
    mode: Mode = "llm",
    **settings: Any,
) -> tuple[Answer, list[Event], ChatServer]:
    with chat_server(script) as server:
        config = LLMConfig(
            provider="openai-compatible", model="scripted", base_url=server.base_url, max_retries=0, **settings
        )
        own = Assistant(assistant.library, llm=build_llm(config))
        events = list(own.ask(question, history, mode=mode))
    done = events[-1]
    assert isinstance(done, Done)
    assert "".join(event.text for event in events if isinstance(event, Delta)) == done.answer.answer
    return done.answer, events, server


def steps(events: list[Event]) -> list[str]:
    """Kinds of the steps before and around the writing itself, which is one as well."""
    return [event.kind for event in events if isinstance(event, Step) and event.kind != "write"]


def test_everything_is_off_by_default(assistant: Assistant) -> None:
    answer, events, server = answered(assistant, by_prompt())
    assert answer.mode == "llm"
    assert [asked_for(asked) for asked in server.asked] == ["answer"]
    assert steps(events) == []


def test_research_shows_its_searches_before_what_was_retrieved(assistant: Assistant) -> None:
    script = by_prompt(research=["<think>?</think><search>slow cooling of metal</search>", "<answer>1</answer>"])
    answer, events, _ = answered(assistant, script, research=True)
    assert steps(events) == ["search", "found"]
    kinds = [type(event) for event in events]
    assert kinds.index(Step) < kinds.index(Retrieved) < kinds.index(Delta)
    assert answer.mode == "llm"
    assert {citation.paper_id for citation in answer.citations} >= {"2502.00001"}
    assert set(answer.receipt.prompts) == {"research", "answer"}


def test_a_count_is_the_shelfs_and_stands_before_the_checked_answer(assistant: Assistant) -> None:
    plan = {
        "goal": "bees",
        "steps": [
            {"tool": "search", "query": "honey bees", "name": "bees"},
            {"tool": "count", "of": ["bees"]},
            {"tool": "read", "of": ["bees"], "query": "warm in winter"},
            {"tool": "write"},
        ],
    }
    lie = "There are 97 papers about honey bees [1]. Honey bees keep warm in winter by moving their wings [1]."
    script = by_prompt(plan=json.dumps(plan), answer=lie)
    answer, events, _ = answered(assistant, script, PARTS, research=True, repair=False)
    assert steps(events) == ["plan", "search", "count", "read"]
    assert answer.answer.startswith("2 papers have all the words of “honey bees” in title or abstract.\n\n")
    assert "keep warm in winter" in answer.answer
    assert "97" not in answer.answer
    assert ["97" in item.text for item in answer.removed] == [True]


@pytest.mark.parametrize("fault", [Fault(500), Fault(200, "garbage"), Fault(401)])
def test_research_that_fails_leaves_the_plain_path(assistant: Assistant, fault: Fault) -> None:
    plain, _, _ = answered(assistant, by_prompt())
    answer, _, _ = answered(assistant, by_prompt(research=fault), research=True)
    assert answer.answer == plain.answer
    assert answer.citations == plain.citations
    assert "research_failed" in [note.code for note in answer.notes]


def test_a_model_that_fails_altogether_leaves_quotes(assistant: Assistant) -> None:
    answer, _, _ = answered(assistant, lambda asked: Fault(500), research=True, utility=True, two_heads=True)
    quoted, _, _ = answered(assistant, by_prompt(), mode="extractive")
    assert (answer.mode, answer.answer) == ("extractive", quoted.answer)
    assert [note.code for note in answer.notes] == ["research_failed", "model_failed"]


def test_the_writer_gets_only_what_is_useful(assistant: Assistant) -> None:
    script = by_prompt(relevance='{"numbers": [2, 1]}', draft="A draft.", utility='{"numbers": [1]}')
    answer, events, server = answered(assistant, script, utility=True)
    assert steps(events) == ["relevant", "useful"]
    shown = [len(roles.sources_of(asked)) for asked in server.asked if asked_for(asked) == "answer"]
    assert shown == [1]
    assert answer.retrieved[0].paper_id == "2502.00001"  # the ranking stays the retriever's
    assert answer.citations[0].paper_id == answer.retrieved[1].paper_id
    assert set(answer.receipt.prompts) == {"relevance", "utility_draft", "utility", "answer"}


def test_a_choice_that_cannot_be_read_leaves_the_retrievers_order(assistant: Assistant) -> None:
    plain, _, _ = answered(assistant, by_prompt())
    answer, _, _ = answered(assistant, by_prompt(relevance="I like all of them."), utility=True)
    assert answer.answer == plain.answer


def test_two_heads_cost_a_second_draft_only_where_the_evidence_is_weak(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _, _ = answered(assistant, by_prompt())
    counts = {}
    for weak in (False, True):
        monkeypatch.setattr("rag.write.reply.wants_two", lambda *_, weak=weak: weak)
        answer, events, server = answered(assistant, by_prompt(), two_heads=True)
        counts[weak] = (len(server.asked), answer.usage and answer.usage.prompt_tokens, steps(events))
    assert counts[False][0] == 1
    assert plain.usage is not None
    assert counts[True] == (2, 2 * plain.usage.prompt_tokens, ["draft", "draft", "chosen"])
    assert counts[False][1] == plain.usage.prompt_tokens


def test_a_question_is_rewritten_for_the_search_and_says_so(assistant: Assistant) -> None:
    script = by_prompt(query2doc="Honey bees keep warm in winter by moving their wings. " * 8)
    answer, events, _ = answered(assistant, script, reformulate="query2doc")
    assert Step("reformulate", "query2doc: 1 text added") in events
    assert "query2doc" in answer.receipt.prompts
    plain, _, _ = answered(assistant, by_prompt())
    assert [one.score for one in answer.retrieved] != [one.score for one in plain.retrieved]


def test_a_rewriting_that_fails_is_searched_for_as_it_is(assistant: Assistant) -> None:
    answer, events, _ = answered(assistant, by_prompt(query2doc=Fault(500)), reformulate="query2doc")
    plain, _, _ = answered(assistant, by_prompt())
    assert answer.retrieved == plain.retrieved
    assert Step("reformulate", "query2doc: the question is searched for as it is") in events


@pytest.mark.parametrize("mode", ["extractive", "llm"])
def test_an_ambiguous_name_is_asked_back_and_the_choice_is_answered(assistant: Assistant, mode: Mode) -> None:
    answer, _, server = answered(assistant, by_prompt(), "is GRACE better?", mode=mode)
    assert answer.clarify is not None
    assert len(answer.clarify.choices) == 2
    assert all(choice in answer.answer for choice in answer.clarify.choices)
    assert (answer.citations, answer.abstained, server.asked) == ((), False, [])
    history = (Turn(role="user", content="is GRACE better?"), Turn(role="assistant", content=answer.answer))
    for reply, paper_id in (("the one about bread", "2505.00001"), ("2504.00001", "2504.00001")):
        chosen, _, _ = answered(assistant, by_prompt(), reply, history=history, mode=mode)
        assert chosen.standalone_question == f"is GRACE better? ({paper_id})"
        assert chosen.clarify is None
        assert {citation.paper_id for citation in chosen.citations} == {paper_id}


def test_asking_back_can_be_switched_off(tmp_path: Path) -> None:
    with open_assistant(Config(data_dir=tmp_path, answer=AnswerConfig(clarify=False))) as opened:
        opened.library.ingest(PAPERS)
        answer = opened.answer("is GRACE better?")
    assert answer.clarify is None
    assert answer.citations


def test_selection_is_measured_by_two_runs_that_differ_in_it(tmp_path: Path) -> None:
    rows = [
        {"arxiv_id": p.paper_id, "title": p.title, "abstract": p.abstract, "authors": [*p.authors], "date": str(p.date)}
        for p in PAPERS
    ]
    (tmp_path / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    qa = {"id": "q", "type": "single", "question": BRIDGES, "gold_papers": ["2502.00001"], "nuggets": [], "answer": ""}
    (tmp_path / "qa.jsonl").write_text(json.dumps(qa) + "\n")
    data = ("--data-dir", tmp_path / "data")
    assert paperchat("ingest", tmp_path / "papers.jsonl", *data).returncode == 0
    script = by_prompt(relevance="[1, 2]", draft="A draft.", utility="[1]")
    with chat_server(script) as server:
        for name in ("false", "true"):
            (tmp_path / f"{name}.yaml").write_text(
                f"answer: {{mode: llm}}\nllm: {{provider: openai-compatible, model: m, base_url: '{server.base_url}',"
                f" max_retries: 0, utility: {name}}}\n"
            )
            config = ("--config", tmp_path / f"{name}.yaml")
            done = paperchat("eval", "run", "--qa", tmp_path / "qa.jsonl", "--out", tmp_path / name, *data, *config)
            assert done.returncode == 0, done.stderr
    folders = (tmp_path / "false", tmp_path / "true")
    done = paperchat("eval", "compare", *folders, "--out", tmp_path / "compared", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["settings"]["llm.utility"] == {"a": False, "b": True}
    cited = [len(json.loads((folder / "results.jsonl").read_text())["citations"]) for folder in folders]
    assert cited[0] > cited[1] == 1
    assert load(folders[1] / "metrics.json")["failed"] == []
