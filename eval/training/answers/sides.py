"""Train what tells the sides of a comparison: ``python -m eval.training.answers.sides``.

It writes ``rag/models/sides/weights.json``, prints its digest, and how requests that the fit has not seen (five folds)
are read: whether as comparisons, with which sides, and with what is asked of them. The data, with licences:
`eval/training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from eval.training.answers.samples import read_rows
from rag.models.sides import (
    ALLOWED,
    COMPARES,
    ENDS,
    FOLDER,
    LABEL_OF,
    LABELS,
    STARTS,
    STATES,
    WEIGHTS,
    Compared,
    SidesModel,
    observed,
    tokens,
)

DATA = Path(__file__).parents[1] / "data"
SIDES = "sides.jsonl"
PHRASINGS = ("intents.tsv", "intents_near.tsv")
MAY_COMPARE = ("compare", "compound", "age", "change")
"""Labels of phrasings of which some compare works, or ask of several: nothing is learnt of them."""
ONE_IN = 3
"""Of the phrasings and questions that compare nothing one in so many is read."""
FOLDS = 5
PENALTY = 0.5
"""Variance of the coefficients' prior."""
OFTEN = 3
"""Words around which a feature must be seen to get a weight."""
DIGITS = 1
LEAST = 0.2
"""Weights below which all of a feature are left out."""
ITERATIONS = 120
NEVER = -1e4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A text with what is seen around its words, the state of each, and whose texts share a fold."""

    text: str
    seen: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    states: tuple[int, ...]
    sides: tuple[str, ...]
    asks: tuple[str, ...]


def examples(folder: Path = DATA) -> Iterator[Example]:
    """The requests with their sides marked; phrasings that compare nothing, and questions about one abstract each."""
    for row in read_rows(folder / SIDES):
        yield _example(row["q"], row["sides"], row["asks"])
    for name in PHRASINGS:
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            label, text, *_ = line.split("\t")
            if label not in MAY_COMPARE and not fold(text, ONE_IN):
                yield _example(text, (), ())
    for file in sorted(chain(folder.glob("questions*.jsonl.gz"), folder.glob("compounds.jsonl.gz"))):
        for row in read_rows(file):
            if not fold(row["q"], ONE_IN):
                yield _example(row["q"], (), ())


def _example(text: str, sides: Sequence[str], asks: Sequence[str]) -> Example:
    found = list(tokens(text))
    marked = sorted([*_places(text, sides, "side"), *_places(text, asks, "ask")])
    begun, states = 0, []
    for start, end in found:
        label = next((name for first, last, name in marked if first < end and start < last), "other")
        first = any(place == start for place, _, _ in marked)
        if label == "side" and first:
            begun = min(begun + 1, 2)
        state = ("none", 0) if not sides else (label if first or label == "other" else f"in {label}", begun)
        states.append(STATES.index(state))
    return Example(text, tuple(observed(text, found)), tuple(states), tuple(sides), tuple(asks))


def _places(text: str, spans: Sequence[str], name: str) -> Iterator[tuple[int, int, str]]:
    at = 0
    for span in spans:
        match = re.compile(rf"(?<!\w){re.escape(span)}").search(text, at)
        if match is None:
            raise ValueError(f"{span!r} does not stand in {text!r}")
        at = match.end()
        yield match.start(), at, name


class Fit:
    """A conditional random field over some examples, and its likelihood with the slope of it."""

    def __init__(self, seen: Sequence[Example]) -> None:
        self.far = _columns([features for one in seen for features, _ in one.seen])
        self.near = _columns([features for one in seen for _, features in one.seen])
        self.seen = sorted(seen, key=lambda one: -len(one.states))
        lengths = [len(one.states) for one in self.seen]
        self.begins = np.cumsum([0, *lengths[:-1]])
        self.alive = [sum(length > t for length in lengths) for t in range(lengths[0])]
        self.lengths = np.array(lengths)
        self.matrix = [
            _matrix([features[k] for one in self.seen for features in one.seen], columns)
            for k, columns in enumerate((self.far, self.near))
        ]
        self.turned = [one.T.tocsr() for one in self.matrix]
        self.wanted = np.array([state for one in self.seen for state in one.states])
        pairs = [(a, b) for one in self.seen for a, b in zip(one.states, one.states[1:], strict=False)]
        self.stepped = np.zeros((len(STATES), len(STATES)))
        np.add.at(self.stepped, tuple(np.array(pairs).T), 1)
        self.started = np.bincount(self.wanted[self.begins], minlength=len(STATES)).astype(np.float64)
        self.onto = np.eye(len(LABELS))[LABEL_OF]

    def unpacked(self, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """The weights of labels, of states, of steps and of starts."""
        sizes = [len(self.far) * len(LABELS), len(self.near) * len(STATES), len(STATES) ** 2]
        labels, states, steps, starts = np.split(weights, np.cumsum(sizes))
        return labels.reshape(-1, len(LABELS)), states.reshape(-1, len(STATES)), steps.reshape(ALLOWED.shape), starts

    def loss(self, weights: Floats) -> tuple[float, Floats]:
        """Negative log-likelihood with the prior, and its slope."""
        labels, states, steps, starts = self.unpacked(weights)
        odds = (self.matrix[0] @ labels)[:, LABEL_OF] + self.matrix[1] @ states
        right = odds[np.arange(len(odds)), self.wanted].sum() + (self.stepped * steps).sum() + self.started @ starts
        steps, starts = np.where(ALLOWED, steps, NEVER), np.where(STARTS, starts, NEVER)
        total, here, moved = self._expected(odds, steps, starts)
        here[np.arange(len(odds)), self.wanted] -= 1
        first = here[self.begins].sum(axis=0)
        slope = [self.turned[0] @ (here @ self.onto), self.turned[1] @ here, moved - self.stepped, first]
        flat = np.concatenate([one.ravel() for one in slope])
        return float(total - right + weights @ weights / PENALTY / 2), flat + weights / PENALTY

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
        behind[last] = ENDS
        total = np.log(scale).sum() + most.sum() + np.log((ahead[last] * ENDS).sum(axis=1)).sum()
        moved = np.zeros_like(steps)
        for t in range(len(self.alive) - 1, 0, -1):
            rows = self.begins[: self.alive[t]] + t
            onward = here[rows] * behind[rows]
            behind[rows - 1] = onward @ step.T / scale[rows][:, None]
            share = (ahead[rows - 1] * (onward @ step.T)).sum(axis=1)
            moved += step * ((ahead[rows - 1] / share[:, None]).T @ onward)
        expected = ahead * behind
        return float(total), expected / expected.sum(axis=1, keepdims=True), moved

    def model(self) -> SidesModel:
        """The model of the most likely weights."""
        size = len(self.far) * len(LABELS) + len(self.near) * len(STATES) + len(STATES) ** 2 + len(STATES)
        found = minimize(self.loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x
        labels, states, steps, starts = (np.round(one, DIGITS) + 0.0 for one in self.unpacked(found))
        return SidesModel(
            labels={name: tuple(labels[n].tolist()) for name, n in self.far.items() if abs(labels[n]).max() >= LEAST},
            states={name: tuple(states[n].tolist()) for name, n in self.near.items() if abs(states[n]).max() >= LEAST},
            steps=tuple(map(tuple, steps.tolist())),
            starts=tuple(starts.tolist()),
        )


def _columns(found: Sequence[Sequence[str]]) -> dict[str, int]:
    counted = Counter(feature for features in found for feature in features)
    return {name: n for n, name in enumerate(sorted(name for name, count in counted.items() if count >= OFTEN))}


def _matrix(found: Sequence[Sequence[str]], column: dict[str, int]) -> csr_matrix:
    cells = [(row, column[name]) for row, features in enumerate(found) for name in features if name in column]
    rows, columns = np.array(cells).T
    return csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(found), len(column)))


def fold(text: str, of: int = FOLDS) -> int:
    """Which fold a text is in."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % of


def judged(whole: Sequence[Example], show: bool, folds: int = FOLDS) -> Counter[str]:
    """How texts are read by fits that have not seen them."""
    told = Counter[str]()
    for n in range(folds):
        model = Fit([one for one in whole if fold(one.text) != n]).model()
        for one in whole:
            if fold(one.text) != n:
                continue
            found = model.read(one.text)
            found = found if found.chance >= COMPARES else Compared()
            sides = [one.text[start:end] for start, end in found.sides]
            asks = [one.text[start:end] for start, end in found.asks]
            kind = "compares" if one.sides else "no comparison"
            told[kind] += 1
            told[f"{kind}, told right"] += bool(sides) == bool(one.sides)
            told["compares, as many sides"] += bool(one.sides) and len(sides) == len(one.sides)
            told["compares, each side with its words"] += bool(one.sides) and _alike(sides, one.sides)
            told["compares, exactly these sides"] += bool(one.sides) and tuple(sides) == one.sides
            told["compares, asks as many things"] += bool(one.sides) and len(asks) == len(one.asks)
            told["compares, exactly these asked"] += bool(one.sides) and tuple(asks) == one.asks
            if show and (tuple(sides) != one.sides):
                print(f"{found.chance:.2f} {sides} {asks} | {one.text}")
    return told


def _alike(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether spans share most of their words, one by one."""
    pairs = zip(found, wanted, strict=False)
    words = [(set(one.lower().split()), set(other.lower().split())) for one, other in pairs]
    return len(found) == len(wanted) and all(2 * len(a & b) > max(len(a), len(b)) for a, b in words)


def main() -> None:
    """Judge by folds, fit to everything and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER / WEIGHTS)
    parser.add_argument("--show", action="store_true", help="print what is read wrongly")
    parser.add_argument("--folds", type=int, default=FOLDS, help="how many of the folds are judged")
    options = parser.parse_args()
    whole = list(examples())
    print(f"{len(whole)} texts, {sum(len(one.states) for one in whole)} words and marks")
    for name, count in sorted(judged(whole, options.show, options.folds).items()):
        print(f"  {name}: {count}")
    fitted = Fit(whole).model().model_dump()
    content = json.dumps(fitted, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    options.out.write_bytes(content)
    print(f"{options.out}: sha256 {hashlib.sha256(content).hexdigest()}, {len(content)} bytes")


if __name__ == "__main__":
    main()
