"""The list of mutations fits the tree: each can be made, and names tests that are there."""

from __future__ import annotations

import ast

import pytest

from tests.quality.mutations import Mutation, read_mutations
from tests.support.data import REPOSITORY

MUTATIONS = read_mutations()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_each_mutation_can_be_made_and_leaves_a_program(mutation: Mutation) -> None:
    text = (REPOSITORY / mutation.file).read_text(encoding="utf-8")
    mutated = mutation.applied(text)
    assert ast.dump(ast.parse(mutated)) != ast.dump(ast.parse(text))


def test_each_names_tests_that_are_there_and_none_stands_twice() -> None:
    assert [test for mutation in MUTATIONS for test in mutation.tests if not (REPOSITORY / test).is_file()] == []
    assert len({str(mutation) for mutation in MUTATIONS}) == len(MUTATIONS)


def test_what_does_not_stand_exactly_once_is_refused() -> None:
    mutation = Mutation("a.py", "x", "y", ())
    assert mutation.applied("1 < x") == "1 < y"
    for text in ("1 < 2", "x < x"):
        with pytest.raises(ValueError, match=r"'x' stands [02] times in a\.py"):
            mutation.applied(text)
