"""Sentences that enumerate, and what is quoted beside the best ones."""

from __future__ import annotations

import numpy as np
import pytest

from rag.answer.sentences import BESIDE, BESIDE_WORDS, with_asked, with_siblings
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
        (["First-stage retrievers are fast.", "Second-stage rerankers are slow."], []),
        (["The first author is known.", "The second half is new."], []),
        (["(1) A.", "(i) B.", "(ii) C.", "(2) D."], [[0, 3], [1, 2]]),
        (["First, A.", "The first stage is B.", "Second, C."], [[0, 2]]),
        (["First, A.", "(2) B."], []),
        (["First, A.", "Second, B.", "Finally, C.", "Finally, D."], [[0, 1, 2]]),
        (["First, A.", "Finally, C."], []),
        (["Firstborn animals are larger.", "Secondary effects are small."], []),
        ([], []),
    ],
)
def test_items_are_counted_from_one_on(said: list[str], groups: list[list[int]]) -> None:
    assert enumerated(said) == groups


def test_the_other_items_are_quoted_beside_the_best_one() -> None:
    odds, short = np.array([-4.0, 1.0 - BESIDE, 1.0]), [10, 10, 10]
    assert with_siblings([2], odds, short, [[1, 2]]) == [1, 2]
    assert with_siblings([2], odds - [0, 0.1, 0], short, [[1, 2]]) == [2], "it hardly answers"
    assert with_siblings([0, 2], odds, short, [[0, 1]]) == [0, 2], "the best sentence is no item"
    assert with_siblings([2], odds, [10, BESIDE_WORDS + 1, 10], [[1, 2]]) == [2], "it is too long"
    assert with_siblings([], odds, short, [[1, 2]]) == []


def test_what_answers_the_thing_asked_is_quoted_beside_what_describes_the_paper() -> None:
    odds, asked, short = np.array([2.0, -2.5, -3.5]), np.array([-4.0, 0.5, 0.4]), [10, 10, 10]
    assert with_asked([0], odds, short, asked) == [0, 1]
    assert with_asked([0, 1], odds, short, asked) == [0, 1]
    assert with_asked([0], odds, short, asked - 1) == [0], "it hardly answers"
    assert with_asked([0], odds - [0, 1, 0], short, asked) == [0], "it is no answer to the whole question"
    assert with_asked([0], odds, [10, BESIDE_WORDS + 1, 10], asked) == [0], "it is too long"
    assert with_asked([], np.full(3, -np.inf), short, asked) == [], "nothing may be quoted"
    assert with_asked([0], np.array([2.0, -np.inf, -3.5]), short, asked) == [0], "it must not be quoted"
