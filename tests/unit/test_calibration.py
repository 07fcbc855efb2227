"""The fits of refusal and confidence: they find a signal where there is one, and never look ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from eval.calibration.calibrated import Calibrated, fit_examples
from eval.calibration.examples import Data, Example
from eval.calibration.logistic import FOLDS, stratified
from eval.calibration.page import render
from eval.calibration.refusal import MOST_FALSE_REFUSALS, choose_threshold, curve_of, figures_of
from eval.calibration.trust import FEWEST, LIKELY, calibration_error, levels_of, reliability_of
from eval.datasets import Question
from rag.answer.abstention.calibration import Fitted
from rag.answer.abstention.features import Features
from rag.errors import DatasetError

FITTED = Fitted(
    qa="qa.jsonl", digest="d", date="2025-05-01", questions=0, unanswerable=0, copies=0, corpus="c", embedding="e"
)
Row = tuple[float, ...]


def row(gap: float, other: float) -> Row:
    """Features of which only the first two tell anything."""
    return (gap, other, *[0.0] * (len(Features.names()) - 2))


def made(
    n: int, unanswerable: int, signal: float, copies: bool = False, qa: Sequence[str] = ("qa.jsonl",), seed: int = 7
) -> list[Example]:
    """Examples, of these sets in turn, whose gaps are smaller by `signal` where nothing answers."""
    generator = np.random.default_rng(seed)
    examples = []
    for number in range(n):
        answerable = number >= unanswerable
        gap, other = generator.normal(0.0 if answerable else -signal), generator.normal()
        copy = row(gap - signal, other) if copies and answerable else None
        question = Question(
            id=str(number),
            question="q",
            type="single" if answerable else "unanswerable",
            gold_papers=("p",) * answerable,
        )
        name = qa[number % len(qa)]
        examples.append(Example(name, question, row(gap, other), copy, None, right=answerable))
    return examples


@cache
def calibrated_on(signal: float) -> Calibrated:
    """A calibration of 60 questions, 12 of them unanswerable."""
    return fit_examples(made(60, 12, signal), FITTED)


def test_a_signal_is_found_in_questions_that_were_not_seen_and_chance_is_not() -> None:
    clear = calibrated_on(5.0)
    assert (clear.figures["f1"].mean or 0) > 0.9
    assert clear.left_out["qa.jsonl"]["f1"] > 0.9
    assert calibrated_on(0.0).left_out["qa.jsonl"]["f1"] < 0.5


def test_the_same_examples_give_the_same_calibration() -> None:
    assert fit_examples(made(60, 12, 5.0), FITTED).calibration == calibrated_on(5.0).calibration


def test_the_threshold_keeps_false_refusals_low_and_the_curve_falls() -> None:
    calibrated = calibrated_on(0.0)
    curve = calibrated.calibration.curve
    assert (calibrated.figures["false_refusals"].mean or 0) <= MOST_FALSE_REFUSALS
    assert [point.threshold for point in curve] == sorted(point.threshold for point in curve)
    assert all(a.false_refusals >= b.false_refusals and a.recall >= b.recall for a, b in pairwise(curve))


def test_a_coefficient_cannot_take_the_wrong_sign() -> None:
    data = Data.of(made(100, 30, -5.0))
    coefficients = data.unanswered_by(data.everything).one.coefficients
    assert dict(zip(Features.names(), coefficients, strict=True))["dense_gap"] == 0


def test_mean_chance_is_the_share_of_unanswerable_questions_despite_the_copies() -> None:
    data = Data.of(made(100, 10, 2.0, copies=True))
    assert np.mean(data.chances(data.unanswered_by(data.everything))) == pytest.approx(0.1, abs=0.005)


def test_copies_teach_what_too_few_real_questions_cannot() -> None:
    plain = made(100, 5, 0.0)
    copied = [replace(one, copy=row(one.row[0] - 3, one.row[1])) if one.right and one.row else one for one in plain]
    taught, untaught = (
        Data.of(examples).unanswered_by(np.arange(100)).one.coefficients[0] for examples in (copied, plain)
    )
    assert taught < untaught - 0.5


def test_a_copy_stays_in_the_fold_of_its_question() -> None:
    """A copy that marks its own question would give it away if it were seen while that question is judged."""
    examples = made(60, 12, 0.0)
    data = Data.of(examples)
    marked = [*examples[:40], replace(examples[40], copy=(9.0, -9.0, *[1.0] * len(row(0, 0)[2:]))), *examples[41:]]
    changed = Data.of(marked)
    before, after = data.unseen(data.unanswered_by), changed.unseen(changed.unanswered_by)
    same = data.groups == data.groups[40]
    assert np.array_equal(before[same], after[same])
    assert not np.allclose(before[~same], after[~same])


def test_of_several_sets_each_is_judged_by_the_others() -> None:
    examples = made(60, 12, 5.0, qa=("a", "b"))
    data = Data.of(examples)
    changed = Data.of([replace(one, row=row(0.0, 0.0)) if one.qa == "a" else one for one in examples])
    of_a = np.array([one.qa == "a" for one in examples])
    before, after = data.unseen(data.unanswered_by), changed.unseen(changed.unanswered_by)
    assert not np.allclose(before[~of_a], after[~of_a])
    by_others = changed.unanswered_by(np.flatnonzero(~of_a))
    assert np.array_equal(after[of_a], changed.chances(by_others)[of_a])
    assert set(fit_examples(examples, FITTED).left_out) == {"a", "b"}


def test_a_question_that_wants_many_papers_is_judged_by_others_that_do() -> None:
    few = made(40, 10, 5.0)
    many = [replace(one, many=True, row=row(-one.row[0], one.row[1])) for one in made(40, 10, -5.0) if one.row]
    fits = Data.of([*few, *many]).unanswered_by(np.arange(80))
    assert fits.one.coefficients == pytest.approx(Data.of(few).unanswered_by(np.arange(40)).one.coefficients)
    data = Data.of([*few, *many])
    changed = Data.of([*few, *(replace(one, row=row(0.0, 0.0)) for one in many)])
    assert np.array_equal(data.chances(fits)[:40], changed.chances(changed.unanswered_by(np.arange(80)))[:40])


def given(
    examples: Sequence[Example], shift: float, *, told: bool = True, learnt: bool = True, qa: str = "qa.jsonl"
) -> list[Example]:
    """The same questions in conversations that give their papers; all their gaps lie higher by this."""
    return [
        replace(one, qa=qa, given=True, told=told, learnt=learnt, copy=None, row=row(one.row[0] + shift, one.row[1]))
        for one in examples
        if one.row
    ]


def test_questions_whose_paper_a_conversation_gives_are_refused_from_a_chance_of_their_own() -> None:
    others = made(120, 30, 5.0)
    shifted = given(made(120, 40, 5.0, seed=8), 3.0)
    calibration = fit_examples([*others, *shifted], FITTED).calibration
    assert calibration.given is not None
    assert calibration.given < calibration.threshold
    assert calibration.refused_from(given=True) == calibration.given
    few = fit_examples([*others, *shifted[20:]], FITTED).calibration
    assert few.given is None, "of too few nobody knows"
    assert few.refused_from(given=True) == few.threshold


def test_a_set_of_conversations_only_moves_the_chances_in_conversations() -> None:
    others = made(120, 30, 5.0)
    untold = given(made(120, 40, 5.0, seed=8), 3.0, told=False, learnt=False, qa="talks.jsonl")
    alone, both = (fit_examples(examples, FITTED).calibration for examples in (others, [*others, *untold]))
    assert (both.unanswered, both.right) == (alone.unanswered, alone.right)
    assert both.threshold == pytest.approx(alone.threshold, abs=0.05)
    assert alone.given is None
    assert both.given is not None


def test_what_is_called_high_in_a_conversation_is_borne_out_there() -> None:
    others = made(120, 30, 5.0)
    talked = [
        replace(one, right=one.right and n % 3 > 0)  # as where an earlier turn missed the paper, which no feature shows
        for n, one in enumerate(given(made(120, 40, 5.0, seed=8), 0.0, learnt=False, qa="talks.jsonl"))
    ]
    alone, both = (fit_examples(examples, FITTED).calibration for examples in (others, [*others, *talked]))
    assert both.right == alone.right
    assert both.levels["high"].at_least == pytest.approx(alone.levels["high"].at_least, abs=0.05)
    assert alone.given_high is None
    assert both.given_high is not None
    assert both.given_high.at_least > both.levels["high"].at_least
    between = (both.given_high.at_least + both.levels["high"].at_least) / 2
    assert (both.confidence(between), both.confidence(between, given=True)) == ("high", "medium")
    assert alone.confidence(between, given=True) == "high"
    assert "high in a conversation" in both.levels_shown()


def test_conversations_alone_are_too_few_to_learn_from() -> None:
    with pytest.raises(DatasetError, match="unanswerable"):
        fit_examples(given(made(120, 40, 5.0), 0.0, learnt=False, qa="talks.jsonl"), FITTED)


def test_where_a_label_is_missing_nothing_is_certain() -> None:
    examples = [replace(one, many=one.right and n % 2 == 0) for n, one in enumerate(made(60, 12, 5.0))]
    data = Data.of(examples)
    chances = data.chances(data.unanswered_by(data.everything))[data.many]
    assert ((chances > 0) & (chances < 0.5)).all()


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
    chances = np.array([0.9, 0.8, 0.7, *np.linspace(0.0, 0.2, 40)])
    labels = np.array([1, 1, 1, *[0] * 40])
    assert choose_threshold(curve_of(chances, labels)) == pytest.approx(0.45)


def test_words_for_confidence_have_the_accuracy_they_promise() -> None:
    chances = np.linspace(1.0, 0.0, 60)
    right = np.array([True] * 19 + [False] + [False, True, True, True] * 5 + [False] * 20)
    levels = levels_of(chances, right)
    higher = chances >= levels["high"].at_least
    assert levels["high"].at_least > levels["medium"].at_least > levels["low"].at_least == 0
    assert (levels["high"].right or 0) >= 0.9
    assert levels["medium"].at_least == LIKELY
    assert levels["medium"].n == ((chances >= LIKELY) & ~higher).sum()
    assert sum(level.n for level in levels.values()) == 60
    assert levels["high"].n == higher.sum()
    assert levels["high"].right == pytest.approx(right[higher].mean())


def test_no_answer_is_called_high_where_too_few_are_right_or_there_are_too_few() -> None:
    for right in (np.array([False, True] * 20), np.ones(FEWEST - 1, dtype=bool)):
        levels = levels_of(np.linspace(1.0, 0.1, len(right)), right)
        assert (levels["high"].at_least, levels["high"].n) == (1.0, 0)


def test_a_reliability_curve_rises_in_groups_of_equal_size() -> None:
    chances = np.tile([0.2, 0.8], 40)
    right = np.array([n % 5 == 0 if chance < 0.5 else n % 5 != 0 for n, chance in enumerate(chances)])
    bins = reliability_of(chances, right)
    assert {one.n for one in bins} == {10}
    assert [one.chance for one in bins] == sorted(one.chance for one in bins)
    assert calibration_error(bins) < 0.1
    assert calibration_error(reliability_of(1 - chances, right)) > 0.5


@pytest.mark.parametrize(("n", "unanswerable", "word"), [(30, 2, "unanswerable"), (12, 10, "answerable")])
def test_too_few_questions_are_refused(n: int, unanswerable: int, word: str) -> None:
    with pytest.raises(DatasetError, match=f" {word} questions"):
        fit_examples(made(n, unanswerable, 1.0), FITTED)


def test_questions_that_no_fit_can_use_are_counted_too() -> None:
    fitted = FITTED.model_copy(update={"questions": 31, "unanswerable": 3})
    with pytest.raises(DatasetError, match="has 3 unanswerable questions, of which 1 decided without a fit; a calib"):
        fit_examples(made(30, 2, 1.0), fitted)


def test_questions_decided_without_features_count_in_the_figures() -> None:
    empty = Question(id="empty", question="q", type="unanswerable")
    calibrated = fit_examples([*made(40, 10, 3.0), Example("qa.jsonl", empty, None, None, True, False)], FITTED)
    assert calibrated.by_type["unanswerable"].n == 11
    assert calibrated.figures["recall"].n == 11


def test_page_shows_the_curves_and_escapes_the_file_name() -> None:
    calibrated = calibrated_on(5.0)
    fitted = FITTED.model_copy(update={"qa": "<b>.jsonl"})
    named = replace(calibrated, calibration=calibrated.calibration.model_copy(update={"fitted": fitted}))
    page = render(named)
    assert page.count("<svg") == 2
    assert "<b>.jsonl" not in page
    assert "&lt;b&gt;.jsonl" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
