"""Follow-ups that set what was talked of beside a work that they describe, and those that only seem to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.query import Reader
from rag.query.dialogue.contrast import STAND_IN, set_beside
from rag.types import Turn
from tests.support.reading import ReadingLibrary

ONE = "**OneSearch: Generative Search at Kuaishou** (2025-09-05)\n\n> It needs no cascade. [1]"
TALK = [Turn(role="user", content="How fast is OneSearch?"), Turn(role="assistant", content=ONE)]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    opened = ReadingLibrary(tmp_path_factory.mktemp("reading"))
    yield Reader(opened)
    opened.close()


@pytest.mark.parametrize(
    ("question", "put"),
    [
        (
            "How does it differ from the paper on tram timetables?",
            "How does {} differ from the paper on tram timetables?",
        ),
        ("Compare that with the system that reads maps", "Compare {} with the system that reads maps"),
        (
            "Is this more careful than the tool for building sites?",
            "Is {} more careful than the tool for building sites?",
        ),
        ("Compared to the moss paper?", "{}: compared to the moss paper?"),
        (f"How does {STAND_IN} differ from the paper on ferries?", "How does {} differ from the paper on ferries?"),
    ],
)
def test_what_was_talked_of_is_set_beside_a_work_that_is_described(question: str, put: str) -> None:
    assert set_beside(question) == put.format(STAND_IN)


@pytest.mark.parametrize(
    "question",
    [
        "How does it compare to the baselines?",
        "Is it faster than BM25?",
        "is it faster than BM25?",
        "How does it differ from previous work?",
        "Does it need images and text?",
        "Is it the first system for trams?",
        "Is it better on the larger dataset?",
        "How does the paper test it?",
        "",
    ],
)
def test_a_baseline_is_no_work_that_is_described(question: str) -> None:
    assert set_beside(question) == ""


@pytest.mark.parametrize(
    "question",
    [
        "and how does it differ from the one that reformulates queries?",
        "How does OneSearch differ from the paper that reformulates queries?",
        "compared to the paper that reformulates queries?",
    ],
)
def test_its_side_is_the_paper_that_was_talked_of_and_the_other_is_looked_for(reader: Reader, question: str) -> None:
    found = reader.understand(question, TALK)
    assert (found.kind, found.focus) == ("compare", ())
    one, other = found.sides
    assert (one.text, one.papers) == ("OneSearch", frozenset({"2504.00007"}))
    assert (other.papers, "reformulates" in other.search_text) == (None, True)
    assert STAND_IN not in found.standalone + found.search_text + " ".join((*found.put, *found.asks))


def test_a_place_or_a_name_tells_the_other_side_by_itself(reader: Reader) -> None:
    gym = "**QueryGym: A Toolkit for Query Reformulation** (2025-11-22)\n\n> It is open. [1]"
    talk = [*TALK, Turn(role="user", content="What is QueryGym?"), Turn(role="assistant", content=gym)]
    for question in ("How does it differ from the other paper?", "How does it differ from the first paper?"):
        assert set(reader.understand(question, talk).subjects) == {"2504.00005", "2504.00007"}


@pytest.mark.parametrize(
    "question",
    [
        "different question. the paper that reformulates queries, how many people tested it?",
        "oh nice, the one about queries that keep changing: which docids hold up better there, text or numbers?",
    ],
)
def test_who_turns_to_a_described_paper_compares_nothing(reader: Reader, question: str) -> None:
    found = reader.understand(question, TALK)
    assert (found.kind, found.sides) == ("single", ())
