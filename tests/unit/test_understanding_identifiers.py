"""arXiv ids and addresses in a question."""

from __future__ import annotations

import pytest

from rag.query.limits.constraints import read_identifiers


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("What is arXiv 2503.09516 about?", ["2503.09516"]),
        ("summarise 2503.09516v2", ["2503.09516"]),
        ("explain arXiv:2503.09516", ["2503.09516"]),
        ("explain arXiv id 2503.09516 to me", ["2503.09516"]),
        ("https://arxiv.org/abs/2503.09516v1 reward?", ["2503.09516"]),
        ("see http://arxiv.org/pdf/2503.09516.pdf, which data?", ["2503.09516"]),
        ("arxiv.org/abs/cs/0112017", ["cs/0112017"]),
        ("arXiv hep-th/9901001: main result?", ["hep-th/9901001"]),
        ("compare 2503.09516 and 2504.00002", ["2503.09516", "2504.00002"]),
        ("the paper (arXiv 2503.09516) says?", ["2503.09516"]),
        ("arXiv 0704.0001", ["0704.0001"]),
        ("huggingface.co/papers/2503.09516: which reward?", ["2503.09516"]),
        ("what is in https://www.alphaxiv.org/abs/2503.09516v2", ["2503.09516"]),
        ("what does cs.IR/0601001 say?", ["cs/0601001"]),
        ("hep-th/9901001v2", ["hep-th/9901001"]),
        ("summarize 9999.99999", ["9999.99999"]),  # no month 99, and nothing else is meant
        ("What is 9999.99999 about?", ["9999.99999"]),
        ("Which data does arXiv 2599.00001 use?", ["2599.00001"]),
    ],
)
def test_ids_are_read(question: str, ids: list[str]) -> None:
    readings = read_identifiers(question)
    assert [one.paper_id for one in readings] == ids
    assert all(one.restricts for one in readings)


@pytest.mark.parametrize(
    "question",
    [
        "an improvement of 12.3456 points",
        "a loss of 2503.5 on 1234.56789",  # no month 34
        "version 2.03.09516",
        "p < 0.00001",
        "in 2503 or 9516 cases",
        "input/output 1234567",
        "either/0601001 or cs/0613001",  # no archive; no month 13
        "tel 0503.09516.22",
        "doi 10.1145/2503.095169",
    ],
)
def test_other_numbers_are_no_ids(question: str) -> None:
    assert read_identifiers(question) == []


@pytest.mark.parametrize(
    "question",
    [
        "papers similar to 2503.09516",
        "Which papers build on arXiv 2503.09516?",
        "alternatives to arXiv:2503.09516",
        "anything like https://arxiv.org/abs/2503.09516?",
        "papers other than 2503.09516 on search agents",
    ],
)
def test_a_paper_that_is_only_compared_with_does_not_restrict(question: str) -> None:
    (reading,) = read_identifiers(question)
    assert not reading.restricts
