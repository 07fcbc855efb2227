"""A step of work, and why a passage was moved up, in words: the same in the terminal and on the page."""

from __future__ import annotations

from rag.types import Passage, Step

_TOOLS = ("filter", "count", "read", "compare")
"""Steps of a plan, whose text begins with the tool's name, as that of its searches does."""
_BEFORE = {
    "search": "Searching for: ",
    "found": "Found ",
    "condense": "Understood as: ",
    "plan": "Plan: ",
    "reformulate": "Rewriting the question for the search: ",
    "useful": "Useful passages: ",
    "write": "Writing from ",
    "group": "Themes: ",
}
"""What is said before the text of a step that is no sentence by itself, by its kind."""

_BOOSTS = {
    "conversation": "the conversation is about this paper",
    "named": "the question names it",
    "wording": "it says it as the question does",
    "answers": "it is likely to answer",
    "side": "it is one side of the comparison",
    "reranker": "the chosen reranker puts it higher",
}
"""Why a passage was moved up, by the name of what it gained."""


def moved_up(passage: Passage) -> list[str]:
    """Why a passage was moved up; nothing where it was not, or was only moved down."""
    return [_BOOSTS.get(name, name) for name, gain in passage.boosts.items() if gain > 0]


def worded(step: Step) -> str:
    """What a step says to the reader; one of a kind that is not known says its text."""
    is_planned = step.text.startswith("search “") if step.kind == "search" else step.kind in _TOOLS
    return _capital(step.text if is_planned else _BEFORE.get(step.kind, "") + step.text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
