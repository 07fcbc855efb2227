"""Cells of a topic's table: which sentence says what was done, on what, and what came out."""

from __future__ import annotations

from datetime import date

from rag.answer.draft import Quote, quote_text
from rag.topics.cells import row
from rag.types import Passage

FULL = (
    "Existing rerankers achieve 90% of what is possible on many datasets. "
    "We propose PairSort, which distils preferences into a small model. "
    "It compares passages two at a time. "
    "Extensive experiments on three public datasets show that PairSort outperforms strong baselines by 4.2%."
)


def cells(abstract: str, title: str = "PairSort") -> tuple[str | None, str | None, str | None]:
    start = len(title) + 2
    passage = Passage(
        "c1", "2504.00001", 1, title, ("Ada",), date(2025, 4, 8), "", start, start + len(abstract), abstract
    )
    found = row([passage], start)
    return told(found.method), told(found.data), told(found.result)


def told(quote: Quote | None) -> str | None:
    return quote_text(quote) if quote else None


def test_method_data_and_result_are_the_sentences_that_say_them() -> None:
    method, data, result = cells(FULL)
    assert method == "We propose PairSort, which distils preferences into a small model."
    assert data == "Extensive experiments on three public datasets"
    assert result == "PairSort outperforms strong baselines by 4.2%"


def test_what_others_did_is_neither_data_nor_result() -> None:
    for beginning in ("Prior systems achieve 80% on the BEIR datasets.", "Rerankers achieve 80% on the BEIR datasets."):
        assert cells(f"{beginning} We argue for patience. Readers need time. They read.") == (
            "We argue for patience.",
            None,
            None,
        )


def test_an_abstract_that_does_not_say_leaves_its_cells_empty() -> None:
    assert cells("Bread rises. Yeast is alive.") == (None, None, None)
    assert cells("") == (None, None, None)
    title = "We propose a benchmark and show that it improves results by 3%"
    only = Passage("c1", "p", 1, title, (), date(2025, 4, 8), "", 0, len(title), title)
    assert row([only], len(title)).method is None, "a title says none of this in a sentence"


def test_a_verb_without_that_begins_the_result() -> None:
    _, data, result = cells("We present Tree. Evaluations on two benchmarks demonstrate the effectiveness of Tree.")
    assert data == "Evaluations on two benchmarks"
    assert result == "demonstrate the effectiveness of Tree"


def test_a_purpose_is_no_result() -> None:
    _, _, result = cells("We study agents. They are used to achieve goals. Our agents plan to improve their skills.")
    assert result is None


def test_the_sentence_with_the_figure_is_the_result() -> None:
    _, _, result = cells(
        "We build Tree. On clicks, it improves the rate by 1.7% over the best. The results show gains."
    )
    assert result == "On clicks, it improves the rate by 1.7% over the best."
