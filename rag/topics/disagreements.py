"""Papers that say themselves that they go against what was found or assumed before.

Two that contradict each other without saying so are found in rag/topics/oppositions.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from rag.answer.draft import Quote
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Passage

MOST = 3
"""Disagreements shown of a topic."""
_DECLARES = re.compile(
    r"\bcontrary to (?:[\w-]+ ){0,4}(?:findings?|assumptions?|beliefs?|wisdom|claims?|expectations?|intuitions?"
    r"|results?|conclusions?|studies|work|literature)\b"
    r"|\b(?:at odds|inconsistent) with (?:[\w-]+ ){0,2}(?:prior|previous|earlier|common|conventional|prevailing)\b"
    r"|\bchalleng(?:es?|ed|ing) (?:the|this|these|a|common|prevailing|conventional|widely)\b(?: [\w-]+){0,4}"
    r" (?:assumptions?|beliefs?|wisdom|claims?|notions?|narratives?)\b"
    r"|\b(?:refut|debunk|overturn)(?:s|es|ed|ing)?\b"
    r"|\bdiffers? from (?:prior|previous|earlier) (?:\w+ ){0,2}(?:findings?|results?|conclusions?)\b",
    re.IGNORECASE,
)


def find_disagreements(papers: Iterable[Sequence[Passage]]) -> list[Quote]:
    """The sentences in which papers declare a disagreement, in the papers' order.

    Args:
        papers: The passages of each, in reading order.
    """
    declared = (
        Quote(passage, passage.start + start, passage.start + end)
        for passages in papers
        for passage in passages
        for start, end in sentences(passage.text)
        if _DECLARES.search(readable(passage.text[start:end]))
    )
    return list(islice(declared, MOST))
