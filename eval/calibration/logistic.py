"""Logistic regression with signs that are known beforehand, and folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import expit

FOLDS = 5
PENALTY = 1.0
"""Variance of the Gaussian prior on the coefficients of standardised features."""
_SAME = 1e-9
"""Deviation below which all values of a feature are the same, but for rounding."""
PRIOR = 0.5
"""Examples of either label that are taken to have been seen besides: where one label is missing, a chance is not 0."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted regression: log-odds a unit of each raw feature [features], and the rest."""

    coefficients: Floats
    intercept: float

    def chances(self, matrix: Floats) -> Floats:
        """The chance of each row, [n]."""
        return np.asarray(expit(matrix @ self.coefficients + self.intercept))


def fit(matrix: Floats, labels: Ints, signs: Sequence[int], weights: Floats, real: NDArray[np.bool_]) -> Fit:
    """Fit coefficients that do not contradict what is known of the features.

    Args:
        matrix: Raw features, [n, features].
        labels: 0 or 1, [n].
        signs: 1 where more of a feature may only speak for a label of 1, -1 where only against it, [features].
        weights: Of the rows, [n].
        real: Rows over which the mean chance is the share of labels of 1 (calibration-in-the-large; Steyerberg,
            "Clinical Prediction Models", 2019, chapter 15), [n].
    """
    if not len(matrix):
        return Fit(np.zeros(len(signs)), 0.0)
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale[scale < _SAME] = 1.0
    standard = (matrix - centre) / scale

    def loss(values: Floats) -> tuple[float, Floats]:
        odds = standard @ values[1:] + values[0]
        error = weights * (expit(odds) - labels)
        penalty = values[1:] @ values[1:] / (2 * PENALTY)
        likelihood = (weights * np.logaddexp(0, np.where(labels == 1, -odds, odds))).sum()
        gradient = np.concatenate([[error.sum()], standard.T @ error + values[1:] / PENALTY])
        return float(likelihood + penalty), gradient

    bounds = [(None, None)] + [(0, None) if sign > 0 else (None, 0) for sign in signs]
    values = minimize(loss, np.zeros(len(signs) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    coefficients = values[1:] / scale
    odds, share = matrix[real] @ coefficients, (labels[real].sum() + PRIOR) / (real.sum() + 2 * PRIOR)
    intercept = brentq(lambda shift: float(expit(odds + shift).mean()) - share, -100.0, 100.0)
    return Fit(coefficients, float(intercept))


def stratified(labels: NDArray[Any], generator: np.random.Generator) -> Ints:
    """A fold for each label, both classes spread evenly."""
    folds = np.empty(len(labels), dtype=np.int64)
    for label in (0, 1):
        places = generator.permutation(np.flatnonzero(labels == label))
        folds[places] = (np.arange(len(places)) + generator.integers(FOLDS)) % FOLDS
    return folds
