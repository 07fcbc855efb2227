"""Conditional random fields over the words of texts: their likelihood with its slope, and the fit.

A word has a state; what is seen around it weighs for the label of its state, what is nearest to it for the state
itself, and each state for the one behind it (Lafferty et al., "Conditional random fields", ICML 2001).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

OFTEN = 3
"""Words around which a feature must be seen to get a weight."""
DIGITS = 1
LEAST = 0.2
"""Weights below which all of a feature are left out."""
ITERATIONS = 120
NEVER = -1e4

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chain:
    """A text: what is seen around each word for its label, and for its state; and the state of each."""

    far: tuple[tuple[str, ...], ...]
    near: tuple[tuple[str, ...], ...]
    states: tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """What chains there are.

    Attributes:
        labels: The label of each state, int [states].
        allowed: Which state may stand behind which, bool [from][to].
        starts: Which may begin a text, bool [states].
        ends: Which may end it, bool [states].
    """

    labels: NDArray[np.int_]
    allowed: Bools
    starts: Bools
    ends: Bools

    @cached_property
    def onto(self) -> Floats:
        """What sums states by their label [states, labels]."""
        return np.eye(int(self.labels.max()) + 1)[self.labels]


@dataclass(frozen=True)
class Weights:
    """Fitted coefficients: by feature those of labels and of states, steps between states, and starts."""

    labels: dict[str, tuple[float, ...]]
    states: dict[str, tuple[float, ...]]
    steps: tuple[tuple[float, ...], ...]
    starts: tuple[float, ...]


class Fit:
    """A conditional random field over some texts, and its likelihood with the slope of it."""

    def __init__(self, chains: Sequence[Chain], shape: Shape, variance: float) -> None:
        """Make one.

        Args:
            chains: The texts; none is without words.
            shape: What chains there are.
            variance: Of the coefficients' prior.
        """
        self.shape = shape
        self.variance = variance
        self.far = _columns([features for one in chains for features in one.far])
        self.near = _columns([features for one in chains for features in one.near])
        held = sorted(chains, key=lambda one: -len(one.states))
        lengths = [len(one.states) for one in held]
        self.begins = np.cumsum([0, *lengths[:-1]])
        self.alive = [sum(length > t for length in lengths) for t in range(lengths[0])]
        self.lengths = np.array(lengths)
        self.matrix = (
            _matrix([features for one in held for features in one.far], self.far),
            _matrix([features for one in held for features in one.near], self.near),
        )
        self.turned = [one.T.tocsr() for one in self.matrix]
        self.wanted = np.array([state for one in held for state in one.states])
        pairs = [(a, b) for one in held for a, b in zip(one.states, one.states[1:], strict=False)]
        self.stepped = np.zeros(shape.allowed.shape)
        np.add.at(self.stepped, tuple(np.array(pairs).T), 1)
        self.started = np.bincount(self.wanted[self.begins], minlength=len(shape.labels)).astype(np.float64)

    def unpacked(self, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """The weights of labels, of states, of steps and of starts."""
        labels, states = self.shape.onto.shape[1], len(self.shape.labels)
        sizes = [len(self.far) * labels, len(self.near) * states, states**2]
        parts = np.split(weights, np.cumsum(sizes))
        return parts[0].reshape(-1, labels), parts[1].reshape(-1, states), parts[2].reshape(states, states), parts[3]

    def loss(self, weights: Floats) -> tuple[float, Floats]:
        """Negative log-likelihood with the prior, and its slope."""
        labels, states, steps, starts = self.unpacked(weights)
        odds = (self.matrix[0] @ labels)[:, self.shape.labels] + self.matrix[1] @ states
        right = odds[np.arange(len(odds)), self.wanted].sum() + (self.stepped * steps).sum() + self.started @ starts
        steps, starts = np.where(self.shape.allowed, steps, NEVER), np.where(self.shape.starts, starts, NEVER)
        total, here, moved = self._expected(odds, steps, starts)
        here[np.arange(len(odds)), self.wanted] -= 1
        first = here[self.begins].sum(axis=0)
        slope = [self.turned[0] @ (here @ self.shape.onto), self.turned[1] @ here, moved - self.stepped, first]
        flat = np.concatenate([one.ravel() for one in slope])
        return float(total - right + weights @ weights / self.variance / 2), flat + weights / self.variance

    def _expected(self, odds: Floats, steps: Floats, starts: Floats) -> tuple[float, Floats, Floats]:
        """Log of the sum over all chains, and how often each state and each step is expected.

        Forward-backward with scaled probabilities: Rabiner, "A tutorial on hidden Markov models", 1989, section V.A.
        """
        most = odds.max(axis=1)
        here, step = np.exp(odds - most[:, None]), np.exp(steps)
        ahead, behind, scale = np.zeros_like(odds), np.zeros_like(odds), np.zeros(len(odds))
        for t in range(len(self.alive)):
            rows = self.begins[: self.alive[t]] + t
            ahead[rows] = here[rows] * (ahead[rows - 1] @ step if t else np.exp(starts))
            scale[rows] = ahead[rows].sum(axis=1)
            ahead[rows] /= scale[rows][:, None]
        last = self.begins + self.lengths - 1
        behind[last] = self.shape.ends
        total = np.log(scale).sum() + most.sum() + np.log((ahead[last] * self.shape.ends).sum(axis=1)).sum()
        moved = np.zeros_like(steps)
        for t in range(len(self.alive) - 1, 0, -1):
            rows = self.begins[: self.alive[t]] + t
            onward = here[rows] * behind[rows]
            behind[rows - 1] = onward @ step.T / scale[rows][:, None]
            share = (ahead[rows - 1] * (onward @ step.T)).sum(axis=1)
            moved += step * ((ahead[rows - 1] / share[:, None]).T @ onward)
        expected = ahead * behind
        return float(total), expected / expected.sum(axis=1, keepdims=True), moved

    def weights(self) -> Weights:
        """The most likely weights, rounded."""
        labels, states = self.shape.onto.shape[1], len(self.shape.labels)
        size = len(self.far) * labels + len(self.near) * states + states**2 + states
        found = minimize(self.loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x
        of_labels, of_states, steps, starts = (np.round(one, DIGITS) + 0.0 for one in self.unpacked(found))
        return Weights(
            labels=_kept(self.far, of_labels),
            states=_kept(self.near, of_states),
            steps=tuple(map(tuple, steps.tolist())),
            starts=tuple(starts.tolist()),
        )


def _kept(columns: Mapping[str, int], weights: Floats) -> dict[str, tuple[float, ...]]:
    return {name: tuple(weights[n].tolist()) for name, n in columns.items() if abs(weights[n]).max() >= LEAST}


def _columns(found: Sequence[Sequence[str]]) -> dict[str, int]:
    counted = Counter(feature for features in found for feature in features)
    return {name: n for n, name in enumerate(sorted(name for name, count in counted.items() if count >= OFTEN))}


def _matrix(found: Sequence[Sequence[str]], column: Mapping[str, int]) -> csr_matrix:
    cells = [(row, column[name]) for row, features in enumerate(found) for name in features if name in column]
    rows, columns = np.array(cells, dtype=int).reshape(-1, 2).T
    return csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(found), len(column)))


def places(text: str, spans: Sequence[str], name: str) -> Iterator[tuple[int, int, str]]:
    """Where spans stand in a text, in their order, each where a word begins.

    Raises:
        ValueError: one does not stand there.
    """
    at = 0
    for span in spans:
        match = re.compile(rf"(?<!\w){re.escape(span)}").search(text, at)
        if match is None:
            raise ValueError(f"{span!r} does not stand in {text!r}")
        at = match.end()
        yield match.start(), at, name


def fold(text: str, of: int) -> int:
    """Which fold a text is in."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % of
