"""Sentences that enumerate, and that they are quoted together."""

from __future__ import annotations

import numpy as np
import pytest

from rag.answer.extract import SIBLING, SIBLING_WORDS, with_siblings
from rag.text.enumerated import enumerated


@pytest.mark.parametrize(
    ("said", "groups"),
    [
        (["Two things.", "The first challenge is A.", "The second challenge is B."], [[1, 2]]),
        (["First, we do A.", "It is fast.", "Secondly, B.", "And third, C."], [[0, 2, 3]]),
        (["(1) A.", "(2) B.", "(i) C.", "(ii) D."], [[0, 1], [2, 3]]),
        (["The first paper on A.", "It does B."], []),
        (["Second, we do B.", "Third, C."], []),
        (["First, A.", "Third, C."], []),
        (["Firstborn animals are larger.", "Secondary effects are small."], []),
        ([], []),
    ],
)
def test_items_are_counted_from_one_on(said: list[str], groups: list[list[int]]) -> None:
    assert enumerated(said) == groups


def test_the_other_items_are_quoted_beside_the_best_one() -> None:
    odds, short = np.array([-4.0, 1.0 - SIBLING, 1.0]), [10, 10, 10]
    assert with_siblings([2], odds, short, [[1, 2]]) == [1, 2]
    assert with_siblings([2], odds - [0, 0.1, 0], short, [[1, 2]]) == [2], "it hardly answers"
    assert with_siblings([0, 2], odds, short, [[0, 1]]) == [0, 2], "the best sentence is no item"
    assert with_siblings([2], odds, [10, SIBLING_WORDS + 1, 10], [[1, 2]]) == [2], "it is too long"
    assert with_siblings([], odds, short, [[1, 2]]) == []
