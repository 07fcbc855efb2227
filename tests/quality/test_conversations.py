"""Conversations through the real assistant: what each turn is about, and that no answer repeats the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag import open_assistant
from rag.assistant import Assistant
from rag.config import Config
from rag.sources import discover, read_source
from rag.types import Answer, Filters, Turn

TALKS: Mapping[str, Sequence[Mapping[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("conversations.yaml").read_text(encoding="utf-8")
)
MISSED = 1
"""Turns of a conversation whose quotes may lack the words wished for: which sentence answers is the writer's work."""

needs_reports = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def sample_assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with open_assistant(Config(data_dir=tmp_path_factory.mktemp("sample"))) as assistant:
        sample = Path(str(files("rag") / "sample"))
        assistant.library.ingest(row for path in discover([sample]).files for row in read_source(path))
        yield assistant


def held(assistant: Assistant, turns: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Answer]]:
    """The turns of a conversation with their answers."""
    history: list[Turn] = []
    for turn in turns:
        answer = assistant.answer(turn["ask"], history)
        yield turn, answer
        history += [Turn(role="user", content=turn["ask"]), Turn(role="assistant", content=answer.answer)]


def astray(assistant: Assistant, turn: Mapping[str, Any], answer: Answer) -> list[str]:
    """What an answer should be and is not."""
    cited = list(dict.fromkeys(one.paper_id for one in answer.citations))
    wrong = []
    if "about" in turn and (not cited or cited[0] not in turn["about"]):
        wrong.append("about")
    if not set(turn.get("both", ())) <= set(cited):
        wrong.append("both")
    if "by" in turn and not (
        cited and set(cited) <= (assistant.library.shelf.select(Filters(author=turn["by"])) or set())
    ):
        wrong.append("by")
    if set(turn.get("never", ())) & set(cited):
        wrong.append("never")
    if turn.get("alone") and any(note.code == "follow_up" for note in answer.notes):
        wrong.append("alone")
    return [f"{turn['ask']!r} ({answer.standalone_question!r}) cites {cited}: {wrong}"] if wrong else []


def assert_on_course(assistant: Assistant, turns: Sequence[Mapping[str, Any]]) -> None:
    before: set[str] = set()
    wrong: list[str] = []
    missed: list[str] = []
    for turn, answer in held(assistant, turns):
        found = astray(assistant, turn, answer)
        quotes = {one.quote for one in answer.citations}
        said_so = any(note.code in ("nothing_more", "quoted_before", "filter_read") for note in answer.notes)
        if quotes & before and not said_so:
            found.append(f"{turn['ask']!r} repeats a quote")
        before = quotes
        if "fails" not in turn and not any(turn.get("quotes", "") in quote for quote in quotes or {""}):
            missed.append(turn["ask"])
        if "fails" in turn:
            found = [] if found else [f"{turn['ask']!r} fails no longer"]
        wrong += found
    assert wrong == []
    assert len(missed) <= MISSED, missed


@pytest.mark.parametrize("talk", TALKS["sample"], ids=lambda talk: talk["who"])
def test_a_conversation_over_the_sample(sample_assistant: Assistant, talk: Mapping[str, Any]) -> None:
    assert_on_course(sample_assistant, talk["turns"])


@pytest.mark.parametrize("talk", [pytest.param(talk, id=talk["who"], marks=needs_reports) for talk in TALKS["reports"]])
def test_a_conversation_over_the_reports(reports_assistant: Assistant, talk: Mapping[str, Any]) -> None:
    assert_on_course(reports_assistant, talk["turns"])
