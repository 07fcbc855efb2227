"""What readers say of their interests comes back, is theirs only, and goes with the rest."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from rag.errors import KeepError
from rag.papers.readers.kept import _FIRST, _REACH, FILE_NAME, Kept, Marks
from tests.support.postgres import on_both

pytestmark = on_both

A, B, C = "2504.00001", "2504.00002", "doi:10.1145/1,2"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / FILE_NAME)


def test_a_sentence_is_an_interest_until_it_is_taken_out(kept: Kept) -> None:
    one = kept.add_interest("ada", "  Retrieval of\nlong videos ")
    assert one.sentence == "Retrieval of long videos"
    assert kept.add_interest("ada", "retrieval of LONG videos") == one
    two = kept.add_interest("ada", "agents")
    assert kept.interests("ada") == (one, two)
    assert kept.interests("bob") == ()
    kept.remove_interest("bob", one.key)
    kept.remove_interest("ada", one.key)
    assert kept.interests("ada") == (two,)
    assert kept.muted("ada") == ()


@pytest.mark.parametrize("sentence", ["", " \n", "…", "a\x1b[31mb", "a\x07", "\ud800", "x" * 501])
def test_what_is_no_sentence_is_refused(kept: Kept, sentence: str) -> None:
    with pytest.raises(KeepError):
        kept.add_interest("", sentence)
    assert kept.interests("") == ()


def test_less_is_a_mark_that_is_taken_back(kept: Kept) -> None:
    kept.less("ada", [A, B])
    kept.less("ada", A)
    assert kept.lessened("ada") == (B, A)
    assert kept.marks("ada", [A, C]) == {A: Marks(less=True), C: Marks()}
    kept.less("ada", A, False)
    assert (kept.lessened("ada"), kept.lessened("bob")) == ((B,), ())
    with pytest.raises(KeepError):
        kept.less("ada", "\x07")


def test_what_is_liked_comes_in_the_order_in_which_it_was_kept(kept: Kept) -> None:
    kept.star("", B)
    kept.put("", "List", [C], make=True)
    kept.write_note("", A, "x", 0)
    kept.later("", [C])
    kept.read("", ["2504.00009"])
    kept.less("", ["2504.00008"])
    liked = [(one.paper_id, sorted(one.ways)) for one in kept.liked("")]
    assert liked == [(B, ["star"]), (C, ["later", "list"]), (A, ["note"])]
    assert kept.done("") == {"2504.00009"}


def test_a_note_that_is_written_anew_stays_where_it_was(kept: Kept) -> None:
    first = kept.write_note("", A, "x", 0)
    kept.star("", B)
    second = kept.write_note("", A, "y", first.revision)
    assert [one.paper_id for one in kept.liked("")] == [A, B]
    assert second.changed > first.changed
    kept.write_note("", C, "z", 0)
    kept.follow({C: A})
    assert [one.paper_id for one in kept.liked("")] == [A, B]
    kept.write_note("", A, "", kept.note("", A).revision)  # type: ignore[union-attr]
    kept.write_note("", A, "anew", 0)
    assert [one.paper_id for one in kept.liked("")] == [B, A]


def test_what_was_taken_out_counts_again_and_follows_its_paper(kept: Kept) -> None:
    kept.remove_interest("ada", "paper:doi:10.1/a")
    kept.remove_interest("ada", "paper:doi:10.1/a")
    kept.remove_interest("bob", f"paper:{A}")
    kept.remove_interest("bob", "paper:doi:10.1/a")
    kept.follow({"doi:10.1/a": A})
    assert kept.muted("ada") == kept.muted("bob") == (f"paper:{A}",)
    kept.restore_interest("ada", f"paper:{A}")
    assert (kept.muted("ada"), kept.muted("bob")) == ((), (f"paper:{A}",))
    for key in ("", "paper:", "said:", A, "paper:\x07"):
        with pytest.raises(KeepError):
            kept.remove_interest("", key)


def test_interests_are_exported_and_forgotten(kept: Kept) -> None:
    nothing = kept.export("ada")
    for user in ("ada", "bob"):
        kept.less(user, A)
        kept.add_interest(user, "agents")
        kept.remove_interest(user, f"paper:{B}")
    told = kept.export("ada")
    assert [one["paper_id"] for one in told["less"]] == [A]
    assert [one["sentence"] for one in told["interests"]] == ["agents"]
    assert told["muted"] == [f"paper:{B}"]
    kept.forget("ada")
    assert kept.export("ada") == nothing
    assert kept.export("bob")["muted"] == told["muted"]


@pytest.mark.sqlite_only
def test_a_file_of_before_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as db:
        db.executescript(f"{_FIRST};{_REACH}")
        db.execute("INSERT INTO lists VALUES (1, '', 'RAG', 'rag', '2025-04-10T00:00:00+00:00')")
        db.execute("INSERT INTO listed VALUES (1, 1, ?)", (A,))
        db.execute("INSERT INTO notes VALUES (1, '', '2504.00003', 'x', '2025-04-11T00:00:00+00:00')")
        db.execute("PRAGMA user_version = 2")
    kept = Kept(path)
    kept.put("", "RAG", [B])
    kept.star("", C)
    assert [one.paper_id for one in kept.liked("")] == [A, "2504.00003", B, C]
    kept.add_interest("", "agents")
    kept.close()
