"""Entries of a list of sources are told from sentences."""

from __future__ import annotations

from datetime import date

import pytest

from rag.types import Passage
from rag.write.grounding.source_list import heads_list, is_reference


def passage_of(title: str) -> Passage:
    url = "https://arxiv.org/abs/2504.00001"
    return Passage("c", "2504.00001", 1, title, ("Ada Chen",), date(2025, 4, 8), url, 0, 2, "It")


SOURCES = {1: passage_of("IterQR: An Iterative Framework for Query Rewrite"), 2: passage_of("GenSAR ranks")}


@pytest.mark.parametrize(
    "piece",
    [
        "[1] IterQR: An Iterative Framework for Query Rewrite",
        "[1]: https://arxiv.org/abs/2504.00001",
        "- [1] IterQR",
        "**[2]** GenSAR ranks.",
        "Sources: [1]",
        "**References:** [1], [2]",
    ],
)
def test_an_entry(piece: str) -> None:
    assert is_reference(piece, SOURCES)


@pytest.mark.parametrize(
    "piece",
    [
        "[1] IterQR rewrites queries in three stages.",
        "- IterQR: An Iterative Framework for Query Rewrite [1]",
        "[9] IterQR",
        "[1]",
        "It ranks: [1] says so.",
        "References:",
    ],
)
def test_no_entry(piece: str) -> None:
    assert not is_reference(piece, SOURCES)


@pytest.mark.parametrize(
    ("heading", "heads"),
    [
        ("### Sources", True),
        ("**References:**", True),
        ("List of sources:\n", True),
        ("### How sources are ranked", False),
        ("### How it scales", False),
    ],
)
def test_a_lists_heading(heading: str, heads: bool) -> None:
    assert heads_list(heading) is heads
