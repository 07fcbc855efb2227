"""The benchmark's tables and the block of README that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eval.bench.quality import main, markdown, rewrite_block
from rag.errors import UsageError

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def figure(mean: float | None, n: int = 5) -> dict[str, Any]:
    return {"mean": mean, "low": mean, "high": mean, "n": n}


def figures(**given: float) -> dict[str, Any]:
    names = ("recall@5", "nuggets_vital", "figure_accuracy", "citation_precision", "false_refusals", "words_per_paper")
    return {name: figure(given.get(name.split("@")[0])) for name in names} | {"abstention_f1": figure(0.7)}


def test_tables_show_published_figures_ours_and_every_type() -> None:
    scifact = {"ndcg@10": 0.7381, "intervals": {"ndcg@10": {"mean": 0.7381, "low": 0.7, "high": 0.77, "n": 300}}}
    dev = {
        "overall": figures(recall=0.814, words_per_paper=61.26),
        "by_type": {"odd": figures(recall=0.5), "few": figures() | {"recall@5": figure(0.9, 4)}},
    }
    table = markdown(scifact, dev)
    assert "| bge-base-en-v1.5 (110M parameters) | 0.744 |" in table
    assert "| **paperchat, offline** | **0.738** (0.700–0.770) |" in table
    assert "| **all** | 5 | 0.81 | – | – | – | – | 61.3 |" in table
    assert "| odd | 5 | 0.50 | – | – | – | – | – |" in table
    assert "| few | 5 | – | – | – | – | – | – |" in table
    assert "abstention F1 0.70" in table
    assert "`make bench`" in table
    widths = {line.count("|") for line in table.splitlines() if line.startswith("|")}
    assert widths == {3, 9}


def test_the_block_alone_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    rewrite_block(path, r"new \1 table")
    assert path.read_text() == f"before\n{BEGIN}\nnew \\1 table\n{END}\nafter\n"
    path.write_text("no markers")
    with pytest.raises(UsageError, match="no single block"):
        rewrite_block(path, "x")


def test_missing_data_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAPERCHAT_SHARED_DATA", raising=False)
    assert main([]) == 2
    assert "PAPERCHAT_SHARED_DATA" in capsys.readouterr().err
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "qrels/test.tsv is missing" in capsys.readouterr().err
