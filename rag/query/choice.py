"""A choice: the answer to a question that was asked back, read from the reader's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.query.conversation import content_words, picked
from rag.query.vocabulary import fold
from rag.types import Turn

ASKED = "Which one do you mean?"
"""How a question that is asked back ends; its numbered choices follow."""
_OFFERED = re.compile(r"^\d+\. (?P<title>.+) \((?P<id>[^\s()]+)\)$", re.MULTILINE)
_NUMBER = re.compile(r"\W*(?:no\.?|number|#)?\s*(\d)\W*", re.IGNORECASE)


def resumed(question: str, history: Sequence[Turn]) -> tuple[str, tuple[Turn, ...], bool]:
    """Read a choice as the answer to the question that was asked back.

    Args:
        question: What the reader says now.
        history: Earlier turns, oldest first.

    Returns:
        The earlier question with the chosen paper's id, the turns before it, and True; the arguments as they are and
        False, where nothing was asked back or none of the choices is meant.
    """
    if len(history) < 2 or history[-1].role != "assistant" or history[-2].role != "user":
        return question, tuple(history), False
    chosen = _chosen(question, history[-1].content) if ASKED in history[-1].content else None
    if chosen is None:
        return question, tuple(history), False
    return f"{history[-2].content.strip()} ({chosen})", tuple(history[:-2]), True


def _chosen(question: str, asked: str) -> str | None:
    """The id of the choice that a reader names: by number, by id, or by words of its title that no other has."""
    offered = {match["id"]: match["title"] for match in _OFFERED.finditer(asked)}
    ids = list(offered)
    named = [paper_id for paper_id in ids if paper_id in question]
    if len(named) == 1:
        return named[0]
    if number := _NUMBER.fullmatch(question):
        return ids[int(number[1]) - 1] if 0 < int(number[1]) <= len(ids) else None
    by_order = picked(question, ids)
    if len(by_order) == 1:
        return by_order[0]
    words = {fold(word) for word in content_words(question)}
    titles = {paper_id: {fold(word) for word in content_words(title)} for paper_id, title in offered.items()}
    fitting = [paper_id for paper_id, title in titles.items() if words and words <= title]
    return fitting[0] if len(fitting) == 1 else None
