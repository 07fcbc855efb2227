"""What stands in an abstract to be found rather than to be read, and what is left without it.

Whoever wants a paper recommended to many can add to its abstract: words that readers look for, sentences of papers that
are liked, orders to the machine (StealthRank, 2504.05804; risks of recommendation by text alone, 2409.11690). A
paper is compared by what is left.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from rag.screen.copies import shingles
from rag.screen.wording import is_list, words
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Paper

REPEATED = 0.5
"""Share of a sentence's runs that stand in another text from which on it is that text's."""
_STEERING = re.compile(
    r"\b(?:recommend(?:ed|s)?|promote|rank(?:ed)?|show|read|cite)\s+(?:this|our)\s+(?:paper|article|work)\b"
    r"|\b(?:this|our)\s+(?:paper|article|work)\s+(?:is|as|should|must|comes|ranks?|deserves)\b"
    r".{0,30}\b(?:top|first|best)\s+(?:recommendation|result)\b"
    r"|\bas\s+(?:the\s+|a\s+)?(?:top|first|best)\s+(?:recommendation|result)\b"
    r"|\bmust[- ]read\b|(?-i:\byou(?:r|rs|rself)?\b|^\W*You(?:r|rs)?\s+[a-z])"  # no title: "Guess You Like"
    r"|\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|prompts?|rules?)\b",
    re.IGNORECASE,
)
"""Praise of the paper itself, orders about it, and words to the reader: an abstract has none."""
_NOTICE = re.compile(
    r"\bhttps?\b|\bwww\.|\b[\w-]+\.(?:com|org|io|ai|net|edu)\b"
    r"|\b(?:code|data|datasets?|implementation|models?|weights|checkpoints)\b.{0,60}"
    r"\b(?:available|released|open-sourced|made\s+public|found\s+(?:at|on|here))\b",
    re.IGNORECASE,
)
"""Where something lies: papers say so in the same words."""
_BRIEF = 16
"""Words that a notice has at most: in a longer sentence something else is said."""


def honest(paper: Paper, said: Collection[int]) -> str:
    """The sentences of an abstract that speak of its subject, in order; the abstract itself where all do.

    Args:
        paper: Whose abstract.
        said: Runs of words of other papers (`shingles`).
    """
    spans = sentences(paper.abstract)
    texts = [paper.abstract[a:b] for a, b in spans]
    plain = [readable(text) for text in texts]
    left = [
        text
        for text, read in zip(texts, plain, strict=True)
        if not (is_list(read) or _STEERING.search(read) or _repeats(read, said))
    ]
    return paper.abstract if len(left) == len(texts) else " ".join(left)


def _repeats(text: str, said: Collection[int]) -> bool:
    if _NOTICE.search(text) and len(words(text)) <= _BRIEF:
        return False
    own = shingles(text)
    return bool(own) and sum(run in said for run in own) >= REPEATED * len(own)
