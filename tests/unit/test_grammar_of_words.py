"""What a count by words says of one word, of several, and of days."""

from __future__ import annotations

from datetime import date

import pytest

from rag.answer.render import _counted_by
from rag.text.grammar import all_words_of
from rag.types import Filters


@pytest.mark.parametrize(
    ("phrase", "said"),
    [("RAG", "the word"), ("query rewriting", "all the words of"), ("self-play", "all the words of")],
)
def test_one_word_is_called_a_word(phrase: str, said: str) -> None:
    assert all_words_of(phrase) == said


def test_what_was_listed_earlier_is_left_out_where_days_begin() -> None:
    first, last = date(2025, 4, 1), date(2025, 4, 3)
    (note,) = _counted_by(Filters(date_from=first))
    assert note == (
        "Only papers first listed since 2025-04-01; those listed earlier and again in these days are left out."
    )
    assert _counted_by(Filters(date_to=last)) == ("Only papers first listed until 2025-04-03.",)
