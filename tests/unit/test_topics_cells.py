"""Cells of a topic's table: what was done and came out, as the card has it, and the sentence that says on what data."""

from __future__ import annotations

from datetime import date

import pytest

from rag.answer.draft import quote_text
from rag.topics.cells import STATED, data, stated
from rag.types import Passage
from rag.types.card import Card, Span

TITLE = "PairSort"
FULL = (
    "Existing rerankers achieve 90% of what is possible on many datasets. "
    "We propose PairSort, which distils preferences into a small model. "
    "It compares passages two at a time. "
    "Extensive experiments on three public datasets show that PairSort outperforms strong baselines by 4.2%."
)
START = len(TITLE) + 2


def passages(abstract: str) -> list[Passage]:
    found = Passage(
        "c1", "2504.00001", 1, TITLE, ("Ada",), date(2025, 4, 8), "", START, START + len(abstract), abstract
    )
    return [found]


def span(abstract: str, text: str) -> Span:
    start = START + abstract.index(text)
    return Span(start, start + len(text), text)


def named(abstract: str, names: tuple[str, ...]) -> Card:
    return Card("2504.00001", 1, data=tuple(span(abstract, name) for name in names))


def told(abstract: str, names: tuple[str, ...] = ()) -> str | None:
    quote = data(passages(abstract), START, named(abstract, names) if names else None)
    return quote_text(quote) if quote else None


def test_what_a_card_states_is_quoted_and_nothing_stands_for_the_rest() -> None:
    texts = {"task": "distils preferences", "result": "PairSort outperforms strong baselines by 4.2%"}
    held = Card("2504.00001", 1, task=span(FULL, texts["task"]), result=span(FULL, texts["result"]))
    cells = {field: stated(held, field) for field in STATED}
    assert cells["method"] is None
    for cell, text in ((cells["task"], texts["task"]), (cells["result"], texts["result"])):
        assert cell
        assert cell.quote == text == FULL[cell.start - START : cell.end - START]
    assert [stated(None, field) for field in STATED] == [None, None, None]


def test_data_are_what_was_tried_on_without_what_came_out() -> None:
    assert told(FULL) == "Extensive experiments on three public datasets"
    assert told("We present Tree. Through tests on two benchmarks, we show that it grows.") == (
        "Through tests on two benchmarks"
    )


def test_the_sentence_with_the_names_on_the_card_comes_before_one_with_a_cue() -> None:
    named = "Tree beats all others by 3% on GeoQA and Minerals."
    abstract = f"We present Tree. Experiments were conducted on several datasets. {named}"
    assert told(abstract) == "Experiments were conducted on several datasets."
    assert told(abstract, ("GeoQA", "Minerals")) == named
    late = "Experiments on two datasets show that Tree wins on GeoQA."
    assert told(f"We present Tree. {late}", ("GeoQA",)) == late, "the name must not be cut away"


STANDARD, WINS = "MS MARCO has become the standard benchmark of retrieval.", "On MS MARCO it wins by 3%."


@pytest.mark.parametrize("place", [STANDARD.index("MS MARCO"), len(f"{STANDARD} We present Tree. ") + 3])
def test_background_that_holds_a_name_comes_after_a_sentence_that_used_it(place: int) -> None:
    abstract = f"{STANDARD} We present Tree. {WINS}"
    card = Card("2504.00001", 1, data=(Span(START + place, START + place + 8, "MS MARCO"),))
    quote = data(passages(abstract), START, card)
    assert quote
    assert quote_text(quote) == WINS
    both = "Existing rankers fail on SQuAD. We present Tree. It wins on GeoQA."
    assert told(both, ("SQuAD", "GeoQA")) == "It wins on GeoQA."
    alone = "Existing rankers fail on SQuAD."
    assert told(f"{alone} We present Tree. It wins.", ("SQuAD",)) == alone
    own = "We build GeoQA, a challenging set."
    assert told(f"{own} Tree wins on GeoQA.", ("GeoQA",)) == own, "what we did is no background"


def test_a_name_within_another_name_is_not_that_name() -> None:
    won = "Tree wins by 3% on GLUE."
    begun = "Existing rerankers fail on SuperGLUE tasks, and on GLUE-X."
    abstract = f"{begun} Rerankers are slow on SuperGLUE. {won}"
    start = START + abstract.index(won) + won.index("GLUE")
    quote = data(passages(abstract), START, Card("2504.00001", 1, data=(Span(start, start + 4, "GLUE"),)))
    assert quote
    assert quote_text(quote) == won


@pytest.mark.parametrize("beginning", ["Prior systems achieve 80% on the BEIR datasets.", "Rerankers do on BEIR."])
def test_what_others_used_is_not_its_data(beginning: str) -> None:
    assert told(f"{beginning} We argue for patience. Readers need time. They read.") is None


def test_an_abstract_that_does_not_say_leaves_the_cell_empty() -> None:
    assert told("Bread rises. Yeast is alive.") is None
    assert told("") is None
    title = "We conduct experiments on three datasets"
    only = Passage("c1", "p", 1, title, (), date(2025, 4, 8), "", 0, len(title), title)
    assert data([only], len(title), None) is None, "a title says none of this in a sentence"
