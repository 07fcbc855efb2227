"""Vectors → semantic ids: three numbers a paper, from coarse to fine, by residual k-means.

The first number names the centre nearest to a paper's vector, the second the centre nearest to what that one leaves,
the third the same once more (PLUM, arXiv 2510.07784, section 3.1; MQL4GRec, arXiv 2504.05314, section 3.2, both with
learnt quantisers). Each prefix has a codebook of its own. One codebook a level, which a generator of ids needs, gives
regions that are less alike and many of a single paper (docs/map.md has the comparison).

A code is a function of a vector and the codebooks alone: papers that come later get theirs without moving another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = 3
SEED = 20251007
MOST = (24, 16, 12)
"""Regions of a level within one of the level above."""
SPREAD = 2.0
"""Regions of the first level: so many times the fourth root of the papers, the even share of four levels."""
AREA, LEAF = 4, 6
"""Papers a region of the second level holds for each one squared, and papers meant for a region of the third."""
LEAST = 4
"""Papers below which a region is none of its own."""
TRIES = (3, 2, 1)
ROUNDS = 20

Vectors = NDArray[np.float32]
Codes = NDArray[np.int16]
"""[papers, LEVELS], numbered from 1."""
Code = tuple[int, ...]
"""A paper's code, or the beginning of one."""


@dataclass(frozen=True)
class Codebooks:
    """Centres of all prefixes; a centre of a lower level stands for what is left of those above it.

    Attributes:
        codes: The prefix of each centre [centres, LEVELS], zeros behind it.
        centres: float32 [centres, d].
    """

    codes: Codes
    centres: Vectors

    def children(self, code: Code) -> NDArray[np.intp]:
        """Rows of the centres one level below a prefix, in the order of their numbers."""
        depth = len(code)
        below = (self.codes[:, :depth] == np.array(code, np.int16)).all(axis=1) & (self.codes[:, depth] > 0)
        if depth + 1 < LEVELS:
            below &= self.codes[:, depth + 1] == 0
        return np.flatnonzero(below)

    def encode(self, vectors: Vectors) -> Codes:
        """Codes of papers.

        Args:
            vectors: One row a paper [papers, d], normalised.
        """
        codes = np.zeros((len(vectors), LEVELS), np.int16)
        rest = np.array(vectors, np.float32)
        parts: dict[Code, NDArray[np.intp]] = {(): np.arange(len(vectors))}
        for level in range(LEVELS):
            finer: dict[Code, NDArray[np.intp]] = {}
            for code, rows in parts.items():
                centres = self.centres[self.children(code)]
                own = _nearest(rest[rows], centres)
                rest[rows] -= centres[own]
                codes[rows, level] = own + 1
                finer |= {(*code, int(n) + 1): rows[own == n] for n in np.unique(own)}
            parts = finer
        return codes


def learn(vectors: Vectors) -> Codebooks:
    """Codebooks of some papers; the largest region of each has the number 1.

    Args:
        vectors: One row a paper [papers, d], normalised, at least one, in an order that the papers themselves give.
    """
    rest = np.array(vectors, np.float32)
    codes: list[Code] = []
    centres: list[Any] = []
    parts: list[tuple[Code, NDArray[np.intp]]] = [((), np.arange(len(vectors)))]
    for level in range(LEVELS):
        finer = []
        for code, rows in parts:
            found, own = _clusters(rest[rows], _count(len(rows), level), level, (SEED, *code))
            rest[rows] -= found[own]
            for n, centre in enumerate(found):
                codes.append((*code, n + 1, *(0,) * (LEVELS - level - 1)))
                centres.append(centre)
                finer.append(((*code, n + 1), rows[own == n]))
        parts = finer
    return Codebooks(np.array(codes, np.int16), np.array(centres, np.float32))


def _count(papers: int, level: int) -> int:
    """How many regions to make of so many papers."""
    wanted = (SPREAD * papers**0.25, (papers / AREA) ** 0.5, papers / LEAF)[level]
    return max(1, min(round(wanted), MOST[level], papers // LEAST))


def _clusters(vectors: Vectors, k: int, level: int, seed: Code) -> tuple[Vectors, NDArray[np.intp]]:
    """Centres, that of the largest cluster first, and the cluster of each row; none is smaller than `LEAST`.

    The best of a few runs; a cluster that is too small is given up, and its papers go where they are nearest then.
    """
    random = np.random.default_rng(seed)
    runs = [_lloyd(vectors, _begin(vectors, k, random)) for _ in range(TRIES[level] if k > 1 else 1)]
    centres, own = min(runs, key=lambda run: round(_error(vectors, *run), 6))
    while len(centres) > 1 and (sizes := np.bincount(own, minlength=len(centres))).min() < LEAST:
        centres, own = _lloyd(vectors, np.delete(centres, int(sizes.argmin()), axis=0))
    order = np.argsort(-np.bincount(own, minlength=len(centres)), kind="stable")
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    return centres[order], place[own]


def _begin(vectors: Vectors, k: int, random: np.random.Generator) -> Vectors:
    """Rows far from each other: k-means++ (Arthur and Vassilvitskii 2007, section 2.2)."""
    chosen = [int(random.integers(len(vectors)))]
    far = np.full(len(vectors), np.inf)
    while len(chosen) < k:
        far = np.minimum(far, ((vectors - vectors[chosen[-1]]) ** 2).sum(axis=1, dtype=np.float64))
        total = far.sum()
        if total < 1e-9:  # all rows are the same
            break
        chosen.append(int(random.choice(len(vectors), p=far / total)))
    return vectors[chosen]


def _lloyd(vectors: Vectors, centres: Vectors) -> tuple[Vectors, NDArray[np.intp]]:
    """Move centres to the means of what is nearest to them until nothing changes; an empty cluster is dropped."""
    own = _nearest(vectors, centres)
    for _ in range(ROUNDS):
        kept = np.unique(own)
        centres = np.stack([vectors[own == n].mean(axis=0, dtype=np.float64) for n in kept]).astype(np.float32)
        before, own = own, _nearest(vectors, centres)
        if len(kept) == before.max() + 1 and (own == before).all():
            break
    if len(np.unique(own)) < len(centres):
        return _lloyd(vectors, centres[np.unique(own)])
    return centres, own


def _nearest(vectors: Vectors, centres: Vectors) -> NDArray[np.intp]:
    return np.asarray(((centres**2).sum(axis=1) - 2 * vectors @ centres.T).argmin(axis=1))


def _error(vectors: Vectors, centres: Vectors, own: NDArray[np.intp]) -> float:
    return float(((vectors - centres[own]) ** 2).sum(dtype=np.float64))
