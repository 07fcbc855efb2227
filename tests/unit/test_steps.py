"""Steps, and why a passage was moved up, in words."""

from __future__ import annotations

from datetime import date

import pytest

from rag.types import Passage, Step
from ui.steps import moved_up, worded


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("search", "search engines", "Searching for: search engines"),
        ("search", "search “query rewriting”, as a: 12 papers", "Search “query rewriting”, as a: 12 papers"),
        ("filter", "filter a, from 2025-05-01: 3 papers", "Filter a, from 2025-05-01: 3 papers"),
        ("count", "count a: 12 papers", "Count a: 12 papers"),
        ("found", "2 papers: One; Two", "Found 2 papers: One; Two"),
        ("found", "nothing new", "Found nothing new"),
        ("condense", "How does IterQR work?", "Understood as: How does IterQR work?"),
        ("plan", "search “a” → write", "Plan: search “a” → write"),
        ("write", "5 sources; about 900 tokens to read", "Writing from 5 sources; about 900 tokens to read"),
        ("reformulate", "genqr: 3 texts added", "Rewriting the question for the search: genqr: 3 texts added"),
        ("useful", "2 of 3 kept: One", "Useful passages: 2 of 3 kept: One"),
        ("ended", "The search ended: enough.", "The search ended: enough."),
        ("relevant", "3 of 9 passages are about the question", "3 of 9 passages are about the question"),
        ("of the future", "something new", "Something new"),
    ],
)
def test_a_step_reads_as_a_sentence(kind: str, text: str, said: str) -> None:
    assert worded(Step(kind, text)) == said


def test_only_what_a_passage_gained_moved_it_up() -> None:
    boosts = {"named": 0.2, "wording": 0.0, "answers": -0.1, "reranker": 0.1}
    passage = Passage("c", "2504.00001", 1, "T", (), date(2025, 4, 8), "", 0, 1, "t", boosts=boosts)
    assert moved_up(passage) == ["the question names it", "the chosen reranker puts it higher"]
