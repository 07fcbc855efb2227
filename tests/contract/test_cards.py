"""Cards, tags and facets as scripts rely on them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from rag.config import Config
from rag.papers.database import Database
from rag.papers.shelf import FILE_NAME
from tests.support.runs import Run
from tests.support.samples import sample_library


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return Run(sample_library(tmp_path / "library"), capsys, monkeypatch)


def test_cards_tags_and_facets_are_printed_and_filtered_by(run: Run) -> None:
    papers = run.json("papers")
    for paper in papers:
        assert paper["card"].keys() == {"task", "method", "data", "result", "code"}
        assert 0 <= len(paper["tags"]) <= 5
        spans = [paper["card"][name] for name in ("task", "method", "result")]
        for span in [*filter(None, spans), *paper["card"]["data"], *paper["card"]["code"]]:
            assert paper["text"][span["start"] : span["end"]] == span["text"]
    shown = run.json("show", papers[0]["paper_id"])
    assert (shown["card"], shown["tags"]) == (papers[0]["card"], papers[0]["tags"])
    facets = run.json("papers", "--facets")
    assert facets["papers"] == facets["described"] == len(papers) == sum(facets["months"].values())
    first = facets["tags"][0]
    assert len(run.json("papers", "--tag", first["label"])) == first["papers"]
    coded = run.json("papers", "--has", "code", "--has", "result")
    assert [paper["paper_id"] for paper in coded] == [
        paper["paper_id"] for paper in papers if paper["card"]["code"] and paper["card"]["result"]
    ]
    out, said = run("papers", "--tag", first["tag"][:-1])
    assert out == ""
    assert f"No subject is called '{first['tag'][:-1]}'. Did you mean {first['tag']}" in said
    found = run.json("search", "recommendation", "--tag", first["tag"])
    assert found["filters"]["tag"] == first["tag"]
    out, _ = run("papers", "--facets")
    assert f"{first['label']} ({first['tag']})" in out
    assert "task: " in run("show", papers[0]["paper_id"])[0]


def test_wrong_fields_and_uses_are_said(run: Run) -> None:
    assert "is no field of a card" in run("papers", "--has", "colour", code=2)[1]
    assert "--query" in run("papers", "--facets", "--query", "x", code=2)[1]


def test_missing_cards_are_said_and_made(run: Run) -> None:
    with closing(Database.at(Config(data_dir=run.folder).store(FILE_NAME))) as db:
        db.execute("DELETE FROM described")
    count = len(run.json("papers"))
    out, said = run("papers", "--has", "result")
    assert f"{count} papers without a card and tags yet; `paperchat cards`" in said
    out, said = run("papers", "--facets", "--json")
    assert json.loads(out)["described"] == 0
    assert run.json("cards") == {"papers": count, "made": count}
    assert run.json("cards") == {"papers": count, "made": 0}
    assert run.json("cards", "--again") == {"papers": count, "made": count}
    assert run.json("papers", "--facets")["described"] == count
