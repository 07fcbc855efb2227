"""The sides of a comparison: where they stand, and how their papers are put side by side."""

from __future__ import annotations

import pytest

from rag.answer.select import choose_papers
from rag.models.sides import COMPARES, load_sides
from rag.query.intents.sides import _put_to
from rag.retrieve.reranker import NEARNESS
from rag.retrieve.sides import NEAR, SIDE, beside
from rag.types import Passage
from tests.support.evaluation import PAPERS

DESCRIBED = (
    "How does the paper on planning tram timetables differ from the one on planning ferry timetables?",
    "Compare MossNet with the lichen classifier, especially the number of species.",
    "The interview study with bakers and the diary study with brewers: what do they say about automation?",
    "Two systems share the name KESTREL. How does the image KESTREL differ from the audio KESTREL?",
)
ALONE = (
    "Which dataset does MossNet use?",
    "papers on trams or ferries from June",
    "How many moss species does the classifier tell apart?",
    "Why does the retriever of MossNet fail on wet leaves?",
    "moss",
    "",
)


@pytest.mark.parametrize("text", DESCRIBED)
def test_a_comparison_of_described_papers_has_two_sides_in_order(text: str) -> None:
    found = load_sides().read(text)
    assert found.chance >= COMPARES
    assert len(found.sides) == 2
    assert all(end <= start for (_, end), (start, _) in zip(found.sides, found.sides[1:], strict=False))


@pytest.mark.parametrize("text", ALONE)
def test_what_asks_of_one_paper_or_of_a_subject_is_no_comparison(text: str) -> None:
    assert load_sides().read(text).chance < COMPARES


def test_a_question_is_put_to_each_side_without_the_others() -> None:
    text = "What do Moss and Fern say of rain?"
    sides = ((8, 12), (17, 21))
    assert _put_to(text, sides, 0) == "What do Moss say of rain?"
    assert _put_to(text, sides, 1) == "What do Fern say of rain?"


def passage(paper_id: str, score: float, nearness: float = 0.9) -> Passage:
    paper = PAPERS[0]
    text = paper.text
    return Passage(
        chunk_id=f"{paper_id}-0",
        paper_id=paper_id,
        version=1,
        title=paper_id,
        authors=(),
        date=paper.date,
        url=paper.url,
        start=0,
        end=len(text),
        text=text,
        score=score,
        scores={NEARNESS: nearness},
    )


def test_papers_of_the_sides_come_first_in_their_order_and_alone_are_cited() -> None:
    others = [passage("loud", 3.0), passage("left", 1.0)]
    found = beside([[passage("left", 0.5)], [passage("right", 0.9)]], [False, False], others)
    assert [one.paper_id for one in found] == ["left", "right", "loud"]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert [one.paper_id for one in choose_papers(found, "compare")] == ["left", "right"]


def test_of_two_sides_with_the_same_first_paper_the_one_with_more_to_lose_keeps_it() -> None:
    near, far = [passage("one", 1.0), passage("two", 0.99)], [passage("one", 1.0), passage("three", 0.2)]
    found = beside([near, far], [False, False], [])
    assert [(one.paper_id, one.scores[SIDE]) for one in found] == [("two", 1.0), ("one", 2.0)]


def test_a_side_without_a_near_paper_has_none_unless_a_name_gives_it() -> None:
    far = [passage("far", 0.5, NEAR - 0.1)]
    assert [one.scores.get(SIDE) for one in beside([[passage("near", 1.0)], far], [False, False], [])] == [1.0]
    assert [one.paper_id for one in beside([[passage("near", 1.0)], far], [False, True], [])] == ["near", "far"]
