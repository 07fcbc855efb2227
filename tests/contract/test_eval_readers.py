"""`eval readers` over the sample reports: the folder it leaves, the same for the same seed, and what is refused."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from eval.readers.goals import GOALS
from eval.readers.material import Material
from eval.readers.simulation import draw
from eval.readers.verdicts import WHY
from rag import open_library
from rag.config import Config
from rag.sources import read_source
from tests.support.runs import Run

FEW = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library")
    with open_library(Config(data_dir=made)) as library:
        for report in sorted(Path(str(files("rag") / "sample")).glob("2025*.md")):
            library.ingest(read_source(report))
    return made


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(folder, capsys, monkeypatch)


def test_readers_talk_and_leave_a_report(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    metrics = run.json("eval", "readers", "--readers", str(FEW), "--seed", "5", "--out", str(out))
    rows = [json.loads(line) for line in (out / "conversations.jsonl").read_text(encoding="utf-8").splitlines()]
    assert metrics == json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["readers"] == len(rows) == FEW - sum(metrics["not_drawn"].values()) > FEW / 2
    assert metrics["goal_rate"]["mean"] == pytest.approx(sum(row["succeeded"] for row in rows) / len(rows))
    assert metrics["goal_rate"]["mean"] > 0.5
    assert set(metrics["cells"]) == set(GOALS)
    for row in rows:
        assert row["turns"]
        assert row["succeeded"] == (not row["why"]) == (not row["failed_at"])
        assert row["why"] in ("", *WHY)
        assert row["why"] == (row["turns"][row["failed_at"] - 1]["why"] if row["failed_at"] else "")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert page.count('<details class="row card"') == sum(not row["succeeded"] for row in rows)
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["seed"] == 5


def test_the_same_seed_holds_the_same_conversations_however_many_talk_at_once(run: Run, tmp_path: Path) -> None:
    def told(name: str, seed: int, workers: int) -> str:
        command = ("eval", "readers", "--readers", "3", "--workers", str(workers), "--seed", str(seed))
        run(*command, "--out", str(tmp_path / name))
        return (tmp_path / name / "conversations.jsonl").read_text(encoding="utf-8")

    assert told("a", 1, 1) == told("b", 1, 3)
    material = Material(open_library(Config(data_dir=run.folder)))
    assert draw(material, 3, 1) == draw(material, 3, 1) != draw(material, 3, 2)


def test_what_cannot_be_is_said(run: Run, tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("x")
    assert "is not a folder" in run("eval", "readers", "--out", str(taken), code=2)[1]
    assert "Invalid value" in run("eval", "readers", "--readers", "0", "--out", str(tmp_path / "o"), code=2)[1]


def test_an_empty_library_has_nothing_to_want(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "list.jsonl"
    report.write_text(json.dumps({"paper_id": "2504.00001", "title": "A Title Alone", "date": "2025-04-10"}) + "\n")
    library = Run(tmp_path / "library", capsys, monkeypatch)
    library("ingest", str(report))
    assert "No reader finds anything to want" in library("eval", "readers", "--out", str(tmp_path / "o"), code=1)[1]
