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
FLOORS = {
    "tune": {"first": 19, "lean": 22, "absent": 4, "other": 7, "return": 1},
    "judge": {"first": 19, "lean": 24, "absent": 4, "other": 6, "return": 2},
}
"""Turns of each half that must be answered right; of `absent` ones also those that say that their paper does not tell.

Measured: 20, 23, 4, 8, 1 and 20, 24, 5, 7, 2. Without the last of the three regressions that tell what stays:
20, 21, 3, 8, 1 and 20, 23, 5, 7, 2; the floors of what leans lie above that.
"""


@pytest.fixture(scope="module")
def right(reports_assistant: Assistant) -> Mapping[tuple[str, str], int]:
    """By half and kind, how many turns are answered from their paper."""
    found: Counter[tuple[str, str]] = Counter()
    history: list[Turn] = []
    for n, (half, asked, paper, kind) in enumerate(LINES):
        history = history if n % TURNS else []
        answer = reports_assistant.answer(asked, history)
        cited = [one.paper_id for one in answer.citations]
        follows = any(note.code == "follow_up" for note in answer.notes)
        found[half, kind] += cited[:1] == [paper] or (kind == "absent" and not cited and follows)
        history += [Turn(role="user", content=asked), Turn(role="assistant", content=answer.answer)]
    return found


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize(("half", "kind"), [(half, kind) for half, floors in FLOORS.items() for kind in floors])
def test_a_turn_is_answered_from_the_paper_that_it_is_about(
    right: Mapping[tuple[str, str], int], half: str, kind: str
) -> None:
    assert right[half, kind] >= FLOORS[half][kind]
