"""Papers for one reader, best first.

Each interest ranks by itself: by how near a paper's vector is to the interest's, by the terms of its title, and by whom
it is; the three are log-odds, added with weights that were fitted on reading lists (docs/companion.md). Interests then
take turns as their weights are, each with its best paper (Sainte-Laguë's divisors), so that a new interest is seen
beside an old one with many more papers.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.follow.profile import Interest, Profile, Standing, Taste
from rag.follow.promotion import honest
from rag.follow.space import Space, space_of
from rag.index.library import Library
from rag.models import embed_texts
from rag.types import Paper

VECTOR, TITLE, AUTHOR = 0.58, 0.36, 0.6
"""What a standard deviation of similarity, the log-odds of the title's terms and those of the authors count."""
SPREAD = 0.03
"""Least standard deviation of similarities: that of a few papers says nothing."""
RANKED = 8
"""Interests that rank, the heaviest; more could not show in the first twenty."""
AHEAD = 8
"""Papers looked at for each that is wanted: some say what they say to be found."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A paper for a reader.

    Attributes:
        score: By which it is ranked; higher is better, comparable within one list.
        interest: Key of the interest that it serves; empty where nothing is known of the reader.
    """

    paper_id: str
    score: float
    interest: str


class _Likeness(NamedTuple):
    """Cosine similarities of all papers to an interest [papers], with what makes log-odds of them."""

    values: NDArray[np.float32]
    mean: float
    spread: float

    def odds(self, likeness: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray((likeness - self.mean) / self.spread, dtype=np.float64)


def recommend(
    library: Library, profile: Profile, among: Collection[str] | None = None, most: int = 20
) -> tuple[Recommendation, ...]:
    """Rank the library's papers for a reader.

    Args:
        library: Holds the papers.
        profile: Of the reader; where it tells nothing, the newest papers come first.
        among: Only these papers; None allows all.
        most: Papers to return.

    Returns:
        Best first; none that the reader keeps, has read or wants less of.
    """
    space = space_of(library)
    allowed = _allowed(library, space, profile, among)
    if profile.standing is not Standing.KNOWN:
        return _newest(library, space, allowed, most)
    ranking = profile.interests[:RANKED]
    tastes = [profile.tastes[one.key] for one in ranking]
    likeness = space.own @ np.stack([taste.vector for taste in tastes]).T
    honesty = _Honesty(library, space, profile)
    orders = [_order(space, taste, _measured(likeness[:, n]), allowed, honesty, most) for n, taste in enumerate(tastes)]
    return tuple(_in_turn(space, ranking, orders, most))


def _measured(values: NDArray[np.float32]) -> _Likeness:
    return _Likeness(values, float(values.mean()), max(float(values.std()), SPREAD))


def _order(
    space: Space, taste: Taste, likeness: _Likeness, allowed: NDArray[np.bool_], honesty: _Honesty, most: int
) -> Iterator[int]:
    """The rows of an interest's papers, best first, ties by id."""
    beside = TITLE * space.titles.scores(taste.terms)
    for paper_id, weight in taste.authors.items():
        if paper_id in space.row:
            beside[space.row[paper_id]] += AUTHOR * weight
    score = np.where(allowed, VECTOR * likeness.odds(likeness.values) + beside, -np.inf).round(6)
    first = min(AHEAD * most, len(score) - 1)
    near = np.flatnonzero(score >= np.partition(score, -first - 1)[-first - 1])
    queue = [(-float(score[row]), int(row), False) for row in near if np.isfinite(score[row])]
    heapq.heapify(queue)
    while queue:
        _, row, is_honest = heapq.heappop(queue)
        if is_honest or (vector := honesty.vector(row)) is None:
            yield row
        else:
            odds = likeness.odds(np.asarray(vector @ taste.vector))
            heapq.heappush(queue, (-round(float(VECTOR * odds + beside[row]), 6), row, True))


def _in_turn(
    space: Space, interests: Sequence[Interest], orders: Sequence[Iterator[int]], most: int
) -> Iterator[Recommendation]:
    """Papers of several interests: the next is the next of the interest that is furthest behind its weight."""
    queue = [(-one.weight, n, 0) for n, one in enumerate(interests)]
    heapq.heapify(queue)
    given: set[int] = set()
    while queue and len(given) < most:
        due, n, turn = heapq.heappop(queue)
        row = next((row for row in orders[n] if row not in given), None)
        if row is not None:
            given.add(row)
            yield Recommendation(space.ids[row], -due, interests[n].key)
            heapq.heappush(queue, (-interests[n].weight / (2 * turn + 3), n, turn + 1))


class _Honesty:
    """What papers are compared by where their abstracts hold something that was put there to be found."""

    def __init__(self, library: Library, space: Space, profile: Profile) -> None:
        self._library = library
        self._space = space
        self._said = profile.said

    def vector(self, row: int) -> NDArray[np.float32] | None:
        """The levelled vector of what an abstract honestly says [d]; None where that is all of it."""
        paper = self._library.shelf.papers([self._space.ids[row]]).get(self._space.ids[row])
        if paper is None or (left := honest(paper, self._said)) == paper.abstract:
            return None
        if (row, left) not in self._space.without:
            self._space.without[row, left] = self._made(replace(paper, abstract=left, body="", sections=(), pages=()))
        return self._space.without[row, left]

    def _made(self, paper: Paper) -> NDArray[np.float32]:
        texts = [chunk.embedded_text for chunk in self._library.chunker.split(paper)]
        mean = embed_texts(self._library.embedding, texts).mean(axis=0, keepdims=True)
        levelled = self._space.levelled(mean / max(float(np.linalg.norm(mean)), 1e-9))
        return np.asarray(levelled[0], dtype=np.float32)


def _allowed(library: Library, space: Space, profile: Profile, among: Collection[str] | None) -> NDArray[np.bool_]:
    """Which papers may be recommended [papers]: none that is held for review."""
    allowed = np.ones(len(space.ids), dtype=bool)
    if among is not None:
        allowed[:] = False
        allowed[space.rows(set(among))] = True
    allowed[space.rows(profile.known)] = False
    allowed[space.rows(profile.avoided)] = False
    allowed[space.rows(library.shelf.flags.held())] = False
    return allowed


def _newest(library: Library, space: Space, allowed: NDArray[np.bool_], most: int) -> tuple[Recommendation, ...]:
    """The papers of the newest reports."""
    rows = (space.row[paper_id] for paper_id in library.shelf.by_date() if paper_id in space.row)
    ids = [space.ids[row] for row in rows if allowed[row]]
    return tuple(Recommendation(paper_id, 0.0, "") for paper_id in ids[:most])
