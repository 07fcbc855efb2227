"""Misspelt names of authors are corrected towards the library's, others never."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.papers.entities import Entities
from rag.papers.shelf import FILE_NAME, Shelf
from rag.query.lexicon.typos import author_meant, similar_authors
from tests.support.papers import make_paper

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
def entities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entities]:
    shelf = Shelf(tmp_path_factory.mktemp("naming") / FILE_NAME)
    shelf.record([make_paper(authors=AUTHORS)])
    yield shelf.entities
    shelf.close()


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
def test_a_slip_is_corrected(entities: Entities, typed: str, meant: str) -> None:
    assert author_meant(entities, typed) == meant


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
def test_what_may_be_right_is_left_alone(entities: Entities, typed: str) -> None:
    assert author_meant(entities, typed) is None


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
def test_who_is_unknown_may_be_somebody_of_a_similar_name(entities: Entities, typed: str, offered: list[str]) -> None:
    assert similar_authors(entities, typed) == offered
