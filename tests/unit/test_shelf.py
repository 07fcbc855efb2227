"""The shelf: versions, dates, filters, what becomes pending, and what SQLite refuses."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from rag.errors import EmptyLibrary, IndexDamaged, LibraryBusy, LibraryError, PaperNotFound
from rag.papers.browse.catalogue import Catalogue
from rag.papers.browse.days import ReportDays
from rag.papers.schema import SCHEMA_VERSION
from rag.papers.shelf import FILE_NAME, Shelf
from rag.papers.versions import record
from rag.sources.identifiers import title_id
from rag.types import Chunk, Filters, Paper
from rag.types.filters import chosen
from tests.support.papers import make_paper
from tests.support.postgres import on_both

pytestmark = on_both


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / FILE_NAME)
    yield opened
    opened.close()


def index(shelf: Shelf, *paper_ids: str) -> None:
    """Pretend that both indexes took these papers."""
    shelf.mark_indexed(paper_ids, [Chunk(f"chunk-{i}", i, 1, 0, 7, "A Title", "") for i in paper_ids])


def test_a_new_text_is_the_next_version_and_the_old_one_stays(shelf: Shelf) -> None:
    assert shelf.record([make_paper()]) == {"2504.00001": "new"}
    assert shelf.record([make_paper(abstract="Other.", day="2025-04-11")]) == {"2504.00001": "updated"}
    assert shelf.versions("2504.00001") == (1, 2)
    assert shelf.paper("2504.00001").abstract == "Other."
    assert shelf.paper("2504.00001", 1).abstract == "We do things. They work well."
    assert shelf.paper("2504.00001").listed == (date(2025, 4, 10), date(2025, 4, 11))


def test_white_space_alone_makes_no_version(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    again = make_paper(title="A  Title", abstract="We do things.\n  They work well.", day="2025-04-11")
    assert shelf.record([again]) == {"2504.00001": "unchanged"}
    assert shelf.versions("2504.00001") == (1,)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_latest_is_the_newest_report_whatever_the_order_of_ingest(shelf: Shelf, order: tuple[int, ...]) -> None:
    texts = [
        make_paper(abstract=text, day=day)
        for text, day in [("First.", "2025-04-10"), ("Second.", "2025-04-20"), ("First.", "2025-05-01")]
    ]
    for n in order:
        shelf.record([texts[n]])
    paper = shelf.paper("2504.00001")
    assert paper.abstract == "First."
    assert paper.date == date(2025, 4, 10)
    assert len(shelf.versions("2504.00001")) == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_one_day_the_text_and_authors_that_came_last_stand(shelf: Shelf, order: tuple[int, ...]) -> None:
    rows = [make_paper(abstract=f"Text {n}.", authors=(f"Author {n}",), day="2025-05-01") for n in range(3)]
    for n in order:
        shelf.record([rows[n]])
    paper = shelf.paper("2504.00001")
    assert (paper.abstract, paper.authors) == (f"Text {order[-1]}.", (f"Author {order[-1]}",))
    assert shelf.record([rows[n] for n in reversed(order)]) == {"2504.00001": "unchanged"}, "rows seen before"
    assert shelf.paper("2504.00001") == paper


def test_what_else_is_known_of_a_paper_is_corrected_within_a_day(shelf: Shelf) -> None:
    shelf.record([make_paper(comment="9 pages", authors=("Zoe Z",))])
    assert shelf.record([make_paper(comment="12 pages", authors=("Ann A",))]) == {"2504.00001": "updated"}
    shelf.record([make_paper(comment="9 pages", authors=("Zoe Z",))])
    paper = shelf.paper("2504.00001")
    assert (paper.comment, paper.authors) == ("12 pages", ("Ann A",))
    shelf.record([make_paper(day="2025-04-11", authors=())])
    assert shelf.paper("2504.00001").authors == ("Ann A",), "a list without authors takes none away"


def version(number: int, text: str, day: str = "2025-04-10") -> Paper:
    return make_paper(abstract=text, day=day, arxiv_version=number)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_highest_arxiv_version_is_the_latest_whatever_day_and_order(shelf: Shelf, order: tuple[int, ...]) -> None:
    rows = [
        version(1, "Six layers.", "2025-05-01"),
        version(2, "Twelve layers."),
        version(10, "Forty layers."),
        version(0, "Unknown layers.", "2025-06-01"),
    ]
    for n in order:
        shelf.record([rows[n]])
    paper = shelf.paper("2504.00001")
    assert (paper.abstract, paper.arxiv_version) == ("Forty layers.", 10)
    for row in rows[:3]:
        held = shelf.arxiv_version("2504.00001", row.arxiv_version)
        assert held is not None
        assert held.abstract == row.abstract
    with pytest.raises(PaperNotFound, match="v3 is not in the library") as caught:
        shelf.arxiv_version("2504.00001", 3)
    assert "v1, v2, v10" in caught.value.advice


def test_a_text_gets_the_number_that_a_later_source_names(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    assert shelf.arxiv_version("2504.00001", 1) is None
    shelf.record([make_paper(arxiv_version=2)])
    assert shelf.paper("2504.00001").arxiv_version == 2
    assert shelf.versions("2504.00001") == (1,)


def test_a_title_is_completed_in_place_and_a_list_of_titles_takes_no_abstract_away(shelf: Shelf) -> None:
    shelf.record([make_paper(abstract="")])
    assert [paper.paper_id for paper in shelf.without_abstract()] == ["2504.00001"]
    index(shelf, "2504.00001")
    assert shelf.record([make_paper(day="2025-04-09")]) == {"2504.00001": "updated"}
    assert (shelf.versions("2504.00001"), shelf.without_abstract()) == ((1,), [])
    assert shelf.pending() == [("2504.00001", False)]
    shelf.record(
        [make_paper(abstract="", day="2025-05-01"), make_paper(title="Another", abstract="", day="2025-05-02")]
    )
    assert shelf.paper("2504.00001").abstract == "We do things. They work well."


def test_a_text_that_an_older_library_has_beside_its_bare_title_is_known(shelf: Shelf) -> None:
    shelf.record([make_paper(title="Another", abstract="")])
    shelf.record([make_paper()])
    shelf._db.execute("UPDATE versions SET title = 'A Title' WHERE version = 1")
    assert shelf.record([make_paper()]) == {"2504.00001": "unchanged"}
    assert shelf.versions("2504.00001") == (1, 2)


def test_a_newer_list_of_titles_leaves_the_latest_abstract(shelf: Shelf) -> None:
    shelf.record([make_paper(abstract="Old.", day="2025-04-10"), make_paper(abstract="New.", day="2025-04-11")])
    shelf.record([make_paper(abstract="", day="2025-05-01")])
    assert shelf.paper("2504.00001").abstract == "New."


TITLE = "On Rivers and Their Deltas"


@pytest.mark.parametrize("first", ["title", "paper"])
def test_a_paper_known_by_its_title_becomes_the_paper_that_a_source_names(shelf: Shelf, first: str) -> None:
    made = title_id(TITLE)
    assert made == title_id(r"On \emph{rivers} and their deltas.")
    assert made is not None
    rows = [
        make_paper(made, TITLE, "", ("Ann Lee",), "2025-04-01", ""),
        make_paper(title=TITLE.upper(), authors=("A. Lee", "Bo Ek")),
    ]
    for row in rows if first == "title" else rows[::-1]:
        shelf.record([row])
    (paper,) = shelf.browse()
    assert (paper.paper_id, paper.title, paper.authors) == ("2504.00001", TITLE.upper(), ("A. Lee", "Bo Ek"))
    assert paper.listed == (date(2025, 4, 1), date(2025, 4, 10))
    assert (paper.date, shelf.versions("2504.00001")) == (date(2025, 4, 1), (1,))
    assert shelf.record(rows) == {"2504.00001": "unchanged"}
    assert shelf.record(rows[:1]) == {"2504.00001": "unchanged"}, "counted under the id that it is kept under"


def test_what_a_bibliography_knew_of_a_title_stays_with_the_paper(shelf: Shelf) -> None:
    entry = make_paper(title_id(TITLE) or "", TITLE, "It told.", ("Ann Lee",), "2024-01-01", "", comment="J. of Water")
    bare = make_paper(title=TITLE, abstract="", authors=())
    assert shelf.record([entry]) | shelf.record([bare]) == {entry.paper_id: "new", "2504.00001": "new"}
    (paper,) = shelf.browse()
    assert (paper.paper_id, paper.abstract, paper.authors) == ("2504.00001", "It told.", ("Ann Lee",))
    assert (paper.comment, paper.url) == ("J. of Water", bare.url)
    assert shelf.pending() == [("2504.00001", False), (entry.paper_id, True)]


def test_a_title_alone_is_not_taken_for_another_authors_paper(shelf: Shelf) -> None:
    made = title_id(TITLE) or ""
    shelf.record([make_paper(made, TITLE, "", ("Cy Go",)), make_paper(title=TITLE, authors=("Ann Lee",))])
    shelf.record([make_paper(title_id("Editorial") or "", "Editorial", "", ()), make_paper("2504.00002", "Editorial")])
    assert len(shelf.browse()) == 4


def test_a_version_number_never_moves(shelf: Shelf) -> None:
    shelf.record([make_paper(abstract="Newer.", day="2025-06-01")])
    shelf.record([make_paper(abstract="Older.", day="2025-05-01")])
    assert shelf.paper("2504.00001", 1).abstract == "Newer."
    assert shelf.paper("2504.00001").version == 1


def test_a_changed_author_list_updates_in_place_but_not_from_an_older_report(shelf: Shelf) -> None:
    shelf.record([make_paper(authors=("A B",), day="2025-04-10")])
    index(shelf, "2504.00001")
    assert shelf.record([make_paper(authors=("A B", "C D"), day="2025-04-12")]) == {"2504.00001": "updated"}
    assert shelf.record([make_paper(authors=("X Y",), day="2025-04-11")]) == {"2504.00001": "unchanged"}
    assert shelf.paper("2504.00001").authors == ("A B", "C D")
    assert shelf.select(Filters(author="C D")) == frozenset({"2504.00001"})
    assert shelf.pending() == [], "authors are not in the indexes, so nothing is embedded again"


def test_an_author_list_confirmed_on_a_newer_day_outlasts_one_in_between(shelf: Shelf) -> None:
    for names, day in [(("A B",), "2025-04-10"), (("A B",), "2025-04-20"), (("X Y",), "2025-04-15")]:
        shelf.record([make_paper(authors=names, day=day)])
    assert shelf.paper("2504.00001").authors == ("A B",)


def test_rows_recorded_again_change_nothing(shelf: Shelf) -> None:
    rows = [make_paper(authors=("A B",)), make_paper(authors=("C D",)), make_paper(authors=("A B",), abstract="Other.")]
    shelf.record(rows)
    generation = shelf.generation()
    assert shelf.record(rows) == {"2504.00001": "unchanged"}
    assert shelf.record(rows[::-1]) == {"2504.00001": "unchanged"}
    assert shelf.generation() == generation
    assert shelf.record([make_paper(day="2025-04-09")]) == {"2504.00001": "unchanged"}
    assert shelf.generation() == generation + 1, "readers must see the new listing day"


def test_what_is_indexed_and_what_is_not_can_be_counted(shelf: Shelf) -> None:
    shelf.record([make_paper(), make_paper("2504.00002")])
    assert (shelf.has_chunks(), shelf.indexed_chunks(), shelf.unindexed()) == (False, 0, 2)
    index(shelf, "2504.00001")
    assert (shelf.has_chunks(), shelf.indexed_chunks(), shelf.unindexed()) == (True, 1, 1)
    assert shelf.meta("indexed_chunks") == "1"
    shelf.remove(["2504.00002"])
    assert shelf.unindexed() == 0, "a removed paper is not missed by any reader"
    index(shelf, "2504.00001", "2504.00003")
    assert shelf.indexed_chunks() == 2


def test_only_new_latest_texts_become_pending(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    assert shelf.pending() == [("2504.00001", False)]
    index(shelf, "2504.00001")
    shelf.record([make_paper(day="2025-04-12")])
    shelf.record([make_paper(abstract="An older text.", day="2025-04-01")])
    assert shelf.pending() == []
    shelf.record([make_paper(abstract="A newer text.", day="2025-04-13")])
    assert shelf.pending() == [("2504.00001", False)]
    shelf.mark_writing(["2504.00001"])
    assert shelf.pending() == [("2504.00001", True)]


def test_removed_papers_are_gone_and_wait_to_leave_the_indexes(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    index(shelf, "2504.00001")
    shelf.remove(["2504.00001"])
    with pytest.raises(PaperNotFound):
        shelf.paper("2504.00001")
    assert shelf.select(Filters(author="Lovelace")) == frozenset()
    assert shelf.pending() == [("2504.00001", True)]


def test_date_filters_are_inclusive(shelf: Shelf) -> None:
    shelf.record([make_paper(f"2504.0000{n}", day=f"2025-04-0{n}") for n in range(1, 6)])
    chosen = shelf.select(Filters(date(2025, 4, 2), date(2025, 4, 4)))
    assert chosen == frozenset({"2504.00002", "2504.00003", "2504.00004"})
    assert shelf.select(Filters()) is None
    assert shelf.select(Filters(date_to=date(2025, 4, 1))) == frozenset({"2504.00001"})


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ("Charles Clarke", True),
        ("charles l. a. clarke", True),
        ("C. Clarke", True),
        ("Clarke", True),
        ("Clarke Charles", False),
        ("Clark", False),
        ("José Álvarez", True),
        ("Jose Alvarez", True),
        ("J. Álvarez", True),
        ("Charles Álvarez", False),
        ("!!", False),
        ("C", True),
        ("Maik Fröbe", True),
    ],
)
def test_author_names_match_across_spellings(shelf: Shelf, author: str, found: bool) -> None:
    shelf.record([make_paper(authors=("Charles L. A . Clarke", "José Álvarez", r"Maik Fr\"obe"))])
    assert bool(shelf.select(Filters(author=author))) is found


@pytest.mark.parametrize("author", ["Ann Lee", "Lee, Ann", "A. Lee", "Lee", "Łukasz Ørsted", "Orsted, Lukasz"])
def test_family_names_may_come_first(shelf: Shelf, author: str) -> None:
    shelf.record([make_paper(authors=("Lee, Ann", r"{\O}rsted, {\L}ukasz", "Heath, Jr."))])
    assert shelf.select(Filters(author=author)) == frozenset({"2504.00001"})
    assert shelf.select(Filters(author="Lee Ann")) == frozenset()


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ("Wei Wang", "1"),
        ("Wang", "1 2"),
        ("W. Wang", "1"),
        ("W", "1 2"),
        ("J. Wang", "2"),
        ("Wei Li", "2"),
        ("Wei Li or Wei Wang", "1 2"),
        ("Jie Wang and Wei Li", "2"),
        ("Jie Wang and ", "2"),
        (" and  and ", ""),
        (" or  and ", ""),
    ],
)
def test_the_words_of_a_name_are_one_persons(shelf: Shelf, author: str, found: str) -> None:
    shelf.record([make_paper("1", authors=("Wei Wang", "Jo Li")), make_paper("2", authors=("Wei Li", "Jie Wang"))])
    assert shelf.select(Filters(author=author)) == frozenset(found.split())


@pytest.mark.parametrize(
    ("category", "found"),
    [
        ("cs.IR", "1 2"),
        ("CS.ir", "1 2"),
        ("cs", "1 2 3"),
        ("cs.I", ""),
        ("math", "2"),
        ("math.AG or cs.CL", "2 3"),
        ("hep-th", ""),
        ("Digital Libraries", "4"),
    ],
)
def test_papers_are_selected_by_category_and_by_archive(shelf: Shelf, category: str, found: str) -> None:
    sets = (("cs.IR",), ("math.AG", "cs.IR"), ("cs.CL",), ("Digital Libraries",), ())
    shelf.record([make_paper(str(n), categories=names) for n, names in enumerate(sets, 1)])
    assert shelf.select(Filters(category=category)) == frozenset(found.split())
    assert [paper.paper_id for paper in shelf.browse(filters=Filters(category=category))] == found.split()


def test_papers_are_selected_by_id_also_by_thousands_of_them(shelf: Shelf) -> None:
    shelf.record([make_paper(str(n), day=f"2025-04-0{n}") for n in (1, 2, 3)])
    thousands = Filters(paper=chosen([f"2501.{n:05}" for n in range(1, 5000)] + ["2", "3", "gone"]))
    assert shelf.select(thousands) == frozenset({"2", "3"})
    assert [paper.paper_id for paper in shelf.browse(filters=thousands)] == ["3", "2"]
    assert shelf.select(replace(thousands, date_to=date(2025, 4, 2))) == frozenset({"2"})
    assert shelf.select(Filters(paper=chosen([]))) == frozenset()


def test_categories_follow_the_newest_listing_and_restrict_on_top_of_others(shelf: Shelf) -> None:
    shelf.record([make_paper(categories=("cs.IR", "cs.CL"), day="2025-04-02")])
    before = shelf.corpus_digest()
    shelf.record([make_paper(categories=("stat.ML",), day="2025-04-01"), make_paper(day="2025-04-03")])
    assert shelf.paper("2504.00001").categories == ("cs.IR", "cs.CL")
    shelf.record([make_paper(categories=("cs.DL",), day="2025-04-04")])
    assert shelf.select(Filters(category="cs.IR")) == frozenset()
    assert shelf.select(Filters(category="cs.DL", author="Ada Lovelace")) == frozenset({"2504.00001"})
    assert shelf.select(Filters(category="cs.DL", author="Alan Turing")) == frozenset()
    assert shelf.select(Filters(category="cs.DL", date_from=date(2025, 5, 1))) == frozenset()
    assert shelf.corpus_digest() != before
    shelf.remove(["2504.00001"])
    shelf.record([make_paper()])
    assert shelf.select(Filters(category="cs")) == frozenset()


def test_a_selection_made_before_sees_what_was_recorded_since(shelf: Shelf) -> None:
    shelf.record([make_paper("1", authors=("Wei Wang",), day="2025-05-01")])
    both = Filters(author="Wang", date_from=date(2025, 5, 1))
    assert shelf.select(both) == shelf.select(both) == frozenset({"1"})
    shelf.record([make_paper("2", authors=("Jie Wang",), day="2025-05-02")])
    assert shelf.select(both) == frozenset({"1", "2"})
    shelf.remove(["1"])
    assert shelf.select(both) == frozenset({"2"})


def test_browse_takes_words_literally(shelf: Shelf) -> None:
    shelf.record([make_paper(title="100% recall_at"), make_paper("2504.00002", title="100 recalls at")])
    assert [p.paper_id for p in shelf.browse("100% recall_at")] == ["2504.00001"]
    assert [p.paper_id for p in shelf.browse("lovelace 2504.00002")] == ["2504.00002"]
    assert len(shelf.browse(limit=1)) == 1


def test_the_digest_follows_the_content_only(shelf: Shelf, tmp_path: Path) -> None:
    papers = [make_paper(), make_paper("2504.00002", abstract="Else.")]
    shelf.record(papers)
    first = shelf.corpus_digest()
    other = Shelf(tmp_path / "other.sqlite")
    other.record(papers[::-1])
    other.record(papers)
    assert other.corpus_digest() == first
    other.record([make_paper(abstract="Changed.", day="2025-05-01")])
    assert other.corpus_digest() != first
    other.close()


def test_a_failed_transaction_leaves_nothing(shelf: Shelf) -> None:
    def broken() -> Iterator[Paper]:
        yield make_paper()
        raise RuntimeError

    before = shelf.generation()
    with pytest.raises(RuntimeError):
        shelf.record(broken())
    assert shelf.coverage().papers == 0
    assert shelf.generation() == before


def test_a_bump_raises_the_generation(shelf: Shelf) -> None:
    before = shelf.generation()
    shelf.bump()
    assert shelf.generation() == before + 1


def test_every_thread_may_read(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    titles: list[str] = []
    threads = [threading.Thread(target=lambda: titles.append(shelf.paper("2504.00001").title)) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert titles == ["A Title"] * 25


def test_a_thread_that_ends_leaves_no_open_file(shelf: Shelf) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("this system does not list open files in /proc")

    def read_in_threads(count: int) -> int:
        for _ in range(count):
            thread = threading.Thread(target=shelf.coverage)
            thread.start()
            thread.join()
        return len(os.listdir(descriptors))

    few = read_in_threads(10)
    assert read_in_threads(300) <= few


@pytest.mark.sqlite_only
def test_close_ends_the_connections_of_living_threads_too(shelf: Shelf) -> None:
    has_read, may_end = threading.Event(), threading.Event()

    def read_and_wait() -> None:
        shelf.coverage()
        has_read.set()
        may_end.wait(10)

    thread = threading.Thread(target=read_and_wait)
    thread.start()
    assert has_read.wait(10)
    assert shelf.path.with_name(f"{FILE_NAME}-wal").exists()
    shelf.close()
    assert not shelf.path.with_name(f"{FILE_NAME}-wal").exists(), "the last connection to close takes the log with it"
    may_end.set()
    thread.join()


@pytest.mark.sqlite_only
def test_reading_waits_for_no_writer_and_writing_says_who_is_in_the_way(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.papers.database.BUSY_SECONDS", 0.1)
    shelf.record([make_paper()])
    writer = sqlite3.connect(shelf.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    reader = Shelf(shelf.path)
    assert reader.paper("2504.00001").title == "A Title"
    for write in (lambda: reader.set_meta("key", "value"), lambda: reader.record([make_paper("2504.00002")])):
        with pytest.raises(LibraryBusy, match="Another process"):
            write()
    digest = reader.corpus_digest()
    writer.execute("ROLLBACK")
    writer.close()
    assert shelf.corpus_digest() == digest
    reader.close()


@pytest.mark.sqlite_only
def test_a_full_disk_is_told_and_leaves_nothing_half_written(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    shelf._db.execute("PRAGMA max_page_count = 1")  # SQLite's own way to run out of space
    with pytest.raises(LibraryError, match="full") as caught:
        shelf.record([make_paper("2504.00002"), make_paper("2504.00003", abstract="x" * 1_000_000)])
    assert not isinstance(caught.value, IndexDamaged)
    assert [paper.paper_id for paper in shelf.browse()] == ["2504.00001"]


@pytest.mark.sqlite_only
def test_a_shelf_that_cannot_be_written_can_be_read(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    shelf._db.execute("PRAGMA query_only = 1")
    assert len(shelf.corpus_digest()) == 16
    with pytest.raises(LibraryError, match="readonly") as caught:
        shelf.set_meta("key", "value")
    assert not isinstance(caught.value, IndexDamaged)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
@pytest.mark.sqlite_only
def test_a_folder_that_cannot_be_written_can_be_read(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    shelf.close()
    folder = shelf.path.parent
    folder.chmod(0o500)
    try:
        still = Shelf.existing(folder / FILE_NAME)
        assert still.paper("2504.00001").title == "A Title"
        still.close()
        with pytest.raises(LibraryError, match="unable to open"):
            Shelf(folder / "new.sqlite")
    finally:
        folder.chmod(0o700)


@pytest.mark.sqlite_only
def test_a_path_that_is_no_file_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="unable to open") as caught:
        Shelf(tmp_path)
    assert not isinstance(caught.value, IndexDamaged)


@pytest.mark.sqlite_only
def test_a_page_damaged_under_an_open_shelf_is_told(shelf: Shelf) -> None:
    shelf.record([make_paper(f"2504.{n:05}") for n in range(300)])
    shelf.close()
    content = bytearray(shelf.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    shelf.path.write_bytes(content)
    with pytest.raises(IndexDamaged, match="backup"):
        shelf.browse()
    assert shelf.integrity() != "ok"


def test_unknown_papers_and_versions_are_named(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    with pytest.raises(PaperNotFound, match=r"9999\.99999 is not in the library"):
        shelf.paper("9999.99999")
    with pytest.raises(PaperNotFound, match="no version 7"):
        shelf.paper("2504.00001", 7)


@pytest.mark.sqlite_only
def test_another_schema_and_a_damaged_file_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    shelf.set_meta("schema", "99")
    with pytest.raises(IndexDamaged, match="schema 99"):
        Shelf(tmp_path / FILE_NAME)
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"This is not a database. " * 100)
    with pytest.raises(IndexDamaged, match=r"broken\.sqlite"):
        Shelf(broken)


SCHEMA_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE papers (
    paper_id TEXT PRIMARY KEY, latest INTEGER NOT NULL, date TEXT NOT NULL, url TEXT NOT NULL,
    authors TEXT NOT NULL, authors_day TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX papers_by_date ON papers (date, paper_id);
CREATE TABLE versions (
    paper_id TEXT NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL, abstract TEXT NOT NULL, fold TEXT NOT NULL,
    PRIMARY KEY (paper_id, version), UNIQUE (paper_id, fold)) WITHOUT ROWID;
CREATE TABLE listings (
    paper_id TEXT NOT NULL, day TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (paper_id, day, version)) WITHOUT ROWID;
CREATE TABLE author_words (word TEXT NOT NULL, paper_id TEXT NOT NULL, PRIMARY KEY (word, paper_id)) WITHOUT ROWID;
CREATE INDEX author_words_by_paper ON author_words (paper_id);
CREATE TABLE chunks (
    chunk_id TEXT PRIMARY KEY, paper_id TEXT NOT NULL, version INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX chunks_by_paper ON chunks (paper_id);
CREATE TABLE pending (paper_id TEXT PRIMARY KEY, writing INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', '1'), ('generation', '7'), ('library', 'abcd1234');
INSERT INTO papers VALUES ('2504.00001', 1, '2025-04-10', 'https://arxiv.org/abs/2504.00001', '["Ada Lovelace"]',
    '2025-04-10');
INSERT INTO versions VALUES ('2504.00001', 1, 'A Title', 'We do things.',
    'd8ac14fa5e63b84cc9b5ba4e8eac6a3d7b4c0cb1c0d0cf2f0a6b0d0c1f7a6f3d');
INSERT INTO listings VALUES ('2504.00001', '2025-04-10', 1);
INSERT INTO author_words VALUES ('ada', '2504.00001'), ('lovelace', '2504.00001');
"""
"""The first schema, with a paper, as a library of that time holds it."""


@pytest.mark.sqlite_only
def test_a_library_of_the_first_schema_opens_and_is_brought_up_to_date(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / FILE_NAME)
    old.executescript(SCHEMA_1)
    old.close()
    shelves = [Shelf(tmp_path / FILE_NAME) for _ in range(2)]
    for shelf in shelves:
        paper = shelf.paper("2504.00001")
        assert (paper.title, paper.authors, paper.comment, paper.body) == ("A Title", ("Ada Lovelace",), "", "")
        assert shelf.select(Filters(author="Lovelace")) == frozenset({"2504.00001"})
        assert (shelf.generation(), shelf.meta("library")) == (7, "abcd1234")
        assert shelf.meta("schema") == str(SCHEMA_VERSION)
    fresh = Shelf(tmp_path / "fresh.sqlite")
    assert tables(tmp_path / FILE_NAME) == tables(tmp_path / "fresh.sqlite")
    assert shelves[0].record([make_paper("2504.00002", comment="9 pages")]) == {"2504.00002": "new"}
    assert shelves[1].paper("2504.00002").comment == "9 pages"
    for shelf in (*shelves, fresh):
        shelf.close()


def tables(path: Path) -> set[str]:
    """How everything in a file was made."""
    db = sqlite3.connect(path)
    made = {sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    db.close()
    return made


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_each_thing_is_what_the_newest_listing_that_has_it_says(shelf: Shelf, order: tuple[int, ...]) -> None:
    rows = [
        make_paper(day="2025-04-01", comment="Submitted", doi="10.1/a"),
        make_paper(day="2025-04-03", comment="Accepted at SIGIR"),
        make_paper(day="2025-04-02", comment="Revised", licence="CC BY 4.0"),
        make_paper(day="2025-04-04"),
    ]
    for n in order:
        shelf.record([rows[n]])
    paper = shelf.paper("2504.00001")
    assert (paper.comment, paper.doi, paper.licence) == ("Accepted at SIGIR", "10.1/a", "CC BY 4.0")
    generation = shelf.generation()
    assert shelf.record(rows) == {"2504.00001": "unchanged"}
    assert shelf.generation() == generation
    shelf.remove(["2504.00001"])
    shelf.record([make_paper()])
    assert shelf.paper("2504.00001").comment == ""


def test_a_paper_of_which_more_becomes_known_is_updated_and_not_embedded_again(shelf: Shelf) -> None:
    shelf.record([make_paper()])
    index(shelf, "2504.00001")
    assert shelf.record([make_paper(comment="9 pages")]) == {"2504.00001": "updated"}
    assert shelf.pending() == []


def test_existing_refuses_an_absent_or_empty_library(tmp_path: Path) -> None:
    with pytest.raises(EmptyLibrary, match="paperchat ingest"):
        Shelf.existing(tmp_path / FILE_NAME)
    assert list(tmp_path.iterdir()) == [], "looking must not create a library"
    Shelf(tmp_path / FILE_NAME).close()
    with pytest.raises(EmptyLibrary):
        Shelf.existing(tmp_path / FILE_NAME)


@pytest.mark.sqlite_only
def test_the_file_is_in_wal_mode_so_readers_do_not_block(shelf: Shelf) -> None:
    connection = sqlite3.connect(shelf.path)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


DOI = "10.1145/3726302.3730000"


def known_by_doi(**more: Any) -> Paper:
    return make_paper(f"doi:{DOI}", title="A Published Title", abstract="As published.", url="", **more)


@pytest.mark.parametrize("first", ["doi", "arxiv"])
def test_what_is_known_by_a_doi_is_the_paper_of_arxiv_that_has_it(shelf: Shelf, first: str) -> None:
    of_arxiv = make_paper("2504.00001", doi=DOI.upper(), arxiv_version=1)
    both = [known_by_doi(), of_arxiv] if first == "doi" else [of_arxiv, known_by_doi()]
    for paper in both:
        shelf.record([paper])
    assert list(shelf.papers([f"doi:{DOI}", "2504.00001"])) == ["2504.00001"]
    assert shelf.paper("2504.00001").abstract == of_arxiv.abstract
    assert len(shelf.versions("2504.00001")) == 2


def test_a_doi_that_arxiv_names_later_joins_two_papers_and_keeps_the_full_text(shelf: Shelf) -> None:
    shelf.record([make_paper("2504.00001"), known_by_doi(body="1 Introduction\n\nAll of it.")])
    shelf.record([make_paper("2504.00001", doi=DOI, day="2025-04-12")])
    assert not shelf.papers([f"doi:{DOI}"])
    assert shelf.paper("2504.00001").body == "1 Introduction\n\nAll of it."
    assert {paper_id for paper_id, _ in shelf.pending()} >= {f"doi:{DOI}", "2504.00001"}


def test_a_text_that_was_joined_by_a_doi_stays_as_a_version(shelf: Shelf) -> None:
    shelf.record([make_paper("2504.00001", arxiv_version=1), known_by_doi(day="2026-01-01")])
    shelf.record([make_paper("2504.00001", doi=DOI, day="2025-04-12", arxiv_version=1)])
    assert shelf.paper("2504.00001").abstract == "We do things. They work well."
    assert shelf.paper("2504.00001", 2).abstract == "As published."
    generation = shelf.generation()
    assert shelf.record([known_by_doi(day="2026-01-01")]) == {"2504.00001": "unchanged"}
    assert shelf.generation() == generation


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_doi_joins_no_papers_of_other_people_with_other_titles(shelf: Shelf, order: tuple[int, ...]) -> None:
    whale = make_paper(f"doi:{DOI}", title="Proceedings Of The Whale Conference", authors=("Ed It",), day="2026-01-01")
    rows = [whale, make_paper("2505.00002", doi=DOI, day="2025-05-01")]
    for n in order:
        shelf.record([rows[n]])
    shelf.record([rows[1]])
    assert {one.title for one in shelf.papers([f"doi:{DOI}", "2505.00002"]).values()} == {whale.title, "A Title"}
    assert shelf.versions("2505.00002") == (1,)
    assert shelf.renamed() == {}


def test_an_id_that_a_paper_left_leads_to_it(shelf: Shelf) -> None:
    title = "A Long Telling Title"
    made = title_id(title) or ""
    shelf.record([make_paper(made, title=title, abstract="")])
    shelf.record([make_paper(f"doi:{DOI}", title=title)])
    shelf.record([make_paper("2504.00001", title=title, doi=DOI)])
    assert shelf.renamed() == {made: "2504.00001", f"doi:{DOI}": "2504.00001"}
    assert shelf.paper(made).paper_id == shelf.paper(f"doi:{DOI}").paper_id == "2504.00001"
    assert shelf.select(Filters(paper=chosen([made]))) == frozenset({"2504.00001"})
    shelf.remove(["2504.00001"])
    shelf.record([make_paper(f"doi:{DOI}", title="Another")])
    assert shelf.paper(f"doi:{DOI}").title == "Another", "who has the id now is meant by it"


@pytest.mark.sqlite_only
def test_dois_are_looked_up_in_an_index(shelf: Shelf) -> None:
    seen: list[str] = []
    with sqlite3.connect(shelf.path) as db:
        db.set_trace_callback(seen.append)
        record(db, known_by_doi())
        db.set_trace_callback(None)
        (asked,) = (sql for sql in seen if sql.startswith("SELECT") and "name = 'doi'" in sql)
        plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {asked}"))
    assert "metadata_by_doi" in plan


def test_two_papers_that_only_name_one_doi_stay_two(shelf: Shelf) -> None:
    shelf.record([known_by_doi(), make_paper("4983", doi=DOI, url="")])
    assert len(shelf.papers([f"doi:{DOI}", "4983"])) == 2


def test_an_undated_paper_is_never_new_and_takes_the_first_day_that_is_told(shelf: Shelf) -> None:
    shelf.record([make_paper("doi:10.1/a", undated=True, day="2025-06-01", listed=(date(2025, 6, 1),))])
    days = ReportDays(shelf)
    span = date(2025, 1, 1), date(2025, 12, 31)
    assert shelf.paper("doi:10.1/a").undated
    assert not days.first_listed(*span)
    assert not list(days.listings(*span))
    assert days.newest(span[1]) is None
    shelf.record([make_paper("doi:10.1/a", day="2025-08-09", listed=(date(2025, 8, 9),))])
    known = shelf.paper("doi:10.1/a")
    assert (known.undated, known.date, known.listed) == (False, date(2025, 8, 9), (date(2025, 8, 9),))
    assert [one.paper_id for one in days.first_listed(*span)] == ["doi:10.1/a"]
    shelf.record([make_paper("doi:10.1/a", undated=True, day="2025-10-01", listed=(date(2025, 10, 1),))])
    assert shelf.paper("doi:10.1/a").listed == (date(2025, 8, 9),), "who tells no day lists nothing again"
    days.close()


def test_a_title_without_a_day_is_dated_by_the_paper_that_adopts_it(shelf: Shelf) -> None:
    title = "A Long Telling Title"
    day = date(2025, 6, 1)
    shelf.record(
        [make_paper(title_id(title) or "", title=title, abstract="", day="2025-06-01", listed=(day,), undated=True)]
    )
    shelf.record([make_paper("2504.00009", title=title, day="2025-04-10", listed=(date(2025, 4, 10),))])
    known = shelf.paper("2504.00009")
    assert (known.undated, known.date, known.listed) == (False, date(2025, 4, 10), (date(2025, 4, 10),))


def test_what_was_told_under_a_supposed_day_gives_way_to_what_is_told_under_a_day(shelf: Shelf) -> None:
    of_file = date(2026, 11, 28)
    shelf.record([make_paper(day="2026-11-28", listed=(of_file,), undated=True, comment="Old", categories=("cs.LG",))])
    shelf.record([make_paper(day="2025-04-08", comment="Accepted", categories=("cs.IR",))])
    known = shelf.paper("2504.00001")
    assert (known.comment, known.categories) == ("Accepted", ("cs.IR",))
    assert shelf.select(Filters(category="cs.IR")) == frozenset({"2504.00001"})


def test_a_day_that_is_only_supposed_counts_nowhere_as_the_papers_date(shelf: Shelf) -> None:
    undated = make_paper("doi:10.1/a", "Rocks", day="2026-11-28", listed=(date(2026, 11, 28),), undated=True)
    shelf.record([undated])
    assert (shelf.coverage().papers, shelf.coverage().last, shelf.listing_days()) == (1, None, [])
    assert shelf.coverage().days == "of no known date"
    shelf.record([make_paper("2504.00001", "Rocks and water"), make_paper("2504.00002", day="2025-05-01")])
    assert (shelf.coverage().first, shelf.coverage().last) == (date(2025, 4, 10), date(2025, 5, 1))
    assert shelf.listing_days() == [date(2025, 4, 10), date(2025, 5, 1)]
    catalogue = Catalogue(shelf)
    for filters, rest in ((Filters(date_from=date(2025, 4, 1)), 2), (Filters(date_to=date(2027, 1, 1)), 2)):
        assert len(shelf.select(filters) or ()) == rest
        assert catalogue.page(filters=filters).total == rest
        assert [one.paper_id for one in catalogue.page("rocks", filters).papers] == ["2504.00001"]
    assert catalogue.page("rocks").total == 2
    known = shelf.papers(["doi:10.1/a", "2504.00001"])
    assert [(one.told, one.when) for one in (known["doi:10.1/a"], known["2504.00001"])] == [
        ("", "date unknown"),
        ("2025-04-10", "2025-04-10"),
    ]
    catalogue.close()
