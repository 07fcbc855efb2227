"""How sure an answer is: words for the chance that it is right, and how far that chance is borne out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.calibration.logistic import Floats
from rag.answer.abstention.calibration import Bin, Level
from rag.types import Confidence

RIGHT = 0.9
"""Share of answers that must be right, out of set, to be called high."""
LIKELY = 0.5
"""Chance from which on an answer that is not high is called medium: it is likelier right than not. A share that all of
them must reach would depend on how many of the better ones are called high."""
BINS = 8
"""Groups of equally many answers that a reliability curve shows."""
FEWEST = 10
"""Answers without which no word is given: a share of fewer says little."""


def levels_of(chances: Floats, right: NDArray[np.bool_], least: float = 0.0) -> dict[Confidence, Level]:
    """Bounds of `high`, as low as leaves the share of right answers where it has to be, and of `medium`.

    Args:
        chances: That answers are right, by fits that did not see them, [n].
        right: Whether they are, [n].
        least: From where on an answer may be called high at all.
    """
    shares = ((float(bound), right[chances >= bound]) for bound in np.unique(chances[chances >= least]))
    high = min((bound for bound, held in shares if held.size >= FEWEST and held.mean() >= RIGHT), default=np.inf)
    medium = min(LIKELY, high)
    return {
        "high": _level(min(high, 1.0), right[chances >= high]),
        "medium": _level(medium, right[(chances >= medium) & (chances < high)]),
        "low": _level(0.0, right[chances < medium]),
    }


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
