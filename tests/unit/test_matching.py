"""Why a passage was found: the question's words in it, and the part around them."""

from __future__ import annotations

import pytest

from rag.retrieve.matches import matched_words, places, snippet
from rag.text.terms import Analyzer

analyzer = Analyzer()


def matched(question: str, text: str, rare: tuple[str, ...] = ()) -> tuple[str, ...]:
    weights = {term: 5.0 if term in rare else 1.0 for term in analyzer.terms(question)}
    return matched_words(weights, analyzer.words(text))


def test_words_are_shown_as_they_stand_in_the_text() -> None:
    assert matched("retrieving documents", "Document Retrieval helps. A retrieval model.") == ("Document", "Retrieval")


def test_the_rarest_word_comes_first_and_each_word_once() -> None:
    found = matched("dense retrieval with splade", "retrieval, dense retrieval, SPLADE and Splade", rare=("splade",))
    assert found == ("SPLADE", "dense", "retrieval")


def test_a_word_that_is_asked_for_whole_goes_before_one_that_holds_a_part() -> None:
    assert set(matched("e-commerce search", "an e-bike, a search, E-commerce")) == {"E-commerce", "search"}
    assert matched("e-commerce", "an e-bike") == ("e-bike",)


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("GPT4o", "We ask GPT-4o.", ("GPT-4o",)),
        ("what is C++?", "Written in C++.", ("C++",)),
        ("Frobe's work", "Maik Fröbe's work", ("Fröbe's", "work")),
        ("the and of", "the cat and the hat", ()),
        ("检索", "我们研究检索模型", ("检索", "检", "索")),
        ("anything", "", ()),
    ],
)
def test_names_accents_and_scripts_without_spaces(question: str, text: str, found: tuple[str, ...]) -> None:
    assert set(matched(question, text)) == set(found)


def test_places_are_whole_words_in_any_case() -> None:
    text = "Rank, ranking and RANK; re-rank"
    assert [text[a:b] for a, b in places(text, ["rank"])] == ["Rank", "RANK", "rank"]
    assert places(text, []) == []


TEXT = "First of all nothing. " * 20 + "Here dense retrieval meets SPLADE at last. " + "And then more follows. " * 20


def test_a_snippet_is_the_part_with_most_words_cut_at_white_space() -> None:
    part = snippet(TEXT, ["SPLADE", "dense", "retrieval"], width=80)
    assert "dense retrieval meets SPLADE" in part
    assert part.startswith("…")
    assert part.endswith("…")
    assert part.strip("…") in TEXT
    assert len(part) <= 82
    assert set(part.strip("…").split()) <= set(TEXT.split()), "no word is cut"


def test_a_snippet_at_an_end_has_one_ellipsis_and_a_short_text_none() -> None:
    assert snippet(TEXT, ["First"], width=40) == "First of all nothing. First of all…"
    assert snippet(TEXT, ["unseen"], width=40) == "First of all nothing. First of all…"
    assert snippet("and follows " * 30 + "SPLADE", ["SPLADE"], width=40).endswith("follows SPLADE")
    assert snippet("All of it.", ["it"]) == "All of it."


def test_a_text_without_spaces_and_a_word_longer_than_the_width_are_cut_somewhere() -> None:
    assert len(snippet("检索" * 200, ["检索"], width=50)) <= 52
    assert len(snippet("x" * 30 + " " + "y" * 300, ["y" * 300], width=50)) <= 52


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Written in C++ and C#, e-mailed by Fröbe's GPT-4o at MRR@10",
        "我们研究检索 with GPT検索 models",
        "Fro\u0308be",
        "खोज इंजन",
        "ＧＰＴ－４ｏ reads",
        TEXT,
    ],
)
def test_each_term_of_a_text_is_a_term_of_its_words(text: str) -> None:
    assert analyzer.distinct(text) == set(analyzer.terms(text))
