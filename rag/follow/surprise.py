"""Papers beside what a reader reads: the best of many outside their interests, chosen by how well they fit.

After "best of n" exploration (2504.05522): the candidates lie outside the groups that the reader knows, and of those
are chosen the ones that fit the reader best. Both scores are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.follow.profile import Profile
from rag.follow.promotion import honest
from rag.follow.space import space_of
from rag.index.library import Library

OUTSIDE = 0.4
"""Greatest cosine similarity to any kept paper, or to what was typed. In a library of one field, where more than half
of the papers that are left to show are nearer than that, the further half of those lies outside."""
ALIKE = 0.6
"""Cosine similarity from which a paper is never outside, whatever is left: two papers of one subject are as near."""
ALIGNED = 0.1
"""Least alignment. Of 893 papers a twentieth have it to an interest (half have less than 0.02): below it a paper has
no more to do with the interest than chance brings."""
BESIDE = 0.5
"""Greatest cosine similarity of two surprises: they come from different places."""
CANDIDATES = 200
"""The n of "best of n"."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """A paper beside the reader's interests.

    Attributes:
        apart: How far it is from all that they keep: 1 less the cosine similarity to the nearest.
        aligned: How well it fits an interest all the same: the cosine similarity of what sets both apart from other
            papers.
        interest: Key of the interest that it fits best.
    """

    paper_id: str
    apart: float
    aligned: float
    interest: str

    @property
    def is_unlike(self) -> bool:
        """Whether it is unlike all that they keep, and not merely further from it than half of what is left."""
        return self.apart > 1 - OUTSIDE


def surprise(library: Library, profile: Profile, most: int = 3) -> tuple[Surprise, ...]:
    """Choose papers beside a reader's interests, the best aligned first.

    There are none where nothing is known of the reader, and where nothing outside is aligned enough. None is held for
    review.
    """
    space = space_of(library)
    if not profile.interests:
        return ()
    tastes = [profile.tastes[one.key] for one in profile.interests]
    aligned = space.own @ np.stack([taste.vector for taste in tastes]).T
    near = (space.vectors @ np.concatenate([taste.papers for taste in tastes]).T).max(axis=1)
    best = aligned.max(axis=1)
    left = np.ones(len(space.ids), dtype=bool)
    for known in (profile.known, profile.avoided, library.shelf.flags.held()):
        left[space.rows(known)] = False
    if not left.any():
        return ()
    outside = left & (near < min(max(OUTSIDE, float(np.median(near[left]))), ALIKE)) & (best >= ALIGNED)
    chosen: list[int] = []
    for row in np.argsort(np.where(outside, -best, np.inf), kind="stable")[:CANDIDATES].tolist():
        if len(chosen) == most or not outside[row]:
            break
        beside = all(float(space.vectors[row] @ space.vectors[other]) < BESIDE for other in chosen)
        paper = library.shelf.papers([space.ids[row]]).get(space.ids[row])
        if beside and paper and honest(paper, profile.said) == paper.abstract:
            chosen.append(row)
    return tuple(
        Surprise(
            space.ids[row],
            float(1 - near[row]),
            float(best[row]),
            profile.interests[int(aligned[row].argmax())].key,
        )
        for row in chosen
    )
