"""How many papers are wanted, and in which order."""

from __future__ import annotations

import pytest

from rag.query.order import UNBOUNDED, read_wanted


@pytest.mark.parametrize(
    ("question", "order", "limit", "rest"),
    [
        ("the latest paper on tables", "newest", 1, "paper on tables"),
        ("What are the four most recent surveys about agents?", "newest", 4, "What are surveys about agents?"),
        ("newest 12 e-commerce papers", "newest", 12, "e-commerce papers"),
        ("earliest work on judges", "oldest", 1, "work on judges"),
        ("oldest publications here", "oldest", None, "publications here"),
        ("please find me three papers about music", None, 3, "please find me papers about music"),
        ("top 7 query rewriting papers", None, 7, "query rewriting papers"),
        ("I need 2 good studies on bias", None, 2, "I need good studies on bias"),
    ],
)
def test_number_and_order_are_read_and_cut(question: str, order: str | None, limit: int | None, rest: str) -> None:
    wanted = read_wanted(question)
    assert (wanted.order, wanted.limit) == (order, limit)
    for start, end in wanted.spans:
        question = question[:start] + question[end:]
    assert question == rest


@pytest.mark.parametrize(
    "question",
    [
        "What is in the latest report?",
        "Which papers use the newest GPT model?",
        "papers that name 3 datasets",
        "Compare two papers on GRAM",
        "recall of the top 5 passages",
        "Which papers appeared first?",
        "papers on recent trends",
    ],
)
def test_other_numbers_and_orders_say_nothing_about_papers(question: str) -> None:
    assert read_wanted(question) == UNBOUNDED
