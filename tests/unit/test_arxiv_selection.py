"""Categories and words → the API's query; `--since` → a day."""

from __future__ import annotations

from datetime import date

import pytest

from rag.errors import UsageError
from rag.sources.arxiv.selection import Selection, first_day, titled

TODAY = date(2025, 5, 10)


@pytest.mark.parametrize(
    ("categories", "query", "expected"),
    [
        (("cs.IR",), "", "cat:cs.IR"),
        (("cs",), "", "cat:cs.*"),
        (("hep-th", "cond-mat.str-el"), "", "(cat:hep-th OR cat:cond-mat.str-el)"),
        ((), "graph contrastive", "(all:graph AND all:contrastive)"),
        (
            ("cs.IR", "cs.CL"),
            '"query rewriting" LLM',
            '(cat:cs.IR OR cat:cs.CL) AND (all:"query rewriting" AND all:LLM)',
        ),
        ((), "retrieval-augmented", '(all:"retrieval augmented")'),
        ((), "x) OR (cat:cs.IR", "(x) OR (cat:cs.IR)"),  # arXiv's own syntax: arXiv says what is wrong with it
        ((), "ti:graph AND  au:lin", "(ti:graph AND au:lin)"),
        ((), 'say "unclosed words', "(all:say AND all:unclosed AND all:words)"),
    ],
)
def test_queries(categories: tuple[str, ...], query: str, expected: str) -> None:
    assert Selection(categories, query).search_query == expected


@pytest.mark.parametrize(
    "name", ["", "CS.IR", "cs/IR", "cs.IR OR cat:cs.CL", "../etc", "cs.IR\n", "2504.05309", "cs.ir&x=1"]
)
def test_what_is_no_category(name: str) -> None:
    with pytest.raises(UsageError, match="no category"):
        Selection((name,))


@pytest.mark.parametrize("query", ["()", '""', " ", "x" * 3000])
def test_what_is_no_query(query: str) -> None:
    with pytest.raises(UsageError):
        Selection((), query)


def test_a_selection_is_known_by_what_it_asks() -> None:
    assert Selection(("cs.IR",), "a  b").key == Selection(("cs.IR",), "a b").key != Selection(("cs.CL",), "a b").key


def test_a_title_is_asked_for_as_a_phrase() -> None:
    assert titled(["Graph", "Nets"]) == 'ti:"Graph Nets"'


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("7d", "2025-05-03"),
        ("0d", "2025-05-10"),
        ("2w", "2025-04-26"),
        ("2025-05-01", "2025-05-01"),
        ("9999w", "1991-01-01"),
    ],
)
def test_since(written: str, day: str) -> None:
    assert first_day(written, TODAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "written", ["", "d", "7", "-7d", "yesterday", "2025-13-01", "2025-05-11", "7 d", "1e9d", "99999d"]
)
def test_what_is_no_first_day(written: str) -> None:
    with pytest.raises(ValueError, match=r"neither|future"):
        first_day(written, TODAY)
