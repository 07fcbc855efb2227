"""`paperchat bench` over the packaged sample, with few questions and one cold start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.bench import speed
from rag.config import Config
from rag.errors import DatasetError, UsageError


def test_every_figure_is_measured_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"QUESTIONS": 4, "ANSWERS": 2, "STARTS": 1}.items():
        monkeypatch.setattr(speed, name, value)
    seen: list[str] = []
    metrics = speed.measure(None, Config(), tmp_path / "out", lambda stage, done, total: seen.append(stage))
    assert metrics["papers"] == 35
    assert 0 < metrics["ingest"]["again_share"] < 0.5
    assert 0.5 < metrics["ingest"]["ratio_to_embedding"] < 20
    assert [metrics[name]["n"] for name in ("search_ms", "search_dates_ms", "search_author_ms")] == [4, 4, 4]
    assert metrics["answer_ms"]["n"] == 2
    assert metrics["answer_ms"]["p50"] > 0
    assert 0 < metrics["start"]["help_seconds"] < metrics["start"]["ask_seconds"]
    assert {"asking", "starting"} <= set(seen)
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == metrics
    assert "config" in json.loads((tmp_path / "out" / "run.json").read_text())


def test_nothing_to_measure_with_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no paper"):
        speed.measure(tmp_path / "empty", Config(), tmp_path / "out")


def test_the_output_must_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="not a folder"):
        speed.measure(None, Config(), tmp_path / "file")
