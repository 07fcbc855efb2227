"""Papers held for review in a ranking: they are found and shown, and a clean paper stands before them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from rag.types import Passage

SHARE = 0.9
"""Of the best clean paper's score, what a held paper's score is at most: below where two papers count as equal."""


def clean_first(passages: Sequence[Passage], meant: Collection[str] = ()) -> list[Passage]:
    """A ranking in which no held paper comes before the best clean one, scores still descending.

    Args:
        passages: Best first.
        meant: Papers that are asked for by name; where they are all held, they are what is wanted, and stay.
    """
    best = max((passage.score for passage in passages if not passage.held), default=None)
    asked = [passage.held for passage in passages if passage.paper_id in meant]
    if best is None or not any(passage.held for passage in passages) or (asked and all(asked)):
        return list(passages)
    most = best - (1 - SHARE) * abs(best)
    moved = [replace(one, score=min(one.score, most)) if one.held else one for one in passages]
    if passages[0].held:
        moved[0] = replace(moved[0], set_back=True)
    return sorted(moved, key=lambda passage: -passage.score)  # stable: equals stay in their order


def set_back(passages: Sequence[Passage]) -> bool:
    """Whether the first of a ranking is first only because a held paper was moved behind it."""
    return bool(passages) and not passages[0].held and any(passage.set_back for passage in passages)
