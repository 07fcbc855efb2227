"""One request in three seconds, over all processes of a data folder; a clock of the test's own tells the time."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from rag.config import ArxivConfig
from rag.errors import FetchError
from rag.sources.arxiv.pace import LONGEST, MARK, Pace


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.asked: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pace(self, folder: Path, seconds: float = 3.0, patience: float = 300.0) -> Pace:
        return Pace(folder, seconds, patience, clock=lambda: self.now, sleep=self.sleep)

    def ask(self, pace: Pace, takes: float = 0.5, rest: float = 0.0) -> None:
        """A request that takes a while."""
        with pace.turn() as turn:
            self.asked.append(self.now)
            self.now += takes
            turn.rest = max(turn.rest, rest)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_default_is_one_request_in_three_seconds(tmp_path: Path, clock: Clock) -> None:
    assert ArxivConfig().delay_s == 3.0
    pace = clock.pace(tmp_path, ArxivConfig().delay_s)
    for _ in range(4):
        clock.ask(pace)
    assert [asked - clock.asked[0] for asked in clock.asked] == [0.0, 3.5, 7.0, 10.5]  # from the end of the one before


def test_arxiv_itself_cannot_be_asked_faster() -> None:
    with pytest.raises(ValidationError, match="one request in 3 seconds"):
        ArxivConfig(delay_s=1.0)
    here = "http://127.0.0.1:9/x"
    assert ArxivConfig(delay_s=0.1, api_url=here, feed_url=here, pdf_url=here).delay_s == 0.1
    with pytest.raises(ValidationError, match="one request in 3 seconds"):
        ArxivConfig(delay_s=0.1, api_url=here, feed_url=here)


def test_two_commands_share_the_pace(tmp_path: Path, clock: Clock) -> None:
    first, second = clock.pace(tmp_path), clock.pace(tmp_path)
    clock.ask(first, takes=0.0)
    clock.ask(second, takes=0.0)
    clock.now += 1.0
    clock.ask(first, takes=0.0)
    assert [asked - clock.asked[0] for asked in clock.asked] == [0.0, 3.0, 6.0]


def test_turns_are_taken_one_after_the_other(tmp_path: Path) -> None:
    turns: list[tuple[float, float]] = []

    def read() -> None:
        pace = Pace(tmp_path, 0.05, 60)
        for _ in range(3):
            with pace.turn():
                begun = time.monotonic()
                time.sleep(0.02)
                turns.append((begun, time.monotonic()))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(turns) == 12
    assert all(after[0] - before[1] >= 0.045 for before, after in pairwise(sorted(turns)))  # two clocks are compared


def test_a_pause_that_passed_by_itself_is_not_waited_for(tmp_path: Path, clock: Clock) -> None:
    pace = clock.pace(tmp_path)
    clock.ask(pace, takes=0.0)
    clock.now += 60.0
    before = clock.now
    clock.ask(pace)
    assert clock.asked[-1] == before


def test_what_arxiv_asks_for_holds_for_all(tmp_path: Path, clock: Clock) -> None:
    clock.ask(clock.pace(tmp_path), takes=0.0, rest=40.0)
    clock.ask(clock.pace(tmp_path), takes=0.0)
    assert clock.asked[1] - clock.asked[0] == 40.0
    other = clock.pace(tmp_path)
    other.hold(20.0)
    other.hold(5.0)  # takes nothing back
    clock.ask(other)
    assert clock.asked[2] - clock.asked[1] == 20.0


def test_longer_than_the_patience_is_refused_and_nobody_asks(tmp_path: Path, clock: Clock) -> None:
    clock.ask(clock.pace(tmp_path), rest=3600.0)
    with pytest.raises(FetchError, match="60 minutes"):
        clock.ask(clock.pace(tmp_path))
    assert len(clock.asked) == 1
    clock.now += 3500.0
    clock.ask(clock.pace(tmp_path))
    assert len(clock.asked) == 2


def test_a_killed_request_counts(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(KeyboardInterrupt), clock.pace(tmp_path).turn():
        raise KeyboardInterrupt
    begun = clock.now
    clock.ask(clock.pace(tmp_path))
    assert clock.asked[0] - begun == 3.0


def test_a_clock_that_was_turned_back_makes_nobody_wait_for_a_year(tmp_path: Path, clock: Clock) -> None:
    pace = clock.pace(tmp_path)
    clock.ask(pace)
    clock.now -= 365 * 86_400
    begun = clock.now
    clock.ask(pace)
    assert clock.asked[-1] - begun == 3.0


@pytest.mark.parametrize("text", ["", "{", "[1]", '["a", "b"]', "null", "[null, 3]"])
def test_a_mark_that_cannot_be_read_is_taken_for_a_fresh_one(tmp_path: Path, clock: Clock, text: str) -> None:
    (tmp_path / MARK).write_text(text)
    begun = clock.now
    clock.ask(clock.pace(tmp_path))
    assert clock.asked[0] - begun == 3.0
    assert json.loads((tmp_path / MARK).read_text())[1] > clock.asked[0]


def test_no_server_keeps_everybody_away_for_longer_than_a_day(tmp_path: Path, clock: Clock) -> None:
    clock.ask(clock.pace(tmp_path), rest=1e15)
    clock.now += LONGEST + 1
    clock.ask(clock.pace(tmp_path))
    assert len(clock.asked) == 2
