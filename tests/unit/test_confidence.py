"""Intervals and tests: checked against formulas, other resamplers and planted differences."""

from __future__ import annotations

import numpy as np
import pytest

from eval.metrics.confidence import Estimate, difference, estimate

stats = pytest.importorskip("scipy.stats")


def means(values: np.ndarray) -> list[tuple[float, float]]:
    return [(float(value), 1.0) for value in values]


def test_interval_agrees_with_scipys_bootstrap() -> None:
    values = np.random.default_rng(1).beta(2, 1, size=120)
    ours = estimate(means(values))
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=2).confidence_interval
    assert ours.mean == pytest.approx(values.mean())
    assert ours.low == pytest.approx(theirs.low, abs=0.006)
    assert ours.high == pytest.approx(theirs.high, abs=0.006)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(100):
        found = estimate(means(generator.binomial(1, 0.7, size=100).astype(float)))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.7 <= found.high
    assert 0.88 <= covered / 100 <= 1.0


def test_a_ratio_of_sums_is_not_a_mean_of_ratios() -> None:
    assert estimate([(2.0, 2.0), (0.0, 6.0)]).mean == pytest.approx(0.25)


def test_nothing_measured_says_so() -> None:
    assert estimate([]).as_json() == {"mean": None, "low": None, "high": None, "n": 0}
    assert estimate([(0.0, 0.0)] * 3) == Estimate(None, None, None, 3)


def test_questions_without_a_denominator_only_widen_the_interval() -> None:
    found = estimate([(1.0, 1.0), (0.0, 1.0)] + [(0.0, 0.0)] * 30)
    assert (found.mean, found.low, found.high) == (0.5, 0.0, 1.0)


def test_the_same_scores_give_the_same_numbers() -> None:
    values = means(np.random.default_rng(5).random(60))
    assert estimate(values) == estimate(values)
    assert difference(values, values[::-1]) == difference(values, values[::-1])


def test_equal_runs_differ_by_nothing() -> None:
    values = means(np.random.default_rng(5).random(40))
    found = difference(values, values)
    assert (found.mean, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_pairing_finds_what_independent_samples_would_not() -> None:
    generator = np.random.default_rng(7)
    hard = generator.random(80)  # questions differ a lot, the runs differ little and always in the same direction
    found = difference(means(hard), means(hard + 0.02 + generator.normal(0, 0.01, 80)))
    assert found.p is not None
    assert found.low is not None
    assert found.p < 0.01
    assert found.low > 0
    assert stats.ttest_ind(hard, hard + 0.02).pvalue > 0.5


def test_p_agrees_with_the_paired_t_test_on_normal_differences() -> None:
    generator = np.random.default_rng(11)
    for shift in (0.0, 0.05, 0.15):
        a, delta = generator.random(100), generator.normal(shift, 0.5, 100)
        found = difference(means(a), means(a + delta))
        assert found.p == pytest.approx(stats.ttest_rel(a + delta, a).pvalue, abs=0.03)


def test_under_the_null_p_is_small_as_rarely_as_it_should_be() -> None:
    generator = np.random.default_rng(13)
    small = 0
    for _ in range(100):
        a, b = generator.random(50), generator.random(50)
        p = difference(means(a), means(b)).p
        assert p is not None
        small += p < 0.05
    assert small <= 13


def test_unpaired_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3 questions with 2"):
        difference([(1, 1)] * 3, [(1, 1)] * 2)
