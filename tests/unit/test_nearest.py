"""What a mistyped id, title, subject or list may mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.errors import ListNotFound
from rag.papers.browse.nearest import did_you_mean, nearest, nearest_subjects, no_paper
from rag.papers.readers.kept import FILE_NAME, Kept
from rag.papers.shelf import Shelf
from tests.support.papers import make_paper


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / "shelf.sqlite")
    opened.record(
        [
            make_paper("2504.05309", "Zebra Fusion for Dense Search"),
            make_paper("2504.05220", "Études of Query Rewriting: A Survey"),
            make_paper("4983", "RAG"),
        ]
    )
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2504.05039", "2504.05309"),  # swapped
        ("2504.0530", "2504.05309"),  # one left out
        ("2504.52200", "2504.05220"),
        ("9999.99999", None),
        ("4938", "4983"),
        ("4893x", None),
        ("zebra fusoin", "2504.05309"),
        ("etudes of querry rewritting", "2504.05220"),
        ("dense serach", "2504.05309"),
        ("fragile things", None),  # "RAG" stands in it, and is no part that was meant
        ("whales", None),
        ("z", None),  # stands in "Zebra", as in many titles
        ("quer", "2504.05220"),
    ],
)
def test_the_nearest_paper_is_named(shelf: Shelf, written: str, meant: str | None) -> None:
    error = no_paper(shelf, written)
    assert error.message == f"{written} is not in the library."
    assert error.advice.startswith(f"Did you mean {meant} (“" if meant else "`paperchat papers --query")


def test_names_are_told_in_a_question() -> None:
    assert did_you_mean([]) == ""
    assert did_you_mean(["a"]) == "Did you mean a? "
    assert did_you_mean(["a", "b", "c"]) == "Did you mean a, b or c? "
    assert nearest("readng list", ["Reading list", "whales"]) == ["Reading list"]


@pytest.mark.parametrize(
    ("written", "meant"), [("x", []), ("of", []), ("ra", ["RAG"]), ("mixture", ["Mixture of Experts"])]
)
def test_a_part_of_a_name_is_meant_where_it_is_more_than_a_few_letters(written: str, meant: list[str]) -> None:
    assert nearest(written, ["Mixture of Experts", "RAG"]) == meant


def test_the_nearest_subject_is_named_once(shelf: Shelf) -> None:
    assert nearest_subjects(shelf, "anything") is None, "without a vocabulary nobody knows"
    names = [("query-rewriting", "query-rewriting"), ("query rewriting", "query-rewriting"), ("zoo", "zoo")]
    subjects = [("query-rewriting", "Query Rewriting", ""), ("zoo", "Zoo", "")]
    shelf.descriptions.enter_subjects("k", subjects, names)
    assert nearest_subjects(shelf, "Query Rewriting") is None
    assert nearest_subjects(shelf, "query-rewritng") == ["query-rewriting"]
    assert nearest_subjects(shelf, "xylophones") == []


def test_the_readers_own_nearest_list_is_named(tmp_path: Path) -> None:
    with closing(Kept(tmp_path / FILE_NAME)) as kept:
        kept.make_list("ada", "Thesis chapter two")
        kept.make_list("bob", "Thesis chapter tow")
        for call in (kept.get_list, kept.drop_list):
            with pytest.raises(ListNotFound) as caught:
                call("ada", "thesis chaptr two")
            assert caught.value.advice == "Did you mean 'Thesis chapter two'? `paperchat list` shows all of them."
