"""When the answer to a part is none: what was quoted before, and what is likelier."""

from __future__ import annotations

from typing import Any

import pytest

from rag.answer.outcome import Outcome
from rag.answer.parts import Part, goes_on_about, in_light, likelier, repeats
from rag.query import Kind, Question
from rag.types import Citation, Filters


def cited(paper: str, start: int, end: int, version: int = 1) -> Citation:
    made: dict[str, Any] = {"n": 1, "paper_id": paper, "version": version, "start": start, "end": end, "quote": ""}
    return Citation.model_construct(**made)


def part(*citations: Citation, chance: float | None = None) -> Part:
    return Part("what?", Question("what?", "what?", Filters()), (), Outcome(citations=citations, chance=chance))


def test_what_was_quoted_before_is_a_repetition() -> None:
    before = [part(cited("a", 10, 50)), part(cited("b", 0, 20))]
    assert repeats(part(cited("a", 10, 90)), before), "with another sentence"
    assert repeats(part(cited("b", 5, 20), cited("a", 10, 50)), before)
    assert not repeats(part(cited("a", 50, 90)), before), "the sentence after it"
    assert not repeats(part(cited("a", 10, 50), cited("c", 0, 9)), before), "something is new"
    assert not repeats(part(cited("a", 10, 50, version=2)), before), "of another version"
    assert not repeats(part(), before)


def test_the_likelier_answer_is_taken() -> None:
    first, second = part(chance=0.6), part(chance=0.7)
    assert likelier(first, second) is second
    assert likelier(second, first) is second
    assert likelier(first, part()) is first


@pytest.mark.parametrize(
    ("named", "focus", "kind", "papers"),
    [
        (("a",), ("a",), "single", ("a",)),
        (("a", "b"), ("a", "b"), "single", ()),
        (("a",), ("b",), "single", ()),
        ((), (), "single", ()),
        (("a",), ("a",), "list", ()),
    ],
)
def test_a_part_goes_on_about_the_one_paper_that_is_named(
    named: tuple[str, ...], focus: tuple[str, ...], kind: Kind, papers: tuple[str, ...]
) -> None:
    whole, piece = Question("w", "w", Filters(), named=named), Question("p", "p", Filters(), focus=focus, kind=kind)
    assert goes_on_about(piece, whole) == papers


@pytest.mark.parametrize(
    ("named", "papers", "only"),
    [
        (("a",), ("a",), frozenset({"a"})),
        ((), ("a",), None),
        (("a", "b"), ("a", "b"), None),
        (("a",), (), None),
    ],
)
def test_a_part_about_the_named_paper_is_answered_from_it_alone(
    named: tuple[str, ...], papers: tuple[str, ...], only: frozenset[str] | None
) -> None:
    """A paper that was only guessed is preferred, and no more."""
    read = in_light(Question("p", "p", Filters()), Question("w", "w", Filters(), named=named), papers)
    assert (read.papers, read.focus) == (only, papers)
