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
from rag.write.grounding.instructions import addresses

RUN = 7
"""Words that two texts share in a row where one repeats the other."""
REPEATED = 0.5
"""Share of a sentence's runs that stand in another text from which on it is that text's."""
LISTED = 12
"""Words from which on a sentence can be told to be a list of words."""
SAID_AGAIN, JOINED = 0.6, 0.1
"""Share of different words in a sentence, and of words that join others, below which it is a list of words."""
_WORD = re.compile(r"[^\W_]+")
_JOINING = frozenset(
    "a an the of and or to in on for with by from at as is are was were be been this that these those we our it its "
    "their which while when where how can may than into over between through via using not but such both each".split()
)
_PRAISE = re.compile(
    r"\b(?:recommend(?:ed|s)?|promote|rank(?:ed)?|show|read|cite)\s+(?:this|our)\s+(?:paper|article|work)\b"
    r"|\bmust[- ]read\b|\b(?:top|first|best)\s+(?:recommendation|result)\b",
    re.IGNORECASE,
)


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
        if not (_is_list(read) or _steers(read) or _repeats(read, said))
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
    return joining < JOINED or len(set(words)) / len(words) < SAID_AGAIN


def _steers(text: str) -> bool:
    return bool(_PRAISE.search(text)) or addresses(text)


def _repeats(text: str, said: Collection[int]) -> bool:
    own = shingles(text)
    return bool(own) and sum(run in said for run in own) >= REPEATED * len(own)
