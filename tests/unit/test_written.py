"""What a writer is given first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rag.query import Question
from rag.types import Filters, Passage
from rag.write.reply import most_useful


def passage(paper: str, n: int, score: float) -> Passage:
    return Passage(f"{paper}-{n}", paper, 1, f"Title of {paper}", (), date(2025, 4, 1), "", 0, 4, "Text", score)


PASSAGES = [
    passage("a", 1, 1.0),
    passage("b", 1, 0.999),
    passage("c", 1, 0.5),
    passage("c", 2, 0.4),
    passage("b", 2, 0.3),
    passage("a", 2, 0.2),
]
SINGLE = Question("What is it?", "it", Filters())


def order(understood: Question) -> list[str]:
    return [one.chunk_id for one in most_useful(understood, PASSAGES)]


def test_a_single_question_gets_all_of_its_papers_before_any_other() -> None:
    assert order(SINGLE) == ["a-1", "b-1", "b-2", "a-2", "c-1", "c-2"]


def test_a_list_gets_one_passage_of_each_paper_first() -> None:
    assert order(replace(SINGLE, kind="list")) == ["a-1", "b-1", "c-1", "c-2", "b-2", "a-2"]


def test_a_comparison_gets_the_papers_that_it_names_first() -> None:
    compared = replace(SINGLE, kind="compare", subjects=("Title of a", "Title of c"))
    assert order(compared)[:2] == ["a-1", "c-1"]


def test_nothing_stays_nothing() -> None:
    assert most_useful(SINGLE, []) == []
