"""Answers over the sample: exact quotes, honest abstention, and our parts inside a LlamaIndex program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from llama_index.core.base.response.schema import Response
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import BaseSynthesizer
from llama_index.core.schema import TextNode
from llama_index.core.tools import QueryEngineTool
from markdown_it import MarkdownIt

from rag.answer.citations import check
from rag.answer.draft import Draft, Quote
from rag.assistant import Assistant
from rag.config import Config, RetrievalConfig
from rag.errors import EmptyLibrary, QuestionError
from rag.index.library import Library
from rag.llamaindex import PaperQueryEngine, PaperRetriever, QuestionBundle
from rag.retrieve.hybrid import FOCUS, HybridRetriever
from rag.retrieve.nodes import from_node, to_node
from rag.text.readable import readable
from rag.types import Answer, Delta, Done, Filters, Retrieved, Understood
from tests.support.papers import make_paper
from tests.support.samples import sample_library

QUESTIONS = [
    "How does IterQR rewrite queries in e-commerce search?",
    "Which papers use semantic IDs for generative recommendation?",
    "What does StealthRank manipulate?",
    "大语言模型如何用于推荐系统",
    "how are product searches made better when the shopper mistypes?",
]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=sample_library(tmp_path_factory.mktemp("library"))))
    with Assistant(library) as opened:
        yield opened


def assert_citations_hold(assistant: Assistant, answer: Answer) -> None:
    """Every citation is an exact slice of the stored text, within a retrieved chunk, and marked in the answer."""
    retrieved = {item.chunk_id for item in answer.retrieved}
    for citation in answer.citations:
        stored = assistant.library.paper(citation.paper_id, citation.version)
        assert stored.text[citation.start : citation.end] == citation.quote
        assert citation.quote.strip() == citation.quote != ""
        assert citation.chunk_id in retrieved
        assert answer.answer.count(f"[{citation.n}]") == 1
    assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_citation_is_an_exact_slice(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert_citations_hold(assistant, answer)
    assert answer.abstained is not bool(answer.citations)


def test_the_right_paper_comes_first(assistant: Assistant) -> None:
    answer = assistant.answer(QUESTIONS[0])
    assert not answer.abstained
    assert answer.citations[0].paper_id == "2504.05309"
    assert len({item.paper_id for item in answer.retrieved}) >= 20


def test_events_come_in_order_and_deltas_make_the_answer(assistant: Assistant) -> None:
    events = list(assistant.ask(QUESTIONS[0]))
    assert isinstance(events[0], Understood)
    assert isinstance(events[1], Retrieved)
    assert isinstance(events[-1], Done)
    deltas = [event.text for event in events if isinstance(event, Delta)]
    assert deltas
    assert "".join(deltas) == events[-1].answer.answer


def test_the_same_question_gets_the_same_answer(assistant: Assistant) -> None:
    first, second = (assistant.answer(QUESTIONS[1]).model_dump(exclude={"timings"}) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("Which papers measure the decay of caesium in soil?", "Searched: {} papers from {} to {}"),
        (
            "How long should sourdough bread rise before baking?",  # of everyday life, for which nobody wants papers
            "I know only the {} papers of this library, from {} to {}",
        ),
    ],
)
def test_what_is_not_there_is_not_answered(assistant: Assistant, question: str, searched: str) -> None:
    answer = assistant.answer(question)
    assert answer.abstained
    assert answer.reason == "nothing_found"
    assert not answer.citations
    assert len(answer.closest) == 3
    held = assistant.library.shelf.coverage()
    assert searched.format(held.papers, held.first, held.last) in answer.answer


def test_a_name_that_no_paper_holds_is_pointed_out(assistant: Assistant) -> None:
    notes = assistant.answer("How does ColBERT rank documents?").notes
    assert [(note.code, note.text) for note in notes] == [("unknown_name", '"ColBERT" stands nowhere in the library.')]
    assert not [n for n in assistant.answer("How does IterQR use LLMs?").notes if n.code == "unknown_name"]


def test_filters_hold_and_one_that_leaves_nothing_is_kept(assistant: Assistant) -> None:
    april = Filters(date_to=date(2025, 4, 10))
    found = assistant.answer("recommendation with language models", filters=april)
    days = {assistant.library.paper(item.paper_id).date for item in found.retrieved}
    assert days == {date(2025, 4, 10)}
    nothing = assistant.answer("recommendation with language models", filters=Filters(date_from=date(2030, 1, 1)))
    assert nothing.abstained
    assert nothing.reason == "outside_range"
    assert nothing.filters["from"] == "2030-01-01"
    assert nothing.closest, "papers outside the range are offered"
    by_author = assistant.search("query rewriting", Filters(author="Shangyu Chen")).passages
    assert {hit.paper_id for hit in by_author} == {"2504.05309"}


def test_ranks_are_those_of_the_lists(assistant: Assistant) -> None:
    hits = assistant.search(QUESTIONS[0], k=50).passages
    for name in ("dense", "lexical"):
        ranks = [hit.ranks[name] for hit in hits if name in hit.ranks]
        assert len(ranks) == len(set(ranks)) > 5
        assert min(ranks) == 1
        by_rank = sorted((hit for hit in hits if name in hit.ranks), key=lambda hit: hit.ranks[name])
        scores = [hit.scores[name] for hit in by_rank]
        assert scores == sorted(scores, reverse=True)


def test_a_hit_says_why_it_was_found(assistant: Assistant) -> None:
    first = assistant.search(QUESTIONS[0], k=1).passages[0]
    assert first.matched[0] == "IterQR", "the rarest word of the question"
    assert {"query", "search"} <= {word.lower() for word in first.matched}
    shown = readable(f"{first.text} {first.title}")
    assert all(word in shown for word in first.matched)
    assert first.boosts == {"named": FOCUS}, "it is called IterQR"
    assert assistant.search("query rewriting for search", k=1).passages[0].boosts == {}


def test_the_papers_of_the_conversation_are_preferred_and_say_so(assistant: Assistant) -> None:
    plain = assistant.retriever.search("recommendation", k=50)
    last = plain[-1]
    focused = assistant.retriever.search("recommendation", k=50, focus=[last.paper_id])
    found = next(hit for hit in focused if hit.chunk_id == last.chunk_id)
    assert found.boosts == {"conversation": FOCUS}
    assert found.score == pytest.approx(last.score + FOCUS)
    assert focused.index(found) < plain.index(last)
    assert [hit.score for hit in focused] == sorted((hit.score for hit in focused), reverse=True)
    assert all(not hit.boosts for hit in focused if hit.paper_id != last.paper_id)


def test_fewer_passages_are_the_first_of_more(assistant: Assistant) -> None:
    for question in QUESTIONS:
        assert assistant.search(question, k=3).passages == assistant.search(question, k=60).passages[:3]


@pytest.mark.parametrize("question", ["", "   ", "\0", "x" * 20_000])
def test_what_is_no_question_is_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError) as caught:
        assistant.answer(question)
    assert caught.value.exit_code == 2
    with pytest.raises(QuestionError):
        assistant.search(question)


@pytest.mark.parametrize("question", ["?", "C++ (x", '"', "AND OR NOT", "😀", "a" * 4000, "{context_str}", "<b>x</b>"])
def test_odd_questions_are_searched_like_any_other(assistant: Assistant, question: str) -> None:
    assert_citations_hold(assistant, assistant.answer(question))


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    with Assistant(Library(Config(data_dir=tmp_path))) as empty, pytest.raises(EmptyLibrary, match="paperchat ingest"):
        empty.answer("anything")


def test_the_check_strikes_what_the_text_does_not_say(assistant: Assistant) -> None:
    passage = assistant.search(QUESTIONS[0], k=1).passages[0]
    good = Quote(passage, passage.start, passage.start + 20)
    invented = Quote(replace(passage, text="An invention. " + passage.text[14:]), passage.start, passage.start + 13)
    outside = Quote(passage, passage.end - 5, passage.end + 5)
    empty = Quote(passage, passage.start + 3, passage.start + 3)
    unknown = Quote(replace(passage, paper_id="9999.99999"), passage.start, passage.start + 20)
    other_version = Quote(replace(passage, version=9), passage.start, passage.start + 20)
    draft = Draft(((invented,), (outside, good, empty), (unknown, other_version)))
    checked = check(draft, assistant.library)
    assert [citation.quote for group in checked.groups for citation in group] == [passage.text[:20]]
    assert len(checked.removed) == 5
    assert all(item.reason for item in checked.removed)


class Titles(BaseSynthesizer):
    """A LlamaIndex user's own synthesizer: it lists the titles of the nodes it is given."""

    def _get_prompts(self) -> dict:  # type: ignore[type-arg]
        return {}

    def _update_prompts(self, prompts: dict) -> None:  # type: ignore[type-arg]
        return None

    def get_response(self, query_str: str, text_chunks: list[str], **_: object) -> str:  # type: ignore[override]
        return "\n".join(text_chunks)

    async def aget_response(self, query_str: str, text_chunks: list[str], **_: object) -> str:  # type: ignore[override]
        return self.get_response(query_str, text_chunks)


def test_a_llama_index_program_can_use_our_retriever(assistant: Assistant) -> None:
    from llama_index.core.llms import MockLLM

    engine = RetrieverQueryEngine(PaperRetriever(HybridRetriever(assistant.library, k=3)), Titles(llm=MockLLM()))
    response = engine.query(QUESTIONS[0])
    assert len(response.source_nodes) == 3
    node = response.source_nodes[0].node
    assert isinstance(node, TextNode)
    paper = assistant.library.paper(node.metadata["paper_id"])
    assert paper.text[node.start_char_idx : node.end_char_idx] == node.text
    assert paper.title in str(response)


def test_a_llama_index_program_can_use_our_engine(assistant: Assistant) -> None:
    engine = PaperQueryEngine(assistant.engine)
    response = engine.query(QUESTIONS[0])
    assert isinstance(response, Response)
    assert response.metadata is not None
    answer: Answer = response.metadata["answer"]
    assert str(response) == answer.answer
    assert [node.node.node_id for node in response.source_nodes] == [item.chunk_id for item in answer.retrieved]
    filtered = engine.query(QuestionBundle(QUESTIONS[0], filters=Filters(author="Wei Lin")))
    assert {node.metadata["paper_id"] for node in filtered.source_nodes} == {"2504.05309"}
    tool = QueryEngineTool.from_defaults(engine, name="papers", description="recent papers")
    assert str(tool(QUESTIONS[0])) == answer.answer


async def _asked(engine: PaperQueryEngine) -> str:
    return str(await engine.aquery(QUESTIONS[0]))


def test_the_engine_answers_asynchronously(assistant: Assistant) -> None:
    import asyncio

    engine = PaperQueryEngine(assistant.engine)
    assert asyncio.run(_asked(engine)) == assistant.answer(QUESTIONS[0]).answer


def test_answers_are_reranked_by_what_the_configuration_names(assistant: Assistant) -> None:
    def ranking(name: str) -> list[str]:
        settings = assistant.library.config.model_copy(update={"retrieval": RetrievalConfig(reranker=name)})
        with Assistant(Library(settings, assistant.library.embedding)) as other:
            answer = other.answer(QUESTIONS[4])
            assert_citations_hold(other, answer)
            return [item.chunk_id for item in answer.retrieved]

    found, default = ranking("none"), [item.chunk_id for item in assistant.answer(QUESTIONS[4]).retrieved]
    assert ranking("answer-scorer") == default != found
    assert ranking("late-interaction") not in (default, found)
    assert ranking("tests.support.rerankers:Backwards") == [*found[:0:-1], found[0]]


def test_passages_survive_the_round_trip_through_nodes(assistant: Assistant) -> None:
    for passage in assistant.search(QUESTIONS[1], k=5).passages:
        assert from_node(to_node(passage)) == passage


def test_a_strangers_markdown_stays_text(tmp_path: Path) -> None:
    tags = "<img src=x onerror=alert(1)> <svg onload=alert(1)>"
    hostile = f"{tags} [click](javascript:alert(1)) ![i](http://evil.example/x.png) works well."
    with Assistant(Library(Config(data_dir=tmp_path))) as assistant:
        assistant.library.ingest([make_paper(title="A [link](javascript:x) title", abstract=hostile)])
        answer = assistant.answer("click link title works well")
        assert_citations_hold(assistant, answer)
        assert not answer.abstained
        page = MarkdownIt("commonmark").render(answer.answer)
        assert "&lt;svg" in page
        assert "<svg" not in page
        assert "<img" not in page
        assert "<a" not in page
