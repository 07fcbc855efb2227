"""What README.md and the docs say to type works in the library that a newcomer makes: that of the sample."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.support.runs import Run
from tests.support.samples import sample_library

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def sample(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(sample_library(tmp_path), capsys, monkeypatch)


def words(pattern: str) -> list[str]:
    """The words of the one command that README has of this kind."""
    (found,) = re.findall(pattern, README)
    return shlex.split(found)


def test_the_examples_of_readme_find_something_in_the_sample(sample: Run) -> None:
    assert sample.json(*words(r"paperchat (papers --tag \S+ --has \w+)"))
    sample("list", "thesis", *words(r"paperchat list thesis (--add \S+)"))
    answer = sample.json(*words(r"`(ask \"[^\"]+\" --list thesis)`"))
    assert (answer["abstained"], answer["confidence"]) == (False, "high")
    (region,) = words(r"--region (\S+) filters")
    assert sample.json("papers", "--region", region)


def test_the_set_of_questions_that_the_docs_show_is_run_and_one_is_known_to_be_unanswerable(
    sample: Run, tmp_path: Path
) -> None:
    docs = (REPOSITORY / "docs" / "evaluation.md").read_text(encoding="utf-8")
    (rows,) = re.findall(r"<!-- questions:begin -->\n```json\n(.*?)```", docs, flags=re.DOTALL)
    (tmp_path / "qa.jsonl").write_text(rows, encoding="utf-8")
    sample("eval", "run", "--qa", str(tmp_path / "qa.jsonl"), "--out", str(tmp_path / "run"))
    overall = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))["overall"]
    assert overall["abstention_f1"]["mean"] == overall["recall@5"]["mean"] == 1.0
    assert (overall["abstention_f1"]["n"], overall["recall@5"]["n"]) == (2, 1)
    assert "unanswerable" in sample("eval", "run", "--help")[0]
