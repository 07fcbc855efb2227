"""Titles and strangers' text: one rule for each, whoever needs it."""

from __future__ import annotations

import pytest

from rag.text.markdown import escape, escape_line, unescape
from rag.text.titles import label, title_key, title_words


@pytest.mark.parametrize("other", ["deep  CROSSING", "Deep Crossing", "Deep-Crossing", "{D}eep Crossing"])
def test_two_spellings_are_one_title(other: str) -> None:
    assert title_key(other) == title_key("Deep Crossing")
    assert title_key(other) != title_key("Deep Crossings")


def test_the_words_of_a_title_are_letters_and_digits() -> None:
    assert title_words('R2-Rank: "what" now?') == ["R2", "Rank", "what", "now"]


def test_a_paper_is_called_by_what_stands_before_the_colon() -> None:
    assert (label("PLUM: Adapting models"), label("On: x"), label("No colon")) == ("PLUM", "On", "No colon")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("[x](y) <b> `c` *d*", r"\[x\](y) \<b\> \`c\` \*d\*"),
        ("_em_ but R_1 and a_b", r"\_em\_ but R_1 and a_b"),
    ],
)
def test_nothing_is_read_as_markup_and_nothing_is_lost(text: str, plain: str) -> None:
    assert escape(text) == plain
    assert unescape(plain) == text


def test_a_line_begins_no_block() -> None:
    assert [escape_line(line) for line in ("# a", "2) b", "- c", "2.5 d")] == [r"\# a", r"2\) b", r"\- c", "2.5 d"]
