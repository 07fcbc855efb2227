"""Names of themes: phrases of titles that set a theme apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from rag.text.terms import Analyzer
from rag.themes.labels import name_themes
from rag.themes.words import closes
from rag.types import Paper
from tests.support.papers import make_paper

ANALYZER = Analyzer()
MUSIC = [
    make_paper(
        "1", "TuneTalk: Music Playlist Generation with LLMs", "We study playlist generation for music listeners."
    ),
    make_paper("2", "Better Music Playlist Generation", "Our model improves playlist generation over baselines."),
    make_paper("3", "Audio Features for Playlist Generation", "Audio helps. We test it on playlists of music."),
]
ATTACKS = [
    make_paper("4", "Data Poisoning Attacks on Recommenders", "We propose poisoning attacks that promote items."),
    make_paper("5", "Poisoning Attacks against Federated Recommenders", "Poisoning attacks need few users."),
]
OTHERS = [make_paper("6", "Generation of Explanations in Recommenders", "We generate explanations with LLMs.")]


def even(terms: Collection[str]) -> Mapping[str, float]:
    """An idf that tells nothing apart."""
    return dict.fromkeys(terms, 4.0)


def names(*themes: list[Paper], topic: str = "recommendation") -> list[str]:
    return name_themes(themes, OTHERS, topic, ANALYZER.terms, even)


def test_a_theme_is_called_by_what_its_papers_share() -> None:
    assert names(MUSIC, ATTACKS) == ["Playlist generation", "Poisoning attacks"]


def test_the_topics_own_words_name_no_theme() -> None:
    found = names(MUSIC, ATTACKS, topic="poisoning attacks")
    assert found[1].lower() not in ("poisoning attacks", "attacks", "poisoning")
    alike = [make_paper(str(n), "Poisoning Attacks", "Poisoning attacks on items.") for n in (7, 8)]
    assert names(MUSIC, alike, topic="attacks by poisoning")[1] == ""


def test_two_themes_never_bear_the_same_name() -> None:
    first, second = names(MUSIC, MUSIC)
    assert first
    assert first != second


def test_two_subjects_in_one_theme_are_both_named() -> None:
    mixed = [
        make_paper("1", "Query Expansion for Search", "Query expansion adds words."),
        make_paper("2", "Query Expansion Revisited", "Query expansion again, with words."),
        make_paper("3", "Learned Sparse Retrieval", "Sparse retrieval learns weights."),
        make_paper("4", "Learned Sparse Retrieval at Scale", "Sparse retrieval learns many weights."),
    ]
    (name,) = name_themes([mixed], OTHERS, "ranking", ANALYZER.terms, even)
    assert "uery expansion" in name
    assert "sparse retrieval" in name.lower()
    assert " and " in name


def test_ordinary_words_are_written_small_and_names_are_kept() -> None:
    theme = [
        make_paper("1", "Lexical Overlap in BERT Rankers", "We use BERT rankers trained on Wikipedia pages."),
        make_paper("2", "Probing BERT Rankers", "The BERT rankers of Wikipedia pages are probed."),
    ]
    assert name_themes([theme], OTHERS, "retrieval", ANALYZER.terms, even) == ["BERT rankers"]


def test_titles_without_a_phrase_give_no_name() -> None:
    assert names([make_paper("1", "What Is It?", "")]) == [""]


@pytest.mark.parametrize("word", ["retrieval", "music", "fine-tuning", "e-commerce", "agents", "attacks", "documents"])
def test_nouns_may_end_a_name(word: str) -> None:
    assert closes(word)


@pytest.mark.parametrize("word", ["generative", "adversarial", "end-to-end", "LLM-based", "robustly", "semantic"])
def test_adjectives_may_not(word: str) -> None:
    assert not closes(word)
