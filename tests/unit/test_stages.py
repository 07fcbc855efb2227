"""Stages of the work: who watches is told how they began, ended and failed, and nobody else is slowed down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.stages import Ended, Facts, stage, watched_by


class Heard:
    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, object], str]] = []

    def begin(self, name: str) -> Ended:
        def ended(facts: Facts, failed: BaseException | None) -> None:
            self.said.append((name, dict(facts), type(failed).__name__ if failed else ""))

        return ended


def test_a_watcher_hears_of_inner_stages_first_with_what_was_known_at_their_end() -> None:
    heard = Heard()
    with watched_by(heard), stage("ask") as facts:
        with stage("read"):
            pass
        facts["outcome"] = "answered"
    assert heard.said == [("read", {}, ""), ("ask", {"outcome": "answered"}, "")]
    with stage("ask"):
        pass
    assert len(heard.said) == 2, "who no longer watches is told nothing"


def test_a_failure_is_told_and_goes_on() -> None:
    heard = Heard()
    with watched_by(heard), pytest.raises(KeyError), stage("ask"):
        raise KeyError("what")
    assert heard.said == [("ask", {}, "KeyError")]


def test_a_stream_that_nobody_reads_to_its_end_was_stopped() -> None:
    heard = Heard()

    def stream() -> Iterator[int]:
        with stage("ask"):
            yield 1
            yield 2

    with watched_by(heard):
        events = stream()
        next(events)
        events.close()  # type: ignore[attr-defined]
    assert heard.said == [("ask", {}, "GeneratorExit")]
