"""Mastery by Bayesian knowledge tracing: figures worked out by hand, and what each answer does to them."""

from __future__ import annotations

import itertools
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.errors import IndexDamaged
from rag.follow.quiz.mastery import PRIOR, mastery_of, next_to_read, traced
from rag.papers.readers.answered import Answered, Given
from rag.papers.readers.kept import Kept
from rag.types.card import Tag
from tests.support.postgres import on_both
from tests.support.readers import library_of, papers_on

pytestmark = on_both

RETRIEVAL, FAIRNESS = Tag("dense-retrieval", "Dense Retrieval"), Tag("fairness", "Fairness")


def given(topic: Tag, is_right: bool, paper_id: str = "2504.00001") -> Given:
    return Given(f"{paper_id}/1/figure/0/0", paper_id, topic, "5%", is_right, datetime(2025, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("answers", "chance"),
    [
        ([True], 0.6460674157),  # .3·.9/(.3·.9+.7·.25) = .6067415730, and a tenth of the rest
        ([False], 0.1486486486),  # .3·.1/(.3·.1+.7·.75) = .0540540541, and a tenth of the rest
        ([True, True], 0.8811320755),  # .5814606742/(.5814606742+.0884831461) = .8679245283
        ([True, False], 0.2761702128),  # .0646067416/(.0646067416+.2654494382) = .1957446809
    ],
)
def test_the_chance_is_that_of_corbett_and_anderson(answers: list[bool], chance: float) -> None:
    known = PRIOR
    for is_right in answers:
        known = traced(known, is_right)
    assert known == pytest.approx(chance, abs=1e-9)


def test_a_wrong_answer_lowers_and_a_right_one_raises_whatever_was_before() -> None:
    for answers in itertools.product([True, False], repeat=8):
        known = PRIOR
        for is_right in answers:
            after = traced(known, is_right)
            assert (after > known) if is_right else (after < known)
            known = after


def test_topics_are_traced_apart_and_the_weakest_comes_first() -> None:
    found = mastery_of([given(RETRIEVAL, True), given(FAIRNESS, False), given(RETRIEVAL, True)])
    assert [(one.topic, one.right, one.asked) for one in found] == [(FAIRNESS, 0, 1), (RETRIEVAL, 2, 2)]
    assert found[0].chance < PRIOR < found[1].chance


def test_answers_are_each_readers_own_and_forgotten_on_request(tmp_path: Path) -> None:
    store = Answered(tmp_path / "quiz.sqlite")
    store.add("ada", given(RETRIEVAL, True))
    store.add("bo", given(FAIRNESS, False))
    assert [one.topic for one in store.of("ada")] == [RETRIEVAL]
    assert store.of("ada") == (given(RETRIEVAL, True),)
    store.forget("ada")
    assert store.of("ada") == ()
    assert len(store.of("bo")) == 1
    store.close()


@pytest.mark.sqlite_only
def test_no_file_is_made_before_something_is_answered(tmp_path: Path) -> None:
    store = Answered(tmp_path / "quiz.sqlite")
    store.forget("ada")
    assert store.of("ada") == ()
    assert list(tmp_path.iterdir()) == []
    store.add("ada", given(RETRIEVAL, True))
    assert Answered(tmp_path / "quiz.sqlite").of("ada") == store.of("ada") != ()
    store.close()


@pytest.mark.parametrize("why", ["wanted less", "held for review"])
def test_what_is_not_to_be_read_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    papers = papers_on("sign", 4)
    ids = [paper.paper_id for paper in papers]
    kept = Kept(tmp_path / "kept.sqlite")
    with library_of(tmp_path / "library", *papers) as library:
        monkeypatch.setattr(library.shelf, "select", lambda _: frozenset(ids))  # all are of the topic
        answers = [given(RETRIEVAL, False, ids[0])]
        first = [one.paper.paper_id for one in next_to_read(library, kept, "", answers)]
        assert first
        if why == "wanted less":
            kept.less("", first)
        else:
            library.shelf.flags.decide(first, "held")
        assert not {one.paper.paper_id for one in next_to_read(library, kept, "", answers)} & set(first)
    kept.close()


@pytest.mark.sqlite_only
def test_a_damaged_file_says_what_is_lost_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "quiz.sqlite"
    path.write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with pytest.raises(IndexDamaged, match="answered in quizzes cannot be read") as damaged:
        Answered(path)
    assert "quizzes then begin anew" in damaged.value.advice
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(IndexDamaged, match="schema 99"):
        Answered(path)
