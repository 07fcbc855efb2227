"""How many papers are wanted, and in which order."""

from __future__ import annotations

import pytest

from rag.query.lexicon.words import edited
from rag.query.limits.order import UNBOUNDED, read_wanted


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
        ("newest three on RAG", "newest", 3, "papers on RAG"),
        ("and what about the newest one on music?", "newest", 1, "and what about one on music?"),
        ("which of them is the newest?", "newest", 1, "which of them ?"),
        ("And the most recent of these?", "newest", 1, "And of these?"),
        ("which of those papers are the oldest?", "oldest", None, "which of those papers ?"),
        ("Show the oldest ones about music", "oldest", None, "Show ones about music"),
        ("What is the latest on GraphRAG?", "newest", None, "papers on GraphRAG?"),
        ("I need 2 good studies on bias", None, 2, "I need good studies on bias"),
    ],
)
def test_number_and_order_are_read_and_cut(question: str, order: str | None, limit: int | None, rest: str) -> None:
    wanted = read_wanted(question)
    assert (wanted.order, wanted.limit) == (order, limit)
    assert " ".join(edited(question, wanted.edits).split()) == rest


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


WANTED = """
    Newest three on generative engine optimization, please. | newest | 3
    latest two about speech? | newest | 2
    the five oldest | oldest | 5
    top 3 on query rewriting | - | 3
    most recent ten, please | newest | 10
    which is the newest one on tables? | newest | 1
    show me the 4 earliest on music | oldest | 4
    three newest ones on OCR | newest | 3
    your latest five papers on agents | newest | 5
    five papers on bias, newest first | newest | 5
    papers on bias, oldest first | oldest | -
    give me just one paper about hashing | - | 1
    a couple of papers on caching, please | - | 2
    list papers on RAG by date, newest on top | newest | -
    What is the latest on GraphRAG? | newest | -
    the 2 most recent on cold start | newest | 2
    oldest four about fairness | oldest | 4
    newest five, on reranking | newest | 5
    Could you name the six latest publications about ads? | newest | 6
    top five on music recommendation | - | 5
    just the newest one on tokenizers | newest | 1
    I only want 3 papers on privacy | - | 3
    first-listed three on OCR | oldest | 3
    surveys sorted by date | newest | -
    surveys sorted from oldest to newest | oldest | -
    last 3 papers on agents | newest | 3
    the very latest paper about search agents | newest | 1
    show the earliest two from June | oldest | 2
    last paper by Hervé Déjean | newest | 1
    The latest from Guido Zuccon | newest | -
    what's the most recent thing on prompt injection | newest | 1
    most recent additions on robotics, top five | newest | 5
    latest on hallucinations in medicine, 3 papers | newest | 3
    three most recent items on federated learning please | newest | 3
    The most recent benchmark papers for web agents, say four of them | newest | 4
"""
UNWANTED = """
    What beats the newest three GPT models?
    how does the top 3 accuracy change?
    the two latest layers
    recall at the top 10
    what are the three stages?
    two papers disagree about this: which?
    does the latest Llama model help?
    what are the top two baselines?
    which of the three datasets is largest?
    the newest five users in the log
    how much do the best two systems differ?
    What's the most recent date for which papers are loaded?
    Name the top ten authors by number of papers.
    Which came first by date?
    find a list of papers on bias
"""


@pytest.mark.parametrize("row", [line.strip() for line in WANTED.strip().splitlines()])
def test_order_and_number_are_read_as_many_people_write_them(row: str) -> None:
    question, order, limit = (cell.strip() for cell in row.split(" | "))
    wanted = read_wanted(question)
    assert (wanted.order or "-", str(wanted.limit or "-")) == (order, limit)


@pytest.mark.parametrize("question", [line.strip() for line in UNWANTED.strip().splitlines()])
def test_what_only_looks_like_an_order_wants_nothing(question: str) -> None:
    assert read_wanted(question) == UNBOUNDED
