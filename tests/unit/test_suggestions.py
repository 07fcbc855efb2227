"""Questions that a paper is said to answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.answer import suggestions
from rag.answer.suggestions import FORMS, FOUND, OFFERED, opening, standalone, system_of
from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.retrieve.hybrid import distinct_papers
from rag.types.card import Card, Span
from tests.support.papers import make_paper

PAPERS = (
    make_paper(
        "2504.00001",
        "RockRank: Ranking Rocks by Their Names",
        "Search engines for geologists miss rocks that have several names, which remains a challenge. We propose "
        "RockRank, a ranker that orders rocks by a graph of their names. RockRank first links names to minerals and "
        "then walks over the graph. Experiments on the GeoQA dataset show RockRank outperforms BM25 by 8% in nDCG. "
        "Our code is available at https://github.com/example/rockrank.",
    ),
    make_paper(
        "2504.00002",
        "How Bakers Search for Recipes at Night",
        "It is unclear how bakers search. In this paper, we present a study of the searches of ninety bakers. "
        "We find that bakers ask 40% shorter questions at night than by day.",
    ),
    make_paper("2504.00003", "Lakes", ""),
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    library = Library(Config(data_dir=tmp_path_factory.mktemp("asked")))
    library.ingest(PAPERS)
    with Assistant(library) as made:
        yield made


def test_questions_find_their_paper_and_a_sentence_of_its_own_answers_each(assistant: Assistant) -> None:
    offered = 0
    for paper in PAPERS:
        found = standalone(assistant.engine.scores, assistant.retriever, paper.paper_id)
        offered += len(found)
        assert len(found) <= OFFERED
        assert len({(one.start, one.end) for one in found}) == len(found)
        for one in found:
            first = distinct_papers(assistant.retriever.search(one.question, k=12), FOUND)
            assert paper.paper_id in [passage.paper_id for passage in first]
            assert one.start >= paper.abstract_start
            assert paper.text[one.start : one.end].endswith(".")
    assert offered >= 4


def test_what_is_asked_of_a_system_names_it_and_its_rival(assistant: Assistant) -> None:
    asked = {one.question: one for one in standalone(assistant.engine.scores, assistant.retriever, "2504.00001")}
    assert all("RockRank" in question for question in asked)
    assert "Is the code of RockRank available?" in asked
    code = asked["Is the code of RockRank available?"]
    assert "github.com" in PAPERS[0].text[code.start : code.end]


def test_a_paper_without_a_name_is_asked_by_its_title(assistant: Assistant) -> None:
    asked = [one.question for one in standalone(assistant.engine.scores, assistant.retriever, "2504.00002")]
    assert asked
    assert all("“How Bakers Search for Recipes at Night”" in question for question in asked)


def test_on_its_own_page_a_paper_is_not_named(assistant: Assistant) -> None:
    found = [one.question for one in opening(assistant.engine.scores, "2504.00001")]
    known = {form.here.replace("{other}", "BM25") for form in FORMS}
    assert found
    assert set(found) <= known


@pytest.mark.parametrize(
    ("rival", "name"),
    [
        ("BM25", "BM25"),
        ("existing LLM-based methods", ""),
        ("BERT-base", "BERT-base"),
        ("RankT5-large", "RankT5-large"),
        ("the BGE-reranker", "BGE-reranker"),
    ],
)
def test_a_kind_of_methods_is_no_rival(rival: str, name: str) -> None:
    said = f"HatStone gains 9% over {rival} on three datasets."
    paper = make_paper("2504.00005", "HatStone: Masking Attention between Stones", said)
    result = Span(paper.abstract_start, paper.abstract_start + len(said), said)
    assert suggestions._compared(paper, Card(paper.paper_id, 1, result=result), "HatStone") == name


def test_nothing_is_asked_of_a_paper_that_says_nothing(assistant: Assistant) -> None:
    assert standalone(assistant.engine.scores, assistant.retriever, "2504.00003") == ()
    assert opening(assistant.engine.scores, "2504.09999") == ()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("RockRank: Ranking Rocks", "RockRank"),
        ("GRAM 2 Lite: Small Models", "GRAM 2 Lite"),
        ("The Pitfalls of Growing Lakes: A Study", ""),
        ("How Bakers Search", ""),
    ],
)
def test_a_system_is_told_by_how_a_title_begins(title: str, name: str) -> None:
    assert system_of(title) == name
