"""paperchat beside plain LlamaIndex and Chroma over the packaged sample: in parts, cut off, told, drawn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.bench.growth import course, parts
from eval.bench.growth.course import FIGURES, Course
from eval.bench.growth.parts import Part, drawn, ingested, parts_of
from eval.bench.growth.side import OURS, THEIRS
from eval.bench.growth.table import markdown, plot
from eval.bench.speed import SAMPLE
from rag.errors import DatasetError, UsageError


def test_parts_end_at_each_size_and_its_last_one_is_embedded() -> None:
    made = parts_of([1_000, 3_500], 0)
    assert [(one.begin, one.end) for one in made] == [(0, 1_000), (1_000, 1_500), (1_500, 2_500), (2_500, 3_500)]
    assert [one.real for one in made] == [True, False, False, True]
    assert [one.real for one in parts_of([1_000, 3_500], 1_500)] == [True, True, False, True]
    assert [(one.begin, one.end) for one in parts_of([1_000, 3_500], 0, 2_500)] == [(2_500, 3_500)]
    assert Part(0, 1_000, True).name == "000000-001000"


def test_papers_are_drawn_the_same_way_each_time() -> None:
    some = drawn(SAMPLE, 10)
    assert [one.paper_id for one in some] == [one.paper_id for one in drawn(SAMPLE, 20)[:10]]
    with pytest.raises(DatasetError, match="holds 35 papers, not 99"):
        drawn(SAMPLE, 99)


def test_embedding_of_replayed_parts_is_reckoned() -> None:
    def row(papers: int, embedded: bool, seconds: float) -> dict[str, object]:
        took = {
            "seconds": seconds,
            "cpu_s": 2 * seconds,
            "embedding_s": 8.0 * embedded,
            "embedding_cpu_s": 16.0 * embedded,
        }
        return {"papers": papers, "embedded": embedded, OURS: took, THEIRS: took}

    made = {
        "000000-000010": row(10, True, 10.0),
        "000010-000040": row(30, False, 6.0),
        "000040-000050": row(10, True, 12.0),
    }
    found = ingested(made, 50)[OURS]
    assert found["seconds"] == 28.0 + 30 * 0.8
    assert found["cpu_s"] == 56.0 + 30 * 1.6
    assert (found["reckoned_papers"], found["last_papers_per_second"]) == (30, 10 / 12)
    assert found["to_embedding"] == 44 / 32
    assert ingested(made, 10)[OURS]["seconds"] == 10.0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SEARCHES": 3, "ANSWERS": 1, "WARM_UP": 1, "STARTS": 1, "SETTLED_S": 1.0}.items():
        monkeypatch.setattr(course, name, value)
    monkeypatch.setattr(parts, "PART", 6)
    monkeypatch.setattr(course, "page_memory", lambda folder, patience: (5_000_000, 1_000_000))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_course_measures_both_goes_on_and_measures_nothing_twice(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    Course(SAMPLE, [6], tmp_path, said.append).run()
    file = tmp_path / FIGURES
    kept = json.loads(file.read_text())
    del kept["parts"]["000000-000006"][THEIRS]  # killed before that was noted
    file.write_text(json.dumps(kept))
    started = kept["sizes"]["6"]["start"]
    assert min(started["s"].values()) > 0
    monkeypatch.setattr(Course, "_started", lambda self: started)  # commands take seconds each
    figures = Course(SAMPLE, [6, 12], tmp_path, said.append, vectors=tmp_path / OURS).run()
    assert [row[side]["count"] for row in figures["parts"].values() for side in (OURS, THEIRS)] == [6, 6, 12, 12]
    assert figures["parts"]["000000-000006"][OURS] == kept["parts"]["000000-000006"][OURS]
    before = len(said)
    assert Course(SAMPLE, [6, 12], tmp_path, said.append).run()["sizes"] == figures["sizes"]
    assert len(said) == before, "nothing is measured again"
    with pytest.raises(UsageError, match="hold more than 9 papers"):
        Course(SAMPLE, [9, 12], tmp_path, said.append).run()
    table = markdown(figures)
    assert "| search p50, ms |" in table
    assert table.count("paperchat / reference") == 1
    assert plot(figures).startswith("<svg ")
