"""Which papers belong to a list: what is measured of them, and what it makes of their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from rag.config import Config
from rag.engine import Engine
from rag.index.library import Library
from rag.index.query_vector import read_tokens, weighed
from rag.models.membership import FEATURES, FOLDER, WEIGHTS, WEIGHTS_SHA256, load_membership
from rag.query import Question, Reader
from rag.retrieve.hybrid import HybridRetriever, distinct_papers
from rag.retrieve.membership import MEMBERSHIP, UNTOLD, features, with_membership
from rag.retrieve.reranker import MANY, LateInteraction
from rag.types import Passage
from tests.support.papers import make_paper

BEES = (
    ("Honey Bees Dance", "Honey bees dance to tell where flowers are. We film the dance of bees in a hive."),
    ("Wild Bees and Clover", "Wild bees visit clover. We count bees on clover fields all summer."),
    ("A Survey of Bees in Cities", "Bees live in cities. This survey maps bees on roofs and in parks."),
)
OTHERS = (
    ("Bread in Space", "Astronauts bake sourdough in orbit. Yeast rises without gravity."),
    ("Rivers of Ice", "Glaciers carve valleys. We measure the flow of ice."),
    ("Violin Varnish", "Old violins are varnished with resin. We analyse its colour."),
    ("Night Trains", "Sleeping cars return. We ask travellers on night trains."),
    ("Chess Endings", "Rook endings are drawn. A table base proves it."),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    papers = [make_paper(f"2504.{n:05}", *texts) for n, texts in enumerate((*BEES, *OTHERS), 1)]
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as opened:
        opened.ingest(papers)
        yield opened


@pytest.fixture(scope="module")
def asked(library: Library) -> Question:
    return Reader(library).understand("papers on bees")


@pytest.fixture(scope="module")
def looked_at(library: Library, asked: Question) -> list[Passage]:
    found = HybridRetriever(library).search(asked.search_text, k=MANY)
    return LateInteraction(library).rerank(asked.search_text, found, MANY)


def test_the_weights_are_those_of_the_features() -> None:
    assert set(load_membership().weights) == set(FEATURES)
    assert hashlib.sha256((FOLDER / WEIGHTS).read_bytes()).hexdigest() == WEIGHTS_SHA256


@pytest.mark.parametrize("name", ["behind", "meaning", "title", "like", "apart", "tags", "dwells"])
def test_more_of_what_speaks_for_a_paper_makes_it_likelier(name: str) -> None:
    less = np.zeros((1, len(FEATURES)))
    more = less.copy()
    more[0, FEATURES.index(name)] = 0.2
    model = load_membership()
    assert 0 < model.chances(less)[0] < model.chances(more)[0] < 1


def test_papers_on_the_subject_are_likelier_to_belong_and_come_first(
    library: Library, asked: Question, looked_at: list[Passage]
) -> None:
    ranked = with_membership(library, asked, looked_at)
    chances = [one.scores[MEMBERSHIP] for one in ranked]
    bees = [one.title for one in ranked[: len(BEES)]]
    assert sorted(bees) == sorted(title for title, _ in BEES)
    assert chances == sorted(chances, reverse=True)
    assert chances[len(BEES) - 1] > 2 * chances[len(BEES)]
    assert [one.score for one in ranked] == sorted((one.score for one in looked_at), reverse=True)


def test_papers_that_nobody_looked_at_have_no_chance_and_stay_behind(library: Library, asked: Question) -> None:
    found = HybridRetriever(library).search(asked.search_text, k=MANY)
    ranked = with_membership(library, asked, LateInteraction(library).rerank(asked.search_text, found, 4))
    assert [MEMBERSHIP in one.scores for one in ranked] == [True] * 4 + [False] * (len(ranked) - 4)
    assert with_membership(library, asked, found) == found


def test_where_one_paper_may_be_meant_as_well_it_comes_first_as_it_would_alone(
    library: Library, asked: Question
) -> None:
    engine = Engine(HybridRetriever(library))

    def ranked(**read: object) -> list[str]:
        return [one.paper_id for one in engine.candidates(replace(asked, **read))]  # type: ignore[arg-type]

    assert asked.kind == "list"
    unsure = engine.candidates(replace(asked, unsure=True))
    assert [one.paper_id for one in unsure] == ranked(kind="single")
    known = {one.chunk_id: one.scores[MEMBERSHIP] for one in engine.candidates(asked)}
    assert {one.chunk_id: one.scores[MEMBERSHIP] for one in unsure} == known


def test_papers_on_the_subject_stand_apart_from_the_others(
    library: Library, asked: Question, looked_at: list[Passage]
) -> None:
    rows = features(library, asked, looked_at)
    bees = np.array([one.title in dict(BEES) for one in distinct_papers(looked_at)])
    for name in ("apart", "dwells"):
        column = rows[:, FEATURES.index(name)]
        assert column[bees].mean() > column[~bees].max()


def test_a_paper_may_be_tagged_with_the_subject_that_is_asked_for(
    library: Library, asked: Question, looked_at: list[Passage]
) -> None:
    column = FEATURES.index("tags")
    assert set(features(library, asked, looked_at)[:, column]) == {UNTOLD}
    rows = features(library, replace(asked, told="surveys about bees"), looked_at)
    tagged = [one.title for one, row in zip(distinct_papers(looked_at), rows, strict=True) if row[column] == 1]
    assert tagged == ["A Survey of Bees in Cities"]
    assert set(rows[:, column]) == {0, 1}


def test_all_papers_of_a_sort_are_listed_where_nothing_else_is_asked(library: Library) -> None:
    reader = Reader(library)
    every = reader.understand("list the surveys")
    assert (every.kind, every.papers, every.of_sort) == ("list", frozenset({"2504.00003"}), True)
    for said in (
        "list the surveys about violins",
        "violin surveys",
        "list the papers about bees",
        "list the surveys of 1999",
    ):
        asked = reader.understand(said)
        assert (asked.papers, asked.of_sort) == (None, False)


def test_a_text_dwells_on_what_several_of_its_words_are_near_to(library: Library) -> None:
    asked = weighed(library, "bees")
    assert asked is not None
    said = [
        "Bees dance; a bee finds other bees, and the hive of the bees grows.",
        "We sell honey, cars, bees and bread.",
    ]
    known = read_tokens(library, said)
    assert known is not None
    often, once = (asked.dwelling(one) for one in known)
    assert often > once
    assert asked.dwelling(replace(known[0], spans=(), vectors=known[0].vectors[:0])) == 0


def test_what_is_measured_is_the_same_every_time(library: Library, asked: Question, looked_at: list[Passage]) -> None:
    rows = features(library, asked, looked_at)
    assert rows.shape == (len(looked_at), len(FEATURES))
    assert np.array_equal(rows, features(library, asked, looked_at))
    assert np.isfinite(rows).all()
    assert rows[:, FEATURES.index("behind")].max() == 0
    alone = LateInteraction(library).rerank(asked.search_text, looked_at[:2])[:1]
    assert np.isfinite(features(library, asked, alone)).all()


def test_an_answer_looks_until_its_papers_are_known_and_what_is_ranked_is_looked_at_whole(
    library: Library, asked: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(HybridRetriever(library))
    wanted: list[int | None] = []
    reranker = type(engine.finder.reranker)
    plain = reranker.rerank

    def rerank(self: object, *arguments: object, first: int | None = None, **others: object) -> object:
        wanted.append(first)
        return plain(self, *arguments, first=first, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(reranker, "rerank", rerank)
    for kind, counting in (("single", 1), ("compare", 2)):
        one = replace(asked, kind=kind, unsure=False)  # type: ignore[arg-type]
        wanted.clear()
        engine.finder.find(one)
        engine.finder.find(one, whole=True)
        engine.candidates(one)
        engine.candidates(one, k=7)
        assert wanted == [counting, None, None, None]
