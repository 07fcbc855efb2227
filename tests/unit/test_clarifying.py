from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rag.answer.clarify import Clarifier, as_markdown
from rag.config import Config
from rag.index.library import Library
from rag.query import Reader
from rag.query.dialogue.conversation import resumed
from rag.retrieve.hybrid import HybridRetriever
from rag.types import Clarify, Filters, Turn
from tests.support.papers import make_paper

RECOMMENDS = make_paper(
    "2507.00001",
    "GRACE: Generative Recommendation by Journeys",
    "We propose GRACE, which reads the journeys of shoppers with sparse attention. It cuts cost by half.",
    ("Ann Lee", "Bo Ek"),
    "2025-07-01",
)
EMBEDS = make_paper(
    "2510.00001",
    "GRACE: Contrastive Policies for Text Embeddings",
    "GRACE learns representations of text from rewards. It improves retrieval on a benchmark.",
    ("Cy Wu",),
    "2025-10-01",
)
GRAM = make_paper(
    "2506.00001", "GRAM: Late Fusion of Items", "We fuse items of several grains late.", ("Di Ro",), "2025-06-01"
)
SPELT_OUT = make_paper(
    "2504.00001",
    "A Paradigm for Shops",
    "This paper introduces a novel paradigm: the Generative Retrieval and Alignment Model (GRAM). It aligns queries.",
    ("Eli Fo",),
    "2025-04-01",
)
MOON = make_paper(
    "2508.00001", "MOON: Products Understood", "MOON embeds products.", ("Fay Mo", "Gil Ha"), "2025-08-01"
)
MOON_AGAIN = make_paper(
    "2511.00001", "Adverts from Products", "We present MOON, a set of embeddings.", ("Gil Ha",), "2025-11-01"
)
RAG = make_paper("2503.00001", "RAG: A Story", "RAG is retold.", ("Hal In",), "2025-03-01")
RAG_TOO = make_paper("2503.00002", "RAG: A Survey", "RAG is surveyed.", ("Ida Jo",), "2025-03-02")
SOK = [make_paper(f"2502.0000{n}", f"SoK: Attacks on Ward {n}", f"We attack {n}.", (f"Pat M{n}",)) for n in range(2)]
USERS = [
    make_paper(f"2503.0001{n}", f"Doctors and pipeline {n}", f"We evaluate RAG in ward {n}.", (f"Kim L{n}",))
    for n in range(5)
]
MENTIONS = make_paper("2509.00001", "A Comparison", "We compare with GRACE and GRAM on shopping data.", ("Mo No",))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    papers = [RECOMMENDS, EMBEDS, GRAM, SPELT_OUT, MOON, MOON_AGAIN, RAG, RAG_TOO, *SOK, *USERS, MENTIONS]
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as opened:
        opened.ingest(papers)
        yield opened


def asked_back(
    library: Library, question: str, filters: Filters | None = None, history: tuple[Turn, ...] = ()
) -> Clarify | None:
    reader = Reader(library)
    understood = reader.understand(question, history, filters)
    passages = HybridRetriever(library).search(
        understood.search_text, understood.filters, 100, papers=understood.papers, focus=understood.focus
    )
    return Clarifier(library).ask(understood, passages)


@pytest.mark.parametrize("question", ["is GRACE better?", "What is grace?", "How many parameters does GRACE have?"])
def test_a_name_of_two_systems_is_asked_back_with_both(library: Library, question: str) -> None:
    clarify = asked_back(library, question)
    assert clarify is not None
    assert clarify.text == "2 papers here call a system GRACE. Which one do you mean?"
    assert set(clarify.choices) == {
        "GRACE: Generative Recommendation by Journeys (2507.00001)",
        "GRACE: Contrastive Policies for Text Embeddings (2510.00001)",
    }


def test_a_name_that_only_an_abstract_introduces_counts(library: Library) -> None:
    clarify = asked_back(library, "what is GRAM?")
    assert clarify is not None
    assert {choice.rsplit("(", 1)[1] for choice in clarify.choices} == {"2506.00001)", "2504.00001)"}


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("How does GRACE read journeys of shoppers?", id="another word decides"),
        pytest.param("What is GRACE 2507.00001?", id="an id decides"),
        pytest.param("What is the difference between the two GRACE systems?", id="both are meant"),
        pytest.param("Which papers are about GRACE?", id="a list names both"),
        pytest.param("What is MOON?", id="the same people, the same system"),
        pytest.param("What is RAG?", id="a common word"),
        pytest.param("What is SoK?", id="a kind of paper"),
        pytest.param("What is ColBERT?", id="unknown here"),
        pytest.param("Which data were used?", id="no name"),
    ],
)
def test_a_clear_question_is_not_asked_back(library: Library, question: str) -> None:
    assert asked_back(library, question) is None


def test_a_filter_or_the_conversation_decides(library: Library) -> None:
    assert asked_back(library, "is GRACE better?", Filters(author="Cy Wu")) is None
    history = (
        Turn(role="user", content="Who rewards text representations?"),
        Turn(role="assistant", content="**GRACE: Contrastive Policies for Text Embeddings** (2510.00001) does."),
    )
    assert asked_back(library, "And is it better than other GRACE?", history=history[:0]) is not None
    assert asked_back(library, "And what does it improve on GRACE?", history=history) is None


@pytest.mark.parametrize(
    ("question", "focus", "score", "is_asked"),
    [
        ("is GRACE better?", (), 1.0, True),
        ("does GRACE help journeys?", (), 1.0, False),
        ("does GRACE help lawyers?", (), 1.0, True),
        ("does GRACE help lawyers?", (), 0.7, False),
        ("is GRACE better?", (), 0.7, True),
        ("is GRACE better?", ("2510.00001",), 1.0, False),
    ],
)
def test_words_then_scores_decide(
    library: Library, question: str, focus: tuple[str, ...], score: float, is_asked: bool
) -> None:
    found = HybridRetriever(library).search("GRACE", k=100)
    scores = {"2507.00001": 1.0, "2510.00001": score}
    passages = [replace(passage, score=scores.get(passage.paper_id, 0.0)) for passage in found]
    understood = replace(Reader(library).understand(question), focus=focus)
    asked = Clarifier(library).ask(understood, passages)
    assert (asked is not None) is is_asked


CLARIFY = Clarify(
    text="2 papers here call a system GRACE. Which one do you mean?",
    choices=(
        "GRACE: Generative Recommendation by Journeys (2507.00001)",
        "GRACE: Contrastive Policies for Text Embeddings (2510.00001)",
    ),
)
BEFORE = (Turn(role="user", content="hello"), Turn(role="assistant", content="Hello."))
BACK = (
    *BEFORE,
    Turn(role="user", content="is GRACE better?"),
    Turn(role="assistant", content=as_markdown(CLARIFY, str)),
)


@pytest.mark.parametrize(
    "reply",
    [
        "2",
        "2.",
        "the second one",
        "2510.00001",
        CLARIFY.choices[1],
        "the one on text embeddings",
        "contrastive policies",
    ],
)
def test_a_choice_resumes_the_earlier_question(reply: str) -> None:
    assert resumed(reply, BACK) == ("is GRACE better? (2510.00001)", BEFORE, True)


@pytest.mark.parametrize("reply", ["3", "neither", "How do journeys of shoppers cut the cost of attention?", "GRACE"])
def test_what_is_no_choice_stays_a_question(reply: str) -> None:
    assert resumed(reply, BACK) == (reply, BACK, False)


def test_nothing_resumes_without_a_question_asked_back() -> None:
    assert resumed("2", BEFORE) == ("2", BEFORE, False)
    assert resumed("2", ()) == ("2", (), False)
