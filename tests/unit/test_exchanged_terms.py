"""Planted errors of right words in wrong places are false by their source, and are made only where they are."""

from __future__ import annotations

import random

import pytest

from eval.support.exchanged_terms import exchanged_measure, exchanged_place, exchanged_roles

SOURCE = "FooRank gains 12.5% in recall on Amazon and 3.1% in precision on Taobao. Costs fall on legal texts."


def test_a_measure_becomes_one_of_another_figure() -> None:
    for seed in range(5):
        changed = exchanged_measure("Gains 12.5% recall on Amazon", SOURCE, random.Random(seed))
        assert changed == "Gains 12.5% precision on Amazon"


def test_a_measure_that_shares_its_figure_becomes_a_foreign_one() -> None:
    source = "Recall and precision rise by 8%."
    for seed in range(5):
        changed = exchanged_measure("Recall rises by 8%", source, random.Random(seed))
        assert changed
        assert not changed.lower().startswith(("recall", "precision"))
    assert exchanged_measure("It rises by 8%", source, random.Random(0)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Recall is up 12.5% on Amazon", "Recall is up 12.5% on Taobao"),
        ("12.5% on Amazon, 3.1% on Taobao", "12.5% on Taobao, 3.1% on Amazon"),
        ("Recall is up on Amazon", None),
        ("Recall is up 12.5%", None),
    ],
)
def test_a_data_set_becomes_the_one_of_another_figure(text: str, expected: str | None) -> None:
    assert exchanged_place(text, SOURCE, random.Random(0)) == expected


def test_data_sets_that_share_a_figure_are_left_alone() -> None:
    assert exchanged_place("8% better on Yelp", "It is 8% better on Yelp, on Gowalla.", random.Random(0)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FooRank outperforms BM25 by 3% on Amazon", "BM25 outperforms FooRank by 3% on Amazon"),
        ("small models often beat large ones", "Large ones beat small models"),
        ("FooRank is much faster than BM25", "BM25 is much faster than FooRank"),
        ("LexA extends CaseGNN with edges", "CaseGNN extends LexA with edges"),
        ("They surpass BM25", None),
        ("FooRank is as good as BM25", None),
    ],
)
def test_roles_are_exchanged(text: str, expected: str | None) -> None:
    assert exchanged_roles(text, random.Random(0)) == expected
