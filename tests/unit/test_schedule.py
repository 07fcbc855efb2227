"""Which tests share a worker."""

from __future__ import annotations

from pathlib import Path

from tests.support.schedule import LONG, UNITS, place_of, unit_of

REPOSITORY = Path(__file__).resolve().parents[2]


def test_modules_that_share_a_library_are_one_unit_and_others_are_their_own() -> None:
    sets = unit_of("tests/quality/test_development_sets.py::test_no_figure_is_below_its_floor[dev.jsonl-all]")
    assert sets == unit_of("tests/quality/test_lists.py::test_the_shipped_weights")
    assert unit_of("tests/browser/test_map.py::test_a") == unit_of("tests/browser/test_axe.py::test_b[light]")
    assert unit_of("tests/unit/test_shelf.py::test_a[x::y]") == "tests/unit/test_shelf.py"


def test_the_longest_begin() -> None:
    nodes = [
        "tests/unit/test_shelf.py::test_a",
        f"{LONG[1]}::test_a",
        f"{LONG[0]}::test_a",
        f"{UNITS[0][1][0]}::test_a",
    ]
    assert sorted(nodes, key=place_of) == nodes[::-1]


def test_what_is_named_is_there() -> None:
    named = [*LONG, *(path for _, paths in UNITS for path in paths)]
    assert [path for path in named if not (REPOSITORY / path).exists()] == []
