"""Questions under way: kept whoever looks, stopped once, shown at a steady pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.config import Config, UIConfig
from rag.errors import QuestionError
from rag.index.library import Library
from rag.papers.readers.conversations import FILE_NAME, Conversations
from rag.types import Delta, Event, Filters, Mode, Retrieved, Step, Turn, Understood
from ui.web.base import context
from ui.web.base.context import Web
from ui.web.chat import board
from ui.web.chat.asking import LAST_PICTURE_S, PACE_S, Asked, Asker, Failed, Kept, Left
from ui.web.chat.board import Board, Posted, Poster
from ui.web.chat.turns import Running

PIECES = 200


class Speaker(Assistant):
    """Says `PIECES` pieces; the second half only once `may_go_on`."""

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self.may_go_on = threading.Event()

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        mode: Mode | None = None,
        *,
        user: str | None = None,
    ) -> Iterator[Event]:
        if question == "fail":
            raise QuestionError("No.", "Ask something else.")
        yield Understood(question, Filters())
        yield Step("search", question)
        yield Retrieved(())
        for n in range(PIECES):
            if n == PIECES // 2:
                assert self.may_go_on.wait(10)
            yield Delta(f"{n} ")


@pytest.fixture
def speaker(tmp_path: Path) -> Iterator[Speaker]:
    speaker = Speaker(Library(Config(data_dir=tmp_path)))
    with speaker:
        yield speaker
        speaker.may_go_on.set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    opened = Conversations(tmp_path / FILE_NAME)
    yield opened
    opened.close()


@pytest.fixture
def asker(speaker: Speaker, store: Conversations) -> Asker:
    return Asker(Web(speaker, speaker.library.config, store))


def said(store: Conversations) -> list[str]:
    return [one.said for found in store.find("") for one in store.exchanges("", found.conversation_id)]


def said_so_far(asker: Asker, question: Running) -> str:
    under_way = asker.running("", question.conversation)
    assert under_way is not None
    return under_way[0].said


def test_an_answer_is_kept_though_nobody_looks_any_more(asker: Asker, speaker: Speaker, store: Conversations) -> None:
    shown = asker.ask(Asked("", "tab", "go", Filters()))
    first = next(shown)
    assert isinstance(first, Running)
    shown.close()  # type: ignore[attr-defined]
    assert said(store) == []
    speaker.may_go_on.set()
    *_, last = asker.follow("", "another tab", first.conversation)
    assert isinstance(last, Kept)
    assert said(store) == [last.exchange.said]
    assert last.exchange.said.split() == [str(n) for n in range(PIECES)]
    assert list(asker.follow("", "tab", first.conversation)) == []


def test_nobody_follows_somebody_elses_question(asker: Asker, speaker: Speaker) -> None:
    first = next(asker.ask(Asked("ada", "tab", "go", Filters())))
    assert isinstance(first, Running)
    assert asker.running("bob", first.conversation) is None
    assert asker.running("ada", first.conversation) is not None


def test_pieces_that_come_together_are_shown_together(asker: Asker, speaker: Speaker) -> None:
    speaker.may_go_on.set()
    begin = time.monotonic()
    shown = list(asker.ask(Asked("", "tab", "go", Filters())))
    assert isinstance(shown[-1], Kept)
    assert len(shown) <= 3 + (time.monotonic() - begin) / PACE_S


def test_a_stopped_answer_is_kept_as_far_as_it_came(asker: Asker, speaker: Speaker, store: Conversations) -> None:
    for shown in asker.ask(Asked("", "tab", "go", Filters())):
        if isinstance(shown, Running) and shown.said:
            asker.stop("tab")
    assert isinstance(shown, Kept)
    assert shown.exchange.answer is None
    assert shown.exchange.said.split()[:3] == ["0", "1", "2"]
    assert len(shown.exchange.said.split()) <= PIECES // 2
    speaker.may_go_on.set()
    time.sleep(0.2)
    assert said(store) == [shown.exchange.said]


def test_a_tab_that_is_left_shows_nothing_more(asker: Asker, speaker: Speaker) -> None:
    """What turns the tab to something else waits for the picture that is on its way."""
    left: Future[bool] | None = None
    order = []
    with ThreadPoolExecutor(1) as another:
        for one in asker.ask(Asked("", "tab", "go", Filters())):
            order.append(one)
            if isinstance(one, Running) and one.said and not left:
                left = another.submit(asker.leave, "tab")
                time.sleep(PACE_S)  # as a busy machine takes to send it
                assert not left.done()
        assert left is not None
        assert left.result(LAST_PICTURE_S)
    assert all(isinstance(one, Running) for one in order[:-1])
    assert order[-1] == Left()
    assert not asker.leave("tab")


def test_a_tab_whose_picture_never_gets_away_is_left_all_the_same(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.web.chat.asking.LAST_PICTURE_S", PACE_S)
    next(pictures := asker.ask(Asked("", "tab", "go", Filters())))
    assert asker.leave("tab")
    assert list(pictures) == [Left()]


def test_a_question_that_fails_leaves_no_conversation(asker: Asker, store: Conversations) -> None:
    *_, last = asker.ask(Asked("", "tab", "fail", Filters()))
    assert last == Failed("fail", "No.", "Ask something else.")
    assert store.find("") == []


def test_questions_wait_for_their_turn_though_nobody_looks(speaker: Speaker, store: Conversations) -> None:
    one_at_once = speaker.library.config.model_copy(update={"ui": UIConfig(concurrency=1)})
    asker = Asker(Web(speaker, one_at_once, store))
    next(shown := asker.ask(Asked("", "tab", "go", Filters())))
    shown.close()  # type: ignore[attr-defined]
    waiting = next(asker.ask(Asked("", "another tab", "go", Filters())))
    assert isinstance(waiting, Running)
    time.sleep(0.2)
    assert said_so_far(asker, waiting) == ""
    speaker.may_go_on.set()
    *_, last = asker.follow("", "another tab", waiting.conversation)
    assert isinstance(last, Kept)
    assert len(last.exchange.said.split()) == PIECES


def test_quoting_is_bounded_by_processors(
    speaker: Speaker, store: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "usable_processors", lambda: 1)
    asker = Asker(Web(speaker, speaker.library.config, store))
    asked = [next(asker.ask(Asked("", f"tab {n}", "go", Filters()))) for n in range(context.TURNS + 1)]
    time.sleep(0.3)
    *begun, waiting = [said_so_far(asker, one) for one in asked if isinstance(one, Running)]
    assert all(begun)
    assert waiting == ""


def test_a_model_is_waited_for_by_as_many_as_configured(speaker: Speaker, store: Conversations) -> None:
    answer = speaker.library.config.answer.model_copy(update={"mode": "llm"})
    config = speaker.library.config.model_copy(update={"answer": answer, "ui": UIConfig(concurrency=99)})
    assert Web(speaker, config, store).at_once == 99


@pytest.fixture
def two(speaker: Speaker, store: Conversations) -> tuple[Asker, Asker]:
    """Two page servers over one library."""
    config = speaker.library.config.model_copy(update={"ui": UIConfig(shared=True)})
    return Asker(Web(speaker, config, store)), Asker(Web(speaker, config, store))


def begun(asker: Asker) -> tuple[Running, threading.Thread]:
    """Ask in a thread, as a tab would, and come so far that some of the answer has been said."""
    seen: list[Running] = []

    def read() -> None:
        seen.extend(
            one for one in asker.ask(Asked("ada", "tab 1", "a question", Filters())) if isinstance(one, Running)
        )

    thread = threading.Thread(target=read)
    thread.start()
    deadline = time.monotonic() + 20
    while not (seen and seen[-1].said):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return seen[-1], thread


def test_what_one_server_answers_is_seen_from_another(speaker: Speaker, two: tuple[Asker, Asker]) -> None:
    here, there = two
    question, thread = begun(here)
    follower = there.follow("ada", "tab 2", question.conversation)
    first = next(follower)
    assert isinstance(first, Running)
    assert first.question == "a question"
    assert there.running("ada", question.conversation)
    assert there.running("bob", question.conversation) is None, "another reader's question"
    assert list(there.follow("bob", "tab 3", question.conversation)) == []
    speaker.may_go_on.set()
    *_, last = follower
    assert isinstance(last, Kept)
    assert last.exchange.said.split()[-1] == str(PIECES - 1)
    thread.join()
    assert there.running("ada", question.conversation) is None
    assert not list((speaker.library.folder / "running").iterdir())


def test_another_server_can_end_it(two: tuple[Asker, Asker], store: Conversations) -> None:
    here, there = two
    question, thread = begun(here)
    follower = there.follow("ada", "tab 2", question.conversation)
    next(follower)
    there.stop("tab 2")
    *_, last = follower
    assert isinstance(last, Kept)
    thread.join()
    assert store.exchanges("ada", question.conversation)[0].answer is None


def test_a_server_that_died_says_nothing(
    speaker: Speaker, two: tuple[Asker, Asker], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    question, thread = begun(here)
    assert there.running("ada", question.conversation)
    monkeypatch.setattr(board, "STALE_S", -1.0)
    assert there.running("ada", question.conversation) is None
    assert there.running("ada", "../../etc/passwd") is None
    speaker.may_go_on.set()
    thread.join()


def test_all_are_ended_at_once_and_kept(speaker: Speaker, two: tuple[Asker, Asker], store: Conversations) -> None:
    here, there = two
    question, thread = begun(here)
    here.stop_all()
    (kept,) = store.exchanges("ada", question.conversation)
    assert kept.said.split()[:3] == ["0", "1", "2"]
    thread.join(10)
    assert not thread.is_alive(), "those who watched are woken"
    assert there.running("ada", question.conversation) is None
    speaker.may_go_on.set()
    time.sleep(0.2)
    assert store.exchanges("ada", question.conversation) == [kept]


def test_a_question_that_ended_is_not_posted_again(tmp_path: Path) -> None:
    here = Board(tmp_path / "running")

    class Ending:
        conversation = "one"

        def posted(self) -> Posted:
            return Posted("ada", Running("a question", Filters(), Filters(), conversation="one"), None)

        def stop(self) -> None:
            raise AssertionError

    run, seen = Ending(), threading.Event()
    under_way: list[Ending] = []

    def looked() -> list[Ending]:
        found = list(under_way)
        if found and not seen.is_set():  # it ends just after the poster has looked
            under_way.clear()
            seen.set()
        return found

    poster = Poster(here, looked)
    under_way.append(run)
    poster.begin(run)
    assert seen.wait(10)
    poster.end(run)
    time.sleep(3 * board.PACE_S)
    assert here.read("one") is None
    assert not list((tmp_path / "running").iterdir())
