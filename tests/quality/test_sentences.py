"""Which sentences are quoted: what speaks for one, and what against it."""

from __future__ import annotations

import numpy as np
import pytest

from rag.answer.extract import AIMED, HOLDS, INTERCEPT, WEIGHTS, Asked, features, score

SPEAKS = {
    "nearness": 1, "own_terms": 1, "position": 1, "last": -1, "motivation": -1, "mechanism": 1, "figures": 1,
    "contribution": 1,
}  # fmt: skip
"""Whether more of a feature speaks for a sentence (1) or against it (-1)."""


@pytest.mark.parametrize(("feature", "sign"), SPEAKS.items())
def test_more_of_a_feature_speaks_for_a_sentence_or_against_it(feature: str, sign: int) -> None:
    described = {name: np.zeros(2) for name in WEIGHTS}
    described[feature] = np.array([0.0, 1.0])
    without, with_it = score(described)
    assert np.sign(with_it - without) == sign


def test_a_sentence_nearer_to_the_question_than_its_neighbours_has_more_nearness() -> None:
    described = features(Asked(np.array([1.0, 0.0]), {}, "single"), ["near", "far"], np.eye(2), [set(), set(), set()])
    assert described["nearness"].tolist() == [0.5, -0.5]


def test_every_feature_is_weighed() -> None:
    assert set(WEIGHTS) == set(SPEAKS)


def test_what_is_asked_for_outweighs_any_single_feature() -> None:
    strongest = max(map(abs, WEIGHTS.values()))
    assert min(AIMED, HOLDS) > strongest


def test_a_sentence_of_which_nothing_is_known_is_rather_not_quoted() -> None:
    assert INTERCEPT < 0
    assert score({name: np.zeros(1) for name in WEIGHTS})[0] < 0.1
