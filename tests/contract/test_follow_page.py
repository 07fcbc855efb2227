"""Following from the page: per reader, asked as the command asks, told on Today."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.config import Config
from rag.follow.questions import Follower
from rag.index.library import Library
from tests.support.page_server import served, users
from tests.support.papers import make_paper

ADA, BOB = ("ada", "engine"), ("bob", "builder")
QUESTION = "Which papers weigh elephants?"
SAID = "We weigh elephants with a balance, and an elephant weighs {} tonnes."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add(tmp_path, "2504.00001", "Weighing Elephants", "2025-04-10")
    return tmp_path


def add(folder: Path, paper_id: str, title: str, day: str) -> None:
    with Library(Config(data_dir=folder)) as library:
        library.ingest([make_paper(paper_id, title, SAID.format(paper_id[-1]), ("Ada Ling", "Bo Ray"), day)])


@pytest.fixture
def ada(folder: Path) -> Iterator[httpx.Client]:
    with (
        served(folder, known=users(**dict((ADA, BOB)))) as address,
        httpx.Client(base_url=address, auth=ADA, timeout=60) as client,
    ):
        yield client


def act(client: httpx.Client, key: str, on: str = "on", **fields: str) -> dict[str, Any]:
    said: dict[str, Any] = client.post("/act/follow", json={"key": key, "on": on, **fields}).json()
    return said


def html(client: httpx.Client, path: str) -> str:
    return str(client.get(f"/view/{path}").json()["html"])


def test_a_question_is_followed_told_and_ended_by_its_reader_alone(ada: httpx.Client, folder: Path) -> None:
    assert "Follow a question" in html(ada, "today")
    assert act(ada, f"  {QUESTION} ")["pressed"] is True
    assert QUESTION in html(ada, "today")
    assert ada.get("/export/kept").json()["followed"][0]["question"] == QUESTION
    with Library(Config(data_dir=folder)) as library:
        (brought,) = Follower(library, "ada").brought()
        assert brought.answer, "it was asked at once, so that what comes next is new"
    with httpx.Client(base_url=ada.base_url, auth=BOB, timeout=60) as bob:
        assert QUESTION not in html(bob, "today")
        assert act(bob, QUESTION, "off")["pressed"] is False
    ended = act(ada, QUESTION, "off", part="followed")
    assert QUESTION not in ended["parts"]["followed"]
    assert "what differs is told here" in ended["parts"]["followed"]
    assert ada.get("/export/kept").json()["followed"] == []


def test_what_came_in_is_asked_again_and_told_first_on_today(ada: httpx.Client, folder: Path) -> None:
    act(ada, QUESTION)
    add(folder, "2504.00002", "Weighing More Elephants", "2025-04-12")
    shown = html(ada, "today")
    assert 'data-whole="/view/followed?place=' in shown
    fresh = ada.get("/view/followed", params={"place": "2025-04-12/2025-04-12"}).json()["html"]
    assert "Weighing More Elephants" in fresh
    assert "data-whole" not in fresh
    shown = html(ada, "day/2025-04-12")
    assert shown.index('id="followed"') < shown.index('class="theme"')


def test_the_control_knows_what_is_followed_wherever_it_stands(ada: httpx.Client) -> None:
    assert 'aria-pressed="false" title="Follow “elephants”' in html(ada, "library?words=elephants")
    assert "mark follow" not in html(ada, "library?words=elephants&author=Ling")
    assert 'data-key="Papers by Ada Ling"' in html(ada, "library?author=Ada+Ling")
    act(ada, "Papers by Ada Ling")
    assert 'aria-pressed="true" title="Follow “Papers by Ada Ling”' in html(ada, "library?author=Ada+Ling")
    paper = html(ada, "paper/2504.00001")
    assert 'checked data-post="/act/follow" data-key="Papers by Ada Ling"' in paper
    assert '<input type="checkbox" data-post="/act/follow" data-key="Papers by Bo Ray">' in paper


def test_blanks_in_the_words_make_no_other_question(ada: httpx.Client) -> None:
    act(ada, "weighing   elephants ")
    assert 'aria-pressed="true" title="Follow “weighing elephants”' in html(ada, "library?words=weighing++elephants")


def test_a_topic_that_no_paper_is_about_yet_is_followed_where_it_is_missing_until_one_comes_in(
    ada: httpx.Client, folder: Path
) -> None:
    topic = "cheese making in the Alps"
    for pressed, on in (("false", "on"), ("true", "off"), ("false", "on")):
        shown = ada.get(f"/view/topic/{topic}")
        assert shown.status_code == 404
        assert f'aria-pressed="{pressed}" title="Follow “{topic}”' in shown.json()["html"]
        assert "Today tells when a paper about it comes in." in shown.json()["html"]
        act(ada, topic, on)
    with Library(Config(data_dir=folder)) as library:
        said = "We make cheese in the Alps: cheese making there takes milk of cows."
        library.ingest([make_paper("2504.00003", "Cheese Making in the Alps", said, day="2025-04-12")])
    html(ada, "today")
    fresh = ada.get("/view/followed", params={"place": "2025-04-12/2025-04-12"}).json()["html"]
    assert "Cheese Making in the Alps" in fresh


def test_following_one_more_question_asks_no_other(ada: httpx.Client, folder: Path) -> None:
    act(ada, QUESTION)
    add(folder, "2504.00002", "Weighing More Elephants", "2025-04-12")
    act(ada, "Which papers count elephants?")
    with Library(Config(data_dir=folder)) as library:
        assert [one.question for one in Follower(library, "ada").outdated()] == [QUESTION]


def test_what_cannot_be_followed_is_refused_in_words(ada: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.web.companion import follows

    assert "empty" in act(ada, "  ")["problem"]
    assert "the limit is 4,000" in act(ada, "x " * 4000)["problem"]
    monkeypatch.setattr(follows, "MOST", 1)
    act(ada, QUESTION)
    assert act(ada, QUESTION)["pressed"] is True, "what is followed already is no more than that"
    assert "1 question already" in act(ada, "Which papers count elephants?")["problem"]


@pytest.mark.sqlite_only
def test_a_damaged_file_is_said_and_the_day_is_shown(folder: Path) -> None:
    (folder / "followed.sqlite").write_bytes(b"no database at all " * 100)
    with served(folder, whole=False) as address:
        shown = httpx.get(f"{address}/view/today")
        assert shown.status_code == 200
        assert "Weighing Elephants" in shown.json()["html"]
        assert "What you follow cannot be read." in shown.json()["html"]
        assert "mark follow" not in httpx.get(f"{address}/view/library?words=elephants").json()["html"]
