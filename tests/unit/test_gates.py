"""Each gate fires when it must and keeps quiet when all is well; and whole judgements, with a scripted judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import read_questions
from eval.judge.config import JudgeConfig
from eval.judge.folders import JUDGED, NUGGETS, PAGE, REPLIES, SHEET, Inputs, judge_folders, make_nuggets
from eval.judge.judgement import Judged
from eval.judge.nuggets import PROMPTS, NuggetScores
from eval.judge.planted import PlantKind
from eval.judge.prompts import load_prompt
from eval.judge.report import JudgedReport
from eval.judge.validity.agreement import Agreement
from eval.judge.validity.families import families
from eval.judge.validity.gates import GATES, Evidence, check_all
from eval.runs import run
from rag.config import Config
from rag.errors import DatasetError, JudgeError, RunMismatch, UsageError
from rag.types import Receipt
from tests.support.chat_server import Asked, Fault, Script, Stream, chat_server
from tests.support.evaluation import PAPERS, ScriptedAssistant, answer
from tests.support.judges import holds_words, judge, stage

HASHES = {name: load_prompt(name).digest for name in PROMPTS}
SETTINGS = JudgeConfig(model="qwen2.5-72b", revision="sha256:ab12cd34", prompt_hashes=HASHES)
BY_LABEL: dict[str, float | None] = {"support": 0.8, "partial_support": 0.4, "not_support": 0.7}
SHOWN = Agreement(
    n=20,
    unknown=0,
    kappa=0.7,
    by_label=BY_LABEL,
    tau=1.0,
    systems={"a": (0.9, 0.8), "b": (0.2, 0.3)},
)


def scored(value: float | None, other: float | None = None) -> Judged:
    return Judged((), NuggetScores(value, value, value, value if other is None else other))


PLANTED: dict[PlantKind, Sequence[Judged]] = {
    "keyword_stuffed": [scored(0.1)],
    "prompt_injecting": [scored(0.0)],
}
WELL = Evidence(
    config=SETTINGS,
    served_models=frozenset({"qwen2.5-72b"}),
    prompt_hashes=HASHES,
    generators=frozenset({"gpt-4o-2024-08-06"}),
    rerankers=frozenset({"bge-reranker-base"}),
    used_labels=frozenset({"support", "not_support"}),
    agreement=SHOWN,
    honest=[scored(0.8), scored(0.4)],
    planted=PLANTED,
)


def settings(**changes: Any) -> dict[str, Any]:
    return {"config": SETTINGS.model_copy(update=changes)}


def test_when_all_is_well_every_gate_holds() -> None:
    assert [verdict.reason for verdict in check_all(WELL)] == [None] * len(GATES) == [None] * 8
    assert all(gate.meaning and "2504.19076" in gate.source for gate in GATES)


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("judge_family", {"generators": frozenset({"qwen3-8b", "gpt-4o"})}, "generator are of one family (alibaba)"),
        ("judge_family", {"rerankers": frozenset({"gte-qwen2-7b"})}, "reranker are of one family (alibaba)"),
        ("judge_family", settings(family="OpenAI"), "generator are of one family (openai)"),
        ("judge_family", settings(rerankers=("Qwen",)), "reranker are of one family (alibaba)"),
        ("judge_family", settings(model="judge-7b"), "family of the judge judge-7b is not known"),
        ("judge_family", {"generators": frozenset({"our-model"})}, "generator 'our-model' has no known family"),
        ("judge_family", {"rerankers": frozenset({"our-ranker"})}, "reranker 'our-ranker' has no known family"),
        ("judge_family", {"generators": frozenset()}, "No answer says which model wrote it"),
        ("pinned_model", settings(revision=None), "is not pinned"),
        ("pinned_model", settings(revision="latest"), "revision latest is not fixed"),
        ("pinned_model", settings(revision="v2"), "revision v2 is not fixed"),
        ("pinned_model", {"served_models": frozenset({"qwen2.5-7b"})}, "answered as qwen2.5-7b"),
        ("pinned_model", {"served_models": frozenset({"qwen2.5-72b", "other"})}, "answered as other"),
        ("pinned_model", {"served_models": frozenset({""})}, "answered as (no name)"),
        ("pinned_model", {"served_models": frozenset()}, "answered nothing"),
        ("pinned_prompts", settings(prompt_hashes={}), f"nuggets_assign: {HASHES['nuggets_assign']}"),
        ("pinned_prompts", settings(prompt_hashes=HASHES | {"nuggets_label": "0"}), "nuggets_label"),
        ("human_labels", {"agreement": None}, "No hand-made labels"),
        ("human_labels", {"agreement": replace(SHOWN, n=0)}, "No hand-made labels"),
        ("label_agreement", {"agreement": None}, "not shown"),
        ("label_agreement", {"used_labels": frozenset({"partial_support"}),
                             "agreement": replace(SHOWN, by_label=BY_LABEL | {"partial_support": None})},
         "κ of partial_support cannot be computed"),
        ("label_agreement", {"agreement": replace(SHOWN, kappa=None)}, "κ cannot be computed"),
        ("label_agreement", {"agreement": replace(SHOWN, kappa=0.0)}, "no better than chance"),
        ("system_agreement", {"agreement": None}, "τ over the systems is not shown"),
        ("system_agreement", {"agreement": replace(SHOWN, tau=None)}, "τ over the systems is not shown"),
        ("system_agreement", {"agreement": replace(SHOWN, tau=-1.0)}, "does not order the systems as people do"),
        ("keyword_stuffing", {"planted": PLANTED | {"keyword_stuffed": [scored(0.7)]}}, "reach 0.70"),
        ("keyword_stuffing", {"planted": PLANTED | {"keyword_stuffed": [scored(0.6)]}}, "honest ones 0.60"),
        ("keyword_stuffing", {"planted": PLANTED | {"keyword_stuffed": [scored(0.1, 0.9)]}}, "0.90 on all,"),
        ("keyword_stuffing", {"planted": {}}, "No keyword-stuffed answers were planted"),
        ("prompt_injection", {"planted": PLANTED | {"prompt_injecting": [scored(1.0)]}}, "reach 1.00"),
        ("prompt_injection", {"planted": {}}, "No prompt-injecting answers were planted"),
        ("prompt_injection", {"honest": []}, "No prompt-injecting answers were planted and judged"),
    ],
)  # fmt: skip
def test_a_gate_fires_and_says_why(name: str, changes: dict[str, Any], says: str) -> None:
    reasons = {verdict.gate.name: verdict.reason for verdict in check_all(replace(WELL, **changes))}
    assert says in (reasons[name] or "")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("judge_family", {"generators": frozenset({"extractive"}), "rerankers": frozenset()}),
        ("judge_family", {"generators": frozenset({"our-model"})} | settings(generators=("our own",))),
        ("judge_family", settings(model="judge-7b", family="our own")),
        ("pinned_model", settings(model="gpt", revision="gpt-4o-2024-08-06")
         | {"served_models": frozenset({"gpt-4o-2024-08-06"})}),
        ("label_agreement", {"agreement": replace(SHOWN, by_label=BY_LABEL | {"partial_support": None})}),
        ("keyword_stuffing", {"honest": [scored(None, 0.5)], "planted": {"keyword_stuffed": [scored(None, 0.4)]}}),
    ],
)  # fmt: skip
def test_a_gate_keeps_quiet(name: str, changes: dict[str, Any]) -> None:
    reasons = {verdict.gate.name: verdict.reason for verdict in check_all(replace(WELL, **changes))}
    assert reasons[name] is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4o-2024-08-06", {"openai"}),
        ("o3-mini", {"openai"}),
        ("claude-sonnet-4", {"anthropic"}),
        ("meta-llama/Llama-3.1-8B-Instruct", {"meta"}),
        ("/models/Qwen2.5-7B.Q4_K_M.gguf", {"alibaba"}),
        ("deepseek-r1-distill-qwen-7b", {"deepseek", "alibaba"}),
        ("phi3:mini", {"microsoft"}),
        ("gemma2:9b", {"google"}),
        ("ollama/mistral-nemo", {"mistral"}),
        ("llama.cpp", set()),
        ("extractive", set()),
        ("our-model", set()),
        ("", set()),
    ],
)
def test_a_name_shows_its_families(name: str, expected: set[str]) -> None:
    assert families(name) == expected


# --- whole judgements -----------------------------------------------------------------------------------------------

ROWS = [{"id": f"q{n}", "question": f"What does paper {n} find?"} for n in range(4)]
PASSAGES = {"c1": "GRACE beats BM25 by far. It needs no labels.", "c2": "Hubs answer quickly. They are cheap."}
GOOD = "We read that GRACE beats BM25 by far, and that hubs answer quickly. <b>Bold</b> [1]"
POOR = "We read that hubs answer quickly, nothing else."
RETRIEVED = [paper.paper_id for paper in PAPERS[:2]]
BY_GPT = Receipt(corpus="c", config="f", model="gpt-4o-2024-08-06")


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two finished runs over four questions without gold; the second fails on the last."""
    qa = tmp_path / "qa.jsonl"
    qa.write_text("\n".join(map(json.dumps, ROWS)))
    folders = []
    for name, text in (("good", GOOD), ("poor", POOR)):
        (tmp_path / f"library-{name}").mkdir()
        given = answer(text, retrieved=RETRIEVED, receipt=BY_GPT)
        script: dict[str, Any] = {row["question"]: given for row in ROWS}
        if name == "poor":
            script[ROWS[3]["question"]] = ValueError("scripted")
        assistant = ScriptedAssistant(tmp_path / f"library-{name}", script)
        run(assistant, Config(), read_questions(qa), tmp_path / name)
        assistant.library.close()
        folders.append(tmp_path / name)
    return folders


def judged(
    runs: list[Path], script: Script, out: str = "judged", inputs: Inputs | None = None, **changes: Any
) -> JudgedReport:
    with chat_server(script) as server:
        config = SETTINGS.model_copy(update={"base_url": server.base_url, "max_retries": 0, **changes})
        return judge_folders(config, runs, PASSAGES.get, runs[0].parent / out, inputs)


def hand_labels(runs: list[Path]) -> Path:
    """What people say: exactly what an honest judge says, of the sheet that the judge wrote."""
    sheet = runs[0].parent / "judged" / SHEET
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    for row in rows:
        row["label"] = "support" if row["nugget"].casefold() in row["answer"].casefold() else "not_support"
    filled = runs[0].parent / "filled.jsonl"
    filled.write_text("\n".join(map(json.dumps, rows)))
    return filled


def test_two_systems_are_compared_on_topics_without_gold(runs: list[Path]) -> None:
    report = judged(runs, judge())
    document = report.as_json()
    nuggets = ["GRACE beats BM25 by far", "Hubs answer quickly"]
    assert [n["text"] for n in document["topics"][0]["nuggets"]] == nuggets
    assert document["systems"]["good"]["scores"]["vital_strict"]["mean"] == 1
    # Three answers state one of two nuggets, the failed one none: (3 · 0.5 + 0) / 4.
    assert document["systems"]["poor"]["scores"]["vital_strict"]["mean"] == 0.375
    [duel] = document["duels"]
    assert (duel["winner"], duel["decided"], duel["topics"]) == ("good", True, {"a": 4, "b": 0, "tie": 0})
    assert duel["differences"]["vital_strict"]["mean"] == -0.625
    missed = document["topics"][0]["answers"]["poor"]["missed"]
    assert missed == [{"text": nuggets[0], "importance": "vital", "label": "not_support"}]
    assert document["topics"][0]["answers"]["good"]["missed"] == []
    assert [nugget["text"] for nugget in document["topics"][3]["answers"]["poor"]["missed"]] == nuggets


def test_without_hand_labels_the_report_is_not_valid_and_with_them_it_is(runs: list[Path]) -> None:
    first = judged(runs, judge())
    assert [verdict.gate.name for verdict in first.verdicts if verdict.reason] == [
        "human_labels", "label_agreement", "system_agreement",
    ]  # fmt: skip
    out = runs[0].parent / "judged"
    assert "<h1>NOT VALID" in (out / PAGE).read_text()
    assert json.loads((out / JUDGED).read_text())["valid"] is False
    second = judged(runs, judge(), "again", Inputs(human=hand_labels(runs)))
    assert second.reasons == []
    assert "<h1>VALID" in (runs[0].parent / "again" / PAGE).read_text()
    assert second.as_json()["agreement"]["kappa"] == 1


def test_a_judge_that_counts_keywords_is_caught(runs: list[Path]) -> None:
    judged(runs, judge())
    report = judged(runs, judge(holds_words), "gullible", Inputs(human=hand_labels(runs)))
    assert [verdict.gate.name for verdict in report.verdicts if verdict.reason] == ["keyword_stuffing"]
    assert report.as_json()["planted"]["keyword_stuffed"]["vital_strict"] == 1


def test_a_judge_that_obeys_answers_is_caught(runs: list[Path]) -> None:
    judged(runs, judge())
    report = judged(runs, judge(obeys=True), "obedient", Inputs(human=hand_labels(runs)))
    assert [verdict.gate.name for verdict in report.verdicts if verdict.reason] == ["prompt_injection"]


def test_the_judge_is_not_told_who_wrote_an_answer(runs: list[Path]) -> None:
    with chat_server(judge()) as server:
        config = SETTINGS.model_copy(update={"base_url": server.base_url})
        judge_folders(config, runs, PASSAGES.get, runs[0].parent / "judged")
        said = [json.dumps(asked.body) for asked in server.asked]
    assert said
    assert not any(word in text for text in said for word in ('good"', "poor", "planted", "gpt-4o", "[1]"))
    assignments = [asked for asked in server.asked if stage(asked) == "assign"]
    assert len(assignments) == 4 * 4 - 1  # two runs and two planted answers a topic; the failed one is not sent


def test_replies_that_cannot_be_read_are_reported_and_support_nothing(runs: list[Path]) -> None:
    honest = judge()

    def script(asked: Asked) -> str | Fault | Stream:
        return (
            "no"
            if stage(asked) == "assign"
            and "GRACE beats" in asked.body["messages"][1]["content"].split("Answer to check")[1].split("\n")[0]
            else honest(asked)
        )

    document = judged(runs, script).as_json()
    assert document["systems"]["good"]["labels"] == {"failed": 8}
    assert document["systems"]["good"]["scores"]["all"]["mean"] == 0
    assert document["parse_failures"]["by_stage"] == {"assign": 4}
    assert document["topics"][0]["answers"]["good"]["missed"][0]["label"] == "failed"


def test_a_judgement_that_was_stopped_goes_on_and_ends_the_same(runs: list[Path]) -> None:
    whole = judged(runs, judge(), "whole").as_json()
    honest, calls = judge(), iter(range(10))

    def dies(asked: Asked) -> str | Fault | Stream:
        return honest(asked) if next(calls, None) is not None else Fault(500)

    asked_before = 10
    with chat_server(dies) as server:
        config = SETTINGS.model_copy(update={"base_url": server.base_url, "max_retries": 0})
        with pytest.raises(JudgeError):
            judge_folders(config, runs, PASSAGES.get, runs[0].parent / "killed")
        kept = (runs[0].parent / "killed" / REPLIES).read_text().splitlines()
        assert len(kept) == asked_before
        server.script = honest
        resumed = judge_folders(config, runs, PASSAGES.get, runs[0].parent / "killed").as_json()
        assert len(server.asked) == whole["usage"]["calls"] + 1  # the one that failed
    address = "base_url"
    assert {**resumed, "judge": {**resumed["judge"], address: ""}} == {
        **whole,
        "judge": {**whole["judge"], address: ""},
    }


def test_nuggets_can_be_made_first_edited_and_judged_by(runs: list[Path]) -> None:
    with chat_server(judge()) as server:
        config = SETTINGS.model_copy(update={"base_url": server.base_url})
        out = runs[0].parent / "made"
        make_nuggets(config, runs, PASSAGES.get, out)
    rows = [json.loads(line) for line in (out / NUGGETS).read_text().splitlines()]
    assert [row["id"] for row in rows] == [row["id"] for row in ROWS]
    rows[0]["nuggets"] = [{"text": "Hubs answer quickly", "importance": "okay"}]
    edited = runs[0].parent / "edited.jsonl"
    edited.write_text("\n".join(map(json.dumps, rows[:3])))
    document = judged(runs, judge(), inputs=Inputs(nuggets=edited)).as_json()
    assert [len(topic["nuggets"]) for topic in document["topics"]] == [1, 2, 2]
    assert document["topics"][0]["winners"][0]["winner"] is None
    assert document["topics"][0]["answers"]["good"]["scores"]["vital_strict"] is None
    assert [topic["id"] for topic in document["without_nuggets"]] == ["q3"]


def test_the_page_escapes_what_strangers_wrote(runs: list[Path], tmp_path: Path) -> None:
    attack = "<script>alert(1)</script> is stated"
    given = tmp_path / "nuggets.jsonl"
    given.write_text(json.dumps({"id": "q0", "question": "?", "nuggets": [{"text": attack}]}))
    judged(runs, judge(), inputs=Inputs(nuggets=given))
    page = (tmp_path / "judged" / PAGE).read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_runs_that_do_not_belong_together_are_refused(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only one was named"):
        judged(runs[:1], judge())
    with pytest.raises(UsageError, match="would be lost"):
        judged(runs, judge(), "good")
    with pytest.raises(RunMismatch, match="no finished run"):
        judged([runs[0], tmp_path / "nowhere"], judge())
    with pytest.raises(DatasetError, match="cannot be read"):
        judged(runs, judge(), inputs=Inputs(human=tmp_path / "nowhere"))
    info = json.loads((runs[1] / "run.json").read_text())
    (runs[1] / "run.json").write_text(json.dumps(info | {"qa_hash": "other"}))
    with pytest.raises(RunMismatch, match="different QA sets"):
        judged(runs, judge())
