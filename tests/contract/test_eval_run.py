"""`eval run` over a scripted assistant and a real shelf: the folder it leaves, kills, faults, resuming."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import QaSet, read_questions
from eval.reports import save_run
from eval.runs import METRICS, REPORT, RESULTS, RUN, SCORES, RunReport, Selection, run
from rag.config import Config
from rag.errors import (
    DatasetError,
    EmbeddingAuthError,
    EmbeddingNotFoundError,
    EmbeddingTimeoutError,
    IndexMismatch,
    PaperchatError,
    RunMismatch,
    UsageError,
    VectorStoreError,
)
from rag.types import Event, Timings, Turn
from tests.support.children import path_with
from tests.support.data import REPOSITORY
from tests.support.evaluation import PAPERS, Scripted, ScriptedAssistant, answer, citation

ONE = PAPERS[0].paper_id
GRACE = "GRACE improves nDCG@10 by 12.5% over BM25."
ROWS: list[dict[str, Any]] = [
    {"id": f"s{n}", "question": f"how good is GRACE, {n}", "type": "single", "gold_papers": [ONE],
     "nuggets": [{"text": "12.5% better", "importance": "vital", "paper": ONE, "span": GRACE}]}
    for n in range(6)
] + [
    {"id": "u1", "question": "who paid", "type": "unanswerable", "gold_papers": []},
    {"id": "m1", "question": "my own type", "type": "mine"},
]  # fmt: skip
GOOD = answer(f"{GRACE} [1]", [citation(ONE, GRACE)], [ONE, PAPERS[1].paper_id], timings=Timings(total_ms=5))
REFUSAL = answer("I don't know.", abstained=True, reason="nothing_found", confidence="low")


def script() -> dict[str, Scripted]:
    good: dict[str, Scripted] = dict.fromkeys((row["question"] for row in ROWS), GOOD)
    return good | {"who paid": REFUSAL}


def qa_set(folder: Path, rows: list[Any] | None = None) -> QaSet:
    path = folder / "qa.jsonl"
    lines = (row if isinstance(row, str) else json.dumps(row) for row in (ROWS if rows is None else rows))
    path.write_text("\n".join(lines) + "\n")
    return read_questions(path)


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[ScriptedAssistant]:
    (tmp_path / "library").mkdir()
    made = ScriptedAssistant(tmp_path / "library", script())
    yield made
    made.library.close()


def go(assistant: ScriptedAssistant, tmp_path: Path, out: str = "out", **options: Any) -> RunReport:
    qa = options.pop("qa", None) or qa_set(tmp_path)
    report = run(assistant, options.pop("config", Config()), qa, tmp_path / out, **options)
    save_run(report, tmp_path / out)  # as the command does
    return report


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_folder_holds_what_the_contract_says(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    go(assistant, tmp_path)
    out = tmp_path / "out"
    results, metrics, info = lines(out / RESULTS), load(out / METRICS), load(out / RUN)
    assert [row["id"] for row in results] == [row["id"] for row in ROWS]
    assert results[0]["citations"][0]["quote"] == GRACE
    assert metrics["overall"]["recall@5"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 6}
    assert metrics["overall"]["abstention_f1"]["mean"] == 1.0
    assert metrics["overall"]["figure_accuracy"]["n"] == 6
    assert list(metrics["by_type"]) == ["mine", "single", "unanswerable"]
    assert metrics["by_type"]["mine"]["recall@5"] == {"mean": None, "low": None, "high": None, "n": 0}
    assert metrics["timings"]["total_ms"]["p50"] == 5
    assert info.keys() >= {"config_hash", "corpus_hash", "qa_hash", "code_hash", "versions", "seconds", "left_out"}
    assert (out / REPORT).read_text().startswith("<!doctype html>")
    assert assistant.asked == [row["question"] for row in ROWS]


def test_two_runs_are_the_same_byte_for_byte(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    go(assistant, tmp_path, "one")
    go(assistant, tmp_path, "two")
    for name in (RESULTS, SCORES, METRICS, REPORT):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_a_finished_run_asks_nothing_again(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    go(assistant, tmp_path)
    before = (tmp_path / "out" / METRICS).read_bytes()
    assistant.asked.clear()
    assert go(assistant, tmp_path).asked == 0
    assert assistant.asked == []
    assert (tmp_path / "out" / METRICS).read_bytes() == before


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            EmbeddingTimeoutError("The server took too long.", "Wait."),
            "EmbeddingTimeoutError: The server took too long.",
        ),
        (ZeroDivisionError("a bug"), "ZeroDivisionError: a bug"),
        (None, "the stream of events ended without an answer"),
    ],
)
def test_a_failed_question_is_kept_counts_as_zero_and_is_asked_again(
    assistant: ScriptedAssistant, tmp_path: Path, fault: Scripted, text: str
) -> None:
    question = ROWS[2]["question"]
    assistant.script[question] = fault
    metrics = go(assistant, tmp_path).metrics
    assert lines(tmp_path / "out" / RESULTS)[2] == {"id": "s2", "question": question, "error": text}
    assert metrics["failed"] == ["s2"]
    assert metrics["overall"]["recall@5"]["mean"] == pytest.approx(5 / 6, abs=1e-6)
    assert metrics["overall"]["recall@5"]["n"] == 6
    assert metrics["overall"]["false_refusals"]["mean"] == pytest.approx(1 / 6, abs=1e-6)
    assert metrics["timings"]["total_ms"]["n"] == 7

    assistant.script[question] = GOOD
    assistant.asked.clear()
    go(assistant, tmp_path)
    assert assistant.asked == [question]
    go(assistant, tmp_path, "whole")
    for name in (RESULTS, METRICS, REPORT):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_an_error_that_every_question_would_end_with_stops_the_run(
    assistant: ScriptedAssistant, tmp_path: Path
) -> None:
    assistant.script[ROWS[3]["question"]] = IndexMismatch("built with another embedder", "repair")
    with pytest.raises(IndexMismatch):
        go(assistant, tmp_path)
    assert len(lines(tmp_path / "out" / RESULTS)) == 3
    assistant.script = script()
    assistant.asked.clear()
    go(assistant, tmp_path)
    assert assistant.asked == [row["question"] for row in ROWS[3:]]


@pytest.mark.parametrize("error", [EmbeddingAuthError, EmbeddingNotFoundError, VectorStoreError])
def test_a_server_that_refuses_everything_stops_the_run(
    assistant: ScriptedAssistant, tmp_path: Path, error: type[PaperchatError]
) -> None:
    assistant.script[ROWS[1]["question"]] = error("refused", "look")
    with pytest.raises(error):
        go(assistant, tmp_path)
    assert len(lines(tmp_path / "out" / RESULTS)) == 1


@pytest.mark.parametrize("cut", [1, 40, -1])
def test_a_torn_last_line_is_dropped_and_asked_again(assistant: ScriptedAssistant, tmp_path: Path, cut: int) -> None:
    go(assistant, tmp_path, "whole")
    assistant.script[ROWS[4]["question"]] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        go(assistant, tmp_path)
    path = tmp_path / "out" / RESULTS
    content = path.read_bytes()
    last = content.rstrip(b"\n").rindex(b"\n") + 1
    path.write_bytes(content[: last + cut] if cut > 0 else content[: len(content) + cut - 1])
    assistant.script = script()
    assistant.asked.clear()
    go(assistant, tmp_path)
    assert assistant.asked == [row["question"] for row in ROWS[3:]]
    for name in (RESULTS, METRICS, REPORT):
        assert path.with_name(name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_what_is_answered_after_a_torn_line_survives_the_next_kill(
    assistant: ScriptedAssistant, tmp_path: Path
) -> None:
    path = tmp_path / "out" / RESULTS
    for position in (2, 4):
        assistant.script = script()
        assistant.script[ROWS[position]["question"]] = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            go(assistant, tmp_path)
        with path.open("ab") as file:
            file.write(b'{"id": "torn')
    assistant.script = script()
    assistant.asked.clear()
    go(assistant, tmp_path)
    assert assistant.asked == [row["question"] for row in ROWS[4:]]


def test_another_qa_set_corpus_or_config_is_refused_by_name(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    go(assistant, tmp_path)
    before = (tmp_path / "out" / RESULTS).read_bytes()
    changed = Config.model_validate({"retrieval": {"candidates": 50}})
    with pytest.raises(RunMismatch, match=r"with another config \(\w+ then, \w+ now\)\.\n"):
        go(assistant, tmp_path, config=changed)
    with pytest.raises(RunMismatch, match=r"another QA set \("):
        go(assistant, tmp_path, qa=qa_set(tmp_path, ROWS[1:]))
    assistant.shelf_only.shelf.remove([PAPERS[2].paper_id])
    with pytest.raises(RunMismatch, match=r"another corpus \("):
        go(assistant, tmp_path)
    assert (tmp_path / "out" / RESULTS).read_bytes() == before


def test_where_the_library_lies_is_no_other_config(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    go(assistant, tmp_path)
    assert go(assistant, tmp_path, config=Config(data_dir=tmp_path / "elsewhere")).asked == 0


def test_limit_and_types_select_and_a_run_can_be_widened(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    assert go(assistant, tmp_path, selection=Selection(limit=2)).metrics["questions"] == 2
    assert assistant.asked == [row["question"] for row in ROWS[:2]]
    assert go(assistant, tmp_path).asked == len(ROWS) - 2
    with pytest.raises(RunMismatch, match="not selected now"):
        go(assistant, tmp_path, selection=Selection(limit=2))
    report = go(assistant, tmp_path, "typed", selection=Selection(types=("mine", "unanswerable")))
    assert [row.result.question.id for row in report.scored] == ["u1", "m1"]
    with pytest.raises(UsageError, match="No question has the type odd") as caught:
        go(assistant, tmp_path, "odd", selection=Selection(types=("odd",)))
    assert caught.value.advice == "Types here: mine, single, unanswerable."


def test_unusable_lines_and_papers_the_library_lacks_are_left_out_and_listed(
    assistant: ScriptedAssistant, tmp_path: Path
) -> None:
    foreign = {"id": "x", "question": "foreign", "gold_papers": [ONE, "2599.99999"]}
    qa = qa_set(tmp_path, [ROWS[0], "{", foreign, ROWS[0], ROWS[1]])
    report = go(assistant, tmp_path, qa=qa)
    assert report.metrics["questions"] == 2
    left_out = load(tmp_path / "out" / RUN)["left_out"]
    assert [(row["source"], row["line"]) for row in left_out] == [("qa.jsonl", 2), ("qa.jsonl", 4), ("qa.jsonl", 3)]
    assert left_out[2]["reason"] == "question 'x': the library lacks 2599.99999"
    page = (tmp_path / "out" / REPORT).read_text()
    assert "the library lacks 2599.99999" in page


def test_a_run_without_a_judgeable_question_does_not_start(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    qa = qa_set(tmp_path, [{"id": "x", "question": "foreign", "gold_papers": ["2599.99999"]}])
    with pytest.raises(DatasetError, match=r"line 1: question 'x': the library lacks 2599\.99999"):
        go(assistant, tmp_path, qa=qa)
    assert not (tmp_path / "out").exists()


def test_folders_that_are_none_are_refused(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is not a folder"):
        go(assistant, tmp_path, "file")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / RESULTS).write_text("")
    with pytest.raises(RunMismatch, match="nobody knows what made it"):
        go(assistant, tmp_path, "odd")
    (tmp_path / "odd" / RUN).write_text("[]")
    with pytest.raises(RunMismatch, match="is not the record of a run"):
        go(assistant, tmp_path, "odd")


def test_history_is_passed_on(assistant: ScriptedAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    ask = assistant.ask

    def noting(question: str, history: Sequence[Turn] = ()) -> Iterator[Event]:
        seen.append(history)
        return ask(question, history)

    monkeypatch.setattr(assistant, "ask", noting)
    turn = {"role": "user", "content": "earlier"}
    go(assistant, tmp_path, qa=qa_set(tmp_path, [ROWS[0] | {"history": [turn]}]))
    assert [turn.model_dump() for turn in seen[0]] == [turn]


SLOW_RUN = """
import sys, time
from pathlib import Path
from eval.datasets import read_questions
from eval.runs import run
from rag.config import Config
from tests.contract.test_eval_run import script
from tests.support.evaluation import ScriptedAssistant

class Slow(ScriptedAssistant):
    def ask(self, question, history=()):
        time.sleep(0.05)
        yield from super().ask(question, history)

folder = Path(sys.argv[1])
print("ready", flush=True)
run(Slow(folder / "library", script()), Config(), read_questions(folder / "qa.jsonl"), folder / "out")
"""


def test_a_run_killed_at_any_moment_ends_like_one_that_was_not(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    go(assistant, tmp_path, "whole")
    generator = random.Random(1)
    environment = os.environ | {"PYTHONPATH": path_with(REPOSITORY)}
    killed = 0
    for _ in range(6):
        command = [sys.executable, "-c", SLOW_RUN, str(tmp_path)]
        with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(generator.uniform(0.0, 0.25))
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
    assert killed >= 4
    go(assistant, tmp_path)
    for name in (RESULTS, SCORES, METRICS, REPORT):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_two_runs_into_one_folder_are_refused(assistant: ScriptedAssistant, tmp_path: Path) -> None:
    qa_set(tmp_path)
    environment = os.environ | {"PYTHONPATH": path_with(REPOSITORY)}
    slow = SLOW_RUN.replace("0.05", "5")
    command = [sys.executable, "-c", slow, str(tmp_path)]
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE) as process:
        while not (tmp_path / "out" / RUN).exists():
            assert process.poll() is None
            time.sleep(0.05)
        try:
            with pytest.raises(RunMismatch, match="Another run is writing"):
                go(assistant, tmp_path)
        finally:
            process.kill()
