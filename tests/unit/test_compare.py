"""`eval compare`: pairing, refusals, what differs, and the questions that changed most."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import read_questions
from eval.reports import render_comparison
from eval.runs import METRICS, RESULTS, SCORES, Selection, load_run, run
from eval.runs.comparison import compare, compare_folders, settings_differences
from rag.config import Config
from rag.errors import RunMismatch, UsageError
from tests.support.evaluation import PAPERS, Scripted, ScriptedAssistant, answer, citation

ONE, TWO, _ = (paper.paper_id for paper in PAPERS)
RIGHT = answer("right [1]", [citation(ONE, "GRACE")], [ONE])
WRONG = answer("wrong <b>[1]</b>", [citation(TWO, "Hubs")], [TWO])
HALF = answer("half right [1]", [citation(TWO, "Hubs")], [ONE])
NAMES = tuple("abcdefghij")


def make(tmp_path: Path, name: str, answers: dict[str, Scripted], **options: Any) -> Path:
    rows = options.pop("rows", [{"id": n, "question": n, "type": "single", "gold_papers": [ONE]} for n in NAMES])
    (tmp_path / "library").mkdir(exist_ok=True)
    qa = tmp_path / f"{name}.jsonl"
    qa.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assistant = ScriptedAssistant(tmp_path / "library", {row["question"]: RIGHT for row in rows} | answers)
    try:
        run(assistant, options.pop("config", Config()), read_questions(qa), tmp_path / name, **options)
    finally:
        assistant.library.close()
    return tmp_path / name


def test_runs_are_paired_by_question_and_the_difference_tested(tmp_path: Path) -> None:
    bad: dict[str, Scripted] = dict.fromkeys(NAMES[:6], WRONG)
    bad["b"] = HALF
    a, b = make(tmp_path, "a", bad), make(tmp_path, "b", {"a": WRONG})
    comparison = compare_folders(a, b, tmp_path / "out")
    found = comparison.as_json()
    recall = found["overall"]["recall@5"]
    assert (recall["a"]["mean"], recall["b"]["mean"]) == (0.5, 0.9)
    assert recall["difference"]["mean"] == pytest.approx(0.4)
    assert recall["difference"]["low"] > 0
    assert recall["difference"]["p"] < 0.05
    assert recall["difference"]["n"] == 10
    assert found["moved"] == 5
    assert [row["id"] for row in found["changed"]] == list("cdefb")
    assert found["changed"][0]["a"]["answer"] == WRONG.answer
    assert found["changed"][0]["b"]["answer"] == RIGHT.answer
    assert found["changed"][0]["scores"]["recall@5"] == {"a": 0.0, "b": 1.0}
    assert json.loads((tmp_path / "out" / "compare.json").read_text()) == found
    page = render_comparison(comparison)
    assert "wrong &lt;b&gt;[1]&lt;/b&gt;" in page
    assert "<b>[1]" not in page


def test_the_precision_of_abstentions_differs_where_one_run_abstains(tmp_path: Path) -> None:
    rows = [
        {"id": n, "question": n, "type": "unanswerable" if n < "d" else "single", "gold_papers": [ONE] * (n >= "d")}
        for n in NAMES
    ]
    refused = answer("", [], []).model_copy(update={"abstained": True})
    a = make(tmp_path, "a", dict.fromkeys("abde", refused), rows=rows)
    b = make(tmp_path, "b", dict.fromkeys("abcd", refused), rows=rows)
    precision = compare_folders(a, b, tmp_path / "out").as_json()["overall"]["abstention_precision"]
    assert (precision["a"]["mean"], precision["b"]["mean"]) == (0.5, 0.75)
    assert precision["difference"]["mean"] == pytest.approx(0.25)
    assert precision["difference"]["n"] == 5


def test_a_run_compared_with_itself_differs_by_nothing(tmp_path: Path) -> None:
    a = make(tmp_path, "a", {"a": WRONG})
    found = compare(load_run(a), load_run(a))
    assert found.moved == 0
    assert not found.settings
    for name, compared in found.overall.items():
        assert compared.difference.mean in (0, None), name
        assert compared.difference.p in (1, None), name


def test_a_failed_answer_is_shown_as_its_error(tmp_path: Path) -> None:
    a, b = make(tmp_path, "a", {"c": ValueError("burst")}), make(tmp_path, "b", {})
    comparison = compare_folders(a, b, tmp_path / "out")
    (changed,) = comparison.changed
    assert (changed.id, changed.a, changed.quality) == ("c", "ValueError: burst", 1.0)
    assert "ValueError: burst" in render_comparison(comparison)


def test_different_qa_sets_are_refused(tmp_path: Path) -> None:
    a = make(tmp_path, "a", {})
    b = make(tmp_path, "b", {}, rows=[{"id": "a", "question": "a", "gold_papers": [TWO]}])
    with pytest.raises(RunMismatch, match=r"different QA sets \(a\.jsonl, \w+; b\.jsonl, \w+\)"):
        compare_folders(a, b, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_differences_in_config_and_corpus_are_named(tmp_path: Path) -> None:
    a = make(tmp_path, "a", {})
    b = make(tmp_path, "b", {}, config=Config.model_validate({"retrieval": {"candidates": 50}, "data_dir": "/b"}))
    assert compare(load_run(a), load_run(b)).settings == {"retrieval.candidates": (100, 50)}
    before = load_run(a).info
    assert settings_differences(before, {**before, "corpus_hash": "x", "papers": 9}) == {
        "corpus": (before["corpus_hash"], "x"),
        "papers in the corpus": (3, 9),
    }
    with_key = {**before, "config": {**before["config"], "new.key": 1}}
    assert settings_differences(before, with_key) == {"new.key": (None, 1)}


def test_questions_in_one_run_only_are_counted_and_not_compared(tmp_path: Path) -> None:
    a, b = make(tmp_path, "a", {}, selection=Selection(limit=4)), make(tmp_path, "b", {"a": WRONG, "j": WRONG})
    found = compare(load_run(a), load_run(b))
    assert list(found.paired) == list("abcd")
    assert (list(found.only_a), list(found.only_b)) == ([], list("efghij"))
    assert found.overall["recall@5"].difference.n == 4


def test_runs_without_a_common_question_are_refused(tmp_path: Path) -> None:
    rows = [{"id": n, "question": n, "type": n, "gold_papers": [ONE]} for n in "ab"]
    a = make(tmp_path, "a", {}, rows=rows, selection=Selection(types=("a",)))
    b = make(tmp_path, "b", {}, rows=rows, selection=Selection(types=("b",)))
    with pytest.raises(RunMismatch, match="no question in common"):
        compare(load_run(a), load_run(b))


def test_unfinished_damaged_and_overwritten_folders(tmp_path: Path) -> None:
    a = make(tmp_path, "a", {})
    with pytest.raises(UsageError, match="is the folder of a run"):
        compare_folders(a, a, a)
    (a / METRICS).rename(a / "x")
    with pytest.raises(RunMismatch, match=r"no finished run: metrics\.json"):
        load_run(a)
    (a / "x").rename(a / METRICS)
    for name in (SCORES, RESULTS):
        content = (a / name).read_text()
        (a / name).write_text(content[:-20])
        with pytest.raises(RunMismatch, match="is damaged"):
            load_run(a)
        (a / name).write_text(content)
    assert len(load_run(a).answers) == 10
