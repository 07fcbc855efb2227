"""Whether a question asks which of two systems is ahead: told by what would answer it.

The answer scorer is shown four sentences about two systems that nobody knows, of which one sets one above the other. A
question that it answers best, by far enough, asks which is ahead, in whichever words, and of whichever quality.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rag.models.answer_scorer import Abstract, installed
from rag.query.intents.intent import KEPT

FARTHER = 1.0
"""Log-odds by which the sentence that sets one above the other has to answer better than the rest. Of the
106 questions about two systems that chose it, half of which ask which is ahead, 97 are told rightly."""
_NAMES = ("TwoStep", "Recall4")
_SAID = (
    "{0} is a framework that works in two stages, while {1} has one.",
    "{0} outperforms {1}, which is slower, larger and less accurate.",
    "Unlike {1}, {0} is trained with rewards.",
    "{0} and {1} differ in their aims.",
)
_AHEAD = 1
"""Which of them sets one above the other."""


def asks_which_is_ahead(question: str, names: Sequence[str], threads: int | None = None) -> bool:
    """Whether a question asks which of two systems is better, faster or larger than the other.

    Args:
        question: It names both.
        names: Their names, as they stand in it.
        threads: Of the answer scorer.
    """
    put = _with_names(question, names) if len(names) == len(_NAMES) else ""
    return bool(put) and _farther(put, threads) >= FARTHER


def _with_names(question: str, names: Sequence[str]) -> str:
    """The question with other names; empty where one does not stand in it."""
    order = sorted(names, key=question.find)
    for name, other in zip(order, _NAMES, strict=True):
        question, found = re.subn(rf"(?<!\w){re.escape(name)}(?!\w)", other, question)
        if not found:
            return ""
    return question


@lru_cache(KEPT)
def _farther(question: str, threads: int | None) -> float:
    said = tuple(one.format(*_NAMES) for one in _SAID)
    (scores,) = installed(threads).score(question, [Abstract(" and ".join(_NAMES), said)])
    odds: list[float] = scores.sentences.tolist()
    return odds.pop(_AHEAD) - max(odds)
