"""Opposite findings: what is a plain finding, and which two say the opposite of each other."""

from __future__ import annotations

from datetime import date

import pytest

from rag.answer.draft import quote_text
from rag.topics.oppositions import MOST, find_opposed
from rag.types import Passage

DAY = date(2025, 5, 1)


def abstract(paper_id: str, text: str) -> list[Passage]:
    return [Passage(paper_id, paper_id, 1, f"Paper {paper_id}", (), DAY, "", 10, 10 + len(text), text)]


def pairs(*texts: str) -> list[tuple[str, str]]:
    found = find_opposed(abstract(str(n), text) for n, text in enumerate(texts))
    return [(quote_text(one), quote_text(other)) for one, other in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We find that query expansion improves dense retrieval.", "Query expansion hurts dense retrieval."),
        ("Query expansion improves dense retrieval.", "Our results show query expansion does not improve retrieval."),
        ("Larger models outperformed smaller ones.", "We see that larger models do not deliver better results."),
        ("Self-reflection enhances reasoning performance.", "In our tests self-reflection underperforms."),
        ("Pseudo-relevance feedback increases topic drift.", "Pseudo-relevance feedback reduces topic drift."),
        ("Scaling generators improves accuracy.", "Scaling the generator model fails to improve retrieval quality."),
        ("Hard negatives are harmful for training quality.", "Hard negatives help training quality, but cost time."),
    ],
)
def test_opposite_findings_are_paired_in_either_order(one: str, other: str) -> None:
    assert pairs(one, other) == [(one, other)]
    assert pairs(other, one) == [(other, one)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Query expansion improves recall.", "Query expansion reduces latency."),
        ("Query expansion improves dense retrieval.", "Query expansion boosts dense retrieval."),
        ("Query expansion hurts dense retrieval.", "Query expansion does not improve dense retrieval."),
        ("Query expansion improves dense retrieval.", "Document expansion hurts dense retrieval."),
        ("Our query expansion improves dense retrieval.", "Our query expansion hurts dense retrieval."),
        ("Many assume that query expansion improves retrieval.", "Query expansion hurts retrieval."),
        ("Does query expansion improve retrieval?", "Query expansion hurts retrieval."),
        ("To improve recall, query expansion is studied.", "Query expansion hurts recall."),
        ("This model improves accuracy.", "This model hurts accuracy."),
        ("Large language models improve accuracy.", "Large language models hurt accuracy."),
        ("Dense rerankers outperform BM25 baselines.", "Dense rerankers underperform proprietary APIs."),
        ("Query expansion improves accuracy.", "Query expansion reduces the accuracy loss."),
        ("Query expansion increases recall.", "Query expansion reduces the recall gap."),
        ("Query expansion leads to improvements in recall.", "Query expansion hurts recall."),
    ],
)
def test_what_merely_differs_is_no_pair(one: str, other: str) -> None:
    assert pairs(one, other) == []


def test_a_paper_does_not_oppose_itself() -> None:
    assert pairs("Query expansion improves recall. On long queries, query expansion hurts recall.") == []


def test_a_paper_stands_in_one_pair_and_few_pairs_are_shown() -> None:
    names = ("query", "document", "entity", "table", "title")
    up = [f"Noisy {name} expansion improves recall." for name in names]
    down = [f"Noisy {name} expansion hurts recall." for name in names]
    assert pairs(up[0], down[0], down[0]) == [(up[0], down[0])]
    assert pairs(*up, *down) == list(zip(up, down, strict=True))[:MOST]
