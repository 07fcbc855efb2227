"""When two questions are the same but for how they are put."""

from __future__ import annotations

import pytest

from rag.query.dialogue.wording import Wording


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How does IterQR rewrite queries?", "how does iterqr rewrite the queries"),
        ("What is Search-R1?", "what is SearchR1 ?"),
        ("Please tell me which papers rewrite queries", "Which papers rewrite queries?"),
        ("What's the loss of PLUM", "What is the loss of PLUM?"),
        ("How are queries rewritten in shops?", "how are queries rewritten in the shop"),
    ],
)
def test_the_same_question_put_otherwise(one: str, other: str) -> None:
    assert Wording.of(one).near == Wording.of(other).near
    assert Wording.of(one).is_kept_by(Wording.of(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("retrieval with a reranker", "retrieval without a reranker"),
        ("Which papers use labels?", "Which papers don't use labels?"),
        ("What is new in 2024?", "What is new in 2025?"),
        ("What came in May?", "What came in June?"),
        ("How does PLUM train?", "How does GenSAR train?"),
        ("Does PLUM beat GenSAR?", "Does GenSAR beat PLUM?"),
        ("papers by Lin", "papers on Lin"),
        ("Which paper rewrites queries?", "Which papers rewrite queries?"),
        ("before May 2025", "after May 2025"),
        ("Who wrote IterQR?", "When was IterQR written?"),
        ("GPT-4 as a judge", "GPT-3.5 as a judge"),
        ("more than 10 papers", "less than 10 papers"),
    ],
)
def test_other_questions_stay_others(one: str, other: str) -> None:
    assert Wording.of(one).near != Wording.of(other).near


def test_what_another_wording_must_keep() -> None:
    assert Wording.of("Did GPT-4o not beat 3 others?").firm == {"gpt4o", "not", "3"}
    assert Wording.of("don't they?").firm == {"not"}
    assert Wording.of("How are queries rewritten?").firm == frozenset()
    asked = Wording.of("Which papers of 2025 use labels?")
    assert asked.is_kept_by(Wording.of("labels in papers, 2025"))
    assert not asked.is_kept_by(Wording.of("labels in papers, 2024"))
    assert not asked.is_kept_by(Wording.of("papers of 2025 without labels, not only some"))


def test_a_question_of_nothing_but_courtesy_keeps_its_words() -> None:
    assert Wording.of("please tell me").near
    assert Wording.of("").near == ""
