"""Second and third turns of 40 conversations over the reports: from which paper each is answered first.

A line of `second_turns.tsv` is a turn: the half that its conversation belongs to (`tune`, or `judge`, to which no
weight was fitted), what is asked, the paper that it is about, and its kind. Each conversation has three. They were
written from the abstracts, before anybody looked at how questions are read (Apache-2.0).

    first    names or describes its paper        lean    says by few words or none that it goes on
    absent   asks for what its paper keeps back  other   is about another paper, named or described
    return   goes back to the first paper
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.types import Turn

LINES = [
    line.split("\t") for line in Path(__file__).with_name("second_turns.tsv").read_text(encoding="utf-8").splitlines()
]
TURNS = 3
FLOORS = {"first": 39, "lean": 43, "absent": 6, "other": 14, "return": 3}
"""Turns that must be answered right; of `absent` ones also those that say of the paper that it does not tell."""


@pytest.fixture(scope="module")
def right(reports_assistant: Assistant) -> Mapping[str, int]:
    """By kind, how many turns are answered from their paper."""
    found: Counter[str] = Counter()
    history: list[Turn] = []
    for n, (_, asked, paper, kind) in enumerate(LINES):
        history = history if n % TURNS else []
        answer = reports_assistant.answer(asked, history)
        cited = [one.paper_id for one in answer.citations]
        follows = any(note.code == "follow_up" for note in answer.notes)
        found[kind] += cited[:1] == [paper] or (kind == "absent" and not cited and follows)
        history += [Turn(role="user", content=asked), Turn(role="assistant", content=answer.answer)]
    return found


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("kind", FLOORS)
def test_a_turn_is_answered_from_the_paper_that_it_is_about(right: Mapping[str, int], kind: str) -> None:
    assert right[kind] >= FLOORS[kind]
