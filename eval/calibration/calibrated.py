"""`eval calibrate`: fits when to refuse and how sure answers are; measures both on questions the fits have not seen.

Two logistic regressions with an L2 penalty over the same features (`rag.answer.abstention.features`), whose
coefficients may not take the sign that contradicts a feature's meaning: the chance that nothing answers, and the chance
that an answer is right; of the first there are two, for questions that one paper answers and for those that want many.
Few questions of a set are unanswerable, so each answerable one with a single paper's answer is
also shown to the first without the papers that answer it: a question about something that is not there. These copies
only train, and stay with their question.

With several sets, each is judged by fits on the others; with one, each of five folds. The figures under `left_out` come
from thresholds that were chosen without the questions judged as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.calibration.examples import Data, Example, measure
from eval.calibration.logistic import FOLDS, Fit
from eval.calibration.refusal import (
    Thresholds,
    curve_of,
    figures_of,
    point_of,
    refused_by_type,
    refused_unseen,
)
from eval.calibration.trust import calibration_error, levels_of, reliability_of
from eval.datasets import QaSet
from eval.metrics.confidence import Estimate
from rag.answer.abstention.calibration import Calibration, Fitted, Point, Regression
from rag.answer.abstention.features import Features
from rag.errors import DatasetError
from rag.text.grammar import plural

if TYPE_CHECKING:
    from rag.assistant import Assistant


FEWEST_RATED = 30
"""Answers of either sort, whose paper the conversation gives or not, from which on each has a bound of its own."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The fit with its figures.

    Attributes:
        figures: precision, recall, f1, false_refusals at the chosen threshold, out of set, with intervals.
        left_out: f1 and false_refusals of each set (of all folds where there is one set), its threshold chosen on the
            others.
        by_type: Share refused, out of set, by question type.
        calibration_error: Of the chance of being right, out of set, over answers that are given; where `given_high` has
            a value, of the questions whose paper no conversation gives, and so is `covered`.
        covered: Share of the answers that are given which are called high.
    """

    calibration: Calibration
    figures: dict[str, Estimate]
    left_out: dict[str, dict[str, float]]
    by_type: dict[str, Estimate]
    calibration_error: float
    covered: float

    def curve_shown(self, most: int = 20) -> list[Point]:
        """Points of the curve for a table: the chosen one and those at which most changes, thinned out evenly."""
        curve = self.calibration.curve
        step = max(1, -(-len(curve) // most))
        kept = [point for n, point in enumerate(reversed(curve)) if n % step == 0]
        return [point for point in curve if point in kept or point.threshold == self.calibration.threshold]

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "calibration": self.calibration.model_dump(mode="json"),
            "figures": {name: figure.as_json() for name, figure in self.figures.items()},
            "left_out": self.left_out,
            "by_type": {name: figure.as_json() for name, figure in self.by_type.items()},
            "calibration_error": round(self.calibration_error, 6),
            "covered": round(self.covered, 6),
        }


def calibrate(
    assistant: Assistant, sets: Sequence[QaSet], today: date, progress: Callable[[int, int], None] | None = None
) -> Calibrated:
    """Measure every question of some sets and fit.

    Args:
        assistant: The one that is asked.
        sets: Questions, some of them unanswerable; those that don't say are left out.
        today: Day to be noted in the calibration.
        progress: Called with the number of questions measured and of all.

    Raises:
        DatasetError: too few answerable or unanswerable questions.
    """
    examples = measure(assistant, sets, progress)
    library = assistant.library
    fitted = Fitted(
        qa=" + ".join(qa.name for qa in sets), digest="+".join(qa.digest for qa in sets), date=today.isoformat(),
        questions=len(examples), unanswerable=sum(not example.question.answerable for example in examples),
        copies=sum(example.copy is not None for example in examples),
        corpus=library.corpus_digest(), embedding=library.embedding_info.identity,
    )  # fmt: skip
    return fit_examples(examples, fitted)


def fit_examples(examples: Sequence[Example], fitted: Fitted) -> Calibrated:
    """Fit on measured questions, choose the threshold and the words for confidence, and measure all out of set.

    Raises:
        DatasetError: too few answerable or unanswerable questions.
    """
    data = Data.of(examples)
    _require_enough(data, fitted)
    unanswered = data.with_decided(data.unseen(data.unanswered_by))
    thresholds = Thresholds.chosen(unanswered, data.unanswerable, data.given)
    refused = thresholds.refused(unanswered, data.given)
    others = ~data.given if thresholds.given is not None else np.ones_like(data.given)
    rated = data.rated & data.told & ~refused
    by_right, right = data.unseen(data.right_by), data.right.astype(bool)
    talk = rated & data.given
    apart = min(int(talk.sum()), int((rated & ~talk).sum())) >= FEWEST_RATED
    shown = rated & ~talk if apart else rated
    levels, reliability = levels_of(by_right[shown], right[shown]), reliability_of(by_right[shown], right[shown])
    least = levels["high"].at_least
    given_high = levels_of(by_right[talk], right[talk], least)["high"] if apart else None
    unanswered_by = data.unanswered_by(data.everything)
    calibration = Calibration(
        fitted=fitted,
        unanswered={"one": _regression(unanswered_by.one), "many": _regression(unanswered_by.many)},
        threshold=round(thresholds.others, 6),
        given=None if thresholds.given is None else round(thresholds.given, 6),
        right=_regression(data.right_by(data.everything)),
        levels=levels,
        given_high=given_high,
        curve=tuple(curve_of(unanswered[others], data.unanswerable[others])),
        reliability=tuple(reliability),
    )
    return Calibrated(
        calibration,
        figures_of(refused, data.unanswerable),
        _left_out(data, [example.qa for example in examples]),
        refused_by_type(refused, [example.question.type for example in examples]),
        calibration_error(reliability),
        levels["high"].n / max(int(shown.sum()), 1),
    )


def _left_out(data: Data, names: Sequence[str]) -> dict[str, dict[str, float]]:
    refused = refused_unseen(data)
    figures = {}
    for name in dict.fromkeys(names):
        here = np.array([one == name for one in names])
        point = point_of(0.0, refused[here], data.unanswerable[here])
        figures[name] = {"f1": point.f1, "false_refusals": point.false_refusals}
    return figures


def _regression(fit: Fit) -> Regression:
    weights = {name: round(float(c), 6) for name, c in zip(Features.names(), fit.coefficients, strict=True)}
    return Regression(intercept=round(fit.intercept, 6), weights=weights)


def _require_enough(data: Data, fitted: Fitted) -> None:
    """One question of each sort for each fold."""
    usable = data.measured & data.learnt
    unanswerable = int(data.unanswerable[usable].sum())
    for name, count in (("unanswerable", unanswerable), ("answerable", int(usable.sum()) - unanswerable)):
        if count < FOLDS:
            held = fitted.unanswerable if name == "unanswerable" else fitted.questions - fitted.unanswerable
            has = plural(held, f"{name} question")
            apart = f", of which {held - count} decided without a fit" if held > count else ""
            raise DatasetError(
                f"{fitted.qa} has {has}{apart}; a calibration needs at least {FOLDS} to fit.",
                f'Add questions of the type "{name}".' if name == "unanswerable" else "Add questions with gold_papers.",
            )
