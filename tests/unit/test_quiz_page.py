"""The page of a quiz where answers cannot be kept, and what it says of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rag.follow.quiz.examiner import Item, Option
from rag.papers.database import Database
from rag.papers.readers.answered import FILE_NAME
from rag.types.card import Tag
from tests.unit.test_site import client_of, drawn, made, sqlite_error
from ui.web.companion import quiz
from ui.web.drawn.site import Site

ITEM = Item(
    "2505.00002/gap/1/2/3",
    "data",
    "2505.00002",
    1,
    "Ranking Again",
    Tag("ranking", "Ranking"),
    "What is ranked?",
    "",
    tuple(Option(text, "2505.00002") for text in ("We bake.", "We <b>rank</b>.", "We sing.", "We sleep.")),
    1,
    "We rank passages twice.",
    0,
    23,
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


def answers(site: Site, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Answer the question wrongly."""
    monkeypatch.setattr("rag.follow.quiz.quiz.Quizmaster.item", lambda *_: ITEM)
    sent = {"item": ITEM.item_id, "seed": "1", "number": "1", "choice": "0"}
    parts: dict[str, str] = client_of(site).post("/act/answer", json=sent).json()["parts"]
    return parts


def test_a_wrong_answer_is_told_in_the_words_of_the_right_one() -> None:
    html = quiz.answered(ITEM, 1, 0)
    assert "Wrong: it is <q>We &lt;b&gt;rank&lt;/b&gt;.</q>, number 2." in html
    assert "<kbd>2</kbd>" in html, "the number can be read out"
    assert "Right." in quiz.answered(ITEM, 1, 1)


def test_answers_are_counted_where_they_can_be_kept(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = made(tmp_path, stack)
    assert "not kept" not in drawn(site, "/quiz")
    assert "0 of 1 answer right" in answers(site, monkeypatch)["known"]
    forgotten = client_of(site).post("/act/unlearn", json={}).json()["parts"]["known"]
    assert '<h2 tabindex="-1" data-focus>What you know' in forgotten


def test_a_damaged_file_of_answers_is_told_and_questions_are_asked(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all, but long enough to be read as one" * 20)
    site = made(tmp_path, stack)
    html = drawn(site, "/quiz")
    assert html.count("Answers are not kept.") == 1
    assert "move it away" in html
    assert 'data-later="/view/questions-of-quiz' in html
    parts = answers(site, monkeypatch)
    assert "Wrong: it is" in parts["question"]
    assert "After your first answers" in parts["known"]


def test_where_answers_cannot_be_written_it_is_said(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = Database._connect

    def refused(self: Database) -> Any:
        if self.path.name == FILE_NAME:
            raise sqlite_error()
        return connect(self)

    site = made(tmp_path, stack)
    monkeypatch.setattr(Database, "_connect", refused)
    assert "so answers are not kept" in drawn(site, "/quiz")
