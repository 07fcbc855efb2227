"""Two heads over a real library and the real check, with a scripted model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rag.answer.abstention import Decision
from rag.config import Config
from rag.index.library import Library
from rag.prompts import load_prompt
from rag.retrieve.hybrid import HybridRetriever
from rag.types import Confidence, Delta, Passage, Removed, Step
from rag.write.drafts import at_odds, wants_two, write_twice
from rag.write.writer import GroundedWriter, Numbering, Task, Written
from tests.support.chat_server import Asked, ChatServer, Fault, Script, chat_server
from tests.support.models import model_at, played
from tests.support.papers import make_paper

BEES = "Honey bees visit flowers of clover and carry pollen between them all summer."
COSTS = "Query expansion improves the ranking quality of dense retrieval on rare entities."
HARMS = "Query expansion degrades the ranking quality of dense retrieval on rare entities."
PAPERS = [
    make_paper("2501.00001", "Bees", BEES, day="2025-01-01"),
    make_paper("2502.00001", "Wings", "Honey bees keep warm in winter by moving their wings.", day="2025-02-01"),
    make_paper("2503.00001", "Expansion helps", COSTS, day="2025-03-01"),
    make_paper("2504.00001", "Expansion hurts", HARMS, day="2025-04-01"),
]
FALSE = "Honey bees won the football cup in Paris."


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HybridRetriever]:
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as library:
        library.ingest(PAPERS)
        yield HybridRetriever(library)


def said(asked: Asked) -> str:
    return str(asked.body["messages"][1]["content"])


def first_source(asked: Asked) -> str:
    return said(asked).split('<source n="1">\n')[1].splitlines()[0]


def drafted(
    retriever: HybridRetriever, script: Script, **changes: Any
) -> tuple[list[Step | Delta | Removed], Written, Numbering, ChatServer]:
    passages = [p for p in retriever.search("honey bees") if p.paper_id < "2503"]
    passages.sort(key=lambda passage: passage.paper_id)
    task = Task(load_prompt("answer"), {"question": "what do honey bees do?"}, passages)
    with chat_server(script) as server:
        model = model_at(server, repair=False, **changes)
        events, (written, numbering) = played(write_twice(GroundedWriter(retriever.library), model, task))
    return events, written, numbering, server


@pytest.mark.parametrize("honest_first", [True, False])
def test_the_better_supported_draft_is_shown_and_both_are_in_the_trace(
    retriever: HybridRetriever, honest_first: bool
) -> None:
    def script(asked: Asked) -> str:
        truth = f"{BEES[:-1]} [{1 if first_source(asked) == 'Bees' else 2}]."
        honest = (first_source(asked) == "Bees") == honest_first
        return truth if honest else f"{truth} {FALSE[:-1]} [1]."

    events, written, numbering, server = drafted(retriever, script)
    assert len(server.asked) == 2
    assert {first_source(asked) for asked in server.asked} == {"Bees", "Wings"}
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.kind for step in steps] == ["draft", "draft", "chosen"]
    assert ("as found" if honest_first else "in reverse") in steps[2].text
    assert "1 struck" in steps[1 if honest_first else 0].text
    assert "".join(event.text for event in events if isinstance(event, Delta)) == written.text
    assert BEES[:-1] in written.text
    assert not written.removed
    assert [citation.quote for citation in numbering.citations] == [BEES]


def test_of_equal_drafts_the_first_is_shown(retriever: HybridRetriever) -> None:
    events, written, _, _ = drafted(
        retriever, lambda asked: f"{BEES[:-1]} [{1 if first_source(asked) == 'Bees' else 2}]."
    )
    assert written.text
    assert Step("chosen", "The draft with the evidence as found is shown.") in events


def test_what_the_shown_draft_lost_is_told(retriever: HybridRetriever) -> None:
    events, written, _, _ = drafted(retriever, lambda asked: f"{FALSE[:-1]} [1].")
    assert not written.text
    assert [event.text for event in events if isinstance(event, Removed)] == [f"{FALSE[:-1]} [1]."]


def test_a_model_that_fails_is_not_asked_again(retriever: HybridRetriever) -> None:
    events, written, _, server = drafted(retriever, lambda asked: Fault(500))
    assert written.failure is not None
    assert len(server.asked) == 1
    assert [type(event) for event in events] == [Step]


def test_the_second_heads_failure_leaves_the_first(retriever: HybridRetriever) -> None:
    def script(asked: Asked) -> str | Fault:
        return f"{BEES[:-1]} [1]." if first_source(asked) == "Bees" else Fault(500)

    _, written, _, _ = drafted(retriever, script)
    assert written.failure is None
    assert written.text


def passages(retriever: HybridRetriever, *ids: str) -> list[Passage]:
    return retriever.search("query expansion ranking", papers=frozenset(ids))


def test_papers_that_say_the_opposite_are_at_odds(retriever: HybridRetriever) -> None:
    question = "Does query expansion help the ranking of dense retrieval?"
    assert at_odds(retriever.library, question, passages(retriever, "2503.00001", "2504.00001"))
    assert not at_odds(retriever.library, question, passages(retriever, "2503.00001", "2501.00001"))
    assert not at_odds(retriever.library, "What do honey bees do?", passages(retriever, "2501.00001", "2502.00001"))
    assert not at_odds(retriever.library, question, [])


@pytest.mark.parametrize(("confidence", "wanted"), [("high", False), ("medium", True), ("low", True)])
def test_two_are_wanted_where_confidence_is_not_high(
    retriever: HybridRetriever, confidence: Confidence, wanted: bool
) -> None:
    decision = Decision(0.1, False, None, confidence)
    found = passages(retriever, "2501.00001", "2502.00001")
    assert wants_two(retriever.library, "What do honey bees do?", found, decision) is wanted
