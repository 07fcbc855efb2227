"""The map as scripts rely on it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from rag.themes.map_file import FILE_NAME
from tests.support.runs import Run

HEAD = {"papers", "drawn", "drawn_over", "came_since", "not_placed", "redrawn"}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    made = Run(tmp_path / "library", capsys, monkeypatch)
    made.json("ingest", str(files("rag") / "sample"))
    return made


def test_regions_are_listed_and_browsed_and_filter(run: Run) -> None:
    held = {paper["paper_id"] for paper in run.json("papers")}
    drawn = run.json("map")
    assert drawn.keys() == HEAD | {"regions"}
    assert (drawn["papers"], drawn["came_since"], drawn["redrawn"]) == (len(held), 0, None)
    assert sum(one["papers"] for one in drawn["regions"]) == len(held)
    first = drawn["regions"][0]
    assert first.keys() == {"code", "name", "also", "papers", "regions"}
    inside = run.json("map", first["code"])
    assert inside.keys() == HEAD | {"region", "regions", "members"}
    members = {one["paper_id"] for one in inside["members"]}
    assert len(members) == first["papers"]
    assert all(one["code"].split(".")[0] == first["code"] for one in inside["members"])
    assert {one["paper_id"] for one in run.json("papers", "--region", first["code"])} == members
    one = min(members)
    assert [paper["paper_id"] for paper in run.json("papers", "--region", first["code"], "--paper", one)] == [one]
    assert {
        hit["paper_id"] for hit in run.json("search", "recommendation", "--region", first["code"])["hits"]
    } <= members
    out, said = run("map")
    assert first["name"] in out
    assert "Drawn on" in said


def test_what_is_no_region_is_refused(run: Run) -> None:
    assert "no region 99" in run("map", "99", code=1)[1]
    assert "written like 3" in run("map", "north", code=2)[1]
    assert "no region 99" in run("papers", "--region", "99", code=1)[1]
    left = next(one["code"] for one in run.json("map")["regions"])
    other = run.json("map")["regions"][-1]["code"]
    paper = run.json("map", left)["members"][0]["paper_id"]
    assert "lies in region" in run("papers", "--region", other, "--paper", paper, code=1 if left != other else 0)[1]


def test_a_map_is_redrawn_when_asked_and_its_file_may_be_deleted(run: Run) -> None:
    before = run.json("map")["regions"]
    (run.folder / FILE_NAME).unlink()
    assert run.json("map")["regions"] == before
    run("remove", run.json("papers")[0]["paper_id"])
    assert run.json("map")["redrawn"] is None
    assert run.json("map", "--rebuild")["redrawn"] == "it was asked for"


def test_a_region_of_an_outgrown_map_filters_nothing(run: Run, tmp_path: Path) -> None:
    held = run.json("papers")
    region = run.json("map")["regions"][0]["code"]
    more = [
        {"id": f"2401.{n:05}", "title": f"Bread of Kind {n}", "abstract": "We bake bread.", "date": "2024-01-02"}
        for n in range(len(held) + 1)
    ]
    (tmp_path / "more.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in more))
    run("ingest", str(tmp_path / "more.jsonl"))
    assert "outgrown its map" in run("papers", "--region", region, code=1)[1]
    assert "doubled" in run.json("map")["redrawn"]
    assert run.json("papers", "--region", region)


def test_an_empty_library_says_how_to_fill_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Run(tmp_path / "none", capsys, monkeypatch)("map", code=1)[1]
    assert "ingest" in said
