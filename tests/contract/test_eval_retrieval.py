"""`eval retrieval` and `eval run` from the command line, over the real ingest, retriever and assistant."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import read_beir
from eval.runs.retrieval import evaluate_retrieval, rank_all
from rag.config import Config
from rag.errors import DatasetError, EmbeddingTimeoutError, RunMismatch, UsageError
from rag.types import Passage
from tests.support.evaluation import DAY
from ui.cli import main

TOPICS = {
    "bees": ("Bees and flowers", "Honey bees visit flowers of clover and carry pollen between them all summer."),
    "steel": ("Welding steel", "Welded steel joints of bridges crack when the metal cools too fast in winter."),
    "tides": ("Tides of the sea", "The moon draws the sea and makes tides that rise twice a day at the coast."),
    "bread": ("Baking bread", "Sourdough bread rises overnight because wild yeast ferments the flour."),
}
QUERIES = {"q1": "pollen carried by honey bees", "q2": "cracks in welded bridges", "q3": "why does sourdough rise"}
QRELS = "query-id\tcorpus-id\tscore\nq1\tbees\t2\nq1\ttides\t1\nq2\tsteel\t1\nq3\tbread\t3\nq3\tlost\t1\n"


def collection(folder: Path) -> Path:
    rows = [{"_id": name, "title": title, "text": text} for name, (title, text) in TOPICS.items()]
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{\n")
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": query, "text": text}) + "\n" for query, text in QUERIES.items())
    )
    (folder / "qrels" / "test.tsv").write_text(QRELS)
    return folder


@dataclass(frozen=True)
class Finished:
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


def paperchat(*arguments: str | Path) -> Finished:
    """Run the command line in this process: LlamaIndex and Chroma are imported once."""
    out, error = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(error):
        patch.setattr(sys, "argv", ["paperchat", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert isinstance(ended.value.code, int)
    return Finished(ended.value.code, out.getvalue(), error.getvalue())


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_collection_is_ranked_and_scored(tmp_path: Path) -> None:
    folder, out, keep = collection(tmp_path / "tiny"), tmp_path / "out", tmp_path / "kept"
    done = paperchat("eval", "retrieval", "--dataset", folder, "--out", out, "--keep", keep, "--json")
    assert done.returncode == 0, done.stderr
    metrics = load(out / "metrics.json")
    assert json.loads(done.stdout) == metrics
    assert metrics["mrr@10"] == 1.0
    assert metrics["ndcg@10"] > 0.85
    assert metrics["recall@100"] == pytest.approx((1 + 1 + 1 / 2) / 3, abs=1e-6)  # one judged document is lost
    assert (metrics["queries"], metrics["documents"], metrics["failed"]) == (3, 4, 0)
    assert metrics["docs/s"] > 0
    assert metrics["ms/query"] > 0
    reasons = [row["reason"] for row in load(out / "run.json")["left_out"]]
    assert any("'lost' is not in the corpus" in reason for reason in reasons)
    assert any(reason.startswith("not JSON") for reason in reasons)
    lines = [line.split() for line in (out / "run.trec").read_text().splitlines()]
    assert len(lines) == 3 * 4
    assert {tuple(line[:4]) for line in lines if line[3] == "1"} == {
        ("q1", "Q0", "bees", "1"),
        ("q2", "Q0", "steel", "1"),
        ("q3", "Q0", "bread", "1"),
    }

    again = evaluate_retrieval(read_beir(folder, "test"), Config(), tmp_path / "again", keep)
    assert again["docs/s"] is None
    assert (tmp_path / "again" / "run.trec").read_bytes() == (out / "run.trec").read_bytes()
    (folder / "corpus.jsonl").write_text('{"_id": "bees", "title": "other", "text": "text"}\n')
    with pytest.raises(RunMismatch, match="holds another collection"):
        evaluate_retrieval(read_beir(folder, "test"), Config(), tmp_path / "again", keep)


def test_a_collection_never_meets_a_real_library(tmp_path: Path) -> None:
    data = read_beir(collection(tmp_path / "tiny"), "test")
    real = tmp_path / "real"
    real.mkdir()
    (real / "shelf.sqlite").write_text("papers of mine")
    with pytest.raises(UsageError, match="holds no kept collection"):
        evaluate_retrieval(data, Config(data_dir=real), tmp_path / "out", keep=real)
    assert [path.name for path in real.iterdir()] == ["shelf.sqlite"]


def test_judgements_of_another_collection_are_refused(tmp_path: Path) -> None:
    folder = collection(tmp_path / "tiny")
    (folder / "qrels" / "test.tsv").write_text("q1\tx\t1\n")
    with pytest.raises(DatasetError, match="holds none of the judged documents"):
        evaluate_retrieval(read_beir(folder, "test"), Config(), tmp_path / "out")


def passage(name: str) -> Passage:
    return Passage(f"c-{name}", name, 1, "t", (), DAY, "", 0, 1, "x")


def test_passages_fold_to_documents_and_a_deeper_search_only_adds_below() -> None:
    shallow, deep = ["b", "a", "b", "c"], ["z", "a", "y", "b", "c"]

    def search(question: str, k: int) -> list[Passage]:
        return [passage(name) for name in (shallow if k == 10 else deep)]

    assert rank_all(search, {"q": "text"}, 10).ranked == {"q": ["b", "a", "c", "z", "y"]}


def test_a_query_that_fails_has_an_empty_ranking_and_its_error() -> None:
    def search(question: str, k: int) -> list[Passage]:
        if question == "bad":
            raise EmbeddingTimeoutError("too slow", "wait")
        return [passage("a")]

    found = rank_all(search, {"1": "good", "2": "bad"}, 10)
    assert found.ranked == {"1": ["a"], "2": []}
    assert found.failed == {"2": "EmbeddingTimeoutError: too slow"}
    assert len(found.milliseconds) == 1


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real library of the four topics."""
    folder = tmp_path_factory.mktemp("library")
    rows = [
        {"arxiv_id": f"2501.0000{n}", "title": title, "abstract": text, "authors": ["A. Author"], "date": "2025-05-01"}
        for n, (title, text) in enumerate(TOPICS.values(), 1)
    ]
    (folder / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = paperchat("--data-dir", folder / "data", "ingest", folder / "papers.jsonl")
    assert done.returncode == 0, done.stderr
    return folder / "data"


def test_run_compare_and_add_on_a_real_library(library: Path, tmp_path: Path) -> None:
    qa = tmp_path / "qa.jsonl"
    span = "carry pollen between them all summer"
    add = ("eval", "add", "--qa", qa, "--data-dir", library, "--question", QUERIES["q1"], "--gold", "2501.00001")
    done = paperchat(*add, "--nugget", f"carries pollen|vital|2501.00001|{span}", "--type", "single")
    assert done.returncode == 0, done.stderr
    done = paperchat(*add, "--nugget", f"carries pollen|vital|2501.00001|{span.upper()}", "--id", "x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The span")
    with qa.open("a") as file:
        file.write('{"id": "only", "question": "cracks in welded bridges"}\n{"id": \n')

    for name in ("a", "b"):
        done = paperchat("eval", "run", "--qa", qa, "--out", tmp_path / name, "--data-dir", library)
        assert done.returncode == 0, done.stderr
        assert "recall@5" in done.stdout
        assert "qa.jsonl, line 3: not JSON" in done.stderr
        assert "pollen carried by honey bees" in (tmp_path / name / "report.html").read_text()
    metrics = load(tmp_path / "a" / "metrics.json")
    for measure in ("recall@5", "nuggets_vital", "quote_validity"):
        assert metrics["overall"][measure]["mean"] == 1.0, measure
    without = {key: value for key, value in metrics.items() if key != "timings"}
    assert without == {key: value for key, value in load(tmp_path / "b" / "metrics.json").items() if key != "timings"}

    done = paperchat("eval", "compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "c", "--json")
    assert json.loads(done.stdout)["moved"] == 0
    assert (tmp_path / "c" / "report.html").read_text().startswith("<!doctype html>")
    ask = paperchat("ask", QUERIES["q3"], "--data-dir", library, "--json")
    (tmp_path / "answer.json").write_text(ask.stdout)
    done = paperchat("eval", "add", "--qa", qa, "--data-dir", library, "--answer", tmp_path / "answer.json", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["question"] == QUERIES["q3"]


def test_bad_input_gets_two_lines_and_an_exit_code(library: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    out = ("--out", tmp_path / "out", "--data-dir", library)
    for arguments, code, message in (
        (("run", "--qa", tmp_path / "none.jsonl", *out), 1, "cannot be read"),
        (("run", "--qa", tmp_path / "empty.jsonl", *out), 1, "it is empty"),
        (("retrieval", "--dataset", tmp_path, *out), 1, "is missing"),
        (("run", "--qa", tmp_path / "empty.jsonl"), 2, "--out"),
    ):
        done = paperchat("eval", *arguments)
        assert done.returncode == code, done.stderr
        assert message in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()
