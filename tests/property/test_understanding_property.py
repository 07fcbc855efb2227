"""What holds for every question, however odd."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.query import Reader
from rag.query.lexicon.typos import Speller
from rag.query.lexicon.vocabulary import Vocabulary
from rag.query.limits.constraints import read_identifiers
from rag.query.limits.dates import read_dates
from rag.types import Filters, Turn
from tests.support.reading import ReadingLibrary

WORDS = (
    "papers by Jimmy Lin Laura Dietz's and or from May 2025 since October before 3 31 between to 2503.09516 arXiv"
    " QuerryGym it their OneSearch vs UniSearch what did publish last week reports on the ? , . ( ) \"' - 2025-02-30 Q3"
    " the first half of # µ week 23 last ten days Christmas after Monday 3rd summer two ago and, to now"
).split(" ")
QUESTIONS = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join), st.text(min_size=1, max_size=60)
)
MONTHS = "January February March April May June July August September October November December".split()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    library = ReadingLibrary(tmp_path_factory.mktemp("property"))
    yield Reader(library)
    library.close()


@given(question=QUESTIONS, history=st.lists(QUESTIONS, max_size=4))
def test_every_question_is_read_the_same_way_twice_and_leaves_something_to_search(
    reader: Reader, question: str, history: list[str]
) -> None:
    turns = [Turn(role="assistant" if n % 2 else "user", content=text) for n, text in enumerate(history)]
    found = reader.understand(question, turns)
    assert found == reader.understand(question, turns)
    assert found.search_text.strip() or not question.strip()
    begin, end = found.filters.date_from, found.filters.date_to
    assert begin is None or end is None or begin <= end
    if not turns and not found.notes:
        assert found.standalone == question
        assert found.filters == Filters()


@given(day=st.dates(date(2020, 1, 1), date(2030, 12, 31)), back=st.integers(0, 300))
def test_a_written_day_is_read_as_that_day_in_every_notation(day: date, back: int) -> None:
    month = MONTHS[day.month - 1]
    forms = (
        day.isoformat(),
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"the {day.day}th of {month} {day.year}",
        f"{month[:3]} {day.day} {day.year}",
    )
    for form in forms:
        (reading,) = read_dates(f"papers listed on {form} about agents", day - timedelta(days=back), day)
        assert (reading.date_from, reading.date_to) == (day, day)


@given(month=st.sampled_from(MONTHS), last=st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_a_month_without_a_year_begins_within_the_year_before_the_newest_report(month: str, last: date) -> None:
    (reading,) = read_dates(f"papers listed in {month}", last - timedelta(days=800), last)
    assert reading.date_from is not None
    assert last - timedelta(days=366) < reading.date_from <= last


@given(year=st.integers(7, 99), month=st.integers(1, 12), number=st.integers(0, 99999), version=st.integers(1, 20))
def test_every_id_of_the_new_form_is_read(year: int, month: int, number: int, version: int) -> None:
    paper_id = f"{year:02}{month:02}.{number:05}"
    (reading,) = read_identifiers(f"What does arXiv:{paper_id}v{version}, say?")
    assert (reading.paper_id, reading.restricts) == (paper_id, True)


@given(words=st.lists(st.text("abcdeilnorst", min_size=4, max_size=12), min_size=1, max_size=12))
def test_words_of_the_library_are_never_touched(words: list[str]) -> None:
    speller = Speller(Vocabulary.of_texts([" ".join(words)] * 4))
    assert speller.corrections(" ".join(words)) == []


@given(word=st.sampled_from(["recommender", "LightRetriever", "substructure", "conversational"]), at=st.integers(1, 9))
def test_two_letters_swapped_inside_a_long_word_are_put_back(word: str, at: int) -> None:
    speller = Speller(Vocabulary.of_texts([word] * 5))
    typed = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if typed.lower() != word.lower():
        assert [one.meant for one in speller.corrections(typed)] == [word]
