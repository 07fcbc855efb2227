"""The fit of abstention: it finds a signal where there is one, none where there is none, and never looks ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from eval.calibration.logistic import FOLDS, Data, Example, fit, out_of_fold, stratified
from eval.calibration.page import render
from eval.calibration.refusal import (
    MOST_FALSE_REFUSALS,
    Calibrated,
    choose_threshold,
    curve_of,
    figures_of,
    fit_examples,
    levels_of,
)
from eval.datasets import Question
from rag.answer.abstention.calibration import Fitted
from rag.answer.abstention.features import Features
from rag.errors import DatasetError

FITTED = Fitted(
    qa="qa.jsonl", digest="d", date="2025-05-01", questions=0, unanswerable=0, copies=0, corpus="c", embedding="e"
)


def made(n: int, unanswerable: int, signal: float, copies: bool = False) -> list[Example]:
    """Examples whose gaps are smaller by `signal` where nothing answers."""
    generator = np.random.default_rng(7)
    examples = []
    for number in range(n):
        answerable = number >= unanswerable
        gap = generator.normal(0.0 if answerable else -signal)
        row = (gap, generator.normal(), 0.0, 0.0)
        copy = (gap - signal, row[1], 0.0, 0.0) if copies and answerable else None
        question = Question(
            id=str(number),
            question="q",
            type="single" if answerable else "unanswerable",
            gold_papers=("p",) * answerable,
        )
        examples.append(Example(question, row, copy, None, right=answerable))
    return examples


@cache
def calibrated_on(signal: float) -> Calibrated:
    """A calibration of 60 questions, 12 of them unanswerable."""
    return fit_examples(made(60, 12, signal), FITTED)


def test_a_signal_is_found_out_of_fold_and_chance_is_not() -> None:
    clear = calibrated_on(5.0)
    assert (clear.figures["f1"].mean or 0) > 0.9
    assert clear.nested["f1"] > 0.9
    blind = calibrated_on(0.0)
    assert blind.nested["f1"] < 0.5


def test_the_same_examples_give_the_same_calibration() -> None:
    assert fit_examples(made(60, 12, 5.0), FITTED).calibration == calibrated_on(5.0).calibration


def test_the_threshold_keeps_false_refusals_low_and_the_curve_falls() -> None:
    calibrated = calibrated_on(0.0)
    curve = calibrated.calibration.curve
    assert (calibrated.figures["false_refusals"].mean or 0) <= MOST_FALSE_REFUSALS
    assert [point.threshold for point in curve] == sorted(point.threshold for point in curve)
    assert all(a.false_refusals >= b.false_refusals and a.recall >= b.recall for a, b in pairwise(curve))


def test_a_coefficient_cannot_take_the_wrong_sign() -> None:
    examples = made(100, 30, -5.0)
    data = Data.of(examples)
    coefficients, _ = fit(data, data.everything)
    assert dict(zip(Features.names(), coefficients, strict=True))["dense_gap"] == 0


def test_mean_probability_is_the_share_of_unanswerable_questions_despite_the_copies() -> None:
    data = Data.of(made(100, 10, 2.0, copies=True))
    coefficients, intercept = fit(data, data.everything)
    odds = data.matrix @ coefficients + intercept
    assert np.mean(1 / (1 + np.exp(-odds))) == pytest.approx(0.1, abs=1e-6)


def test_copies_teach_what_too_few_real_questions_cannot() -> None:
    plain = made(100, 5, 0.0)
    copied = [
        Example(e.question, e.row, (e.row[0] - 3, e.row[1], 0.0, 0.0), None, True) if e.right and e.row else e
        for e in plain
    ]
    taught, untaught = (fit(Data.of(examples), np.arange(100))[0][0] for examples in (copied, plain))
    assert taught < untaught - 0.5


def test_a_copy_stays_in_the_fold_of_its_question() -> None:
    """A copy that marks its own question would give it away if it were seen while that question is judged."""
    examples = made(60, 12, 0.0)
    plain = out_of_fold(Data.of(examples), np.arange(60), 1, np.random.default_rng(0))[0]
    assert examples[40].row
    leaky = [*examples[:40], Example(examples[40].question, examples[40].row, (9.0, -9.0, 1.0, 1.0), None, True)]
    changed = out_of_fold(Data.of([*leaky, *examples[41:]]), np.arange(60), 1, np.random.default_rng(0))[0]
    folds = stratified(Data.of(examples).labels, np.random.default_rng(0))
    same = folds == folds[40]
    assert np.array_equal(plain[same], changed[same])
    assert not np.allclose(plain[~same], changed[~same])


def test_folds_spread_both_classes() -> None:
    labels = np.array([1] * 10 + [0] * 50)
    folds = stratified(labels, np.random.default_rng(0))
    assert np.bincount(folds[labels == 1], minlength=FOLDS).tolist() == [2] * FOLDS
    assert np.bincount(folds[labels == 0], minlength=FOLDS).tolist() == [10] * FOLDS


def test_figures_are_those_of_the_definitions() -> None:
    refused = np.array([True, True, False, False])
    figures = figures_of(refused, np.array([1, 0, 1, 0]))
    assert {name: figure.mean for name, figure in figures.items()} == {
        "precision": 0.5, "recall": 0.5, "f1": 0.5, "false_refusals": 0.5,
    }  # fmt: skip


def test_threshold_is_the_best_allowed_one() -> None:
    probabilities = np.array([0.9, 0.8, 0.7, *np.linspace(0.0, 0.2, 40)])
    labels = np.array([1, 1, 1, *[0] * 40])
    assert choose_threshold(curve_of(probabilities, labels)) == pytest.approx(0.45)


def test_words_for_confidence_have_the_accuracy_they_promise() -> None:
    probabilities = np.linspace(0.0, 0.19, 60)
    right = np.array([True] * 20 + [False, True, True, True, True] * 2 + [False] * 30)
    levels = levels_of(probabilities, right, 0.2)
    assert levels["high"].below <= levels["medium"].below <= levels["low"].below == 0.2
    assert {name: (level.right, level.n) for name, level in levels.items()} == {
        "high": (1.0, 20), "medium": (0.8, 10), "low": (0.0, 30),
    }  # fmt: skip


@pytest.mark.parametrize(("n", "unanswerable", "word"), [(30, 2, "unanswerable"), (12, 10, "answerable")])
def test_too_few_questions_are_refused(n: int, unanswerable: int, word: str) -> None:
    with pytest.raises(DatasetError, match=f" {word} questions"):
        fit_examples(made(n, unanswerable, 1.0), FITTED)


def test_questions_that_no_fit_can_use_are_counted_too() -> None:
    fitted = FITTED.model_copy(update={"questions": 31, "unanswerable": 3})
    with pytest.raises(DatasetError, match="has 3 unanswerable questions, of which 1 decided without a fit; a calib"):
        fit_examples(made(30, 2, 1.0), fitted)


def test_questions_decided_without_features_count_in_the_figures() -> None:
    examples: Sequence[Example] = made(40, 10, 3.0)
    empty = Question(id="empty", question="q", type="unanswerable")
    calibrated = fit_examples([*examples, Example(empty, None, None, True, False)], FITTED)
    assert calibrated.probabilities["empty"] == 1.0
    assert calibrated.by_type["unanswerable"].n == 11


def test_page_shows_the_curve_and_escapes_the_file_name() -> None:
    calibrated = calibrated_on(5.0)
    fitted = FITTED.model_copy(update={"qa": "<b>.jsonl"})
    named = replace(calibrated, calibration=calibrated.calibration.model_copy(update={"fitted": fitted}))
    page = render(named)
    assert "<svg" in page
    assert "<b>.jsonl" not in page
    assert "&lt;b&gt;.jsonl" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
