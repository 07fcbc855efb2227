"""Papers that a question means by name come first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.papers.claims import Claim
from rag.papers.entities import Naming
from rag.query import Question
from rag.query.lexicon.entities import Named
from rag.retrieve.meant import NEARLY, RARE, meant_first
from rag.types import Filters, Passage
from tests.unit.test_reranking import ids, passage

OWN = "2504.00003"
"""The paper of `passage(2, …)`."""


def asked(text: str = "CDMizer", claim: Claim = Claim.INTRODUCED, others: int = 0) -> Question:
    namings = [Naming(OWN, claim, text), *(Naming(f"2504.1{n:04}", Claim.MENTIONED, text) for n in range(others))]
    return replace(Question("?", "?", Filters()), named=(OWN,), entities=(Named(text, tuple(namings)),))


def ranked(behind: float) -> list[Passage]:
    return [passage(0, 3.0), passage(2, 3.0 - behind), passage(1, 0.5)]


def test_the_paper_that_introduces_a_rare_name_comes_first_where_it_is_nearly_as_near() -> None:
    assert ids(meant_first(ranked(NEARLY - 0.1), asked())) == ["c2", "c0", "c1"]
    assert ids(meant_first(ranked(NEARLY + 0.1), asked())) == ["c0", "c2", "c1"]


@pytest.mark.parametrize(
    "question",
    [asked("the"), asked(others=RARE), asked(claim=Claim.MENTIONED, others=1)],
    ids=["a word", "common", "mentioned"],
)
def test_what_is_no_rare_name_of_its_own_moves_none(question: Question) -> None:
    assert ids(meant_first(ranked(0.1), question)) == ["c0", "c2", "c1"]


def test_a_name_that_one_paper_alone_holds_means_it_whatever_it_says_of_it() -> None:
    mentioned = replace(asked(claim=Claim.MENTIONED), named=())
    assert ids(meant_first(ranked(NEARLY - 0.1), mentioned)) == ["c2", "c0", "c1"]


def test_a_paper_that_is_called_so_comes_first_however_far_it_is() -> None:
    assert ids(meant_first(ranked(2.4), replace(asked(), called=(OWN,)))) == ["c2", "c0", "c1"]
