"""A list of sources at the end of a reply, which nobody asked for: told from sentences by what its entries hold."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rag.types import Passage
from rag.write.grounding.markers import MARKER, MARKERS
from rag.write.grounding.spellings import NAMES

_ENTRY = re.compile(
    r"\s*(?:(?:[-*+\u2022]|\d{1,3}[.)])\s+)?(?:\*\*)?\[\s?(?P<number>\d{1,3})\s?\](?:\*\*)?\s*:?\s*(?P<rest>\S.*)",
    re.DOTALL,
)
_LABELLED = re.compile(rf"\W*\w+(?:\s+\w+)?\s*:[\s*_]*(?:{MARKERS.pattern}[\s,;]*)+[.\s]*")
_HEAD = re.compile(rf"\W*(?:\w+\s+){{0,2}}{NAMES}\W*", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_USUAL = frozenset("source https http arxiv org abs pdf et al doi www in and".split())
"""What an entry holds besides what is told of its paper."""


def is_reference(piece: str, sources: Mapping[int, Passage]) -> bool:
    """Whether a piece is an entry of such a list: a number, and nothing that the paper's title and data do not hold.

    Args:
        piece: A sentence or line, its markers spelt as ours.
        sources: The sources by number.
    """
    if _LABELLED.fullmatch(piece):
        return True
    entry = _ENTRY.fullmatch(piece)
    passage = sources.get(int(entry["number"])) if entry else None
    if entry is None or passage is None:
        return False
    told = f"{passage.title} {' '.join(passage.authors)} {passage.url} {passage.paper_id} {passage.told} {passage.date}"
    known = _USUAL | {word.casefold() for word in _WORD.findall(told)} | {entry["number"]}
    said = {word.casefold().removesuffix("v1") for word in _WORD.findall(MARKER.sub(" ", entry["rest"]))}
    return bool(said) and said <= known


def heads_list(heading: str) -> bool:
    """Whether a heading announces such a list: it names sources, and stands above nothing else."""
    return _HEAD.fullmatch(heading) is not None
