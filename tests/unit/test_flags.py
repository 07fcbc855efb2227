"""Which papers are held for review, and what it takes to find them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.papers.flags import _ALL_HELD, SCREEN, Flag
from rag.papers.shelf import FILE_NAME, Shelf
from tests.support.papers import make_paper

FLAGGED, RELEASED, SAID, CLEAN, REVISED = (f"2504.0000{n}" for n in range(1, 6))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / FILE_NAME)
    shelf.record(
        [make_paper(one, f"Title {one}", f"Text of {one}.") for one in (FLAGGED, RELEASED, SAID, CLEAN, REVISED)]
    )
    found = [Flag("keywords", 0, 5)]
    flags = {(FLAGGED, 1): found, (RELEASED, 1): found, (REVISED, 1): found, (SAID, 1): [], (CLEAN, 1): []}
    shelf.flags.write(flags, SCREEN, [key for key, _ in flags])
    shelf.flags.decide([RELEASED], "released")
    shelf.flags.decide([SAID], "held")
    shelf.record([make_paper(REVISED, "Title, revised", "Another text.", day="2025-06-01")])
    return shelf


def test_what_is_flagged_or_held_by_a_person_is_held_unless_it_is_released_or_revised(shelf: Shelf) -> None:
    assert shelf.flags.held() == {FLAGGED, SAID} == {one.paper_id for one in shelf.flags.all()}


def test_no_table_of_all_papers_is_read_through(shelf: Shelf) -> None:
    plan = [str(row[-1]) for row in shelf._db.all(f"EXPLAIN QUERY PLAN {_ALL_HELD}")]
    assert any("SEARCH p " in step for step in plan)
    assert not [step for step in plan if step.startswith(("SCAN p", "SCAN v"))]
