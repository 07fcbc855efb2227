"""Codes → places in the plane: regions that are alike lie side by side, papers of a region together, no two overlap.

Regions of the second level are laid out by stress majorization (SMACOF; de Leeuw 1988) of their centres' distances, to
which a step is added between regions of the first. Regions of the third are discs, as large as the papers they hold,
pushed apart until none overlaps; in a disc papers stand on a spiral, each near to where its vector points.

A place, once given, stays. A paper that comes later stands in its region's disc where its vector points, whoever else
comes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.themes.codes import LEVELS, Codes, Vectors

DOT = 1.0
"""Distance of two papers of a region: the unit of the plane."""
GAPS = (3.4, 0.9, 0.15)
"""Room between discs that differ on the first level, on the second, and only on the third."""
APART = 0.55
"""What is added to the distance of two regions that differ on the first level; cosine distances are 0…2."""
MAJORIZATIONS = 60
DRAWN, PUSHED, RETURNS = 110, 240, 3
"""Steps in which discs are drawn together while they are pushed apart, most in which they are only pushed, and how
often those that strayed from their region are brought back."""
SETTLED = 0.02
"""Share of its distance by which no pair is pushed any more."""
PULL = 0.035
"""The share of the way to its region's centre that a disc is drawn in a step."""
GOLDEN = np.pi * (3 - 5**0.5)

Places = NDArray[np.float32]
"""[rows, 2]"""


@dataclass(frozen=True)
class Plane:
    """Where the regions of the third level lie, and which way vectors point.

    Attributes:
        codes: Of the regions [discs, LEVELS].
        discs: Centre and radius of each, float32 [discs, 3].
        middles: The mean vector of each [discs, d].
        axes: Vector → direction [d, 2].
        reach: Length of a projected vector at which a paper stands half-way out.
    """

    codes: Codes
    discs: NDArray[np.float32]
    middles: Vectors
    axes: NDArray[np.float32]
    reach: float

    def place(self, paper_ids: list[str], codes: Codes, vectors: Vectors) -> Places:
        """Where papers stand that came after the plane was laid out: each by its own vector and id alone."""
        known = {tuple(code): row for row, code in enumerate(self.codes.tolist())}
        disc = np.array([known[tuple(code)] for code in codes.tolist()], np.intp)
        off = (vectors - self.middles[disc]) @ self.axes
        length = np.maximum(np.linalg.norm(off, axis=1, keepdims=True), 1e-9)
        moved = off / length * np.tanh(length / self.reach) * self.discs[disc, 2:] * 0.85
        turns = np.array([int(hashlib.sha256(one.encode()).hexdigest()[:8], 16) for one in paper_ids]) * GOLDEN
        jitter = 0.3 * DOT * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        return np.asarray(self.discs[disc, :2] + moved + jitter, np.float32)


def lay_out(codes: Codes, vectors: Vectors) -> tuple[Plane, Places]:
    """Lay papers out.

    Args:
        codes: Of the papers.
        vectors: One row a paper [papers, d], normalised.

    Returns:
        The plane, and where each paper stands on it, around the origin.
    """
    leaves, leaf = np.unique(codes, axis=0, return_inverse=True)
    leaf = leaf.ravel()
    parts, part_of = np.unique(leaves[:, :2], axis=0, return_inverse=True)
    part_of = part_of.ravel()
    sizes = np.bincount(leaf)
    middles = _means(vectors, leaf)
    centres = _means(vectors, part_of[leaf])
    spread = _spread(centres, parts[:, 0])
    axes = _axes(centres, spread)
    radii = 0.56 * DOT * np.sqrt(sizes) + 0.35 * DOT
    start = _begin(leaves, part_of, radii, spread, (middles - centres[part_of]) @ axes)
    places = _pushed_apart(start, radii, leaves)
    places -= np.average(places, axis=0, weights=sizes)
    off = (vectors - middles[leaf]) @ axes
    reach = float(np.median(np.linalg.norm(off, axis=1))) or 1.0
    discs = np.column_stack([places, radii]).astype(np.float32)
    own = np.empty((len(vectors), 2), np.float32)
    order = np.argsort(leaf, kind="stable")
    for n, rows in enumerate(np.split(order, np.cumsum(sizes)[:-1])):
        own[rows] = places[n] + _spiral(off[rows])
    return Plane(leaves, discs, middles, axes, reach), own


def _means(vectors: Vectors, group: NDArray[np.intp]) -> Vectors:
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(group.max() + 1))
    return np.asarray(np.add.reduceat(vectors[order], starts) / np.bincount(group)[:, None], np.float32)


def _spread(centres: Vectors, region: NDArray[np.int16]) -> NDArray[np.float64]:
    """Places of regions in two dimensions by what their distances are, SMACOF from principal axes on."""
    own = centres.astype(np.float64) - centres.mean(axis=0)
    places = _principal(own)
    if len(centres) < 3:
        return places
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-9)
    wanted = np.clip(1 - own @ own.T, 0, 2) + APART * (region[:, None] != region)
    np.fill_diagonal(wanted, 0)
    places *= wanted.mean() / max(float(np.abs(places).mean()), 1e-9)
    weights = 1 / np.maximum(wanted, 0.1) ** 2
    np.fill_diagonal(weights, 0)
    inverse = np.linalg.pinv(np.diag(weights.sum(axis=1)) - weights)
    for _ in range(MAJORIZATIONS):
        apart = np.linalg.norm(places[:, None] - places, axis=2)
        ratio = -weights * wanted / np.maximum(apart, 1e-9)
        np.fill_diagonal(ratio, 0)
        np.fill_diagonal(ratio, -ratio.sum(axis=1))
        places = inverse @ (ratio @ places)
    return places


def _principal(own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates on the two widest axes, each turned so that its largest one is positive."""
    left, scale, _ = np.linalg.svd(own, full_matrices=False)
    places = np.zeros((len(own), 2))
    found = (left * scale)[:, :2]
    places[:, : found.shape[1]] = found
    peaks = places[np.abs(places).argmax(axis=0), [0, 1]]
    return np.asarray(places * np.where(peaks < 0, -1.0, 1.0))


def _axes(centres: Vectors, spread: NDArray[np.float64]) -> NDArray[np.float32]:
    """The linear map that takes centres nearest to their places (ridge regression): which way a vector points."""
    own = centres - centres.mean(axis=0)
    gram = own @ own.T
    ridge = 0.1 * float(np.trace(gram)) / len(gram) + 1e-6
    return np.asarray(own.T @ np.linalg.solve(gram + ridge * np.eye(len(gram)), spread), np.float32)


def _begin(
    leaves: Codes,
    part_of: NDArray[np.intp],
    radii: NDArray[np.float64],
    spread: NDArray[np.float64],
    off: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Discs where their regions begin, each region a disc that holds its own and touches no other."""
    region = leaves[:, 0] - leaves[:, 0].min()
    part_radii = np.sqrt(np.bincount(part_of, radii**2)) * 1.25 + GAPS[1]
    part_region = np.zeros(len(part_radii), np.intp)
    part_region[part_of] = region
    region_radii = np.sqrt(np.bincount(part_region, part_radii**2, minlength=part_region.max() + 1)) * 1.2 + GAPS[0] / 2
    weight = part_radii**2
    regions = np.stack(
        [np.bincount(part_region, weight * spread[:, n]) / np.bincount(part_region, weight) for n in (0, 1)], axis=1
    )
    regions *= np.sqrt((region_radii**2).sum()) / max(float(np.sqrt((regions**2).sum(axis=1).max())), 1e-9)
    regions = _discs(regions, region_radii)
    inner = _scaled(spread - _of(spread, part_region)[part_region], part_region, region_radii * 0.6)
    parts = regions[part_region] + inner
    for n in range(len(regions)):
        rows = np.flatnonzero(part_region == n)
        parts[rows] = _discs(parts[rows], part_radii[rows])
    places = parts[part_of] + _scaled(off - _of(off, part_of)[part_of], part_of, part_radii * 0.6)
    for n in range(len(parts)):
        rows = np.flatnonzero(part_of == n)
        places[rows] = _discs(places[rows], radii[rows])
    return places


def _of(values: NDArray[Any], group: NDArray[np.intp]) -> NDArray[np.float64]:
    """Means of rows by group."""
    count = np.bincount(group)
    return np.stack([np.bincount(group, values[:, n]) / count for n in (0, 1)], axis=1)


def _scaled(off: NDArray[np.float64], group: NDArray[np.intp], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Offsets made so long that the farthest of each group reaches a radius."""
    farthest = np.zeros(len(radii))
    np.maximum.at(farthest, group, np.linalg.norm(off, axis=1))
    return np.asarray(off * (radii / np.maximum(farthest, 1e-9))[group][:, None])


def _discs(places: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """A few discs pushed apart, drawn to their middle."""
    places = places + _spiral_of(len(places)) * 1e-3  # those that coincide need a direction
    for step in range(120):
        if step < 90:
            places = places + (np.average(places, axis=0, weights=radii**2) - places) * 0.02
        apart = places[:, None] - places
        distance = np.linalg.norm(apart, axis=2)
        overlap = np.maximum(radii[:, None] + radii - distance, 0)
        np.fill_diagonal(overlap, 0)
        share = (radii**2)[None, :] / ((radii**2)[:, None] + radii**2)
        push = overlap * share / np.maximum(distance, 1e-9)
        places = places + (push[:, :, None] * apart).sum(axis=1) * 0.7
    return places


def _pushed_apart(places: NDArray[np.float64], radii: NDArray[np.float64], leaves: Codes) -> NDArray[np.float64]:
    """Discs drawn to their regions' middles and pushed apart, until hardly any overlap; none strays from its region."""
    _, part = np.unique(leaves[:, :2], axis=0, return_inverse=True)
    discs = _Discs(radii, leaves[:, 0] - leaves[:, 0].min(), part.ravel())
    places = discs.settled(places, DRAWN, PULL)
    for _ in range(RETURNS):
        places = discs.settled(places, PUSHED)
        strays = discs.strays(places)
        if not strays:
            break
        for stray, home in strays.items():
            places[stray] = places[home] + (places[stray] - places[home]) * 0.05
    return places


class _Discs:
    """Moves discs of known sizes."""

    def __init__(self, radii: NDArray[np.float64], region: NDArray[Any], part: NDArray[np.intp]) -> None:
        self._radii, self._area = radii, radii**2
        self._region, self._part = region, part

    def settled(self, places: NDArray[np.float64], rounds: int, pull: float = 0.0) -> NDArray[np.float64]:
        """Push discs apart where they are nearer than they should be; with a pull, draw them together as well."""
        a, b, least = self._near(places)
        share = self._area[b] / (self._area[a] + self._area[b])
        for step in range(rounds):
            if step % 6 == 5:
                a, b, least = self._near(places)
                share = self._area[b] / (self._area[a] + self._area[b])
            if pull:
                region, part = self._middles(places, self._region), self._middles(places, self._part)
                whole = np.average(places, axis=0, weights=self._area)
                inward = 0.5 * (region - places) + 0.7 * (part - places) + 0.35 * (whole - region)
                places = places + pull * inward
            apart = places[a] - places[b]
            distance = np.maximum(np.linalg.norm(apart, axis=1), 1e-9)
            push = 0.6 * np.maximum(least - distance, 0) / distance
            if not pull and push.max(initial=0.0) < SETTLED:
                break
            to, fro = push * share, push * (1 - share)
            for n in (0, 1):
                places[:, n] += np.bincount(a, to * apart[:, n], len(places))
                places[:, n] -= np.bincount(b, fro * apart[:, n], len(places))
        return places

    def strays(self, places: NDArray[np.float64]) -> dict[int, int]:
        """Discs that hang together with too little of their region, each with the nearest disc of the rest."""
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        a, b, _ = self._near(places)
        touching = np.linalg.norm(places[a] - places[b], axis=1) < self._radii[a] + self._radii[b] + GAPS[0]
        kin = touching & (self._region[a] == self._region[b])
        links = csr_matrix((np.ones(kin.sum()), (a[kin], b[kin])), shape=(len(places), len(places)))
        piece = connected_components(links, directed=False)[1]
        area = np.bincount(piece, self._area)
        found = {}
        for region in np.unique(self._region):
            own = np.flatnonzero(self._region == region)
            main = piece[own[area[piece[own]].argmax()]]
            rest = own[piece[own] == main]
            for stray in own[piece[own] != main]:
                found[int(stray)] = int(rest[np.linalg.norm(places[rest] - places[stray], axis=1).argmin()])
        return found

    def _near(self, places: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Pairs of discs that may come to touch, and how far apart their centres should be at least."""
        from scipy.spatial import cKDTree

        reach = 2 * self._radii.max() + GAPS[0] + 1
        pairs = cKDTree(places).query_pairs(reach, output_type="ndarray")
        a, b = pairs[:, 0], pairs[:, 1]
        kin, close = self._region[a] == self._region[b], self._part[a] == self._part[b]
        gap = np.where(kin, np.where(close, GAPS[2], GAPS[1]), GAPS[0])
        return a, b, self._radii[a] + self._radii[b] + gap

    def _middles(self, places: NDArray[np.float64], group: NDArray[Any]) -> NDArray[np.float64]:
        weight = np.bincount(group, self._area)
        found = [np.bincount(group, self._area * places[:, n]) / weight for n in (0, 1)]
        return np.asarray(np.stack(found, axis=1)[group])


def _spiral(off: NDArray[np.float64]) -> NDArray[np.float64]:
    """Papers of a disc on a sunflower's spiral (Vogel 1979), each on the free place nearest to where it points."""
    from scipy.optimize import linear_sum_assignment

    slots = _spiral_of(len(off))
    if len(off) < 2:
        return slots
    length = np.linalg.norm(off, axis=1, keepdims=True)
    wanted = off / np.maximum(length, 1e-9) * np.minimum(length / max(float(length.max()), 1e-9), 1) * slots.max()
    cost = ((wanted[:, None] - slots) ** 2).sum(axis=2)
    return np.asarray(slots[linear_sum_assignment(np.round(cost, 6))[1]])


def _spiral_of(n: int) -> NDArray[np.float64]:
    turns = np.arange(n)
    return np.asarray(
        0.56 * DOT * np.sqrt(turns + 0.5)[:, None] * np.stack([np.cos(turns * GOLDEN), np.sin(turns * GOLDEN)], axis=1)
    )


assert LEVELS == 3, "the gaps are those of three levels"
