"""What stands in an abstract to be found rather than to be read, and what is left without it.

Whoever wants a paper recommended to many can add to its abstract: words that readers look for, sentences of papers that
are liked, orders to the machine (StealthRank, 2504.05804; risks of recommendation by text alone, 2409.11690). A
paper is compared by what is left.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from zlib import crc32

from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Paper

RUN = 7
"""Words that two texts share in a row where one repeats the other."""
REPEATED = 0.5
"""Share of a sentence's runs that stand in another text from which on it is that text's."""
LISTED, BARE = 10, 16
"""Words from which on a sentence can be told to be a list; and from which on it is one where no word joins others."""
SAID_AGAIN, JOINED, PARTED = 0.6, 0.1, 0.25
"""Share of different words in a sentence below which it is a list of words; and below which share of words that join
others, from which number of commas a word, it is one too."""
_WORD = re.compile(r"[^\W_]+")
_JOINING = frozenset(
    "a an the of and or to in on for with by from at as is are was were be been this that these those we our it its "
    "their which while when where how can may than into over between through via using not but such both each".split()
)
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


def shingles(text: str) -> frozenset[int]:
    """Hashes of a text's runs of `RUN` words, the same on every machine."""
    words = _words(text)
    runs = (" ".join(words[n : n + RUN]) for n in range(len(words) - RUN + 1))
    return frozenset(crc32(run.encode()) for run in runs)


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
        if not (_is_list(read) or _STEERING.search(read) or _repeats(read, said))
    ]
    return paper.abstract if len(left) == len(texts) else " ".join(left)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _is_list(text: str) -> bool:
    """Whether words stand in a row that no sentence holds together, or again and again."""
    words = _words(text)
    if len(words) < LISTED:
        return len(words) > 3 and len(set(words)) <= len(words) / 2
    joining = sum(word in _JOINING for word in words) / len(words)
    parted = sum(map(text.count, ",;|/")) / len(words)
    return (
        len(set(words)) / len(words) < SAID_AGAIN
        or (joining < JOINED and parted >= PARTED)
        or (joining == 0 and len(words) >= BARE)
    )


def _repeats(text: str, said: Collection[int]) -> bool:
    if _NOTICE.search(text) and len(_words(text)) <= _BRIEF:
        return False
    own = shingles(text)
    return bool(own) and sum(run in said for run in own) >= REPEATED * len(own)
