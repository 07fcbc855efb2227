"""How sure a mean is: bootstrap intervals and the paired bootstrap test, seeded.

Questions are the sampling unit. A resample is given by how often each question was drawn, so that all resamples of a
figure are one matrix product. A figure is a ratio of sums, Σ numerator / Σ denominator: a mean has denominators of 1,
and precision or F1, which are no means over questions, are resampled just the same.

Sources: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13 (percentile interval) and 16
(testing); Sakai, "Evaluating Evaluation Metrics based on the Bootstrap", SIGIR 2006 (paired test over topics).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
"""Share of the resamples an interval holds."""
RESAMPLES = 2000
SEED = 20250408
_BLOCK = 1_000_000
"""Counts drawn at once: bounds the memory without changing the numbers drawn."""

Floats = NDArray[np.float64]
Scores = Sequence[tuple[float, float]]
"""(numerator, denominator) a question."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; None where there was nothing to measure.

    Attributes:
        n: Number of questions measured.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """The estimate as the contract writes it, rounded to six places."""
        return {"mean": _rounded(self.mean), "low": _rounded(self.low), "high": _rounded(self.high), "n": self.n}


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one run's figure exceeds another's on the same questions.

    Attributes:
        mean: Figure of B minus figure of A.
        p: Two-sided probability of a difference at least this large if the runs were equally good.
        n: Number of questions measured in both.
    """

    mean: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """The difference as JSON, rounded to six places."""
        numbers = {"mean": self.mean, "low": self.low, "high": self.high, "p": self.p}
        return {name: _rounded(value) for name, value in numbers.items()} | {"n": self.n}


def estimate(scores: Scores) -> Estimate:
    """Bootstrap a figure: percentile interval over `RESAMPLES` resamples of the questions."""
    ratios = np.asarray(scores, dtype=np.float64).reshape(-1, 2)
    figure = _ratio(ratios.sum(axis=0))
    if figure is None:
        return Estimate(None, None, None, len(ratios))
    low, high = _interval(_resampled(ratios))
    return Estimate(figure, low, high, len(ratios))


def difference(scores_a: Scores, scores_b: Scores) -> Difference:
    """Bootstrap B minus A over the same questions in the same order.

    The test shifts the resampled differences to a mean of zero and counts those at least as far from it as the one
    observed; (count + 1) / (resamples + 1) is never zero.

    Raises:
        ValueError: the runs have different numbers of questions.
    """
    if len(scores_a) != len(scores_b):
        raise ValueError(f"cannot pair {len(scores_a)} questions with {len(scores_b)}")
    pairs = np.asarray([(*a, *b) for a, b in zip(scores_a, scores_b, strict=True)], dtype=np.float64).reshape(-1, 4)
    totals = pairs.sum(axis=0)
    figure_a, figure_b = _ratio(totals[:2]), _ratio(totals[2:])
    if figure_a is None or figure_b is None:
        return Difference(None, None, None, None, len(pairs))
    observed = figure_b - figure_a
    samples = _resampled(pairs[:, 2:]) - _resampled(pairs[:, :2])
    samples = samples[~np.isnan(samples)]
    extreme = np.abs(samples - observed) >= abs(observed) - 1e-12
    low, high = _interval(samples)
    return Difference(observed, low, high, float((extreme.sum() + 1) / (len(samples) + 1)), len(pairs))


def _resampled(ratios: Floats) -> Floats:
    """Resample ratios of shape [n, 2]: figures of shape [RESAMPLES], nan where a resample has no denominator."""
    sums = np.concatenate([counts @ ratios for counts in _counts(len(ratios))])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan)


def _counts(n: int) -> Iterator[NDArray[np.int64]]:
    """Yield blocks of shape [resamples, n]: how often each question was drawn; the same for the same n."""
    generator = np.random.default_rng([SEED, n])
    rows = max(1, _BLOCK // n)
    for start in range(0, RESAMPLES, rows):
        yield generator.multinomial(n, np.full(n, 1 / n), size=min(rows, RESAMPLES - start))


def _interval(samples: Floats) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(samples, [tail, 1 - tail])
    return float(low), float(high)


def _ratio(totals: Floats) -> float | None:
    return float(totals[0] / totals[1]) if totals[1] > 0 else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
