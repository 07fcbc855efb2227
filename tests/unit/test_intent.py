"""What a question wants: the shipped model's chances, and the shape of answer that is taken from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eval.datasets import read_questions
from eval.training.intent import load_lines
from rag.errors import ModelFileError
from rag.models import intent as model
from rag.models.intent import CONTINUES, LABELS, WEIGHTS, Label, load_intents, places
from rag.models.intent.cues import hidden
from rag.models.minilm import installed
from rag.query.intents.intent import Intent, Intents, Kind
from tests.support.data import shared_data

INTENTS = Intents(installed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Who wrote Search-R1?", "who wrote @name ?"),
        ("papers by Jimmy Lin, since May 2025", "papers by @person , since @month @year"),
        ("search-r1 vs “A Title of Three Words”", "@name vs @title"),
        ("2504.05309 or cs/0112017v2: which is older", "@id or cs 0112017v2 : which is older"),
        ("How many LLM papers on Friday, 12?", "how many llm papers on @day , @number ?"),
        ("may I ask what May brought", "may i ask what @month brought"),
    ],
)
def test_names_and_dates_are_hidden(text: str, words: str) -> None:
    assert " ".join(hidden(text)) == words


def test_whatever_is_named_the_same_is_wanted() -> None:
    one, other = (INTENTS.read(f"When was {name} listed?").chance("when") for name in ("OneRec", "ZebraNet-9"))
    assert min(one, other) > 0.9


def test_chances_add_up_and_follow_ups_need_a_conversation() -> None:
    alone, later = INTENTS.read("and the second one?"), INTENTS.read("and the second one?", continues=True)
    assert set(alone.chances) == set(LABELS)
    for found in (alone, later):
        assert sum(found.chances.values()) == pytest.approx(1)
        assert 0 < found.compound < 1
        assert found.probability >= max(found.chances.values())
    assert alone.chance(*CONTINUES) == 0
    assert later.kind == "followup"


def test_runs_that_nobody_knows_are_passed_over() -> None:
    known = np.array([2, 5, 9], dtype=np.uint32)
    assert places(np.array([1, 5, 9, 11], dtype=np.uint32), known).tolist() == [1, 2]
    assert places(np.array([], dtype=np.uint32), known).size == 0
    assert INTENTS.read("ξψω ζηθ").probability < 1


@pytest.mark.parametrize(
    ("chances", "shape"),
    [
        ({"single": 0.5, "list": 0.2}, "single"),
        ({"single": 0.5, "list": 0.4}, "list"),
        ({"paraphrase": 0.3, "define": 0.3, "list": 0.3}, "single"),
        ({"list": 0.4, "topic": 0.3}, "topic"),
        ({"single": 0.4, "topic": 0.5}, "topic"),
        ({"compare": 0.9, "list": 0.1}, "single"),
    ],
)
def test_of_two_shapes_that_are_near_the_one_that_serves_both(chances: dict[Label, float], shape: Kind) -> None:
    assert Intent(chances).shape() == shape


def test_a_name_decides_between_near_shapes_and_a_restriction_makes_a_list() -> None:
    assert Intent({"single": 0.4, "topic": 0.5}).shape(named=True) == "single"
    assert Intent({"single": 0.1, "topic": 0.9}).shape(named=True) == "topic"
    assert Intent({"change": 1.0}).shape() == "topic"
    assert Intent({"change": 1.0}).shape(restricted=True) == "list"
    assert Intent({"count": 1.0}).shape() == "list"
    assert Intent({"count": 1.0}).shape(works=False) == "single"


def test_one_paper_may_be_meant_where_its_chance_is_near() -> None:
    assert Intent({"single": 0.4, "list": 0.5}).may_be_of_one()
    assert not Intent({"single": 0.2, "list": 0.5}).may_be_of_one()


def test_several_things_are_asked_by_a_chance_or_by_what_goes_on() -> None:
    unsure, going_on = "Tell me about bees and clover", "What are bees, and what is clover?"
    assert not Intent(compound=0.3).several(unsure)
    assert Intent(compound=0.3).several(going_on)
    assert not Intent(compound=0.1).several(going_on)
    assert Intent(compound=0.6).several(unsure)
    assert Intent({"change": 0.7}).several(unsure)


def test_other_weights_are_refused_and_the_card_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes((model.FOLDER / WEIGHTS).read_bytes() + b"\0")
    monkeypatch.setattr(model, "FOLDER", tmp_path)
    load_intents.cache_clear()
    try:
        with pytest.raises(ModelFileError, match=r"(?s)not the pinned one.*README\.md"):
            load_intents()
        (tmp_path / WEIGHTS).unlink()
        with pytest.raises(ModelFileError, match="cannot be read"):
            load_intents()
    finally:
        load_intents.cache_clear()


def test_the_lines_that_it_was_trained_on_are_labelled_once() -> None:
    lines = load_lines()
    own = [text for text, mine in zip(lines.texts, lines.own, strict=True) if mine]
    assert len(set(own)) == len(own) >= 1500
    assert set(lines.labels) == {*LABELS, "compound"}


def test_what_judges_was_not_trained_on() -> None:
    folder = shared_data() / "qa"
    asked = {one.question.casefold() for file in folder.glob("*.jsonl") for one in read_questions(file).questions}
    assert asked
    assert not asked & {text.casefold() for text in load_lines().texts}
