"""A follow-up that sets what was talked of beside a work that it describes: "how does it differ from the hotel one?".

With a name in the place of the word that points back it reads like any comparison: the model of sides tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.query.intents.sides import BORNE_OUT, compared
from rag.query.rules import load_rules

STAND_IN = "PaperX"
"""Stands for the paper that was talked of, whatever it is called: a name of one word, as systems have."""
BEFORE = f"{STAND_IN}: "
"""How it stands before a question in which no word points back."""
UNSAID = 0.2
"""Chance from which such a question compares though no word of it says so."""
_MARKS = " ,;:.?!"


def set_beside(question: str) -> str:
    """The question with `STAND_IN` for the paper that was talked of; empty where it sets no described work beside it.

    Args:
        question: Without what leads into it; it names no other paper, and `STAND_IN` may stand in it already.
    """
    says = load_rules("followups")["contrast"](question)
    least = BORNE_OUT if says else UNSAID
    chances = {text: _chance(text) for text in _put(question, says=says)}
    best = max(chances, key=lambda text: chances[text], default="")
    return best if best and chances[best] >= least else ""


def _put(question: str, *, says: bool) -> Iterator[str]:
    """The question with the stand-in for each word that may point back; before it, where one need not."""
    if STAND_IN in question:
        yield question
        return
    for match in load_rules("followups")["points_back"].all(question):
        yield f"{question[: match.start()]}{STAND_IN}{question[match.end() :]}"
    if says:
        yield f"{BEFORE}{question[:1].lower()}{question[1:]}"


def _chance(text: str) -> float:
    """The chance that a text sets the stand-in beside works that are described, and nothing else."""
    found, works = compared(text), load_rules("followups")["the_one"]
    others = [side for start, end in found.sides if (side := text[start:end].strip(_MARKS)) != STAND_IN]
    described = len(others) + 1 == len(found.sides) and all(works.at(side) for side in others)
    return found.chance if described and not any(re.search(rf"\b{STAND_IN}\b", side) for side in others) else 0.0
