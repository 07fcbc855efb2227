"""What readers keep: marks, lists, notes and visits come back, to whom they belong only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import IndexDamaged, KeepError, ListNotFound, NoteConflict
from rag.index.library import Library
from rag.papers.readers.kept import FILE_NAME, LONGEST_NOTE, SAME_VISIT, Kept, Marks, Note
from rag.papers.readers.lists import LONGEST_NAME
from tests.support.papers import make_paper
from tests.support.postgres import on_both

pytestmark = on_both

A, B, C = "2504.00001", "2504.00002", "doi:10.1145/1,2"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / FILE_NAME)


def test_all_that_is_kept_comes_back_from_another_opening(kept: Kept, tmp_path: Path) -> None:
    kept.star("ada", A)
    kept.later("ada", B)
    kept.read("ada", [A, B])
    kept.make_list("ada", "RAG")
    made = kept.put("ada", "RAG", [B, A])
    note = kept.write_note("ada", C, "reads well", 0)
    before = kept.export("ada")
    kept.close()

    again = Kept(tmp_path / FILE_NAME)
    assert again.marks("ada", [C, A, "unknown"]) == {
        C: Marks(noted=True),
        A: Marks(starred=True, read=True, lists=("RAG",)),
        "unknown": Marks(),
    }
    assert list(again.marks("ada", [C, A])) == [C, A]
    assert again.lists("ada") == (made,)
    assert again.note("ada", C) == note
    assert again.export("ada") == before == json.loads(json.dumps(before))
    assert before["starred"] == [{"paper_id": A, "since": before["starred"][0]["since"]}]
    assert before["lists"][0]["papers"] == [B, A]
    assert (before["notes"][0]["text"], before["visited"]) == ("reads well", None)


def test_readers_see_their_own_only(kept: Kept) -> None:
    kept.star("ada", A)
    kept.make_list("ada", "RAG")
    kept.put("ada", "RAG", [A])
    kept.write_note("ada", A, "mine", 0)
    for other in ("bob", ""):
        assert kept.marks(other, [A]) == {A: Marks()}
        assert (kept.starred(other), kept.lists(other), kept.noted(other), kept.note(other, A)) == ((), (), (), None)
        theirs: tuple[Callable[[], object], ...] = (
            partial(kept.get_list, other, "RAG"),
            partial(kept.put, other, "RAG", [B]),
            partial(kept.take, other, "RAG", [A]),
            partial(kept.rename_list, other, "RAG", "x"),
            partial(kept.drop_list, other, "RAG"),
        )
        for forbidden in theirs:
            with pytest.raises(ListNotFound):
                forbidden()
    kept.make_list("bob", "RAG")
    assert kept.get_list("ada", "RAG").papers == (A,)


def test_the_newest_mark_comes_first_and_marking_again_moves_nothing(kept: Kept) -> None:
    for paper_id in (A, B, C, A):
        kept.star("", paper_id)
        kept.later("", paper_id)
    assert kept.starred("") == kept.to_read("") == (C, B, A)
    kept.star("", B, False)
    kept.star("", B, False)
    assert kept.starred("") == (C, A)
    assert kept.to_read("") == (C, B, A)
    kept.star("", B)
    assert kept.starred("") == (B, C, A)


def test_what_is_read_is_read_until_it_is_not(kept: Kept) -> None:
    kept.read("", [A, B, A])
    assert kept.unread("", [A, B, C]) == {C}
    kept.read("", [B], False)
    assert kept.unread("", [A, B, C]) == {B, C}
    kept.read("", [])
    assert kept.unread("", []) == frozenset()


def test_as_many_papers_as_a_library_holds(kept: Kept) -> None:
    ids = [f"25{n // 100000:02}.{n % 100000:05}" for n in range(20_000)]
    kept.read("", ids)
    kept.make_list("", "all")
    assert kept.put("", "all", reversed(ids)).papers == tuple(reversed(ids))
    assert kept.unread("", [*ids, A + "9"]) == {A + "9"}
    assert set(kept.marks("", ids).values()) == {Marks(read=True, lists=("all",))}
    assert kept.take("", "all", ids[1:]).papers == (ids[0],)


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["a/b", "../../etc/passwd", "<b>bold</b>", "📚 👩‍🔬", 'it\'s "so"; DROP TABLE lists', "%_", "日本語", "x" * 200],
)
def test_a_name_is_whatever_a_person_types(kept: Kept, name: str) -> None:
    assert kept.make_list("", name).name == name
    assert kept.put("", name, [A]).papers == (A,)
    assert kept.marks("", [A])[A].lists == (name,)
    assert kept.rename_list("", name, "plain").papers == (A,)


@pytest.mark.parametrize(
    "name", ["", "  \t", "\u200b", "x" * (LONGEST_NAME + 1), "a\x07b", "a\x1b[31mb", "a\u202eb", "a\0b", "\ud800"]
)
def test_what_is_no_name_is_refused(kept: Kept, name: str) -> None:
    kept.make_list("", "there")
    named: tuple[Callable[[], object], ...] = (
        lambda: kept.make_list("", name),
        lambda: kept.rename_list("", "there", name),
        lambda: kept.put("", name, [A]),
    )
    for refused in named:
        with pytest.raises(KeepError):
            refused()
    assert [one.name for one in kept.lists("")] == ["there"]


def test_spellings_of_one_name_are_one_list(kept: Kept) -> None:
    kept.make_list("", " Query \n Rewriting ")
    assert [one.name for one in kept.lists("")] == ["Query Rewriting"]
    for same in ("query rewriting", "QUERY  REWRITING", "Query\u200b Rewriting", "Ｑuery Rewriting"):
        assert kept.get_list("", same).name == "Query Rewriting"
        with pytest.raises(KeepError, match="already"):
            kept.make_list("", same)
    kept.make_list("", "other")
    with pytest.raises(KeepError, match="already"):
        kept.rename_list("", "other", "query rewriting")
    assert kept.rename_list("", "query rewriting", "QUERY rewriting").name == "QUERY rewriting"


def test_lists_are_filled_emptied_and_dropped(kept: Kept) -> None:
    first, second = kept.make_list("", "one"), kept.make_list("", "two")
    assert (first.papers, second.papers) == ((), ())
    assert kept.put("", "one", [B, A, B]).papers == (B, A)
    put = kept.put("", "one", [A, C])
    assert put.papers == (B, A, C)
    assert put.changed > first.changed
    assert kept.put("", "one", [A]).changed == put.changed
    kept.put("", "two", [A])
    assert kept.marks("", [A])[A].lists == ("one", "two")
    assert kept.take("", "one", [A, "9999"]).papers == (B, C)
    kept.drop_list("", "one")
    assert [one.papers for one in kept.lists("")] == [(A,)]
    kept.make_list("", "one")
    assert kept.get_list("", "one").papers == ()


@pytest.mark.parametrize("paper_id", ["", " ", "a\nb\x00", "\x1b[2J", "\udc00", "9" * 501])
def test_what_is_no_id_is_refused(kept: Kept, paper_id: str) -> None:
    named: tuple[Callable[[], object], ...] = (
        lambda: kept.star("", paper_id),
        lambda: kept.read("", [A, paper_id]),
        lambda: kept.note("", paper_id),
        lambda: kept.write_note("", paper_id, "x", 0),
        lambda: kept.marks("", [paper_id]),
    )
    for refused in named:
        with pytest.raises(KeepError):
            refused()
    assert kept.unread("", [A]) == {A}


# --- notes -----------------------------------------------------------------------------------------------------------


def test_a_note_is_written_over_and_deleted(kept: Kept) -> None:
    assert kept.note("", A) is None
    text = "  # <script>\n\t“quoted” 🎉\n"
    first = kept.write_note("", A, text, 0)
    assert kept.note("", A) == first
    assert first.text == text
    second = kept.write_note("", A, "other", first.revision)
    assert second.revision > first.revision > 0
    kept.write_note("", B, "later", 0)
    assert kept.noted("") == (B, A)
    gone = kept.write_note("", A, " \n ", second.revision)
    assert (gone.text, gone.revision) == ("", 0)
    assert kept.note("", A) is None
    assert kept.noted("") == (B,)


def test_the_later_of_two_tabs_loses_nothing_and_is_told(kept: Kept) -> None:
    read = kept.write_note("", A, "start", 0)
    stored = kept.write_note("", A, "from one tab", read.revision)
    with pytest.raises(NoteConflict, match="written anew") as caught:
        kept.write_note("", A, "from the other", read.revision)
    assert (caught.value.text, caught.value.revision) == (stored.text, stored.revision)
    assert kept.note("", A) == stored
    assert kept.write_note("", A, "from one tab", read.revision) == stored, "the same text twice is no conflict"
    assert kept.write_note("", A, "both", caught.value.revision).text == "both"


def test_a_note_that_was_deleted_and_written_anew_is_another(kept: Kept) -> None:
    read = kept.write_note("", A, "start", 0)
    kept.write_note("", A, "", read.revision)
    with pytest.raises(NoteConflict, match="deleted") as caught:
        kept.write_note("", A, "going on", read.revision)
    assert (caught.value.text, caught.value.revision) == ("", 0)
    anew = kept.write_note("", A, "anew", 0)
    assert anew.revision != read.revision
    with pytest.raises(NoteConflict):
        kept.write_note("", A, "going on", read.revision)
    with pytest.raises(NoteConflict):
        kept.write_note("", A, "", 0)
    assert kept.note("", A) == anew


def test_the_longest_note_is_kept_and_a_longer_one_refused(kept: Kept) -> None:
    longest = "é" * LONGEST_NOTE
    assert kept.write_note("", A, longest, 0).text == longest
    with pytest.raises(KeepError, match="100,001 characters, 100,000 are the most"):
        kept.write_note("", B, longest + "x", 0)
    assert kept.note("", B) is None


def test_what_is_no_character_does_not_break_a_note(kept: Kept) -> None:
    assert kept.write_note("", A, "a\ud800b\0c", 0).text == "a?bc"


# --- visits ----------------------------------------------------------------------------------------------------------


def test_a_visit_lasts_until_the_reader_was_away_for_long(kept: Kept) -> None:
    monday = datetime(2025, 5, 5, 9, 0, tzinfo=UTC)
    assert kept.visit("", monday) is None
    assert kept.visit("", monday + timedelta(minutes=5)) is None
    assert kept.visit("ada", monday) is None
    tuesday = monday + timedelta(days=1)
    for now in (tuesday, tuesday + SAME_VISIT, tuesday + 2 * SAME_VISIT, tuesday):
        assert kept.visit("", now) == monday + timedelta(minutes=5)
    wednesday = (tuesday + timedelta(days=1)).astimezone(timezone(timedelta(hours=8)))
    assert kept.visit("", wednesday) == tuesday + 2 * SAME_VISIT
    assert kept.export("")["visited"] == wednesday.astimezone(UTC).isoformat()


# --- the file --------------------------------------------------------------------------------------------------------


def test_forgetting_takes_all_of_one_reader(kept: Kept) -> None:
    nothing = kept.export("ada")
    for user in ("ada", "bob"):
        kept.star(user, A)
        kept.later(user, A)
        kept.read(user, [A])
        kept.make_list(user, "RAG")
        kept.put(user, "RAG", [A])
        kept.write_note(user, A, "x", 0)
        kept.visit(user, datetime(2025, 5, 5, tzinfo=UTC))
    theirs = kept.export("bob")
    kept.forget("ada")
    assert kept.export("ada") == nothing
    assert kept.export("bob") == theirs
    assert kept.marks("bob", [A]) == {A: Marks(True, True, True, ("RAG",), True)}


def test_many_threads_keep_at_once(kept: Kept, tmp_path: Path) -> None:
    """Eight readers in two openings of one file, who share a list and a note that each of them writes on."""
    failures: list[BaseException] = []
    other = Kept(tmp_path / FILE_NAME)
    kept.make_list("all", "shared")

    def keep(n: int) -> None:
        store = (kept, other)[n % 2]
        try:
            for k in range(10):
                paper_id = f"2504.{n:02}{k:03}"
                store.star("all", paper_id)
                store.put("all", "shared", [paper_id])
                _append(store, f"{paper_id}\n")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=keep, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    everything = {f"2504.{n:02}{k:03}" for n in range(8) for k in range(10)}
    assert set(kept.starred("all")) == set(kept.get_list("all", "shared").papers) == everything
    note = kept.note("all", A)
    assert note
    assert sorted(note.text.split()) == sorted(everything), "no line of anybody's was lost"


def _append(store: Kept, line: str) -> Note:
    """Add a line to the note that all write on, as often as it takes."""
    while True:
        read = store.note("all", A)
        try:
            return store.write_note("all", A, (read.text if read else "") + line, read.revision if read else 0)
        except NoteConflict:
            continue


@pytest.mark.sqlite_only
def test_a_file_of_a_later_schema_is_refused(kept: Kept, tmp_path: Path) -> None:
    kept._db.execute("PRAGMA user_version = 9")
    kept.close()
    with pytest.raises(IndexDamaged, match="schema 9"):
        Kept(tmp_path / FILE_NAME)


@pytest.mark.sqlite_only
def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database " * 100)
    with pytest.raises(IndexDamaged):
        Kept(tmp_path / FILE_NAME)


def test_what_is_kept_follows_a_paper_that_left_its_id(kept: Kept) -> None:
    kept.star("ada", "doi:10.1/a")
    kept.read("", ["doi:10.1/a", "2504.00001"])
    kept.make_list("", "Reading")
    kept.put("", "Reading", ["2504.00009", "doi:10.1/a"])
    kept.write_note("", "doi:10.1/a", "Of the published one.", 0)
    kept.write_note("ada", "doi:10.1/a", "Of the published one.", 0)
    kept.write_note("ada", "2504.00001", "Of the other.", 0)
    for _ in range(2):
        kept.follow({"doi:10.1/a": "2504.00001", "doi:10.1/b": "2504.00002"})
    assert kept.starred("ada") == ("2504.00001",)
    assert kept.marks("", ["2504.00001"])["2504.00001"].read
    assert kept.get_list("", "Reading").papers == ("2504.00009", "2504.00001")
    notes = [kept.note(user, "2504.00001") for user in ("", "ada")]
    assert [note and note.text for note in notes] == ["Of the published one.", "Of the other.\n\nOf the published one."]
    assert kept.noted("") == kept.noted("ada") == ("2504.00001",)
    assert "doi:10.1/a" not in str(kept.export("")) + str(kept.export("ada"))


def test_an_ingest_that_joins_papers_takes_what_is_kept_along_and_says_so(tmp_path: Path) -> None:
    doi = "10.1145/3726302.3730000"
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper(f"doi:{doi}", url="")])
        kept = Kept(library.folder / FILE_NAME)
        kept.write_note("", f"doi:{doi}", "Read this.", 0)
        report = library.ingest([make_paper("2504.00001", doi=doi)])
        assert [(one.source, doi in one.text) for one in report.remarks] == [("2504.00001", True)]
        assert kept.noted("") == ("2504.00001",)
        kept.star("", f"doi:{doi}")  # from a page that was open all the while
        report = library.ingest([make_paper("2504.00001", doi=doi)])
        assert (report.remarks, kept.starred("")) == ((), ("2504.00001",))
        kept.close()


def test_a_list_is_made_and_filled_at_once_by_two_who_add_to_it(kept: Kept) -> None:
    with pytest.raises(ListNotFound):
        kept.put("", "New", [A])
    assert kept.put("", "New", [A], make=True).papers == (A,)
    assert kept.put("", "new", [B], make=True).papers == (A, B)
    assert [one.name for one in kept.lists("")] == ["New"]
    with pytest.raises(KeepError):
        kept.put("", "Other", ["\x07"], make=True)
    assert [one.name for one in kept.lists("")] == ["New"]


def test_several_are_marked_in_one_writing(kept: Kept) -> None:
    kept.star("", [A, B])
    kept.later("", iter([B, C]))
    kept.later("", A)
    assert kept.starred("") == (B, A)
    assert kept.to_read("") == (A, C, B)
    with pytest.raises(KeepError):
        kept.star("ada", [A, "\x07"])
    assert kept.starred("ada") == ()


def test_whatever_is_kept_or_taken_back_is_another_state(kept: Kept) -> None:
    changes: list[Callable[[], object]] = [
        lambda: kept.star("ada", [A, B]),
        lambda: kept.star("ada", A, False),
        lambda: kept.star("ada", A),
        lambda: kept.put("ada", "RAG", [A], make=True),
        lambda: kept.write_note("ada", A, "reads well", 0),
        lambda: kept.add_interest("ada", "Baking bread"),
        lambda: kept.remove_interest("ada", f"paper:{A}"),
        lambda: kept.less("ada", B),
    ]
    seen = [kept.state("ada")]
    for change in changes:
        change()
        seen.append(kept.state("ada"))
    assert len(set(seen)) == len(seen)
    kept.star("bob", A)
    assert kept.state("ada") == seen[-1], "what others keep is theirs"
    kept.read("ada", A)
    assert kept.state("ada") == seen[-1], "who opens a paper likes nothing else"
