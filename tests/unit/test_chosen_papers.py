"""Which of the papers that a conversation named are meant: the other one, both, a place, what is left of a list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.papers.descriptions import Description, Makers
from rag.query import Reader
from rag.types import Turn
from rag.types.card import Card, Span
from tests.support.papers import make_paper
from tests.support.reading import ReadingLibrary

SEARCH, JUDGES, CRITERIA, GYM = "2504.00007", "2504.00004", "2504.00003", "2504.00005"
TITLES = {
    SEARCH: "**OneSearch: Generative Search at Kuaishou** (2025-09-05)",
    JUDGES: "**Principles of LLM Judges** (2025-07-01)",
    CRITERIA: "**Criteria-Based Evaluation of Answers** (2025-05-20)",
    GYM: "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)",
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    opened = ReadingLibrary(tmp_path_factory.mktemp("reading"))
    yield Reader(opened)
    opened.close()


def said(question: str, *papers: str) -> list[Turn]:
    """A question with an answer that quotes some papers."""
    answer = "\n\n".join(f"{TITLES[paper]}\n\n> It is told of {paper}. [{n}]" for n, paper in enumerate(papers, 1))
    return [Turn(role="user", content=question), Turn(role="assistant", content=answer)]


LISTED = said("papers on evaluation", SEARCH, JUDGES, CRITERIA, GYM)
TWO_OF_FOUR = [*LISTED, *said("What is QueryGym?", GYM), *said("How fast is OneSearch?", SEARCH)]


def test_the_other_one_is_the_other_paper_that_was_talked_of_and_none_further_of_the_list(reader: Reader) -> None:
    found = reader.understand("and the other one, is it open?", TWO_OF_FOUR)
    assert (found.focus, found.papers, found.kind) == ((GYM,), frozenset({GYM}), "single")


def test_where_one_of_a_list_was_talked_of_the_other_one_is_the_one_that_answers(reader: Reader) -> None:
    talk = [*LISTED, *said("How fast is OneSearch?", SEARCH)]
    found = reader.understand("does the other one reformulate queries?", talk)
    assert (found.papers, found.kind, found.choices) == (frozenset({JUDGES, CRITERIA, GYM}), "single", ())


def test_where_nothing_tells_which_other_one_is_meant_the_reader_is_asked(reader: Reader) -> None:
    talk = [*LISTED, *said("How fast is OneSearch?", SEARCH)]
    assert set(reader.understand("and the other one?", talk).choices) == {JUDGES, CRITERIA, GYM}


@pytest.mark.parametrize(
    "question",
    [
        "do both come with code?",
        "how do the two differ?",
        "which of these two is faster?",
        "are they both open?",
        "how do they differ?",
    ],
)
def test_both_are_the_two_that_were_talked_of(reader: Reader, question: str) -> None:
    found = reader.understand(question, TWO_OF_FOUR)
    assert (found.papers, found.kind) == (frozenset({GYM, SEARCH}), "compare")


def test_a_comparison_with_the_other_one_is_with_the_other_that_was_talked_of(reader: Reader) -> None:
    found = reader.understand("compare it with the other one", TWO_OF_FOUR)
    assert (found.papers, found.kind) == (frozenset({GYM, SEARCH}), "compare")


def test_places_count_the_papers_that_were_asked_for_by_name(reader: Reader) -> None:
    assert reader.understand("how large was the first one?", TWO_OF_FOUR).focus == (GYM,)


def test_who_picks_from_a_list_goes_on_counting_in_it(reader: Reader) -> None:
    talk = [*LISTED, *said("what does the second one do?", JUDGES), *said("and the third one?", CRITERIA)]
    assert reader.understand("how large was the first one?", talk).focus == (SEARCH,)


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("only those from July", {JUDGES}),
        ("just the ones since July, please", {SEARCH, JUDGES, GYM}),
        ("ok, and of these only the papers by Laura Dietz", {JUDGES, CRITERIA}),
    ],
)
def test_a_list_is_narrowed_to_those_of_its_papers_that_fit(reader: Reader, question: str, left: set[str]) -> None:
    found = reader.understand(question, LISTED)
    assert (found.papers, found.only_filters) == (frozenset(left), True)


def test_a_narrowed_list_is_narrowed_again_and_asked_of(reader: Reader) -> None:
    talk = [*LISTED, *said("only those by Laura Dietz", JUDGES, CRITERIA)]
    assert reader.understand("just the ones from July", talk).papers == frozenset({JUDGES})
    assert reader.understand("which of them is about criteria?", talk).papers == frozenset({JUDGES, CRITERIA})
    assert reader.understand("what does the second one say?", talk).focus == (CRITERIA,)


def test_another_restriction_that_does_not_narrow_asks_the_question_again(reader: Reader) -> None:
    found = reader.understand("and in June?", LISTED)
    assert (found.papers, found.filters.date_from is None) == (None, False)


@pytest.mark.parametrize("question", ["just the ones with code", "which of them have code?", "only those with a repo"])
def test_a_list_is_narrowed_by_what_its_abstracts_name(tmp_path: Path, question: str) -> None:
    library = ReadingLibrary(tmp_path)
    card = Card(GYM, 1, code=(Span(0, 8, "QueryGym"),))
    library.shelf.descriptions.write([Description(card, (), ())], Makers("cards", "tags"))
    try:
        found = Reader(library).understand(question, LISTED)
        assert (found.papers, found.only_filters) == (frozenset({GYM}), True)
    finally:
        library.close()


def test_a_system_of_a_month_is_one_of_the_list(reader: Reader) -> None:
    found = reader.understand("and the search system from September, how fast is it?", LISTED)
    assert (found.papers, found.typed) == (frozenset({SEARCH}), "How fast is it?")


def test_a_month_before_a_comma_points_as_well(reader: Reader) -> None:
    found = reader.understand("the July one, how many judges did they ask?", LISTED)
    assert (found.papers, found.kind) == (frozenset({JUDGES}), "single")


def test_a_part_of_a_paper_is_no_paper_of_the_list(reader: Reader) -> None:
    found = reader.understand("how does the search model work?", [*LISTED, *said("How fast is OneSearch?", SEARCH)])
    assert "this paper" not in found.standalone.lower()


def test_the_first_author_is_none_of_the_papers_places(reader: Reader) -> None:
    found = reader.understand("who is the first author?", TWO_OF_FOUR)
    assert (found.about and found.about.place, found.focus) == ("first", (SEARCH,))


def test_the_earlier_one_is_the_other_one(reader: Reader) -> None:
    assert reader.understand("is the earlier one open?", TWO_OF_FOUR).focus == (GYM,)


@pytest.mark.parametrize(
    ("question", "paper"),
    [("who made the first one?", GYM), ("who is behind the other paper?", GYM), ("who wrote the second one?", SEARCH)],
)
def test_the_authors_of_a_paper_that_is_picked_are_told(reader: Reader, question: str, paper: str) -> None:
    found = reader.understand(question, TWO_OF_FOUR)
    assert (found.about and found.about.kind, found.focus) == ("authors", (paper,))


@pytest.mark.parametrize(
    "question",
    [
        "is there one about pharmacokinetic tables too?",
        "there was also an October paper on tables",
        "there was one on tables too",
    ],
)
def test_who_asks_for_one_more_paper_asks_for_none_that_was_talked_of(reader: Reader, question: str) -> None:
    found = reader.understand(question, said("How fast is OneSearch?", SEARCH))
    assert (found.focus, found.papers) == ((), None)


def test_a_bare_name_that_one_paper_introduces_asks_what_it_is(tmp_path: Path) -> None:
    library = ReadingLibrary(tmp_path)
    library.replace(make_paper("2504.00020", "Routing of Queries", "We introduce ModaRoute, a router."))
    try:
        found = Reader(library).understand("ModaRoute", LISTED)
        assert (found.intent.kind, found.kind, found.named) == ("define", "single", ("2504.00020",))
    finally:
        library.close()
