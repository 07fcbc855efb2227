"""Which words of a question say which paper is meant, and which what is asked of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rag.models.known_item import description, load_known_item


def asks(text: str) -> list[str]:
    return [text[start:end] for start, end in load_known_item().read(text).asks]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("There's one where they count moss with drones. How many plots were there?", "count moss with drones"),
        ("I'm looking for the study that lets bakers grade the loaves of a robot.", "bakers grade the loaves"),
        ("And the work on ferry timetables in winter? Which harbours are in it?", "ferry timetables in winter"),
    ],
)
def test_words_that_describe_a_paper_are_told_from_what_is_asked_of_it(text: str, words: str) -> None:
    found = description(text)
    assert words in found
    assert "How many" not in found
    assert "Which harbours" not in found


@pytest.mark.parametrize(
    "text",
    ["and how many plots were there?", "Does it need labels, or only clicks?", "why does that happen", "thanks!"],
)
def test_what_goes_on_with_a_paper_describes_none(text: str) -> None:
    assert description(text) == ""


def test_what_is_asked_stands_apart() -> None:
    text = "The one that counts moss with drones: how many plots were there, and is the code out?"
    assert asks(text) == ["how many plots were there", "is the code out"]


def test_spans_stand_in_order_and_do_not_overlap() -> None:
    text = "Kuaishou had one on moss, with drones that count it. Was it live? And how much faster was it?"
    found = load_known_item().read(text)
    spans = sorted((*found.which, *found.asks))
    assert spans
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_no_words_describe_nothing() -> None:
    assert description("") == ""
    assert load_known_item().read("?").which == ()
