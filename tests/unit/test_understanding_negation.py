"""What a question does not want."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from rag.papers.shelf import FILE_NAME, Shelf
from rag.query.limits.authors import People
from rag.query.limits.constraints import read_not_by, read_unwanted
from rag.query.rules import load_rules
from tests.support.papers import make_paper


@pytest.mark.parametrize(
    ("question", "subjects"),
    [
        ("which papers are about generative retrieval but not about recommendation?", ["recommendation"]),
        ("list papers on RAG evaluation excluding surveys", ["surveys"]),
        ("papers about reranking other than those on LLM judges", ["LLM judges"]),
        ("papers on agents that do not mention shopping, since May", ["shopping"]),
        ("papers on agents, except for benchmarks", ["benchmarks"]),
        ("papers on agents but not by somebody", []),
        ("papers about agents and not surveys", ["surveys"]),
        ("how many papers are about large models, not the recommendation of items?", ["recommendation of items"]),
        ("papers on models that are large and not slow", []),
        ("papers on agents and not only shopping", []),
        ("papers which use retrieval and not training", []),
        ("which papers do query rewriting without training?", []),
        ("which papers are not only about search", []),
    ],
)
def test_subjects_to_be_left_out(question: str, subjects: list[str]) -> None:
    found = read_unwanted(question)
    assert [one.subject for one in found] == subjects
    assert all(one.subject in question[one.start : one.end] for one in found)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], People]]:
    shelf = Shelf(tmp_path_factory.mktemp("negation") / FILE_NAME)
    shelf.record([make_paper(authors=("Wei Lin", "Shangyu Chen"))])
    yield partial(People, shelf.entities, ("surveys", "labels", "agents").__contains__)
    shelf.close()


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("papers on BRIGHT not by Shangyu Chen", "papers on BRIGHT"),
        ("papers by Wei Lin but not by Shangyu Chen", "papers by Wei Lin"),
        ("papers by Wei Lin, not by Shangyu Chen", "papers by Wei Lin,"),
        ("papers by Wei Lin and not by Shangyu Chen", "papers by Wei Lin"),
        ("papers by Wei Lin except those by Shangyu Chen", "papers by Wei Lin"),
        ("papers by Wei Lin other than the ones written by Shangyu Chen", "papers by Wei Lin"),
        ("papers by Wei Lin excluding Shangyu Chen's", "papers by Wei Lin"),
        ("papers by Wei Lin without Shangyu Chen's papers", "papers by Wei Lin"),
        ("papers by Wei Lin excluding Shangyu Chen", "papers by Wei Lin"),
        ("papers by Wei Lin but not the ones with Shangyu Chen", "papers by Wei Lin"),
        ("papers which are not by Shangyu Chen", "papers"),
    ],
)
def test_authors_who_are_not_wanted(people: Callable[[str], People], question: str, left: str) -> None:
    (found,) = read_not_by(question, lambda begin: people(question).people(begin, begin))
    assert found.names == ("Shangyu Chen",)
    assert (question[: found.start] + question[found.end :]).strip() == left


def test_each_of_several_unwanted_authors_is_left_out(people: Callable[[str], People]) -> None:
    question = "papers not by Wei Lin and Shangyu Chen"
    (found,) = read_not_by(question, lambda begin: people(question).people(begin, begin))
    assert (found.names, found.alternatives) == (("Wei Lin", "Shangyu Chen"), True)


@pytest.mark.parametrize(
    "question",
    [
        "papers by Wei Lin",
        "papers on agents, excluding surveys",
        "papers not by using labels",
        "ranking without labels",
    ],
)
def test_nobody_is_left_out(people: Callable[[str], People], question: str) -> None:
    assert read_not_by(question, lambda begin: people(question).people(begin, begin)) == []


@pytest.mark.parametrize(
    ("question", "negated"),
    [
        ("which papers rewrite queries without training?", True),
        ("which papers do not use LLMs", True),
        ("which papers use retrieval and not training", True),
        ("which papers can't be reproduced", False),
        ("which papers use LLMs", False),
    ],
)
def test_words_that_leave_nothing_out_are_noticed(question: str, negated: bool) -> None:
    assert load_rules("exclusions")["unheard"](question) is negated


@pytest.mark.parametrize("word", ["and ", "about ", "which and ", "papers about a "])
def test_a_long_run_of_small_words_is_read_at_once(word: str) -> None:
    begin = time.perf_counter()
    assert read_unwanted("papers on " + word * (3900 // len(word))) == []
    assert time.perf_counter() - begin < 10  # it took minutes where two loops shared a word
