"""Papers that arXiv itself lists: the day of the first version dates them, that of a version orders their texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from rag.papers.shelf import Shelf
from rag.types import Paper
from tests.support.papers import make_paper

FIRST, SECOND, REPORT = date(2025, 4, 10), date(2025, 6, 2), date(2025, 4, 14)


def version(number: int, text: str, day: date, *, withdrawn: bool) -> Paper:
    day_1 = FIRST.isoformat()
    return make_paper(abstract=text, day=day_1, listed=(day,), arxiv_version=number, withdrawn=withdrawn)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / "shelf.sqlite")
    yield opened
    opened.close()


ROWS = (
    version(1, "The first text.", FIRST, withdrawn=False),
    version(2, "The second text.", SECOND, withdrawn=True),
    make_paper(abstract="The first text.", day=REPORT.isoformat(), listed=(REPORT,)),
)


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_the_day_of_submission_and_the_day_of_a_version(shelf: Shelf, order: tuple[int, ...]) -> None:
    for place in order:
        shelf.record([ROWS[place]])
    paper = shelf.paper("2504.00001")
    assert (paper.abstract, paper.withdrawn) == ("The second text.", True)
    assert (paper.date, paper.listed) == (FIRST, (FIRST, REPORT, SECOND))
    assert shelf.record(ROWS) == {"2504.00001": "unchanged"}


def test_a_later_version_alone_has_the_day_of_the_first(shelf: Shelf) -> None:
    shelf.record([ROWS[1]])
    paper = shelf.paper("2504.00001")
    assert (paper.date, paper.listed) == (FIRST, (SECOND,))


def test_a_paper_that_comes_back_is_not_withdrawn(shelf: Shelf) -> None:
    shelf.record([ROWS[1], version(3, "The third text.", date(2025, 7, 1), withdrawn=False)])
    assert shelf.paper("2504.00001").withdrawn is False
    shelf.record([make_paper(day="2025-08-01")])  # a report does not say
    assert shelf.paper("2504.00001").withdrawn is False


def test_papers_without_abstract_are_told(shelf: Shelf) -> None:
    shelf.record([ROWS[0], make_paper("2504.00002", abstract=""), make_paper("title:00ff", abstract="", url="")])
    assert [paper.paper_id for paper in shelf.without_abstract()] == ["2504.00002", "title:00ff"]
    shelf.record([make_paper("2504.00002", abstract="Its text.", authors=("Ada Lovelace",))])
    shelf.record([make_paper("2504.00002", abstract="", authors=(), day="2026-01-01")])
    assert [paper.paper_id for paper in shelf.without_abstract()] == ["title:00ff"]
    assert shelf.paper("2504.00002").authors == ("Ada Lovelace",)
