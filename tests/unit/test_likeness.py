"""Papers like a paper, lines that are remembered, facets, days, and questions that a paper answers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from rag.answer.suggestions import FORMS
from rag.config import Config
from rag.errors import PaperNotFound
from rag.index.library import Library
from rag.papers.browse.catalogue import Catalogue
from rag.papers.browse.days import ReportDays
from rag.papers.database import Database
from rag.papers.readers.kept import FILE_NAME, Kept
from rag.retrieve.likeness import similar
from rag.themes.plan import Plan, Planner
from rag.topics import line_store
from rag.topics.digest import Outline, outline
from rag.topics.line_store import LineStore
from tests.support.papers import make_paper
from ui.web.drawn import news as news_module
from ui.web.drawn.news import News
from ui.web.drawn.openers import Asked

NEAR = "We rank passages with a dense retriever and measure recall."


@pytest.fixture
def library(tmp_path: Path) -> Library:
    rows = [
        make_paper("2504.00001", "Ranking Passages", NEAR, ("Ada Ling",), "2025-04-10"),
        make_paper("2504.00002", "Ranking Passages Again", f"{NEAR} Twice.", ("Ling, Ada", "Bo Ray"), "2025-04-11"),
        make_paper("2504.00003", "Baking Bread", "We bake bread from rye and water.", ("Cy Dee",), "2025-04-11"),
    ]
    library = Library(Config(data_dir=tmp_path))
    library.ingest(rows)
    return library


def test_a_paper_is_never_like_itself(library: Library) -> None:
    found = similar(library, "2504.00001", 2)
    assert [paper_id for paper_id, _ in found] == ["2504.00002", "2504.00003"]
    assert found[0][1] > found[1][1]
    with pytest.raises(PaperNotFound):
        similar(library, "2504.99999", 2)


def test_lines_are_chosen_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = list(library.shelf.papers(["2504.00001", "2504.00003"]).values())
    store = LineStore(library.folder)
    assert store.known(papers) == {}
    chosen = store.chosen(papers)
    assert chosen == {"2504.00001": NEAR, "2504.00003": "We bake bread from rye and water."}
    monkeypatch.setattr(line_store, "lines", lambda papers, _: iter([None] * len(papers)))
    assert LineStore(library.folder).chosen(papers) == chosen


def test_best_first_begins_with_titles_and_facets_count_what_fits(library: Library) -> None:
    catalogue = Catalogue(library.shelf)
    assert catalogue.page("passages", best_first=True).total == 2
    facets = catalogue.facets("passages")
    assert facets["month"] == (("2025-04", 2),)
    assert facets["author"][0] == ("Ada Ling", 2)
    assert catalogue.facets(among=["2504.00003"])["author"] == (("Cy Dee", 1),)
    assert catalogue.page(among=[]).total == 0


def test_days_are_counted_and_a_first_visit_sees_the_newest(library: Library) -> None:
    assert ReportDays(library.shelf).counts() == {date(2025, 4, 10): 1, date(2025, 4, 11): 2}
    news = News(library)
    assert news.span(None) == (date(2025, 4, 10), date(2025, 4, 11))
    assert news.span(date(2025, 4, 10)) == (date(2025, 4, 11), date(2025, 4, 11))
    assert news.span(date(2025, 4, 11)) == (date(2025, 4, 11), date(2025, 4, 11))
    assert news.edition(*news.span(date(2025, 4, 11)), date(2025, 4, 11)).is_idle
    assert not news.edition(*news.span(None)).lines
    news.prepare()
    assert len(news.edition(*news.span(None)).lines) == 3


def test_what_today_reads_does_not_grow_with_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(papers: int) -> int:
        """Rows that are read of a library to draw its newest day, of a few papers, for the first time."""
        many = [make_paper(f"2503.{n:05}", f"Old {n}", NEAR, day=f"2025-03-{n % 28 + 1:02}") for n in range(papers)]
        new = [make_paper(f"2504.{n:05}", f"New {n}", NEAR, day="2025-04-20") for n in range(9)]
        with Library(Config(data_dir=tmp_path / str(papers))) as library:
            library.ingest([*many, *new])
            news, found = News(library), 0
            rows = Database.rows

            def counted(db: Database, *given: Any) -> Iterator[tuple[Any, ...]]:
                nonlocal found
                for row in rows(db, *given):
                    found += 1
                    yield row

            with monkeypatch.context() as patch:
                patch.setattr(Database, "rows", counted)
                news.edition(*news.span(None))
        return found

    assert read(400) == read(100)


def test_two_who_open_today_at_once_wait_for_one_reading(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, begun, go_on = [], Event(), Event()

    def slow(*given: Any) -> Outline:
        begun.set()
        go_on.wait(10)
        drawn.append(given)
        return outline(*given)

    monkeypatch.setattr(news_module, "outline", slow)
    news = News(library)
    with ThreadPoolExecutor(2) as readers:
        first = readers.submit(news.group)
        assert begun.wait(10)
        second = readers.submit(news.edition, *news.span(None))
        go_on.set()
        first.result(10)
        assert len(second.result(10).outline.papers) == 3
    assert len(drawn) == 1


def test_one_span_of_days_does_not_wait_for_another(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()
    slow_day, other = date(2025, 4, 11), date(2025, 4, 10)

    def slow(of: Library, since: date, *given: Any) -> Outline:
        if since == slow_day:
            begun.set()
            go_on.wait(10)
        return outline(of, since, *given)

    monkeypatch.setattr(news_module, "outline", slow)
    news = News(library)
    with ThreadPoolExecutor(2) as readers:
        first = readers.submit(news.edition, slow_day, slow_day)
        assert begun.wait(10)
        try:
            assert len(readers.submit(news.edition, other, other).result(5).outline.papers) == 1
        finally:
            go_on.set()
        assert len(first.result(10).outline.papers) == 2


def test_days_are_grouped_no_further_once_the_server_ends(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    grouped = []
    by_similarity = Planner.by_similarity

    def watched(*given: Any) -> list[Plan]:
        grouped.append(given)
        return by_similarity(*given)

    monkeypatch.setattr(Planner, "by_similarity", watched)
    news, ended = News(library), Event()
    ended.set()
    news.group(ended)
    assert not grouped
    assert len(news.edition(*news.span(None)).outline.papers) == 3, "whoever comes all the same is shown them"
    assert grouped


def test_a_visit_remembers_the_newest_day_of_the_one_before(tmp_path: Path) -> None:
    kept, now = Kept(tmp_path / FILE_NAME), datetime(2025, 4, 12, 8, tzinfo=UTC)
    first, second = date(2025, 4, 10), date(2025, 4, 11)
    assert kept.seen("", now, first) is None
    assert kept.seen("", now + timedelta(minutes=5), second) is None
    assert kept.seen("", now + timedelta(hours=1), second) == second
    assert kept.seen("ada", now, second) is None


def test_questions_are_asked_of_a_paper_that_answers_them(library: Library) -> None:
    asked = Asked(library)
    told = "We propose BreadNet, a graph network that ranks loaves by their crust."
    library.ingest([make_paper("2504.00004", "BreadNet: Ranking Loaves", told)])
    (question,) = asked.of(library.paper("2504.00004"))  # its one sentence answers one question
    assert question in {form.here for form in FORMS}
    assert question != "Is the code available?"
    assert asked.of(library.paper("2504.00003")) == (), "bread is baked, and nothing said of it"
