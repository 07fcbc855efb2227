"""The shape of answer that a question wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.models.minilm import installed
from rag.query import Reader
from rag.query.intents.intent import Intents
from rag.query.intents.sides import Comparison, Side
from tests.support.reading import ReadingLibrary

INTENTS = Intents(installed)

KINDS = {
    "compare": """
        ColBERT vs SPLADE for long documents?
        Compare HyDE and Query2Doc on low-resource languages.
        What is the difference between OneRec and OneSearch?
        How does TALLRec differ from BIGRec?
        RankGPT and RankZephyr: which one is better on TREC DL?
        How do PinRec and PLUM differ in their semantic IDs?
        Contrast Self-RAG with CRAG.
        Both DeepRetrieval and Search-R1 use RL; how are they different?
        Two surveys on agentic RAG appeared: how do their taxonomies differ?
        What are the main differences between dense and sparse retrieval?
        how does the tree index of SEATER compare to TIGER?
        What do MiniCheck and AlignScore have in common?
    """,
    "list": """
        Which papers treat cold start with language models?
        list the papers on code search
        papers on retrieving tables
        table retrieval papers?
        List all papers whose topic is music recommendation.
        what papers use knowledge graphs for RAG?
        Are there any papers about podcasts?
        Show me papers about query autocompletion
        Can you give me a list of benchmarks for tool retrieval?
        Which surveys cover agent memory?
        find papers that red-team rerankers
        anything on chess? list the papers
        Which datasets for conversational search were released?
        query suggestion, which papers?
        all papers about tourism
        I'd like to see papers on spoken queries
    """,
    "topic": """
        Summarise the work on hallucination in RAG.
        Overview of multimodal recommendation with LLMs
        Give me an overview of tool learning
        What have studies of click models found about position bias?
        How are LLMs being used to simulate users?
        What do recent papers say about long-context rerankers?
        What has been proposed against prompt injection in search?
        What are the main trends in generative retrieval?
        State of the art in legal retrieval?
        What is known about popularity bias in LLM recommenders?
        please summarize recent advances in query expansion
        What does the literature say about LLM judges?
        How is reinforcement learning currently used for search agents?
        What is being done against hallucination in multimodal RAG?
        what are people doing about popularity bias?
        How do researchers defend agents against prompt injection?
        What approaches exist for conversational recommendation?
        How do papers on RAG measure faithfulness?
    """,
    "single": """
        How does DDRO avoid a reward model?
        What accuracy does AutoPK reach?
        How many users took part in the study of Talk2X?
        EARN register tokens speedup and KV cache reduction
        What is the BEAM benchmark?
        Why do cross-encoders fail on negation?
        Which model size works best for reranking?
        By how much does it improve over BM25?
        Who won the CTR prediction challenge?
        Is there a defence against poisoned documents?
        In the RecRanker paper, what is the difference between pointwise and pairwise prompts?
        How does it compare with third-party tools?
        What went wrong according to the reproducibility study?
        Do papers with code get cited more?
        How many hours of speech do the datasets in the review of African ASR cover?
    """,
}


@pytest.mark.parametrize(
    ("kind", "question"), [(kind, line.strip()) for kind, text in KINDS.items() for line in text.strip().splitlines()]
)
def test_the_kind_of_a_question(kind: str, question: str) -> None:
    intent = INTENTS.read(question)
    assert kind == ("compare" if intent.kind == "compare" and kind == "compare" else intent.shape())


@pytest.mark.parametrize(
    ("question", "restricted", "kind"),
    [
        ("What did Jimmy Lin co-author?", True, "list"),
        ("What was new on video in December?", True, "list"),
        ("How does the method that Jimmy Lin proposed in May work?", True, "single"),
    ],
)
def test_with_an_author_or_dates_what_is_new_is_a_list(question: str, restricted: bool, kind: str) -> None:
    assert INTENTS.read(question).shape(restricted=restricted) == kind


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    library = ReadingLibrary(tmp_path_factory.mktemp("library"))
    yield Reader(library)
    library.close()


@pytest.mark.parametrize(
    ("question", "subjects"),
    [
        ("OneSearch vs UniSearch for videos?", ("OneSearch", "UniSearch")),
        ("Compare QueryGym and AutoPK on speed", ("QueryGym", "AutoPK")),
        ("How does LightRetriever differ from Search-R1?", ("LightRetriever", "Search-R1")),
        ("UniSearch, AutoPK and OneSearch: how do they differ?", ("UniSearch", "AutoPK", "OneSearch")),
        ("Compare OneSearch and UniSearch on HotpotQA", ("OneSearch", "UniSearch")),
        (
            "QueryGym or AutoPK for messy tables when my data is noisy? how does each one fight it",
            ("QueryGym", "AutoPK"),
        ),
        ("Compare dense and sparse retrieval", ()),
        ("What are the main differences between cheap and strong models?", ()),
        ("Two surveys on search appeared: how do their taxonomies differ?", ()),
    ],
)
def test_the_systems_that_are_compared(reader: Reader, question: str, subjects: tuple[str, ...]) -> None:
    found = reader.understand(question)
    assert (found.kind, found.subjects) == ("compare", subjects)


def test_what_is_asked_of_two_named_papers_is_no_third_one(reader: Reader) -> None:
    asked = "both video search: what structure over users and items do they build, one vs the other?"
    found = reader.understand(f"OneSearch vs UniSearch, {asked}")
    assert found.subjects == ("OneSearch", "UniSearch")
    assert found.sides == ()


def test_what_stands_in_one_paper_alone_is_no_comparison_of_papers() -> None:
    def sides(*papers: str | None) -> Comparison:
        return Comparison(
            sides=tuple(
                Side("x", "x", None if one is None else frozenset(one.split()), one is not None) for one in papers
            )
        )

    assert sides("a", "a").is_within_one
    assert not sides("a", "b").is_within_one
    assert not sides("a b", "a b").is_within_one
    assert not sides("a", None).is_within_one
    assert not sides(None, None).is_within_one
    assert not Comparison().is_within_one


@pytest.mark.parametrize("question", ["In OneSearch, what is the difference between pointwise and pairwise prompts?"])
def test_what_differs_within_one_system_is_no_comparison(reader: Reader, question: str) -> None:
    assert reader.understand(question).kind == "single"
