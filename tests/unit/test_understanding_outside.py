"""A paper that a question names and that its own restrictions leave out is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from rag.query import Reader
from rag.types import Filters
from tests.support.reading import ReadingLibrary


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    opened = ReadingLibrary(tmp_path_factory.mktemp("reading"))
    yield Reader(opened)
    opened.close()


def said(reader: Reader, question: str, filters: Filters | None = None) -> list[str]:
    return [note.text for note in reader.understand(question, filters=filters).notes if note.code == "outside"]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "In the papers from May 2025, how does QueryGym reformulate?",
            "“QueryGym” (2025-11-22) is outside of what was asked for: reports from 2025-05-01 to 2025-05-31.",
        ),
        (
            "Compare OneSearch and UniSearch using only papers by Ben Chen since June 2025",
            "“UniSearch” (2025-09-09) is outside of what was asked for: author Ben Chen.",
        ),
        (
            "Apart from papers by Laura Dietz, what does the paper Principles of LLM Judges say of prompts?",
            "“Principles of LLM Judges” (2025-07-01) is outside of what was asked for: all but papers by Laura Dietz.",
        ),
    ],
)
def test_what_leaves_out_a_paper_that_is_named_is_said(reader: Reader, question: str, text: str) -> None:
    assert said(reader, question) == [text]


def test_filters_given_beside_the_question_leave_out_as_well(reader: Reader) -> None:
    early = Filters(date_to=date(2025, 6, 30))
    assert said(reader, "How does QueryGym reformulate?", early) == [
        "“QueryGym” (2025-11-22) is outside of what was asked for: reports to 2025-06-30."
    ]


@pytest.mark.parametrize(
    "question",
    [
        "In the papers from November 2025, how does QueryGym reformulate?",
        "Which papers from May 2025 are like QueryGym?",
        "How does QueryGym reformulate?",
        "How does the dense retrieval paper from May 2025 differ from QueryGym?",
    ],
)
def test_nothing_is_said_of_a_paper_that_may_answer_or_is_not_to(reader: Reader, question: str) -> None:
    assert said(reader, question) == []
