"""How sure an answer is: words for the chance that it is right, and how far that chance is borne out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.calibration.logistic import Floats
from rag.answer.abstention.calibration import Bin, Level
from rag.types import Confidence

RIGHT: tuple[tuple[Confidence, float], ...] = (("high", 0.9), ("medium", 0.7))
"""Share of answers that must be right, out of set, to be called so."""
BINS = 8
"""Groups of equally many answers that a reliability curve shows."""
FEWEST = 10
"""Answers without which no word is given: a share of fewer says little."""


def levels_of(chances: Floats, right: NDArray[np.bool_]) -> dict[Confidence, Level]:
    """Bounds of `high` and `medium`: as low as leaves the share of right answers where it has to be.

    Args:
        chances: That answers are right, by fits that did not see them, [n].
        right: Whether they are, [n].
    """
    levels: dict[Confidence, Level] = {}
    above = np.inf
    for name, share in RIGHT:
        bound = above
        for candidate in np.unique(chances[chances < above])[::-1]:
            held = right[(chances >= candidate) & (chances < above)]
            if held.size >= FEWEST and held.mean() >= share:
                bound = float(candidate)
        levels[name] = _level(min(bound, 1.0), right[(chances >= bound) & (chances < above)])
        above = bound
    levels["low"] = _level(0.0, right[chances < above])
    return levels


def _level(at_least: float, right: NDArray[np.bool_]) -> Level:
    observed = round(float(right.mean()), 6) if right.size else None
    return Level(at_least=round(at_least, 6), right=observed, n=int(right.size))


def reliability_of(chances: Floats, right: NDArray[np.bool_]) -> list[Bin]:
    """Mean chance and share right of equally large groups, ascending."""
    parts = np.array_split(np.argsort(chances, kind="stable"), min(BINS, len(chances)))
    return [
        Bin(chance=round(float(chances[part].mean()), 6), right=round(float(right[part].mean()), 6), n=len(part))
        for part in parts
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: mean distance of chance and share right (Guo et al., ICML 2017, section 2)."""
    return sum(one.n * abs(one.chance - one.right) for one in bins) / max(sum(one.n for one in bins), 1)
