"""When to refuse: the threshold on the chance that nothing answers, and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.calibration.examples import Data
from eval.calibration.logistic import Floats, Ints
from eval.datasets import type_order
from eval.metrics.confidence import Estimate, Scores, estimate
from rag.answer.abstention.calibration import Point

FEWEST = 30
"""Questions of either sort whose paper the conversation gives, from which on they have a threshold of their own."""
MOST_FALSE_REFUSALS, MOST_IN_TALK = 0.04, 0.03
"""Share of the answerable questions that the chosen threshold may refuse, by chances from fits that have not seen them:
of all, and of those whose paper the conversation gives, where the closest sentence alone leaves the reader in doubt."""


def curve_of(chances: Floats, labels: Ints) -> list[Point]:
    """What each threshold gives that separates two chances, ascending: the middle between them."""
    values = np.unique(chances)
    middles = [*(values[1:] + values[:-1]) / 2, (values[-1] + 1) / 2]
    return [point_of(float(threshold), chances >= threshold, labels) for threshold in middles]


def point_of(threshold: float, refused: NDArray[np.bool_], labels: Ints) -> Point:
    """What refusing these gives, where labels of 1 should be."""
    right = int((refused & (labels == 1)).sum())
    wrong = int((refused & (labels == 0)).sum())
    positive = int(labels.sum())
    return Point(
        threshold=round(threshold, 6),
        precision=round(right / (right + wrong), 6) if right + wrong else None,
        recall=round(right / max(positive, 1), 6),
        f1=round(2 * right / max(right + wrong + positive, 1), 6),
        false_refusals=round(wrong / max(len(labels) - positive, 1), 6),
    )


def choose_threshold(curve: Sequence[Point], most: float = MOST_FALSE_REFUSALS) -> float:
    """The threshold of the best F1 among those that refuse few enough answerable questions; the highest of equals."""
    allowed = [point for point in curve if point.false_refusals <= most] or [curve[-1]]
    return max(allowed, key=lambda point: (point.f1, point.threshold)).threshold


def figures_of(refused: NDArray[np.bool_], labels: Ints) -> dict[str, Estimate]:
    """Precision, recall, F1 and false refusals with bootstrap intervals over the questions."""
    pairs = list(zip(map(bool, refused), map(bool, labels), strict=True))
    scores: dict[str, Scores] = {
        "precision": [(float(label), 1.0) for r, label in pairs if r],
        "recall": [(float(r), 1.0) for r, label in pairs if label],
        "f1": [(2.0 * (r and label), float(r) + float(label)) for r, label in pairs],
        "false_refusals": [(float(r), 1.0) for r, label in pairs if not label],
    }
    return {name: estimate(rows) for name, rows in scores.items()}


def refused_by_type(refused: NDArray[np.bool_], types: Sequence[str]) -> dict[str, Estimate]:
    """Share refused of each question type, in the reports' order."""
    pairs = list(zip(map(float, refused), types, strict=True))
    names = sorted(set(types), key=type_order)
    return {name: estimate([(score, 1.0) for score, of in pairs if of == name]) for name in names}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Chances of "unanswered" from which on questions are refused.

    Attributes:
        given: Of those whose paper the conversation gives; None where there were too few to choose it by.
    """

    others: float
    given: float | None = None

    @classmethod
    def chosen(cls, chances: Floats, labels: Ints, given: NDArray[np.bool_]) -> Thresholds:
        """Choose them by the chances of examples that fits have not seen.

        Args:
            chances: That each is unanswered, [n].
            labels: 1 for unanswerable, [n].
            given: Whether the conversation gives its paper, [n].
        """
        enough = min(np.bincount(labels[given], minlength=2)) >= FEWEST
        apart = choose_threshold(curve_of(chances[given], labels[given]), MOST_IN_TALK) if enough else None
        rest = ~given if apart is not None and (~given).any() else np.ones_like(given)
        return cls(choose_threshold(curve_of(chances[rest], labels[rest])), apart)

    def refused(self, chances: Floats, given: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What they refuse, [n]."""
        apart = self.others if self.given is None else self.given
        return chances >= np.where(given, apart, self.others)


def refused_unseen(data: Data) -> NDArray[np.bool_]:
    """What is refused of each group by a fit and thresholds that all come from the others, [n]."""
    refused = np.zeros(len(data.unanswerable), dtype=bool)
    for group in np.unique(data.groups):
        others = np.flatnonzero(data.groups != group)
        inner = data.with_decided(data.unseen(data.unanswered_by, others))[others]
        thresholds = Thresholds.chosen(inner, data.unanswerable[others], data.given[others])
        outer = data.with_decided(data.chances(data.unanswered_by(others)))
        held_out = data.groups == group
        refused[held_out] = thresholds.refused(outer, data.given)[held_out]
    return refused
