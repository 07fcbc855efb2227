"""The best paper and a paper's questions as scripts and the page's addresses give them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from tests.support.runs import Run

REQUEST = "what is the best paper on generative recommendation, with code and an online test?"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    made = Run(tmp_path / "library", capsys, monkeypatch)
    made.json("ingest", str(files("rag") / "sample"))
    return made


def test_the_best_paper_is_printed_with_criteria_and_quotes(run: Run) -> None:
    texts = {paper["paper_id"]: paper["text"] for paper in run.json("papers")}
    found = run.json("best", REQUEST, "--most", "3", "--must", "2", "--criterion", "a user study")
    assert [(one["n"], one["kind"], one["must"]) for one in found["criteria"]] == [
        (1, "subject", True),
        (2, "code", True),
        (3, "online", False),
        (4, "study", False),
    ]
    assert 1 <= len(found["papers"]) <= 3 <= found["looked_at"]
    order = [(paper["untold"], paper["missed"], -paper["points"]) for paper in found["papers"]]
    assert order == sorted(order)
    for paper in found["papers"]:
        assert [one["criterion"] for one in paper["labels"]] == [1, 2, 3, 4]
        for one in paper["labels"]:
            text = texts[paper["paper_id"]]
            assert one["quote"] == (text[one["start"] : one["end"]] if one["level"] else None)
    out, said = run("best", REQUEST, "--without", "3")
    assert "1. about generative recommendation  (must)" in out
    assert "online test" not in out
    assert out.index("Criteria") < out.index("fully")
    assert "--criterion" in said


def test_a_request_without_criteria_asks_back(run: Run) -> None:
    _, said = run("best", "best paper?", code=2)
    assert "what the paper is to be good for" in said
    assert "There is no criterion 9." in run("best", REQUEST, "--without", "9", code=2)[1]


def test_asking_for_the_best_paper_leads_to_its_criteria(run: Run) -> None:
    answer = run.json("ask", "which is the best paper on generative recommendation?")
    assert "best_paper" in [note["code"] for note in answer["notes"]]
    assert "best_paper" not in [note["code"] for note in run.json("ask", "what is generative recommendation?")["notes"]]


def test_questions_of_a_paper_have_their_sentences(run: Run) -> None:
    offered = 0
    for paper in run.json("papers")[:4]:
        found = run.json("questions", paper["paper_id"])
        assert found["paper_id"] == paper["paper_id"]
        assert len(found["questions"]) <= 5
        offered += len(found["questions"])
        for one in found["questions"]:
            assert one["quote"] == paper["text"][one["start"] : one["end"]]
    assert offered
