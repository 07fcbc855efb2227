"""The sides of a comparison: where they stand, and how their papers are put side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rag import open_assistant
from rag.answer.parts import in_light
from rag.answer.select import choose_papers
from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.models.sides import COMPARES, Compared, Span, load_sides
from rag.query import Question
from rag.query.intents.intent import SURE, Intent
from rag.query.intents.shape import Shape
from rag.query.intents.sides import (
    BORNE_OUT,
    FIRM,
    POSSIBLE,
    Comparison,
    Side,
    _put_to,
    are_apposed,
    is_called,
    read_comparison,
)
from rag.query.lexicon.vocabulary import Vocabulary
from rag.retrieve.reranker import NEARNESS
from rag.retrieve.sides import NEAR, SIDE, beside
from rag.types import Filters, Passage
from tests.support.evaluation import PAPERS
from tests.support.papers import make_paper

DESCRIBED = (
    "How does the paper on planning tram timetables differ from the one on planning ferry timetables?",
    "Compare MossNet with the lichen classifier, especially the number of species.",
    "The interview study with bakers and the diary study with brewers: what do they say about automation?",
    "Two systems share the name KESTREL. How does the image KESTREL differ from the audio KESTREL?",
)
ALONE = (
    "Which dataset does MossNet use?",
    "papers on trams or ferries from June",
    "How many moss species does the classifier tell apart?",
    "Why does the retriever of MossNet fail on wet leaves?",
    "moss",
    "",
)


@pytest.mark.parametrize("text", DESCRIBED)
def test_a_comparison_of_described_papers_has_two_sides_in_order(text: str) -> None:
    found = load_sides().read(text)
    assert found.chance >= COMPARES
    assert len(found.sides) == 2
    assert all(end <= start for (_, end), (start, _) in zip(found.sides, found.sides[1:], strict=False))


@pytest.mark.parametrize("text", ALONE)
def test_what_asks_of_one_paper_or_of_a_subject_is_no_comparison(text: str) -> None:
    assert load_sides().read(text).chance < COMPARES


def test_a_question_is_put_to_each_side_without_the_others() -> None:
    text = "What do Moss and Fern say of rain?"
    sides = ((8, 12), (17, 21))
    assert _put_to(text, sides, 0) == "What do Moss say of rain?"
    assert _put_to(text, sides, 1) == "What do Fern say of rain?"


def test_a_comparison_that_the_intent_speaks_against_needs_a_firm_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sorts = "What do papers on moss and papers on ferns say of rain?", ((8, 22), (27, 42))
    works = "What do the moss paper and the fern paper say of rain?", ((8, 22), (27, 41))

    def read(chance: float, compare: float, asked: tuple[str, tuple[Span, ...]] = sorts) -> Comparison | None:
        text, sides = asked
        monkeypatch.setattr("rag.query.intents.sides.compared", lambda _: Compared(chance, sides))
        intent = Intent({"single": 1 - compare, "compare": compare})
        return read_comparison(text, intent, Shape("single"), library.shelf.entities, Vocabulary.of_texts([text]))

    with Library(Config(data_dir=tmp_path)) as library:
        assert read(COMPARES + 0.1, POSSIBLE + 0.01)
        assert not read(COMPARES + 0.1, POSSIBLE - 0.01)
        assert not read(COMPARES - 0.1, 0.99), "the sides themselves are not seen"
        assert read(FIRM + 0.01, 0.0)
        assert read(BORNE_OUT, SURE, works), "each side is one work"
        assert not read(BORNE_OUT - 0.01, SURE, works)
        assert not read(BORNE_OUT, SURE - 0.01, works)


def test_names_of_two_papers_side_by_side_are_compared_whatever_the_intent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "MossNet against FernNet: where does each get its labels from?"
    sides = ((0, 7), (16, 23))
    monkeypatch.setattr("rag.query.intents.sides.compared", lambda _: Compared(BORNE_OUT, sides))
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest(
            [
                make_paper(
                    "2511.00001", "MossNet: Telling Mosses Apart", "We present MossNet, which tells mosses apart."
                ),
                make_paper(
                    "2511.00002", "FernNet: Telling Ferns Apart", "We present FernNet, which tells ferns apart."
                ),
            ]
        )
        words = Vocabulary.of_texts([text])
        found = read_comparison(text, Intent({"single": 1.0}), Shape("single"), library.shelf.entities, words)
        assert found
        assert found.subjects == ("MossNet", "FernNet")
        twice = "MossNet against MossNet: where does each get its labels from?"
        assert not read_comparison(twice, Intent({"single": 1.0}), Shape("single"), library.shelf.entities, words)


def test_a_question_before_the_comparison_is_no_side_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = "What does Moss do? And compare the fern paper with the lichen one."
    sides = (text.index("Moss"), text.index("Moss") + 4), (text.index("the fern"), text.index("."))
    monkeypatch.setattr("rag.query.intents.sides.compared", lambda _: Compared(1.0, sides))
    with Library(Config(data_dir=tmp_path)) as library:
        words = Vocabulary.of_texts([text])
        intent = Intent({"compare": 1.0})
        assert read_comparison(text, intent, Shape("compare"), library.shelf.entities, words) is None


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("MossNet", True),
        ("the MossNet paper", True),
        ("the paper on MossNet pruning", False),
        ("the fern paper", False),
    ],
)
def test_a_side_is_called_by_a_name_where_it_says_no_more(side: str, expected: bool) -> None:
    assert is_called(side, ["FernNet", "MossNet"]) is expected


def test_names_that_say_what_is_compared_leave_no_bare_word_beside_them() -> None:
    sides = tuple(Side(one, one) for one in ("Moss", "Fern", "LLM"))
    whole = Comparison((), sides, ("which?",), ("Moss: which?", "Fern: which?", "LLM: which?"))
    assert whole.of_names(["Moss", "Fern"]) == Comparison((), (), ("which?",), ("Moss: which?", "Fern: which?"))
    assert whole.of_names(["Moss"]) == whole
    described = Comparison((), (*sides[:2], Side("the lichen paper", "lichen")), (), ("a", "b", "c"))
    assert described.of_names(["Moss", "Fern"]) == described


def test_names_of_two_papers_leave_nothing_beside_them_but_another_work() -> None:
    words = Comparison((), tuple(Side(one, one) for one in ("LLM", "Set")), ("which?",), ("LLM", "Set"))
    assert words.of_names(["Moss", "Fern"], are_papers=True) == Comparison((), (), ("which?",))
    assert words.of_names(["Moss", "Fern"]) == words
    named = tuple(Side(one, one) for one in ("Moss", "Fern"))
    asked = Comparison((), (*named, Side("both of plants: which grows", "plants")), (), ("a", "b", "c"))
    assert asked.of_names(["Moss", "Fern"], are_papers=True) == Comparison((), (), (), ("a", "b"))
    described = Comparison((), (*named, Side("the lichen paper", "lichen")), (), ("a", "b", "c"))
    assert described.of_names(["Moss", "Fern"], are_papers=True) == described


def test_a_part_about_one_paper_sets_no_others_side_by_side() -> None:
    sides = (Side("the moss paper", "moss"), Side("the fern paper", "fern"))
    part = Question("how do they differ?", "differ", Filters(), kind="compare", sides=sides)
    whole = Question("q", "q", Filters(), named=("2511.00001",))
    assert in_light(part, whole, ("2511.00001",), ()).sides == ()
    assert in_light(part, Question("q", "q", Filters()), (), ()).sides == sides


def test_filters_hold_for_each_side(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest(
            [
                make_paper("2511.00001", "Trams", "We plan tram timetables with search.", day="2025-05-02"),
                make_paper("2511.00002", "Ferries", "Planning a ferry timetable by hand.", day="2025-05-03"),
                make_paper("2511.00003", "Ferry Timetables", "Planning ferry timetables, again.", day="2025-07-03"),
            ]
        )
    with open_assistant(Config(data_dir=tmp_path)) as assistant:
        asked = "How does the paper on planning tram timetables differ from the one on planning ferry timetables?"
        may = Filters(date_from=date(2025, 5, 1), date_to=date(2025, 5, 31))
        cited = [
            {one.paper_id for one in assistant.answer(asked, filters=filters).citations} for filters in (may, Filters())
        ]
        assert cited == [{"2511.00001", "2511.00002"}, {"2511.00001", "2511.00003"}]


TIMETABLES = (
    make_paper("2511.00001", "TramNet", "We plan tram timetables with search.", ("Amin Bigdeli",), "2025-05-02"),
    make_paper("2511.00002", "Ferries", "Planning a ferry timetable by hand.", ("Maik Schlatt",), "2025-05-03"),
    make_paper("2511.00003", "FerryNet", "Planning ferry timetables, again.", ("Xuanhe Zhou",), "2025-07-03"),
)


@pytest.fixture(scope="module")
def timetables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("timetables")
    with Library(Config(data_dir=folder)) as library:
        library.ingest(TIMETABLES)
    with open_assistant(Config(data_dir=folder)) as assistant:
        yield assistant


@pytest.mark.parametrize(
    ("question", "cited"),
    [
        ("How does the paper on planning ferry timetables from July differ from TramNet?", {1, 3}),
        ("How does the May paper on planning ferry timetables differ from TramNet?", {1, 2}),
        ("How does TramNet compare to the paper by Maik Schlatt on planning ferries?", {1, 2}),
        ("How does TramNet differ from FerryNet of July 2025?", {1, 3}),
        ("How does Amin Bigdeli's paper on planning trams differ from the one by Maik Schlatt on ferries?", {1, 2}),
        ("Compare the paper by Xuanhe Zhou on ferry timetables with the one by Amin Bigdeli on trams", {1, 3}),
    ],
)
def test_a_day_or_an_author_said_of_one_side_restricts_no_other(
    timetables: Assistant, question: str, cited: set[int]
) -> None:
    answer = timetables.answer(question)
    assert {one.paper_id for one in answer.citations} == {f"2511.0000{n}" for n in cited}
    assert not any(answer.filters.values())
    notes = [note.text for note in answer.notes if note.code == "filter_read"]
    assert notes
    assert all("of “" in note for note in notes)


def test_a_day_that_is_not_that_of_the_side_it_stands_in_is_said_of_all(timetables: Assistant) -> None:
    read = timetables.engine.understand("Compare TramNet and FerryNet from May 2025")
    assert read.filters == Filters(date(2025, 5, 1), date(2025, 5, 31))
    asked = timetables.engine.understand("Compare the papers from May 2025 on trams with those on ferries")
    assert asked.filters == Filters(date(2025, 5, 1), date(2025, 5, 31))


def passage(paper_id: str, score: float, nearness: float = 0.9) -> Passage:
    paper = PAPERS[0]
    text = paper.text
    return Passage(
        chunk_id=f"{paper_id}-0",
        paper_id=paper_id,
        version=1,
        title=paper_id,
        authors=(),
        date=paper.date,
        url=paper.url,
        start=0,
        end=len(text),
        text=text,
        score=score,
        scores={NEARNESS: nearness},
    )


def test_papers_of_the_sides_come_first_in_their_order_and_alone_are_cited() -> None:
    others = [passage("loud", 3.0), passage("left", 1.0)]
    found = beside([[passage("left", 0.5)], [passage("right", 0.9)]], [False, False], others)
    assert [one.paper_id for one in found] == ["left", "right", "loud"]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert [one.paper_id for one in choose_papers(found, "compare")] == ["left", "right"]


def test_of_two_sides_with_the_same_first_paper_the_one_with_more_to_lose_keeps_it() -> None:
    near, far = [passage("one", 1.0), passage("two", 0.99)], [passage("one", 1.0), passage("three", 0.2)]
    found = beside([near, far], [False, False], [])
    assert [(one.paper_id, one.scores[SIDE]) for one in found] == [("two", 1.0), ("one", 2.0)]


def test_a_side_without_a_near_paper_has_none_unless_a_name_gives_it() -> None:
    far = [passage("far", 0.5, NEAR - 0.1)]
    assert [one.scores.get(SIDE) for one in beside([[passage("near", 1.0)], far], [False, False], [])] == [1.0]
    assert [one.paper_id for one in beside([[passage("near", 1.0)], far], [False, True], [])] == ["near", "far"]
    unseen = replace(passage("unseen", 0.4), scores={})
    assert [one.paper_id for one in beside([[passage("near", 1.0)], [*far, unseen]], [False, False], [])] == ["near"]
    assert [one.paper_id for one in beside([[unseen]], [False], [])] == ["unseen"], "no wording was looked at"


@pytest.mark.parametrize(
    ("text", "is_named", "may"),
    [
        ("MossNet, the telling of mosses: how fast?", True, True),
        ("MossNet and the telling of mosses: how fast?", True, False),
        ("MossNet, the telling of mosses: how fast?", False, False),
        ("MossNet (the telling of mosses): how fast?", True, True),
        ("MossNet & the telling of mosses: how fast?", True, False),
        ("MossNet / the telling of mosses: how fast?", True, False),
        ("It, the telling of mosses: how fast?", True, False),
    ],
)
def test_a_description_right_behind_a_name_may_be_of_the_same_work(text: str, is_named: bool, may: bool) -> None:
    named = Side("MossNet", "MossNet", frozenset(["a"]), is_named)
    sides = (named, Side("the telling of mosses", "the telling of mosses"))
    assert are_apposed(text, sides) is may
    assert not are_apposed(text, (*sides, named))
