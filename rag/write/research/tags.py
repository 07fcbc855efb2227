"""The tags of a research turn, read as models really write them: any case, blanks inside, the closing one forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_QUERY = 300
"""Characters of a search that are used."""
_THOUGHT = re.compile(r"<\s*think\s*>(?:(?!<\s*think\s*>).)*?<\s*/\s*think\s*>", re.DOTALL | re.IGNORECASE)
_UNENDED = re.compile(r"<\s*think\s*>.*?(?=<\s*(?:search|answer)\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_ACTION = re.compile(
    r"<\s*(?P<tag>search|answer)\s*>(?P<content>.*?)(?:<\s*/\s*(?P=tag)\s*>|(?=<\s*/?\s*(?:search|answer|think)\b)|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Search:
    """Search the library for these words."""

    query: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Stop: these passages, by number, answer; what else the model said is not used."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Invalid:
    """A reply that says neither; the reason is for the model."""

    reason: str


Action = Search | Finish | Invalid


def read_action(reply: str) -> Action:
    """The first action of a reply that is not part of a thought."""
    match = _ACTION.search(_UNENDED.sub(" ", _THOUGHT.sub(" ", reply)))
    if match is None:
        return Invalid("it holds neither a search nor an answer")
    content = match["content"]
    if match["tag"].lower() == "answer":
        return Finish(tuple(dict.fromkeys(int(n) for n in re.findall(r"(?<![\w.])\d{1,3}(?!\d|\.\d)", content))))
    words = " ".join(_TAG.sub(" ", content).split())[:LONGEST_QUERY].strip()
    if not any(map(str.isalnum, words)):
        return Invalid("the search is empty")
    return Search(words)
