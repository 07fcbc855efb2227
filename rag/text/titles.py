"""Titles: when two are the same, the words to look one up by, and what a paper is called in short."""

from __future__ import annotations

import re

from rag.text.folding import fold
from rag.text.readable import readable

_LABEL = re.compile(r"^([^:]{2,40}):\s")


def title_key(title: str) -> str:
    """A title without what spellings of it differ in: two are the same where their keys are; may be empty."""
    return fold(readable(title))


def title_words(title: str) -> list[str]:
    """The words of a readable title as searches for it want them: runs of letters and digits."""
    return "".join(char if char.isalnum() else " " for char in title).split()


def label(title: str) -> str:
    """What a paper is called in short: what stands before its readable title's colon, or the title."""
    match = _LABEL.match(title)
    return match[1] if match else title
