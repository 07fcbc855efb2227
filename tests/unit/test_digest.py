"""Days on the shelf, and the digest of a span of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import EmptyLibrary
from rag.index.library import Library
from rag.papers.browse.days import ReportDays
from rag.papers.shelf import Shelf
from rag.sources import read_source
from rag.topics.digest import make_digest
from rag.topics.lines import lines
from rag.types import Paper
from tests.support.data import shared_data
from tests.support.papers import make_paper
from ui.edition.tables import by_day, daily_table

ABSTRACT = (
    "Retrieval of long documents is slow. To address this, we propose {0}, a method that ranks passages first. "
    "It is twice as fast on {1}. Code is at https://example.org/code."
)
ROWS = (
    ("2504.00001", "LoneRank: Ranking Passages", ABSTRACT.format("LoneRank", "MS MARCO"), "2025-04-09"),
    ("2504.00002", "PairRank: Ranking Pairs", ABSTRACT.format("PairRank", "BEIR"), "2025-04-10"),
    ("2504.00003", "A Title Alone", "", "2025-04-10"),
    ("2504.00001", "LoneRank: Ranking Passages", ABSTRACT.format("LoneRank", "TREC"), "2025-04-10"),
    ("2504.00002", "PairRank: Ranking Pairs", ABSTRACT.format("PairRank", "BEIR"), "2025-04-11"),
    ("2504.00002", "PairRank: Ranking Pairs Again", ABSTRACT.format("PairRank", "BEIR"), "2025-04-12"),
)
NINTH, TENTH, ELEVENTH, TWELFTH = (date(2025, 4, day) for day in range(9, 13))


def papers() -> Iterator[Paper]:
    for paper_id, title, abstract, day in ROWS:
        yield make_paper(paper_id, title, abstract, day=day, listed=(date.fromisoformat(day),))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(Config(data_dir=tmp_path_factory.mktemp("digest"))) as opened:
        opened.ingest(papers())
        yield opened


@pytest.fixture
def days(library: Library) -> ReportDays:
    return ReportDays(library.shelf)


def test_a_day_gives_back_the_texts_that_it_listed(days: ReportDays) -> None:
    listed = [(listing.paper.paper_id, listing.paper.version) for listing in days.listings(TENTH, TENTH)]
    assert sorted(listed) == [("2504.00001", 2), ("2504.00002", 1), ("2504.00003", 1)]
    (first,) = days.listings(NINTH, NINTH)
    assert "MS MARCO" in first.paper.abstract
    assert list(days.listings(date(2025, 5, 1), date(2025, 5, 2))) == []


def test_new_papers_and_new_texts_are_told_apart(days: ReportDays) -> None:
    assert [paper.paper_id for paper in days.first_listed(TENTH, TWELFTH)] == ["2504.00002", "2504.00003"]
    found = [(one.day, one.new.paper_id, one.old.version, one.new.version) for one in days.revisions(NINTH, TWELFTH)]
    assert found == [(TWELFTH, "2504.00002", 1, 2), (TENTH, "2504.00001", 1, 2)]
    assert days.revisions(ELEVENTH, ELEVENTH) == []


def test_a_text_is_compared_with_the_one_that_held_before_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf.sqlite")
    texts = (("third", 12), ("first", 9), ("fourth", 12), ("second", 10))  # versions are numbered as they were seen
    shelf.record(make_paper(abstract=text, day=f"2025-04-{day:02}") for text, day in texts)
    days = ReportDays(shelf)
    found = [(one.day, one.old.abstract, one.new.abstract) for one in days.revisions(NINTH, TWELFTH)]
    latest = shelf.paper("2504.00001").abstract
    assert [one for one in found if one[0] == TENTH] == [(TENTH, "first", "second")]
    assert [one[:2] for one in found if one[0] == TWELFTH] == [(TWELFTH, "second"), (TWELFTH, "second")]
    assert [one.paper.abstract for one in days.listings(TWELFTH, TWELFTH)][-1] == latest


def test_the_ends_of_what_is_held(days: ReportDays) -> None:
    assert (days.newest(date.max), days.newest(NINTH), days.newest(date(2025, 4, 8))) == (TWELFTH, NINTH, None)


def test_a_line_is_an_exact_slice_that_says_what_is_proposed(library: Library) -> None:
    digest = make_digest(library, TENTH, TWELFTH)
    entries = {entry.paper.paper_id: entry for entry in digest.entries}
    assert set(entries) == {"2504.00002", "2504.00003"}
    one = entries["2504.00002"]
    assert one.span
    assert one.line == one.paper.text[slice(*one.span)]
    assert one.line == "To address this, we propose PairRank, a method that ranks passages first."
    assert one.span[0] >= one.paper.abstract_start
    assert entries["2504.00003"].line is None


def test_lines_come_in_the_order_of_their_papers_whatever_lies_between(library: Library) -> None:
    held = list(library.shelf.papers(["2504.00001", "2504.00003", "2504.00002"]).values())
    many = [*held] * 7  # more than are scored at once
    assert list(lines(many)) == list(lines(held)) * 7


def test_what_changed_is_told_word_by_word(library: Library) -> None:
    first, second = make_digest(library, NINTH, TWELFTH).changed
    assert [(one.old, one.new) for one in first.title if not one.is_kept] == [("", " Again")]
    assert all(one.is_kept for one in first.abstract)
    assert [(one.old, one.new) for one in second.abstract if not one.is_kept] == [("MS MARCO", "TREC")]


def test_every_new_paper_stands_under_one_theme(library: Library) -> None:
    digest = make_digest(library, NINTH, TWELFTH)
    assert sorted(entry.paper.paper_id for entry in digest.entries) == ["2504.00001", "2504.00002", "2504.00003"]
    assert len({part.theme for part in digest.parts}) == len(digest.parts)


def test_days_without_papers_give_an_empty_digest(library: Library) -> None:
    digest = make_digest(library, date(2025, 5, 1), date(2025, 5, 2))
    assert (digest.parts, digest.changed, digest.entries) == ((), (), ())


def test_papers_that_are_not_indexed_yet_are_there(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path / "library")) as library:
        library.shelf.record(papers())  # as after an ingest that was killed
        digest = make_digest(library, NINTH, TWELFTH)
        assert len(digest.entries) == 3


def test_an_empty_library_has_no_digest(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path / "library")) as library, pytest.raises(EmptyLibrary):
        make_digest(library, NINTH, TWELFTH)


def content(shelf: Shelf) -> dict[str, object]:
    """All that reports tell of the papers, of each version."""
    found: dict[str, object] = {}
    for paper in shelf.browse():
        texts = [shelf.paper(paper.paper_id, version) for version in shelf.versions(paper.paper_id)]
        said = [(one.title, one.abstract) for one in texts]
        found[paper.paper_id] = (paper.version, paper.date, paper.listed, paper.authors, paper.url, said)
    return found


def test_all_reports_written_and_read_back_are_the_same_papers(tmp_path: Path) -> None:
    reports = sorted((shared_data() / "reports").rglob("*.md"))
    first, second = Shelf(tmp_path / "first.sqlite"), Shelf(tmp_path / "second.sqlite")
    for path in reports:
        first.record(row for row in read_source(path) if isinstance(row, Paper))
    tables = by_day(ReportDays(first).listings(date.min, date.max))
    assert (len(reports), len(tables)) == (262, 192)  # the others list nothing
    for day, listed in tables.items():
        table, left_out = daily_table(day, listed)
        assert left_out == []
        path = tmp_path / f"{day}.md"
        path.write_text(table, encoding="utf-8")
        rows = list(read_source(path))
        assert len(rows) == len(listed)
        second.record(row for row in rows if isinstance(row, Paper))
    assert content(second) == content(first)
