"""What answers need of any paper is read before anybody asks, once, and only while nobody waits."""

from __future__ import annotations

import asyncio
import math
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.types import Receive, Scope, Send

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import LibraryError, Stopping
from rag.index import passage_tokens
from rag.index.library import Library
from rag.index.query_vector import read_tokens
from rag.models import TokenVectors
from rag.models.answer_scorer import Abstract, AnswerScorer, Scores
from rag.query.standing import ABOUT, METHOD, STANDING
from rag.retrieve import kept_scores, reading
from rag.retrieve.kept_scores import FILE_NAME, KeptScores
from rag.retrieve.reading import read_ahead
from tests.support.papers import make_paper
from ui.web.base.work import Work
from ui.web.host import idle

TEXTS = (
    Abstract("Tiny Rankers", ("We distil tiny rankers.", "They halve latency.")),
    Abstract("Bread in Orbit", ("Astronauts bake bread.",)),
)
PAPERS = tuple(
    make_paper(f"2504.0000{n}", title, text, day=f"2025-04-0{n}")
    for n, title, text in (
        (1, "Tiny Rankers", "We distil rankers into tiny ones. They halve the latency of search."),
        (2, "Bread in Orbit", "Astronauts bake bread. We study how yeast rises without gravity."),
        (3, "Maps of Swamps", "We map swamps from radar images with few labels."),
    )
)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Questions that the scorer was asked, once a text."""
    asked: list[str] = []
    score = AnswerScorer.score

    def counted(self: AnswerScorer, question: str, abstracts: Sequence[Abstract]) -> list[Scores]:
        asked.extend([question] * len(abstracts))
        return score(self, question, abstracts)

    monkeypatch.setattr(AnswerScorer, "score", counted)
    return asked


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(Config(data_dir=tmp_path))
    library.ingest(PAPERS)
    return library


def same(one: Sequence[Scores], other: Sequence[Scores]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(np.array_equal(a.sentences, b.sentences) and a.answered == b.answered for a, b in pairs)


def test_a_standing_question_is_put_to_a_text_once_and_kept_as_it_was(tmp_path: Path, judged: list[str]) -> None:
    first = KeptScores(tmp_path).score(ABOUT, TEXTS)
    assert judged == [ABOUT, ABOUT]
    assert same(KeptScores(tmp_path).score(ABOUT, TEXTS[::-1]), first[::-1])
    assert judged == [ABOUT, ABOUT]
    KeptScores(tmp_path).score(METHOD, TEXTS[:1])
    KeptScores(tmp_path).score(ABOUT, [Abstract("Tiny Rankers", ("We distil tiny rankers.",))])
    assert judged == [ABOUT, ABOUT, METHOD, ABOUT], "another question and another text are others"


def test_what_a_reader_asks_is_not_kept(tmp_path: Path, judged: list[str]) -> None:
    for _ in range(2):
        KeptScores(tmp_path).score("What do rankers halve?", TEXTS)
    assert len(judged) == 4


def test_scores_of_another_model_are_not_used(
    tmp_path: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    KeptScores(tmp_path).score(ABOUT, TEXTS)
    monkeypatch.setattr(kept_scores, "IDENTITY", "another")
    KeptScores(tmp_path).score(ABOUT, TEXTS)
    assert len(judged) == 4


def test_where_nothing_can_be_kept_it_is_judged_each_time(tmp_path: Path, judged: list[str]) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 100)
    first = KeptScores(tmp_path).score(ABOUT, TEXTS)
    assert same(KeptScores(tmp_path).score(ABOUT, TEXTS), first)
    assert len(judged) == 4


def test_the_newest_papers_are_read_first_and_each_once(library: Library, judged: list[str]) -> None:
    assert list(read_ahead(library, 2)) == ["2504.00003", "2504.00002"]
    assert sorted(judged) == sorted([*STANDING, *STANDING])
    assert list(read_ahead(library, 3)) == ["2504.00001"]
    assert list(read_ahead(library, 3)) == []
    assert list(read_ahead(library, 0)) == []


def test_an_answer_about_a_paper_that_was_read_reads_none_of_its_words(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(read_ahead(library, 3))
    read: list[str] = []

    def counted(of: Library, texts: Sequence[str]) -> list[TokenVectors] | None:
        read.extend(texts)
        return read_tokens(of, texts)

    monkeypatch.setattr(passage_tokens, "read_tokens", counted)
    answer = Assistant(library).answer("Which work lets rankers answer in half the time?", mode="extractive")
    assert answer.citations[0].paper_id == "2504.00001"
    assert read == []


def test_no_more_is_read_than_leaves_room_for_questions(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AHEAD", 2)
    assert list(read_ahead(library, 3)) == ["2504.00003", "2504.00002"]
    assert list(read_ahead(library, 3)) == []


def test_what_is_read_again_goes_last(library: Library) -> None:
    list(read_ahead(library, 1))
    (file,) = (library.folder / passage_tokens.FOLDER).iterdir()
    os.utime(file, (0, 0))
    assert list(read_ahead(library, 1)) == []
    assert file.stat().st_mtime > 0


def test_scores_that_are_missing_are_judged_though_the_words_were_read(library: Library, judged: list[str]) -> None:
    list(read_ahead(library, 1))
    (library.folder / FILE_NAME).unlink()
    judged.clear()
    assert list(read_ahead(library, 1)) == ["2504.00003"]
    assert judged == list(STANDING)


def test_what_is_no_score_of_a_text_is_judged_again(tmp_path: Path, judged: list[str]) -> None:
    first = KeptScores(tmp_path).score(ABOUT, TEXTS)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file, file:
        file.execute("UPDATE scores SET odds = x'0000'")
    assert same(KeptScores(tmp_path).score(ABOUT, TEXTS), first)
    assert len(judged) == 4


def test_reading_is_tried_again_where_the_library_was_away(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "LOOK_S", 0.01)
    monkeypatch.setattr(idle, "IDLE_S", 0.0)
    ended, tried = threading.Event(), []

    def away(of: Library, most: int) -> Iterator[str]:
        tried.append(most)
        if len(tried) < 3:
            raise LibraryError("The library is away.", "Wait.")
        ended.set()
        yield "2504.00001"

    monkeypatch.setattr(idle, "read_ahead", away)
    thread = threading.Thread(target=idle.read_while_idle, args=(library, Work(), ended))
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert len(tried) == 3


def test_what_readers_need_is_prepared_after_a_while_however_many_come() -> None:
    work = Work()
    work.begin()
    begun = time.monotonic()
    assert idle.wait_until_idle(work, threading.Event(), 0.3)
    assert time.monotonic() - begun >= 0.3


def test_a_page_reads_only_while_nobody_waits_and_what_comes_later(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "LOOK_S", 0.01)
    monkeypatch.setattr(idle, "WAIT_S", 0.01)
    monkeypatch.setattr(idle, "IDLE_S", 0.3)
    work, ended, seen = Work(), threading.Event(), []
    under_way: list[int] = []
    read = threading.Condition()

    def told(of: Library, most: int) -> object:
        for paper_id in reading.read_ahead(of, most):
            with read:
                seen.append(paper_id)
                under_way.append(work.under_way)
                read.notify_all()
            if len(seen) == 1:
                work.begin()  # somebody asks
            yield paper_id

    monkeypatch.setattr(idle, "read_ahead", told)
    thread = threading.Thread(target=idle.read_while_idle, args=(library, work, ended))
    thread.start()
    try:
        with read:
            assert read.wait_for(lambda: len(seen) == 1, 60)
            assert not read.wait_for(lambda: len(seen) > 1, 0.5), "nothing is read while somebody waits"
        work.done()
        with read:
            assert read.wait_for(lambda: len(seen) == 3, 60)
        library.ingest([make_paper("2504.00004", "Late", "We came late. It is a paper.", day="2025-04-04")])
        with read:
            assert read.wait_for(lambda: len(seen) == 4, 60)
        assert seen == ["2504.00003", "2504.00002", "2504.00001", "2504.00004"]
        assert under_way == [0] * 4
    finally:
        with suppress(Stopping):
            work.end()
        ended.set()
        thread.join(60)
    assert not thread.is_alive()


def test_a_visit_is_noted_when_it_begins_and_when_it_ends_and_reading_figures_is_none() -> None:
    work, noted = Work(), list[float]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        noted.append(work.idle_s)
        time.sleep(0.05)

    def visit(path: str) -> float:
        asyncio.run(idle.Visits(app, work)({"type": "http", "path": path}, _nothing, _nothing))
        return work.idle_s

    assert visit("/metrics") == math.inf
    assert visit("/today") < noted[1] + 0.05
    assert noted[0] == math.inf


async def _nothing(*_: object) -> Any:
    return None
