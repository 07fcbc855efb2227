"""Questions about the library itself, told apart from questions about what papers say."""

from __future__ import annotations

import pytest

from rag.models.minilm import installed
from rag.query.intents import about
from rag.query.intents.about import About
from rag.query.intents.intent import Intents

INTENTS = Intents(installed)


def read_about(question: str, rest: str | None = None) -> About | None:
    """What a question that stands alone asks of the library; `rest` is what its restrictions leave of it."""
    rest = question if rest is None else rest
    return about.read_about(INTENTS.read(question), question, rest, restricted=rest != question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many papers do you have?", About("count")),
        ("so, how many articles can you search?", About("count")),
        ("what is the number of papers in your collection?", About("count")),
        ("How many papers are about semantic IDs?", About("count", "semantic IDs")),
        ("how many papers do you have on query rewriting", About("count", "query rewriting")),
        ("how many papers on query rewriting do you have?", About("count", "query rewriting")),
        ("How many survey papers are there?", About("count", "survey")),
        ("how many survey papers about RAG are there", About("count", "survey RAG")),
        ("who wrote Search-R1?", About("authors", "Search-R1", titled=True)),
        ("Who is the first author of “A Sea”?", About("authors", "A Sea", titled=True, place="first")),
        ("list the authors of the OneSearch paper", About("authors", "OneSearch", titled=True)),
        ("who wrote it?", About("authors")),
        ("who are the authors?", About("authors")),
        ("who wrote the paper on query rewriting?", About("authors", "the paper on query rewriting", described=True)),
        ("who wrote A Survey of Ranking?", About("authors", "A Survey of Ranking", titled=True)),
        ("who wrote a survey of ranking?", About("authors", "a survey of ranking", described=True)),
        ("who wrote “attention is all”?", About("authors", "attention is all", titled=True)),
        ("who proposed using LLMs as judges?", About("authors", "using LLMs as judges")),
        ("When was the Search-R1 paper published?", About("listed", "Search-R1", titled=True)),
        ("in which report did QueryGym appear?", About("listed", "QueryGym", titled=True)),
        ("how many authors does OneRec have?", About("authors", "OneRec", titled=True)),
        ("when did they appear?", About("listed", several=True)),
        ("which of the two is newer?", About("age", several=True)),
        ("which one is longer?", About("length", several=True)),
        ("Was OneRec revised?", About("versions")),
        ("cite OneRec", About("cite")),
        ("Which category is OneRec in?", About("category")),
        ("what topics are in the library?", About("themes")),
        ("which days are covered?", About("days")),
        ("what's the latest report?", About("news")),
        ("how far back do you go", About("coverage")),
        ("how many reports are there?", About("coverage")),
        ("when were you last updated?", About("coverage")),
        ("which days have new papers?", About("days")),
        ("on which days were papers listed?", About("days")),
        ("list the dates with reports", About("days")),
    ],
)
def test_questions_about_the_library(question: str, expected: About) -> None:
    assert read_about(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How many papers did the survey on LLM agents review?",
        "how many papers were annotated in the CLEF task?",
        "how many documents does BRIGHT contain?",
        "how many studies were included in the meta-analysis on RAG?",
        "how many works compare dense and sparse retrieval",
        "how many recent papers are there?",
        "how many papers about RAG without training?",
        "how many retrieved papers did the judges label?",
        "who benefits from recommender systems?",
        "when was the MovieLens dataset collected",
        "what is the latest approach to reranking?",
        "what does the latest report say about agents?",
        "which papers came out in May?",
        "How do the authors of Search-R1 evaluate it?",
        "whose preferences does the system model",
        "what time does the study cover",
    ],
)
def test_questions_about_what_papers_say(question: str) -> None:
    assert read_about(question) is None


def test_a_count_is_read_from_what_the_filters_leave() -> None:
    assert read_about("how many papers by Jimmy Lin since May?", "how many papers?") == About("count")
    assert read_about("how many papers by graphs?", "how many papers by graphs?") is None


@pytest.mark.parametrize(("asked", "needed"), [(About("authors"), True), (About("count"), False)])
def test_only_a_paper_that_is_not_named_needs_the_conversation(asked: About, needed: bool) -> None:
    assert asked.needs_focus is needed
    assert not About("authors", "Search-R1").needs_focus
