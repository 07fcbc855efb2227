"""Questions that name dates and a subject and ask nothing else are read alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from rag.query import Reader
from rag.query.intents.subject import read_subject
from rag.types import Filters
from tests.support.reading import ReadingLibrary


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    opened = ReadingLibrary(tmp_path_factory.mktemp("subject"))
    yield Reader(opened)
    opened.close()


NEWS = """
    What changed since May in query rewriting?
    What has changed since May in query rewriting?
    What's new in query rewriting since May?
    what is new since May in query rewriting
    anything new in query rewriting since May?
    what is different in query rewriting since May?
    news on query rewriting since May
    any news since May on query rewriting?
    Is there any progress in query rewriting since May?
    recent advances in query rewriting since May 2025
    What are the latest developments in query rewriting after April?
    How has query rewriting changed since May?
    since May, what happened in query rewriting?
    what was new since May on query rewriting?
"""
PLAIN = """
    query rewriting since May
    query rewriting in reports since May 2025
    papers about query rewriting since May
    tell me about query rewriting in reports since May
    query rewriting after April 2025
"""


def rows(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


@pytest.mark.parametrize("question", rows(NEWS))
def test_what_is_new_in_a_subject_is_a_list_with_the_newest_first(reader: Reader, question: str) -> None:
    found = reader.understand(question)
    assert found.filters == Filters(date(2025, 5, 1))
    assert (found.kind, found.search_text) == ("list", "papers about query rewriting")
    assert (found.wanted.order, found.wanted.limit) == ("newest", None)


@pytest.mark.parametrize("question", rows(PLAIN))
def test_a_subject_beside_dates_is_a_list_of_the_same_papers(reader: Reader, question: str) -> None:
    found = reader.understand(question)
    assert found.filters == Filters(date(2025, 5, 1))
    assert (found.kind, found.search_text) == ("list", "papers about query rewriting")
    assert not found.wanted


@pytest.mark.parametrize(
    "question",
    [
        "Does query rewriting help, in reports since May?",
        "In reports since May, how is query rewriting evaluated?",
        "explain query rewriting in reports since May",
    ],
)
def test_a_question_about_the_subject_is_no_list(reader: Reader, question: str) -> None:
    found = reader.understand(question)
    assert found.filters == Filters(date(2025, 5, 1))
    assert found.kind == "single"


def test_what_names_its_papers_otherwise_keeps_its_words(reader: Reader) -> None:
    assert reader.understand("Which papers on query rewriting appeared since May?").search_text == (
        "Which papers on query rewriting?"
    )
    assert reader.understand("What are the trends in query rewriting?").search_text.startswith("What are the trends")


def test_what_asks_more_has_no_subject() -> None:
    assert read_subject("What is the loss of a ranker?", "What is the loss of a ranker?") is None
    assert read_subject("What do agents cost?", "What do agents cost in May?") is None
