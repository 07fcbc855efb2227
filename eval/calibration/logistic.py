"""The regression behind `eval calibrate`: examples as arrays, the fit, and probabilities out of fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import expit

from eval.datasets import Question
from rag.answer.abstention.features import DIRECTIONS, Features

FOLDS = 5
PENALTY = 1.0
"""Variance of the Gaussian prior on the coefficients of standardised features."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question with what was measured.

    Attributes:
        row: Features in the order of `Features.names()`; None where the decision needs none (`refused`).
        copy: The same without the papers that answer it; None where no such copy makes sense.
        refused: The decision that was made without looking at features; None: they decide.
        right: Whether the first paper is one that answers.
    """

    question: Question
    row: tuple[float, ...] | None
    copy: tuple[float, ...] | None
    refused: bool | None
    right: bool


@dataclass(frozen=True, slots=True)
class Data:
    """Examples as arrays.

    Attributes:
        matrix: Features, [n, features]; zeros where none were measured.
        labels: 1 for unanswerable, [n].
        rows: Indices of the examples with features.
        copies: Features of the copies, [c, features], and the example each belongs to, [c].
        decided: Probability where no feature decides (0 or 1), nan elsewhere, [n].
    """

    matrix: Floats
    labels: Ints
    rows: Ints
    copies: Floats
    copied: Ints
    decided: Floats

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Data:
        """Arrange examples."""
        width = len(Features.names())
        copies = [(example.copy, n) for n, example in enumerate(examples) if example.copy is not None]
        return cls(
            matrix=np.array([example.row or (0.0,) * width for example in examples]).reshape(-1, width),
            labels=np.array([not example.question.answerable for example in examples], dtype=np.int64),
            rows=np.array([n for n, example in enumerate(examples) if example.row is not None], dtype=np.int64),
            copies=np.array([row for row, _ in copies], dtype=np.float64).reshape(-1, width),
            copied=np.array([n for _, n in copies], dtype=np.int64),
            decided=np.array([np.nan if e.refused is None else float(e.refused) for e in examples]),
        )

    @property
    def everything(self) -> Ints:
        """All examples."""
        return np.arange(len(self.labels))

    def with_decided(self, probabilities: Floats) -> Floats:
        """Probabilities, [n], with 0 or 1 where no feature decides."""
        return np.where(np.isnan(self.decided), probabilities, self.decided)


def fit(data: Data, chosen: Ints) -> tuple[Floats, float]:
    """Coefficients of the raw features, [features], and the intercept, from the chosen examples and their copies."""
    real = np.intersect1d(chosen, data.rows)
    copies = data.copies[np.isin(data.copied, chosen)]
    labels = np.concatenate([data.labels[real], np.ones(len(copies), dtype=np.int64)])
    matrix = np.concatenate([data.matrix[real], copies])
    positive = data.labels[real].sum()
    weights = np.concatenate([np.ones(len(real)), np.full(len(copies), positive / max(len(copies), 1))])
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale[scale == 0] = 1.0
    standard = (matrix - centre) / scale

    def loss(values: Floats) -> tuple[float, Floats]:
        odds = standard @ values[1:] + values[0]
        error = weights * (expit(odds) - labels)
        penalty = values[1:] @ values[1:] / (2 * PENALTY)
        likelihood = (weights * np.logaddexp(0, np.where(labels == 1, -odds, odds))).sum()
        gradient = np.concatenate([[error.sum()], standard.T @ error + values[1:] / PENALTY])
        return float(likelihood + penalty), gradient

    signs = [DIRECTIONS[name] for name in Features.names()]
    bounds = [(None, None)] + [(0, None) if sign > 0 else (None, 0) for sign in signs]
    values = minimize(loss, np.zeros(len(signs) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    coefficients = values[1:] / scale
    odds = data.matrix[real] @ coefficients
    share = positive / len(real)
    intercept = brentq(lambda shift: float(expit(odds + shift).mean()) - share, -100.0, 100.0)
    return coefficients, float(intercept)


def out_of_fold(data: Data, chosen: Ints, repeats: int, generator: np.random.Generator) -> Floats:
    """Probabilities of all examples by fits that did not see them, [repeats, n]; those not chosen stay 0."""
    found = np.zeros((repeats, len(data.labels)))
    for row in found:
        folds = stratified(data.labels[chosen], generator)
        for fold in range(FOLDS):
            coefficients, intercept = fit(data, chosen[folds != fold])
            held_out = chosen[folds == fold]
            row[held_out] = expit(data.matrix[held_out] @ coefficients + intercept)
    return found


def stratified(labels: Ints, generator: np.random.Generator) -> Ints:
    """A fold for each label, both classes spread evenly."""
    folds = np.empty(len(labels), dtype=np.int64)
    for label in (0, 1):
        places = generator.permutation(np.flatnonzero(labels == label))
        folds[places] = (np.arange(len(places)) + generator.integers(FOLDS)) % FOLDS
    return folds
