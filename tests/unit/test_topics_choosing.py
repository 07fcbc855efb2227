"""What a query asks about, without the words that only ask."""

from __future__ import annotations

import pytest

from rag.topics.scope import subject


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dense retrieval", "dense retrieval"),
        ("Overview of dense retrieval?", "dense retrieval"),
        ("What do recent papers say about reranking with LLMs?", "reranking with LLMs"),
        ("patents, list the papers", "patents"),
        ("which papers?", "which papers?"),
        ("?", "?"),
        ("tell me about state space models", "state space models"),
    ],
)
def test_words_that_only_ask_are_left_out(typed: str, meant: str) -> None:
    assert subject(typed) == meant
