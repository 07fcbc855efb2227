"""`eval calibrate`: fits when to refuse, on a QA set, and measures it on questions the fit has not seen.

A logistic regression with an L2 penalty over a handful of features (`rag.answer.abstention.features`), whose
coefficients may not take the sign that contradicts the feature's meaning. Few questions of a set are unanswerable, so
each answerable one with a single paper's answer is also shown without the papers that answer it: a question about
something that is not there. These copies weigh together as much as the real unanswerable questions, train only, and
stay in the fold of their original. The intercept is then moved so that the mean probability over real questions is
the share that is unanswerable (Steyerberg, "Clinical Prediction Models", 2019, chapter 15: calibration-in-the-large).

Figures are out of fold: stratified K-fold by question, repeated, probabilities averaged over the repeats. `nested`
figures also choose the threshold within the training folds: nothing is chosen on the questions it is judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from eval.calibration.logistic import FOLDS, Data, Example, Floats, Ints, fit, out_of_fold, stratified
from eval.datasets import QaSet, Question, type_order
from eval.metrics.confidence import Estimate, Scores, estimate
from rag.answer.abstention.calibration import Calibration, Fitted, Level, Point
from rag.answer.abstention.decision import is_selection
from rag.answer.abstention.features import Features, gather
from rag.errors import DatasetError
from rag.query import Question as ReadQuestion
from rag.retrieve.hybrid import distinct_papers
from rag.text.grammar import plural
from rag.types import Confidence, Passage

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.index.library import Library

MOST_FALSE_REFUSALS = 0.05
"""Share of the answerable questions that the chosen threshold may refuse, out of fold."""
REPEATS, NESTED_REPEATS, SEED = 10, 3, 20250408
RIGHT_HIGH, RIGHT_MEDIUM = 0.975, 0.8
"""Share of first papers that must be right for an answer to be called `high`, and `medium`."""
FEWEST = 5
"""Unanswerable, and answerable, questions without which nothing can be fitted: one for each fold."""

LookUp = Callable[[Question], tuple[ReadQuestion, Sequence[Passage]]]
"""A question as the assistant reads it, with the passages it would answer from."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The fit with its figures.

    Attributes:
        figures: precision, recall, f1, false_refusals at the chosen threshold, out of fold, with intervals.
        nested: f1 and false_refusals where the threshold was chosen without the questions judged; means over repeats.
        by_type: Share refused, out of fold, by question type.
        probabilities: Out-of-fold probability by question id; 0 and 1 where no feature decided.
    """

    calibration: Calibration
    figures: dict[str, Estimate]
    nested: dict[str, float]
    by_type: dict[str, Estimate]
    probabilities: dict[str, float]

    def curve_shown(self, most: int = 20) -> list[Point]:
        """Points of the curve for a table: the chosen one and those at which most changes, thinned out evenly."""
        curve = self.calibration.curve
        step = max(1, -(-len(curve) // most))
        kept = [point for n, point in enumerate(reversed(curve)) if n % step == 0]
        return [point for point in curve if point in kept or point.threshold == self.calibration.threshold]

    def as_json(self) -> dict[str, Any]:
        """Everything but the questions' probabilities, for programs."""
        return {
            "calibration": self.calibration.model_dump(mode="json"),
            "figures": {name: figure.as_json() for name, figure in self.figures.items()},
            "nested": self.nested,
            "by_type": {name: figure.as_json() for name, figure in self.by_type.items()},
        }


def calibrate(
    library: Library, qa: QaSet, look_up: LookUp, today: date, progress: Callable[[int, int], None] | None = None
) -> Calibrated:
    """Measure every question of a set and fit.

    Args:
        library: The library that is asked.
        qa: Questions, some of them unanswerable; those that don't say are left out.
        look_up: Reads a question and retrieves.
        today: Day to be noted in the calibration.
        progress: Called with the number of questions measured and of all.

    Raises:
        DatasetError: too few answerable or unanswerable questions.
    """
    known = [question for question in qa.questions if question.answerable is not None]
    examples = []
    for done, question in enumerate(known, 1):
        examples.append(_example(library, question, *look_up(question)))
        if progress:
            progress(done, len(known))
    fitted = Fitted(
        qa=qa.name, digest=qa.digest, date=today.isoformat(), questions=len(known),
        unanswerable=sum(not question.answerable for question in known),
        copies=sum(example.copy is not None for example in examples),
        corpus=library.corpus_digest(), embedding=library.embedding_info.identity,
    )  # fmt: skip
    return fit_examples(examples, fitted)


def through(assistant: Assistant) -> LookUp:
    """Read and retrieve as an assistant does when it is asked."""
    engine = assistant.engine

    def look_up(question: Question) -> tuple[ReadQuestion, Sequence[Passage]]:
        asked = engine.understand(engine.checked(question.question), question.history)
        return asked, engine.candidates(asked)

    return look_up


def fit_examples(examples: Sequence[Example], fitted: Fitted) -> Calibrated:
    """Fit on measured questions, choose the threshold and the words for confidence, and measure all out of fold.

    Raises:
        DatasetError: too few answerable or unanswerable questions.
    """
    data = Data.of(examples)
    unanswerable = int(data.labels[data.rows].sum())
    for name, count in (("unanswerable", unanswerable), ("answerable", len(data.rows) - unanswerable)):
        if count < FEWEST:
            held = fitted.unanswerable if name == "unanswerable" else fitted.questions - fitted.unanswerable
            has = plural(held, f"{name} question")
            apart = f", of which {held - count} decided without a fit" if held > count else ""
            raise DatasetError(
                f"{fitted.qa} has {has}{apart}; a calibration needs at least {FEWEST} to fit.",
                f'Add questions of the type "{name}".' if name == "unanswerable" else "Add questions with gold_papers.",
            )
    repeats = out_of_fold(data, data.everything, REPEATS, np.random.default_rng(SEED))
    probabilities = data.with_decided(repeats.mean(axis=0))
    curve = curve_of(probabilities, data.labels)
    threshold = choose_threshold(curve)
    coefficients, intercept = fit(data, data.everything)
    right = np.array([example.right for example in examples])
    calibration = Calibration(
        fitted=fitted,
        intercept=round(intercept, 6),
        weights={name: round(float(c), 6) for name, c in zip(Features.names(), coefficients, strict=True)},
        threshold=round(threshold, 6),
        levels=levels_of(probabilities, right, threshold),
        curve=tuple(curve),
    )
    refused = probabilities >= threshold
    return Calibrated(
        calibration,
        figures_of(refused, data.labels),
        nested(data),
        refused_by_type(refused, [example.question.type for example in examples]),
        {example.question.id: float(p) for example, p in zip(examples, probabilities, strict=True)},
    )


def _example(library: Library, question: Question, asked: ReadQuestion, passages: Sequence[Passage]) -> Example:
    gold = set(question.gold_papers or ())
    right = bool(passages) and distinct_papers(passages, 1)[0].paper_id in gold
    if not passages or is_selection(asked):
        return Example(question, None, None, not passages, right)
    answering = {*question.needed_papers, *question.related_papers}
    rest = [passage for passage in passages if passage.paper_id not in answering]
    evidence = gather(library, asked, passages)
    if evidence.faint:
        return Example(question, None, None, True, right)
    copied = bool(question.answerable and gold and rest and asked.kind == "single" and not asked.filters)
    copy = gather(library, asked, rest, answering).features.row() if copied else None
    return Example(question, evidence.features.row(), copy, None, right)


def curve_of(probabilities: Floats, labels: Ints) -> list[Point]:
    """What each threshold gives that separates two probabilities, ascending: the middle between them."""
    values = np.unique(probabilities)
    middles = [*(values[1:] + values[:-1]) / 2, (values[-1] + 1) / 2]
    return [_point(float(threshold), probabilities >= threshold, labels) for threshold in middles]


def _point(threshold: float, refused: NDArray[np.bool_], labels: Ints) -> Point:
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


def choose_threshold(curve: Sequence[Point]) -> float:
    """The threshold of the best F1 among those that refuse few enough answerable questions; the highest of equals."""
    allowed = [point for point in curve if point.false_refusals <= MOST_FALSE_REFUSALS] or [curve[-1]]
    return max(allowed, key=lambda point: (point.f1, point.threshold)).threshold


def levels_of(probabilities: Floats, right: NDArray[np.bool_], threshold: float) -> dict[Confidence, Level]:
    """Bounds of `high` and `medium`: as wide as leaves the share of right first papers where it has to be."""
    levels: dict[Confidence, Level] = {}
    floor = -1.0
    answered = np.unique(probabilities[probabilities < threshold])
    bounds = [*(answered[1:] + answered[:-1]) / 2, threshold]
    for name, share in (("high", RIGHT_HIGH), ("medium", RIGHT_MEDIUM)):
        below = max(
            (b for b in bounds if b > floor and (held := right[(probabilities >= floor) & (probabilities < b)]).size
             and held.mean() >= share),
            default=max(floor, 0.0),
        )  # fmt: skip
        held = right[(probabilities >= floor) & (probabilities < below)]
        observed = round(float(held.mean()), 6) if held.size else None
        levels["high" if name == "high" else "medium"] = Level(
            below=round(float(below), 6), right=observed, n=int(held.size)
        )
        floor = below
    held = right[(probabilities >= floor) & (probabilities < threshold)]
    observed = round(float(held.mean()), 6) if held.size else None
    levels["low"] = Level(below=round(threshold, 6), right=observed, n=int(held.size))
    return levels


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


def nested(data: Data) -> dict[str, float]:
    """F1 and false refusals where fit and threshold both came from other folds; means over the repeats."""
    generator = np.random.default_rng([SEED, 1])
    points = []
    for _ in range(NESTED_REPEATS):
        refused = np.zeros(len(data.labels), dtype=bool)
        folds = stratified(data.labels, generator)
        for fold in range(FOLDS):
            chosen = np.flatnonzero(folds != fold)
            inner = data.with_decided(out_of_fold(data, chosen, 1, generator)[0])[chosen]
            threshold = choose_threshold(curve_of(inner, data.labels[chosen]))
            coefficients, intercept = fit(data, chosen)
            outer = data.with_decided(expit(data.matrix @ coefficients + intercept))
            refused[folds == fold] = outer[folds == fold] >= threshold
        points.append(_point(0.0, refused, data.labels))
    return {
        "f1": float(np.mean([point.f1 for point in points])),
        "false_refusals": float(np.mean([point.false_refusals for point in points])),
    }
