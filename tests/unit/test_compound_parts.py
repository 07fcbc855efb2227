"""When the answer to a part is none: what was quoted before, and what is likelier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rag.answer.outcome import Outcome
from rag.answer.parts import Part, goes_on_about, in_light, likelier, repeats, told
from rag.answer.render import paper_heading
from rag.query import Kind, Question
from rag.types import Citation, Delta, Event, Filters


def cited(paper: str, start: int, end: int, version: int = 1) -> Citation:
    made: dict[str, Any] = {"n": 1, "paper_id": paper, "version": version, "start": start, "end": end}
    return Citation.model_construct(**made, quote="", title="T", date="2025-05-01")


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
    assert goes_on_about(piece, whole, ()) == papers


@pytest.mark.parametrize(
    ("before", "papers"),
    [(("a",), ("a",)), (("a", "a"), ("a",)), (("a", "b"), ()), (("b",), ()), ((), ())],
)
def test_a_part_goes_on_about_the_one_paper_that_the_parts_before_were_answered_from(
    before: tuple[str, ...], papers: tuple[str, ...]
) -> None:
    whole, piece = Question("w", "w", Filters()), Question("p", "p", Filters(), focus=("a",))
    parts = [part(cited(paper, 0, 9)) for paper in before]
    assert goes_on_about(piece, whole, parts) == papers
    assert in_light(piece, whole, papers, parts).papers == (frozenset(papers) or None), "no other paper answers it"


def test_what_several_parts_are_answered_with_stands_once_and_a_paper_that_goes_on_is_not_named_again() -> None:
    first, other = cited("a", 0, 9), cited("a", 20, 29).model_copy(update={"n": 2})
    heading = paper_heading(first)
    said, further = f"{heading}\n\n> A. [1]", f"{heading}\n\n> B. [2]"
    parts = [
        replace(part(first), asked="how many are there", outcome=Outcome(text=said, citations=(first,))),
        replace(part(first), asked="since when", outcome=Outcome(text=said, citations=(first,))),
        replace(part(other), asked="why", outcome=Outcome(text=further, citations=(other,))),
    ]
    events = told(parts, Outcome(), lambda _: "high")
    shown = "".join(event.text for event in events if isinstance(event, Delta))
    assert shown == f"**How many are there · Since when**\n\n{heading}\n\n> A. [1]\n\n**Why**\n\n> B. [2]"


def test_what_is_said_of_several_parts_without_a_quote_stands_once() -> None:
    said = Outcome(text="Nobody tells.", reason="detail_absent")
    parts = [replace(part(), asked=asked, outcome=said) for asked in ("what rate", "how many GPUs")]
    shown = "".join(event.text for event in told(parts, Outcome(), lambda _: "high") if isinstance(event, Delta))
    assert shown == "**What rate · How many GPUs**\n\nNobody tells."


@pytest.mark.parametrize(
    ("chances", "confidence", "chance"),
    [((0.9, 0.9), "medium", 0.81), ((0.9, None), "high", 0.9), ((None, None), "high", None)],
)
def test_a_whole_is_right_where_all_its_parts_are(
    chances: tuple[float | None, ...], confidence: str, chance: float | None
) -> None:
    sure = [Outcome(confidence="high", chance=one) for one in chances]
    parts = [replace(part(cited("a", n, n + 1)), outcome=one) for n, one in enumerate(sure)]
    events = told(parts, Outcome(), lambda chance: "high" if chance >= 0.85 else "medium")
    whole: list[Outcome] = []

    def run() -> Iterator[Event]:
        whole.append((yield from events))

    assert list(run())
    assert whole[0].confidence == confidence
    assert whole[0].chance == pytest.approx(chance)


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
    read = in_light(Question("p", "p", Filters()), Question("w", "w", Filters(), named=named), papers, ())
    assert (read.papers, read.focus) == (only, papers)
