"""`eval support` over twenty abstracts with sentences written by hand: a set on which nothing was fitted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.datasets import read_questions
from eval.support.experiment import MOST_HONEST_STRUCK, TARGETS, honest_sentences, planted
from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.retrieve.hybrid import HybridRetriever
from rag.sources import read_source
from rag.write.grounding import SupportChecker
from ui.cli import app

FOLDER = Path(__file__).parents[1] / "support" / "written_sentences"
QA = FOLDER / "qa.jsonl"
SLACK = 0.05
"""What 56 sentences may miss a target by: three of them."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    with Library(Config(data_dir=folder)) as library:
        library.ingest(read_source(FOLDER / "papers.jsonl"))
    return folder


@pytest.fixture(scope="module")
def measured(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Path]:
    out = tmp_path_factory.mktemp("out")
    result = CliRunner().invoke(
        app, ["--data-dir", str(data_dir), "eval", "support", "--qa", str(QA), "--out", str(out), "--json"]
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), out


def test_each_kind_reaches_its_target(measured: tuple[dict[str, object], Path]) -> None:
    metrics, _ = measured
    caught = metrics["caught"]
    assert isinstance(caught, dict)
    assert {kind: caught[kind]["n"] > 10 for kind in TARGETS} == dict.fromkeys(TARGETS, True)
    low = {kind: caught[kind]["mean"] for kind, least in TARGETS.items() if caught[kind]["mean"] < least - SLACK}
    assert low == {}
    struck = metrics["honest_struck"]
    assert isinstance(struck, dict)
    assert struck["n"] == 56
    assert struck["mean"] <= MOST_HONEST_STRUCK + SLACK


def test_the_files_are_written(measured: tuple[dict[str, object], Path]) -> None:
    metrics, out = measured
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8")) == metrics
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "planted error" in page
    assert "<script src" not in page
    refit = metrics["refit"]
    assert isinstance(refit, dict)
    assert refit["weights"].keys() == {"coverage", "rivalry", "similarity"}


def test_the_same_seed_plants_the_same_errors(data_dir: Path) -> None:
    with Library(Config(data_dir=data_dir)) as library:
        retriever = HybridRetriever(library)
        honest, left_out = honest_sentences(library, read_questions(QA), lambda q: retriever.search(q.question))
    assert left_out == ()
    first, again, other = ([(one.kind, one.written) for one in planted(honest, seed)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(first) > 200


def test_sentences_turned_round_by_hand_are_struck(data_dir: Path) -> None:
    """No program wrote these: 42 flips and negations as a person puts them."""
    rows = [json.loads(line) for line in (FOLDER / "wrong.jsonl").read_text(encoding="utf-8").splitlines()]
    with Assistant(Library(Config(data_dir=data_dir))) as assistant:
        honest, _ = honest_sentences(
            assistant.library, read_questions(QA), lambda q: assistant.retriever.search(q.question)
        )
        sources = {one.sources[one.marker].paper_id: one for one in honest}
        checker = SupportChecker(assistant.library)
        struck: Counter[str] = Counter()
        for row in rows:
            one = sources[row["paper"]]
            struck[row["kind"]] += not checker.check(f"{row['text']} [{one.marker}].", one.sources).ok
    total = Counter(row["kind"] for row in rows)
    assert {kind: struck[kind] / n >= 0.6 for kind, n in total.items()} == dict.fromkeys(total, True), struck
