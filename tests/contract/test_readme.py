"""What README.md says to type works in the library that it has a newcomer make: that of the sample."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.runs import Run
from tests.support.samples import sample_library

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


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
