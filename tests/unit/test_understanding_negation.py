"""What a question does not want."""

from __future__ import annotations

import pytest

from rag.understanding.negation import is_negated, read_unwanted, unwanted_from


@pytest.mark.parametrize(
    ("question", "subjects"),
    [
        ("which papers are about generative retrieval but not about recommendation?", ["recommendation"]),
        ("list papers on RAG evaluation excluding surveys", ["surveys"]),
        ("papers about reranking other than those on LLM judges", ["LLM judges"]),
        ("papers on agents that do not mention shopping, since May", ["shopping"]),
        ("papers on agents, except for benchmarks", ["benchmarks"]),
        ("which papers do query rewriting without training?", []),
        ("which papers are not only about search", []),
    ],
)
def test_subjects_to_be_left_out(question: str, subjects: list[str]) -> None:
    found = read_unwanted(question)
    assert [one.subject for one in found] == subjects
    assert all(one.subject in question[one.start : one.end] for one in found)


def test_an_author_who_is_not_wanted() -> None:
    question = "papers on BRIGHT not by Jimmy Lin"
    assert unwanted_from(question, question.index("by Jimmy")) == question.index(" not")
    assert unwanted_from("papers on BRIGHT by Jimmy Lin", 17) is None


@pytest.mark.parametrize(
    ("question", "negated"),
    [
        ("which papers rewrite queries without training?", True),
        ("which papers do not use LLMs", True),
        ("which papers can't be reproduced", False),
        ("which papers use LLMs", False),
    ],
)
def test_words_that_leave_nothing_out_are_noticed(question: str, negated: bool) -> None:
    assert is_negated(question) is negated
