"""The papers that a comparison sets side by side: each side is looked for by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.retrieve.hybrid import FOCUS, distinct_papers
from rag.retrieve.reranker import NEARNESS
from rag.types import Passage

SIDE = "side"
"""Which side of a comparison a paper is, from 1, among its passages' scores."""
NEAR = 0.36
"""Nearness of wording below which the first paper found for a side is not what it describes. Of 192 papers that were
described by readers who forgot their names nine in ten have .38 or more."""


def beside(found: Sequence[Sequence[Passage]], given: Sequence[bool], others: Sequence[Passage]) -> list[Passage]:
    """Put the papers of the sides first, in the order of the sides, each another one, and mark them.

    Args:
        found: The passages found for each side, best first.
        given: Whether a side's papers are given by a name: the first is meant, however far its wording.
        others: The passages found for the whole question, best first.

    Returns:
        The passages of the sides' papers, then all others, by descending scores. A side for which nothing near enough
        is found has none.
    """
    firsts = {n: _near(distinct_papers(of), is_given=given[n]) for n, of in enumerate(found)}
    chosen = _distinct(firsts)
    rest = [one for one in others if one.paper_id not in chosen.values()]
    best = max((one.score for one in rest), default=0.0)
    sides: list[Passage] = []
    for n, paper_id in sorted(chosen.items()):
        place = best + FOCUS * (len(found) - n)
        own = [one for one in found[n] if one.paper_id == paper_id]
        top = max(one.score for one in own)
        sides += [
            replace(
                one,
                score=place + min(one.score - top, 0.0) * FOCUS / max(top, 1.0),
                scores={**one.scores, SIDE: float(n + 1)},
                boosts={**one.boosts, SIDE: round(place, 4)},
            )
            for one in own
        ]
    return [*sides, *rest]


def _near(papers: Sequence[Passage], *, is_given: bool) -> list[Passage]:
    """The papers that a side may mean; where no wording was looked at, as without a second look, all of them."""
    if is_given or not any(NEARNESS in one.scores for one in papers):
        return list(papers)
    return [one for one in papers if one.scores.get(NEARNESS, 0.0) >= NEAR]


def _distinct(firsts: Mapping[int, Sequence[Passage]]) -> dict[int, str]:
    """Another paper for each side; of two sides with the same first, the one with more to lose keeps it."""
    chosen: dict[int, str] = {}
    left = {n: list(papers) for n, papers in firsts.items() if papers}
    while left:
        free = {n: [one for one in papers if one.paper_id not in chosen.values()] for n, papers in left.items()}
        free = {n: papers for n, papers in free.items() if papers}
        if not free:
            break
        n = max(free, key=lambda side: _lead(free[side]))
        chosen[n] = free[n][0].paper_id
        left = {side: papers for side, papers in free.items() if side != n}
    return chosen


def _lead(papers: Sequence[Passage]) -> float:
    """By how much the first paper is better than the next."""
    return papers[0].score - papers[1].score if len(papers) > 1 else float("inf")
