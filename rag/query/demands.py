"""What a question demands of the sentences and papers that answer it: a sort of paper, rare names."""

from __future__ import annotations

import re
from typing import Literal

from rag.query.kind import is_name
from rag.query.rules import load_rules

Sort = Literal["surveys", "resources", "tools", "reproductions"]

_NAME = re.compile(r"[^\W_][\w@.+-]*\w")
_SHORTEST = 4
"""Letters from which a name tells papers apart."""
_SORTS: dict[Sort, str] = {
    "surveys": r"\b(?:surveys?|reviews?|overviews?)\b",
    "resources": r"\b(?:benchmarks?|data\s?sets?|test\s+collections?|corpora)\b",
    "tools": r"\b(?:tool\s?kits?|librar(?:y|ies)|packages?|demos?)\b",
    "reproductions": r"\b(?:reproducib\w+|reproductions?|replications?)\b",
}
_WANTED = r"^\W*(?:(?:which|what|list|find|show|give|any|all|are|there|me|new|recent|the|some|please|\w+)\s+){0,4}?"


def read_sort(question: str) -> Sort | None:
    """The sort of works that a list is to hold: "which survey papers", and not "which papers use benchmarks"."""
    found = (
        sort
        for sort, words in _SORTS.items()
        if re.match(rf"{_WANTED}{words}(?:\s+papers?)?\b", question, re.IGNORECASE)
    )
    return next(found, None)


def read_names(question: str) -> tuple[str, ...]:
    """The words of a question that are written as systems are named."""
    return tuple(word for word in _NAME.findall(question) if is_name(word) and len(word) >= _SHORTEST)


def means_several(question: str) -> bool:
    """Whether several things, or their names, are meant."""
    return load_rules("demands")["several"](question)


def unframed(text: str) -> str:
    """A text without the words that only put a question."""
    return load_rules("demands")["frame"].without(text)
