"""The second look: the paper that says the same in other words comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.embeddings import MockEmbedding
from pydantic import ValidationError

from rag.config import Config, RetrievalConfig
from rag.errors import ConfigError, RerankerError
from rag.index.library import Library
from rag.models import build_embedding, embed_texts, embed_tokens
from rag.retrieve.answer_scores import AnswerScores, Judged
from rag.retrieve.nodes import from_node, to_node
from rag.retrieve.postprocessor import RerankerPostprocessor
from rag.retrieve.reranker import (
    ANSWERED,
    MANY,
    NEARNESS,
    Answering,
    LateInteraction,
    Reranker,
    Unchanged,
    build_reranker,
)
from rag.types import Passage
from tests.support.papers import make_paper

PAPERS = (
    make_paper("2504.00001", "Bread in Space", "Astronauts bake sourdough in orbit. We study how yeast rises."),
    make_paper("2504.00002", "Tiny Rankers", "We compress a large reranking model into a small one by distillation."),
    make_paper("2504.00003", "Cats on Film", "A collection of videos of cats. It was filmed on three continents."),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = Library(Config(data_dir=tmp_path_factory.mktemp("library")))
    opened.ingest(PAPERS)
    yield opened
    opened.close()


def passage(n: int, score: float) -> Passage:
    """A passage that is the whole of a paper."""
    paper = PAPERS[n]
    return Passage(
        f"c{n}", paper.paper_id, 1, paper.title, (), date(2025, 4, 8), "", 0, len(paper.text), paper.text, score
    )


def ids(passages: list[Passage]) -> list[str]:
    return [one.chunk_id for one in passages]


def test_the_paper_with_the_nearest_wording_comes_first(library: Library) -> None:
    ranked = LateInteraction(library).rerank(
        "how to shrink a big ranking network", [passage(0, 0.6), passage(2, 0.55), passage(1, 0.5)]
    )
    assert ids(ranked)[0] == "c1"
    assert ranked[0].boosts["wording"] == pytest.approx(ranked[0].score - 0.5, abs=1e-4)
    assert min(one.boosts.get("wording", 0.0) for one in ranked) == 0.0
    assert max(ranked, key=lambda one: one.scores[NEARNESS]).chunk_id == "c1"
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_what_is_not_looked_at_gains_nothing_and_stays_behind(library: Library) -> None:
    ranked = LateInteraction(library).rerank(
        "how to shrink a big ranking network", [passage(0, 0.6), passage(2, 0.55), passage(1, 0.5)], 2
    )
    assert ids(ranked)[-1] == "c1"
    assert ranked[-1] == passage(1, 0.5)


@pytest.mark.parametrize("question", ["", "the of and", "?!"])
def test_a_question_without_words_changes_nothing(library: Library, question: str) -> None:
    found = [passage(0, 0.6), passage(1, 0.5)]
    assert LateInteraction(library).rerank(question, found) == found


def configured(library: Library, name: str) -> Reranker:
    """The reranker that a configuration names."""
    settings = library.config.model_copy(update={"retrieval": RetrievalConfig(reranker=name)})
    with Library(settings, library.embedding) as other:
        return build_reranker(other, AnswerScores(other))


def test_the_configuration_names_the_reranker(library: Library) -> None:
    found = [passage(0, 0.6), passage(2, 0.55), passage(1, 0.5)]
    question = "how to shrink a big ranking network"
    assert configured(library, "none").rerank(question, found) == found
    worded = LateInteraction(library).rerank(question, found)
    assert configured(library, "late-interaction").rerank(question, found) == worded
    default = build_reranker(library, AnswerScores(library))
    assert isinstance(default, Answering)
    assert default.rerank(question, found) == Answering(LateInteraction(library), AnswerScores(library)).rerank(
        question, found
    )


class Judge(AnswerScores):
    """Says of each paper how likely it answers, as a test wants it."""

    def __init__(self, library: Library, odds: Mapping[str, float]) -> None:
        super().__init__(library)
        self._odds = odds

    def of(self, wordings: Sequence[str], paper_ids: Iterable[str]) -> dict[str, Judged]:
        told = {one: self._odds[one] for one in paper_ids}
        return {one: Judged(one, (), np.array([odds, -9.0], dtype=np.float32), odds) for one, odds in told.items()}


def test_the_paper_that_answers_comes_before_one_that_is_only_near(library: Library) -> None:
    found = [passage(0, 0.6), passage(2, 0.55), passage(1, 0.5)]
    judge = Judge(library, {"2504.00001": -3.0, "2504.00002": 2.0, "2504.00003": -4.0})
    ranked = Answering(Unchanged(), judge).rerank("how are rankers made small?", found)
    assert ids(ranked) == ["c1", "c0", "c2"]
    assert [one.boosts.get("answers") for one in ranked] == [pytest.approx(6 * ANSWERED), pytest.approx(ANSWERED), None]
    assert Answering(Unchanged(), judge).rerank("papers on small rankers", found, MANY) == found, "none has to answer"
    assert ids(Answering(Unchanged(), judge).rerank("?", found, 2)) == ["c0", "c2", "c1"], "it was not looked at"
    assert Answering(Unchanged(), judge).rerank("?", found[:1]) == found[:1]


def test_where_the_first_paper_counts_none_is_looked_at_that_cannot_come_before_it(library: Library) -> None:
    found = [passage(0, 3.0), passage(2, 2.9), passage(1, 1.0)]
    judge = Judge(library, {"2504.00001": 1.0, "2504.00003": -3.0})  # of the third it would know nothing
    ranked = Answering(Unchanged(), judge).rerank("how are rankers made small?", found, first=1)
    assert ids(ranked) == ["c0", "c2", "c1"]
    with pytest.raises(KeyError, match=r"2504\.00002"):
        Answering(Unchanged(), judge).rerank("how are rankers made small?", found)


def test_looking_goes_on_as_long_as_another_paper_can_come_first(library: Library) -> None:
    found = [passage(0, 1.2), passage(2, 1.1), passage(1, 1.0)]
    judge = Judge(library, {"2504.00001": -2.0, "2504.00003": -3.0, "2504.00002": 4.0})
    ranked = Answering(Unchanged(), judge).rerank("how are rankers made small?", found, first=1)
    assert ids(ranked) == ["c1", "c0", "c2"]


def test_a_paper_that_none_can_catch_up_with_is_not_looked_at(library: Library) -> None:
    found = [passage(0, 9.0), passage(2, 1.1), passage(1, 1.0)]
    assert Answering(Unchanged(), Judge(library, {})).rerank("?", found, first=1) == found
    held = [replace(found[0], held=True), *found[1:]]
    with pytest.raises(KeyError):  # it is none of those that count
        Answering(Unchanged(), Judge(library, {})).rerank("?", held, first=1)


def test_a_paper_that_is_named_is_looked_at_however_far_behind_it_is(library: Library) -> None:
    found = [passage(0, 3.0), passage(2, 2.9), passage(1, 1.0)]
    judge = Judge(library, {"2504.00001": 1.0, "2504.00003": -3.0, "2504.00002": 3.0})
    ranked = Answering(Unchanged(), judge).rerank("?", found, first=1, also={"2504.00002"})
    assert {one.chunk_id: one.boosts.get("answers") for one in ranked}["c1"] == pytest.approx(6 * ANSWERED)


def test_of_two_papers_that_count_both_are_certain(library: Library) -> None:
    found = [passage(0, 9.0), passage(2, 1.1), passage(1, 1.0)]
    odds = {"2504.00001": -2.0, "2504.00003": -3.0, "2504.00002": 4.0}
    one, two = (Answering(Unchanged(), Judge(library, odds)).rerank("?", found, first=n) for n in (1, 2))
    assert (ids(one), ids(two)) == (["c0", "c2", "c1"], ["c0", "c1", "c2"])


def test_a_paper_held_for_review_ends_no_looking(library: Library) -> None:
    found = [replace(passage(0, 9.0), held=True), passage(2, 1.1), passage(1, 1.0)]
    judge = Judge(library, {"2504.00001": 3.0, "2504.00003": -3.0, "2504.00002": 4.0})
    ranked = Answering(Unchanged(), judge).rerank("how are rankers made small?", found, first=1)
    assert ids(ranked) == ["c0", "c1", "c2"], "it stands behind them in the end"


def test_wordings_are_read_until_the_first_paper_is_certain(library: Library) -> None:
    found = [passage(0, 0.6), passage(2, 0.55), passage(1, 0.5)]
    question = "how to shrink a big ranking network"
    every = LateInteraction(library).rerank(question, found)
    assert ids(LateInteraction(library).rerank(question, found, first=1))[0] == ids(every)[0]
    far = [replace(one, score=one.score + 5 * (n < 2)) for n, one in enumerate(found)]
    stopped = LateInteraction(library).rerank(question, far, first=1)
    assert [NEARNESS in one.scores for one in stopped] == [True, True, False]
    assert all(NEARNESS in one.scores for one in LateInteraction(library).rerank(question, far))


def test_a_node_postprocessor_of_another_package_decides_the_order_and_nothing_else(library: Library) -> None:
    found = [passage(0, 0.6), passage(2, 0.55), passage(1, 0.5)]
    ranked = configured(library, "tests.support.rerankers:Backwards").rerank("rankers", found)
    assert ids(ranked) == ["c1", "c2", "c0"], "what it dropped stays behind, what it added is nowhere"
    assert [one.score for one in ranked] == [0.6, 0.55, 0.5]
    assert [one.boosts.get("reranker") for one in ranked] == [0.1, None, -0.1]
    assert [replace(one, score=0.0, boosts={}) for one in ranked] == [
        replace(one, score=0.0) for one in (found[2], found[1], found[0])
    ]
    empty: list[Passage] = []
    assert configured(library, "tests.support.rerankers:Backwards").rerank("rankers", empty) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no.such.module:Class", "cannot be imported"),
        ("tests.support.rerankers:Forwards", "cannot be imported"),
        ("tests.support.rerankers:Demanding", "cannot be made"),
        ("collections:OrderedDict", "is no LlamaIndex node postprocessor"),
    ],
)
def test_what_is_no_postprocessor_is_named(library: Library, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        configured(library, name)
    assert name in caught.value.message
    assert "answer-scorer" in caught.value.advice


@pytest.mark.parametrize("name", ["", "bge-reranker", "a b:C", ":C", "a:"])
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="should be answer-scorer, late-interaction, none or package"):
        RetrievalConfig(reranker=name)


def test_a_reranker_that_fails_says_which(library: Library) -> None:
    broken = configured(library, "tests.support.rerankers:Broken")
    with pytest.raises(RerankerError, match=r"rerankers:Broken failed: RuntimeError: out of memory"):
        broken.rerank("rankers", [passage(1, 0.5)])


def test_ours_is_a_node_postprocessor_for_others(library: Library) -> None:
    found = [passage(0, 0.6), passage(2, 0.55), passage(1, 0.5)]
    question, ours = "how to shrink a big ranking network", LateInteraction(library)
    theirs = RerankerPostprocessor.around(ours)
    nodes = theirs.postprocess_nodes([to_node(one) for one in found], query_str=question)
    assert [from_node(node) for node in nodes] == ours.rerank(question, found)
    assert theirs.postprocess_nodes(nodes) == nodes, "without a question there is nothing to rank by"


def test_one_paper_is_not_compared(library: Library) -> None:
    assert LateInteraction(library).rerank("rankers", [passage(1, 0.5)]) == [passage(1, 0.5)]


def test_an_embedder_without_vectors_of_tokens_changes_nothing(library: Library) -> None:
    class Plain:
        """A library with somebody else's embedder."""

        embedding: BaseEmbedding = MockEmbedding(embed_dim=4)
        indexes = library.indexes

    found = [passage(0, 0.6), passage(1, 0.5)]
    assert LateInteraction(Plain()).rerank("rankers", found) == found  # type: ignore[arg-type]


def test_tokens_have_places_and_unit_vectors_and_average_to_the_texts_vector() -> None:
    model = build_embedding(Config().embedding)
    text = "Tiny rankers, distilled."
    found = embed_tokens(model, [text, "x" * 3000])
    assert found is not None
    assert [text[start:end] for start, end in found[0].spans][:2] == ["Tiny", "rank"]
    assert np.allclose(np.linalg.norm(found[0].vectors, axis=1), 1, atol=1e-5)
    assert found[0].vectors.shape == (len(found[0].spans), 384)
    assert len(found[1].spans) < 256
    mean = found[0].vectors.mean(axis=0)
    assert float(mean @ embed_texts(model, [text])[0]) / float(np.linalg.norm(mean)) > 0.9
