"""Pages of papers: the same by the word tables and by scanning, and in step with every change of the shelf."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rag.papers.browse.catalogue import Catalogue, ReportDay
from rag.papers.shelf import FILE_NAME, Shelf
from rag.sources.identifiers import title_id
from rag.types import Filters
from tests.support.papers import make_paper
from tests.support.postgres import on_both

pytestmark = on_both

PAPERS = [
    make_paper("2504.00001", "Ranking Documents", "We rank them with models.", ("Ada Lovelace",), "2025-04-01"),
    make_paper("2504.00002", "Ranked Lists", "A naïve model ranks.", ("Alan Turing",), "2025-04-02"),
    make_paper(
        "2504.00003", "Recommendation", "Nothing of the kind; 100% new, snake_case.", ("Ada Byron",), "2025-04-02"
    ),
    make_paper(
        "2505.00004",
        "Ranking again",
        "Model after model.",
        ("Ada Lovelace", "Alan Turing"),
        "2025-05-05",
        categories=("cs.IR",),
    ),
]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / FILE_NAME)
    opened.record(PAPERS)
    yield opened
    opened.close()


@pytest.fixture
def catalogue(shelf: Shelf) -> Iterator[Catalogue]:
    opened = Catalogue(shelf)
    yield opened
    opened.close()


def ids(catalogue: Catalogue, words: str = "", filters: Filters | None = None) -> list[str]:
    return [paper.paper_id[-1] for paper in catalogue.page(words, filters).papers]


def test_papers_come_newest_first(catalogue: Catalogue) -> None:
    assert ids(catalogue) == ["4", "2", "3", "1"]


def test_a_page_may_hold_all_that_fit(catalogue: Catalogue) -> None:
    assert [paper.paper_id[-1] for paper in catalogue.page("ranking", limit=None).papers] == ["4", "2", "1"]
    assert len(catalogue.page(limit=None, offset=1).papers) == 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ranking", ["4", "2", "1"]),  # ranks, ranked: the same stem
        ("rank documents", ["1"]),
        ("documents ran", ["1"]),  # the last word may be cut short
        ("naive", ["2"]),
        ("2505.00004", ["4"]),
        ("100%", ["3"]),
        ("snake_case", ["3"]),
        ("RANKING AGAIN", ["4"]),
        ("absent", []),
        ('" OR NEAR(*', []),
        ("%", []),
        ("--", []),
        ("title:ranking", []),
    ],
)
def test_words_are_looked_up(catalogue: Catalogue, words: str, expected: list[str]) -> None:
    assert ids(catalogue, words) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(date_from=date(2025, 4, 2)), ["4", "2", "3"]),
        (Filters(date_to=date(2025, 4, 2)), ["2", "3", "1"]),
        (Filters(date(2025, 4, 2), date(2025, 4, 2)), ["2", "3"]),
        (Filters(author="Turing"), ["4", "2"]),
        (Filters(author="Ada Lovelace and Alan Turing"), ["4"]),
        (Filters(category="cs"), ["4"]),
        (Filters(author="Alan Turing", category="cs.IR"), ["4"]),
        (Filters(author="Ada Byron", category="cs.IR"), []),
        (Filters(date_to=date(2025, 4, 30), author="Ada Lovelace"), ["1"]),
        (Filters(author="Nobody"), []),
    ],
)
def test_filters_restrict(catalogue: Catalogue, filters: Filters, expected: list[str]) -> None:
    assert ids(catalogue, "", filters) == expected
    with_word = ids(catalogue, "rank", filters)
    assert with_word == [one for one in expected if one != "3"]


def test_pages_follow_each_other(catalogue: Catalogue) -> None:
    pages = [catalogue.page(limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [page.total for page in pages] == [4, 4, 4]
    assert [[paper.paper_id[-1] for paper in page.papers] for page in pages] == [["4", "2", "3"], ["1"], []]


def test_every_change_of_the_shelf_shows_at_once(shelf: Shelf, catalogue: Catalogue) -> None:
    assert ids(catalogue, "rank") == ["4", "2", "1"]
    shelf.remove(["2504.00002"])
    shelf.record([make_paper("2504.00001", "Something Else", "Other words.", day="2025-06-01")])
    shelf.record([make_paper("2506.00005", "Rank", "New.", day="2025-06-02")])
    assert ids(catalogue, "rank") == ["5", "4"]
    assert ids(catalogue, "something") == ["1"]
    assert ids(catalogue) == ["5", "4", "3", "1"]  # still listed by its first day
    shelf.record([make_paper("2505.00004", "Ranking again", "Model after model.", day="2025-01-01")])
    assert ids(catalogue) == ["5", "3", "1", "4"]  # an older report came later


def test_a_paper_that_left_its_id_is_listed_once(shelf: Shelf, catalogue: Catalogue) -> None:
    title = "A Long Telling Title"
    assert catalogue.prepare()
    shelf.record([make_paper(title_id(title) or "", title=title, abstract="")])
    shelf.record([make_paper("2506.00009", title=title, abstract="It tells.")])
    assert [(page.total, len(page.papers)) for page in (catalogue.page("telling"), catalogue.page())] == [
        (1, 1),
        (5, 5),
    ]


def test_tables_that_are_made_late_hold_what_was_there(shelf: Shelf) -> None:
    before = Catalogue(shelf)
    assert before.prepare()
    again = Catalogue(shelf)
    assert ids(again, "rank") == ids(before, "rank") == ["4", "2", "1"]
    before.close()
    again.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.sqlite_only
def test_a_library_that_may_not_be_written_is_scanned(shelf: Shelf, tmp_path: Path) -> None:
    shelf.close()
    tmp_path.chmod(0o500)
    try:
        catalogue = Catalogue(Shelf(tmp_path / FILE_NAME))
        assert not catalogue.prepare()
        assert ids(catalogue, "rank") == ["4", "2", "1"]
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.sqlite_only
def test_scanning_finds_the_same(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[tuple[str, Filters | None]] = [
        ("", None),
        ("rank", None),
        ("2505.00004", None),
        ("absent", None),
        ("rank", Filters(date(2025, 4, 2), date(2025, 4, 30))),
        ("", Filters(author="Turing")),
    ]
    expected = [ids(catalogue, *question) for question in questions]
    monkeypatch.setattr(catalogue, "prepare", lambda: False)
    assert [ids(catalogue, *question) for question in questions] == expected


def test_reports_are_counted_by_what_they_brought(shelf: Shelf, catalogue: Catalogue) -> None:
    shelf.record([make_paper("2504.00001", "Ranking Documents", "We rank them with models.", day="2025-05-05")])
    shelf.record([make_paper("2504.00002", "Ranked Lists", "A new abstract.", day="2025-05-05")])
    shelf.record([make_paper("2504.00002", "Ranked Lists", "A new abstract.", day="2025-05-06")])
    assert catalogue.activity() == (
        ReportDay(date(2025, 4, 1), 1, 0, 0),
        ReportDay(date(2025, 4, 2), 2, 0, 0),
        ReportDay(date(2025, 5, 5), 1, 1, 1),
        ReportDay(date(2025, 5, 6), 0, 0, 1),
    )
    assert catalogue.version_days("2504.00002") == {
        1: (date(2025, 4, 2),),
        2: (date(2025, 5, 5), date(2025, 5, 6)),
    }
