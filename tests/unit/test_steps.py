"""Steps in words."""

from __future__ import annotations

import pytest

from rag.types import Step
from ui.steps import worded


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
