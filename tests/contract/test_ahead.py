"""Which of two systems is ahead: what a paper says of the other comes first, and where none does, that is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.answer.render import APART
from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from tests.support.papers import make_paper
from tests.support.samples import sample_library

RIVAL, QUERYGYM = "2501.00001", "2511.15996"
BEATS = "On three benchmarks it reformulates queries better than QueryGym, by 4.2 points of recall."


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=sample_library(tmp_path_factory.mktemp("library"))))
    abstract = f"We propose RivalRank, a system that reformulates queries in two stages. {BEATS} Its code is open."
    library.ingest([make_paper(RIVAL, title="RivalRank: Reformulation in Two Stages", abstract=abstract)])
    with Assistant(library) as opened:
        yield opened


@pytest.mark.parametrize(
    "question",
    ["Is PLUM better than IterQR?", "Which is faster, IterQR or PLUM?", "Does IterQR outperform PLUM in production?"],
)
def test_that_neither_paper_names_the_other_is_said_before_what_each_says(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.answer.startswith(APART)
    assert {one.paper_id for one in answer.citations} == {"2504.05309", "2510.07784"}
    assert answer.confidence != "high"


def test_what_else_is_asked_of_both_is_answered_too(assistant: Assistant) -> None:
    answer = assistant.answer("Which is faster, IterQR or PLUM, and on which platform was each deployed?")
    assert "Meituan" in " ".join(one.quote for one in answer.citations)
    assert "YouTube" in " ".join(one.quote for one in answer.citations)


@pytest.mark.parametrize("question", ["Is QueryGym better than RivalRank?", "Does QueryGym beat RivalRank?"])
def test_what_a_paper_says_of_the_other_is_quoted_first(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert APART not in answer.answer
    first = answer.citations[0]
    assert (first.paper_id, BEATS in first.quote) == (RIVAL, True)
    assert {one.paper_id for one in answer.citations} == {RIVAL, QUERYGYM}


@pytest.mark.parametrize(
    "question", ["How do PLUM and IterQR differ?", "PLUM versus IterQR", "How are PLUM and IterQR trained?"]
)
def test_how_two_differ_is_another_question(assistant: Assistant, question: str) -> None:
    assert APART not in assistant.answer(question).answer
