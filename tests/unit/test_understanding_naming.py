"""Misspelt names of authors are corrected towards the library's, others never."""

from __future__ import annotations

import pytest

from rag.query.author_spelling import NameSpeller
from rag.text.names import name_matches, name_words

AUTHORS = (
    "Jimmy Lin",
    "Hengran Zhang",
    "Maarten de Rijke",
    "Wei Liu",
    "Wei Wang",
    "Mario Rossi",
    "Jiafeng Guo",
    "Jifeng Gou",
    "Charles L. A. Clarke",
)


@pytest.fixture(scope="module")
def speller() -> NameSpeller:
    folded = [name_words(name) for name in AUTHORS]
    words = sorted({word for name in folded for word in name})
    return NameSpeller(words, lambda name: any(name_matches(name_words(name), one) for one in folded))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Jimy Lin", "Jimmy Lin"),
        ("jimy lin", "jimmy lin"),
        ("Hengrn Zhang", "Hengran Zhang"),
        ("Maarten de Rike", "Maarten de Rijke"),
        ("Charels Clarke", "Charles Clarke"),
        ("Jiafeng Gou", "Jiafeng Guo"),  # though somebody else is a Gou
    ],
)
def test_a_slip_is_corrected(speller: NameSpeller, typed: str, meant: str) -> None:
    assert speller.corrected(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "Jimmy Lin",  # right
        "J. Lin",  # right
        "Jimmy Liu",  # both parts are borne by somebody
        "Maria Rossi",  # another name
        "Jane Nobody",  # nobody
        "Jmy Ln",  # no part is right
        "C. Clark",  # nothing but an initial is
        "Wie",  # two people
    ],
)
def test_what_may_be_right_is_left_alone(speller: NameSpeller, typed: str) -> None:
    assert speller.corrected(typed) is None


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("Jimmy Liu", ["jimmy lin"]),
        ("Jifeng Guo", ["jiafeng guo", "jifeng gou"]),
        ("Jiafeng Go", ["jiafeng guo"]),
        ("Jimmy Lin", []),  # known
        ("Jane Nobody", []),
        ("Lim", []),  # one part could be anybody's
    ],
)
def test_who_is_unknown_may_be_somebody_of_a_similar_name(speller: NameSpeller, typed: str, offered: list[str]) -> None:
    assert speller.similar(typed) == offered
