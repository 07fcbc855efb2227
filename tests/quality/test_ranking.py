"""What decides which paper comes first: the lists' weights, the question's vector, the second look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from rag.config import Config, RetrievalConfig
from rag.index.library import Library
from rag.index.query_vector import Weighed
from rag.models import TokenVectors, embed_tokens
from rag.retrieve import reranker
from rag.retrieve.hybrid import COVERAGE_RANGE, FOCUS, HybridRetriever, dense_weight, fuse
from rag.retrieve.reranker import FEW, MANY, LateInteraction
from rag.types import Passage
from tests.support.papers import make_paper

EAST, NORTH = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def passage(name: str, score: float) -> Passage:
    """A passage of a paper of its own."""
    return Passage(name, name, 1, name, (), date(2025, 4, 8), "", 0, 4, "text", score)


def weighed(*vectors: np.ndarray, weights: Sequence[float]) -> Weighed:
    """The tokens of a question."""
    return Weighed(np.stack(vectors), np.array(weights))


def between(cosine: float) -> np.ndarray:
    """A direction as near as that to the east."""
    return np.array([cosine, (1 - cosine**2) ** 0.5])


@pytest.fixture
def second_look(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A reranker whose question is one token to the east, and whose papers hold the tokens that a test says."""
    tokens: dict[str, Sequence[np.ndarray]] = {}
    look = SimpleNamespace(tokens=tokens, asked=weighed(EAST, weights=[1.0]))

    def embedded(texts: Sequence[str]) -> list[TokenVectors]:
        found = [np.stack(tokens[text.partition(" ")[0]]) for text in texts]
        return [TokenVectors(tuple((n, n + 1) for n in range(len(rows))), rows) for rows in found]

    monkeypatch.setattr(reranker, "PassageTokens", lambda _: SimpleNamespace(of=embedded))
    monkeypatch.setattr(reranker, "weighed", lambda *_: look.asked)
    made = LateInteraction(cast("Library", SimpleNamespace(embedding=None)))

    def ranked(scores: Mapping[str, float], depth: int = FEW) -> list[str]:
        passages = [passage(name, score) for name, score in scores.items()]
        return [one.paper_id for one in made.rerank("?", passages, depth)]

    look.ranked = ranked
    return look


def test_one_token_that_says_it_is_enough(second_look: SimpleNamespace) -> None:
    second_look.tokens |= {"says": [EAST, -EAST, -EAST], "hints": [between(0.6)] * 3}
    assert second_look.ranked({"hints": 0.5, "says": 0.5}) == ["says", "hints"]


def test_rare_words_of_the_question_count_more(second_look: SimpleNamespace) -> None:
    second_look.asked = weighed(EAST, NORTH, weights=[5.0, 1.0])
    second_look.tokens |= {"common": [NORTH], "rare": [EAST]}
    assert second_look.ranked({"common": 0.5, "rare": 0.5}) == ["rare", "common"]


def test_a_clearly_nearer_wording_outweighs_a_quarter_of_a_match_and_a_bit_nearer_one_does_not(
    second_look: SimpleNamespace,
) -> None:
    second_look.tokens |= {"clearly": [EAST], "bit": [between(0.83)], "far": [between(0.8)]}
    assert second_look.ranked({"far": 0.9, "clearly": 0.65}) == ["clearly", "far"]
    assert second_look.ranked({"far": 0.9, "bit": 0.5}) == ["far", "bit"]


def test_papers_that_are_not_looked_at_stay_behind_those_that_are_near(second_look: SimpleNamespace) -> None:
    second_look.tokens |= {"near": [EAST], "far": [between(0.5)], "unseen": [EAST]}
    assert second_look.ranked({"far": 0.9, "near": 0.8, "unseen": 0.7}, depth=2) == ["near", "far", "unseen"]


def test_more_papers_are_looked_at_for_a_list_than_for_one_answer() -> None:
    assert 5 <= FEW < MANY


def test_the_lists_weights_add_up() -> None:
    dense, lexical = [("a", 0.8), ("b", 0.4)], [("b", 10.0), ("a", 1.0)]
    assert dict(fuse(dense, lexical, 0.9, 10)) == pytest.approx({"a": 0.9 + 0.01, "b": 0.45 + 0.1})
    assert [name for name, _ in fuse(dense, lexical, 0.2, 10)] == ["b", "a"]


def test_meaning_counts_more_where_no_word_matches() -> None:
    settings = RetrievalConfig()
    low, high = COVERAGE_RANGE
    assert dense_weight(0.0, settings) == dense_weight(low, settings) == settings.dense_weight_paraphrase
    assert dense_weight(1.0, settings) == dense_weight(high, settings) == settings.dense_weight
    assert 0.5 < settings.dense_weight < dense_weight((low + high) / 2, settings) < settings.dense_weight_paraphrase < 1


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    baking = "We study how astronauts bake sourdough bread."
    twins = [make_paper(f"2504.0000{n}", "Baking in Orbit", baking) for n in (1, 2)]
    cats = make_paper("2504.00003", "Space Cats", "A collection of videos of cats aboard a rocket.")
    rules = make_paper("2504.00004", "Reading Rooms", "The rule that readers may bring no bread is examined.")
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as opened:
        opened.ingest([*twins, cats, rules])
        yield opened


def test_a_paper_of_the_conversation_is_preferred_among_equals_and_not_over_the_answer(library: Library) -> None:
    def ranked(focus: str) -> list[Passage]:
        return HybridRetriever(library).search("who bakes bread in orbit", focus={focus})

    for twin in ("2504.00001", "2504.00002"):
        assert ranked(twin)[0].paper_id == twin
        assert ranked(twin)[0].score - ranked(twin)[1].score == pytest.approx(FOCUS)
        assert ranked(twin)[0].boosts == {"conversation": FOCUS}
    assert ranked("2504.00003")[0].paper_id != "2504.00003"


def test_candidates_come_from_both_lists_with_their_ranks_and_scores(library: Library) -> None:
    found = {one.paper_id: one for one in HybridRetriever(library).search("who bakes bread in orbit")}
    one, two, cats, rules = (found[f"2504.0000{n}"] for n in (1, 2, 3, 4))
    assert [{*one.ranks.values()}, {*two.ranks.values()}] == [{1}, {2}]
    assert (set(cats.ranks), rules.ranks["lexical"]) == ({"dense"}, 3)
    assert 1 > one.scores["dense"] > cats.scores["dense"] > 0
    assert RetrievalConfig().candidates >= 100


def test_words_that_match_count_more_than_in_a_paraphrase(library: Library) -> None:
    def dense_share(question: str) -> float:
        """What the dense list was worth, seen in the paper that only that list ranks."""
        first, *others = HybridRetriever(library).search(question)
        cats = next(one for one in others if set(one.ranks) == {"dense"})
        return cats.score * first.scores["dense"] / cats.scores["dense"]

    settings = RetrievalConfig()
    assert dense_share("astronauts bake sourdough bread") == pytest.approx(settings.dense_weight)
    assert dense_share("how do spacemen make loaves") == pytest.approx(settings.dense_weight_paraphrase)


def test_a_word_of_a_rewritten_question_counts_as_often_as_it_stands_there(library: Library) -> None:
    with library.indexes() as indexes:
        ((_, once),) = indexes.lexical.query("cats cats", 5)
        ((_, twice),) = indexes.lexical.query("cats cats", 5, repeats=True)
    assert twice == pytest.approx(2 * once, rel=1e-3)


def test_the_vector_of_a_token_is_its_words(library: Library) -> None:
    found = embed_tokens(library.embedding, ["bread and cats", "bread", "cats"])
    assert found is not None
    words, bread, cats = (one.vectors for one in found)
    assert [int(np.argmax(words @ one[0])) for one in (bread, cats)] == [0, 2]
