"""What a size takes is a straight line through two libraries, and a bill over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.bench.scale import Measured, _table, main, reckoned

SMALL = Measured(1_000, 1_500, {"shelf": 7_000_000, "Chroma": 15_000_000}, 400_000_000, 100_000_000)
LARGE = Measured(11_000, 16_500, {"shelf": 77_000_000, "Chroma": 145_000_000}, 500_000_000, 90_000_000)


def test_a_line_through_two_libraries_is_carried_on() -> None:
    rows = {row["name"]: row for row in reckoned([SMALL, LARGE], {"embedding": 0.05}, 3_000_000)}
    shelf, page, time = rows["disk: shelf"], rows["memory: a page's own"], rows["time: embedding"]
    assert (shelf["each"], shelf["anyway"], shelf["total"]) == (7_000, 0, 21_000_000_000)
    assert (page["each"], page["anyway"], page["total"]) == (10_000, 390_000_000, 30_390_000_000)
    assert time["total"] == 150_000


def test_a_line_that_starts_below_nothing_costs_nothing_anyway() -> None:
    large = Measured(11_000, 1, {"shelf": 87_000_000, "Chroma": 15_000_000}, 1, 1)
    rows = {row["name"]: row for row in reckoned([SMALL, large], {}, 100)}
    assert rows["disk: shelf"]["anyway"] == 0
    assert rows["disk: shelf"]["total"] == 800_000
    assert rows["disk: Chroma"]["each"] == 0


def test_the_table_has_units() -> None:
    table = _table(reckoned([SMALL, LARGE], {"embedding": 0.05}, 3_000_000), 3_000_000)
    assert "| disk: shelf | 7,000 B | 0 MB | 21.0 GB |" in table
    assert "| time: embedding | 50.0 ms of a core |  | 41.7 core-hours |" in table


def test_one_library_gives_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "two libraries" in capsys.readouterr().err
