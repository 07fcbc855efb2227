"""Fusing the dense and the lexical list, and the weight between them; on random lists with ties and empty ones."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.config import RetrievalConfig
from rag.retrieve.hybrid import COVERAGE_RANGE, coverage, dense_weight, fuse

# Few distinct scores, some negative as a cosine may be: many ties.
lists = st.dictionaries(
    st.sampled_from([f"c{number}" for number in range(12)]), st.integers(-2, 8).map(lambda n: n / 4), max_size=10
).map(lambda scores: sorted(scores.items(), key=lambda item: (-item[1], item[0])))
shares = st.floats(0, 1)
depths = st.integers(1, 12)
weights = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 20))
terms = st.sets(st.sampled_from("abcdefghij"))


@st.composite
def settings(draw: st.DrawFn) -> RetrievalConfig:
    return RetrievalConfig(dense_weight=draw(shares), dense_weight_paraphrase=draw(shares))


@given(lists, lists, shares, depths)
def test_every_candidate_once_best_first_ties_by_id_within_0_and_1(
    dense: list[tuple[str, float]], lexical: list[tuple[str, float]], weight: float, depth: int
) -> None:
    fused = fuse(dense, lexical, weight, depth)
    assert sorted(chunk_id for chunk_id, _ in fused) == sorted(dict(dense) | dict(lexical))
    assert fused == sorted(fused, key=lambda item: (-item[1], item[0]))
    assert all(-1e-12 <= score <= 1 + 1e-12 for _, score in fused)


@given(lists, shares, depths)
def test_an_empty_list_adds_nothing(found: list[tuple[str, float]], weight: float, depth: int) -> None:
    best = max((score for _, score in found), default=0.0)
    scaled = {chunk_id: max(score, 0.0) / best if best > 0 else 0.0 for chunk_id, score in found}
    alone, other = dict(fuse(found, [], weight, depth)), dict(fuse([], found, weight, depth))
    assert alone == pytest.approx({chunk_id: weight * score for chunk_id, score in scaled.items()})
    assert other == pytest.approx({chunk_id: (1 - weight) * score for chunk_id, score in scaled.items()})


@given(lists, lists, shares, depths)
def test_what_a_list_lacks_has_its_last_score_when_it_was_cut_and_0_when_it_ended(
    dense: list[tuple[str, float]], lexical: list[tuple[str, float]], weight: float, depth: int
) -> None:
    def share(scored: list[tuple[str, float]], chunk_id: str) -> float:
        if not scored or scored[0][1] <= 0:
            return 0.0
        scores = dict(scored)
        if chunk_id not in scores and len(scored) < depth:
            return 0.0
        return max(scores.get(chunk_id, scored[-1][1]), 0.0) / scored[0][1]

    for chunk_id, score in fuse(dense, lexical, weight, depth):
        expected = weight * share(dense, chunk_id) + (1 - weight) * share(lexical, chunk_id)
        assert score == pytest.approx(expected)


@given(lists, lists, st.floats(0, 1), depths, st.floats(0.125, 8))
def test_the_unit_of_a_list_does_not_matter(
    dense: list[tuple[str, float]], lexical: list[tuple[str, float]], weight: float, depth: int, unit: float
) -> None:
    scaled = [(chunk_id, score * unit) for chunk_id, score in lexical]
    assert dict(fuse(dense, scaled, weight, depth)) == pytest.approx(dict(fuse(dense, lexical, weight, depth)))


@given(settings(), shares, shares)
def test_the_weight_moves_one_way_between_the_two_configured(config: RetrievalConfig, one: float, other: float) -> None:
    names, paraphrase = config.dense_weight, config.dense_weight_paraphrase
    less, more = dense_weight(min(one, other), config), dense_weight(max(one, other), config)
    assert all(min(names, paraphrase) - 1e-12 <= weight <= max(names, paraphrase) + 1e-12 for weight in (less, more))
    assert abs(more - names) <= abs(less - names) + 1e-12  # the more is covered, the nearer to the names' weight


@given(settings(), shares)
def test_outside_the_range_the_weight_is_one_of_the_two(config: RetrievalConfig, covered: float) -> None:
    low, high = COVERAGE_RANGE
    if covered <= low:
        assert dense_weight(covered, config) == config.dense_weight_paraphrase
    if covered >= high:
        assert dense_weight(covered, config) == pytest.approx(config.dense_weight)


@given(weights, terms, terms)
def test_coverage_is_a_share_that_grows_with_the_terms(
    weighed: dict[str, float], some: set[str], more: set[str]
) -> None:
    part, larger = coverage(weighed, some), coverage(weighed, some | more)
    assert 0 <= part <= larger + 1e-9
    assert larger <= 1 + 1e-9
    assert coverage(weighed, set()) == 0
    whole = coverage(weighed, set(weighed))
    assert whole == pytest.approx(1.0 if sum(weighed.values()) else 0.0)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.floats(0.01, 12), min_size=2, max_size=12), st.randoms())
def test_coverage_does_not_depend_on_the_order_of_the_terms(weights: dict[str, float], random: Random) -> None:
    shuffled = list(weights.items())
    random.shuffle(shuffled)
    terms = set(list(weights)[::2])
    assert coverage(weights, terms) == coverage(dict(shuffled), terms)
