"""What may be shown: the citation check, the confidence in words, how far sources must carry a sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from rag.answer.abstention.calibration import Regression, load_calibration
from rag.answer.abstention.features import DIRECTIONS, Features, _gap
from rag.answer.citations import check, find_problem
from rag.answer.draft import Draft, Quote
from rag.errors import PaperNotFound
from rag.index.library import Library
from rag.types import Paper, Passage
from rag.write.grounding.check import LEAST_SUPPORT, Support
from rag.write.grounding.lexicon import stem
from rag.write.grounding.support import Vocabulary
from rag.write.grounding.words import words
from tests.support.papers import make_paper

PAPER = make_paper(title="Bread", abstract="It rises in 12 hours. It keeps for 3 days.")
START = PAPER.text.index("It rises")
END = PAPER.text.index(" It keeps")


def shelf(paper_id: str, version: int | None = None) -> Paper:
    """The one paper that is stored."""
    if (paper_id, version) != (PAPER.paper_id, 1):
        raise PaperNotFound(f"There is no {paper_id}, version {version}.", "Ingest it.")
    return PAPER


LIBRARY = cast("Library", SimpleNamespace(paper=shelf))


def passage(text: str | None = None, version: int = 1) -> Passage:
    """The first sentence of the paper, as a writer claims it to be."""
    own = PAPER.text[START:END] if text is None else text
    return Passage("c", PAPER.paper_id, version, "Bread", (), date(2025, 4, 8), "", START, END, own)


@pytest.mark.parametrize(
    ("start", "end"), [(START, END), (START + 3, END), (START, END - 1), (START, START + 1), (END - 1, END)]
)
def test_a_quote_that_the_paper_holds_stands(start: int, end: int) -> None:
    quote = Quote(passage(), start, end)
    assert find_problem(quote, LIBRARY) is None
    ((citation,),) = check(Draft(((quote,),)), LIBRARY).groups
    assert citation.quote == PAPER.text[citation.start : citation.end] == PAPER.text[start:end]


@pytest.mark.parametrize(
    ("claimed", "start", "end"),
    [
        ("It rises in 19 hours.", START, END),
        ("it rises in 12 hours.", START, END),
        (" It rises in 12 hour", START, END),
        ("It keeps for 3 days.", START, END - 1),
        ("It rises in 12 hours!", END - 1, END),
    ],
)
def test_a_quote_that_does_not_stand_there_character_for_character_is_struck(
    claimed: str, start: int, end: int
) -> None:
    quote = Quote(passage(claimed), start, end)
    assert find_problem(quote, LIBRARY) == "The quote is not what the paper says at this place."
    checked = check(Draft(((quote, Quote(passage(), START, END)),)), LIBRARY, first=4)
    assert [citation.n for group in checked.groups for citation in group] == [4]
    assert len(checked.removed) == 1


@pytest.mark.parametrize(("start", "end"), [(START - 1, END), (START, END + 1), (START, START), (START + 2, START)])
def test_a_quote_outside_its_passage_or_without_a_character_is_struck(start: int, end: int) -> None:
    assert find_problem(Quote(passage(), start, end), LIBRARY) == "The quote lies outside its passage."


def test_a_quote_of_a_version_that_is_not_there_is_struck() -> None:
    assert find_problem(Quote(passage(version=2), START, END), LIBRARY) == f"There is no {PAPER.paper_id}, version 2."


def test_a_question_is_refused_the_rather_the_more_speaks_against_it(tmp_path: Path) -> None:
    calibration = load_calibration(tmp_path)
    some = dict.fromkeys(Features.names(), 0.1)
    for name, direction in DIRECTIONS.items():
        little, more = Features(**some), Features(**some | {name: 0.2})
        one, many = (
            calibration.refusal(more, wanted) - calibration.refusal(little, wanted) for wanted in (False, True)
        )
        right = calibration.right.probability(more) - calibration.right.probability(little)
        assert min(one * direction, many * direction, -right * direction) >= 0, name
        assert one or many or right, name


def test_a_chance_follows_from_log_odds() -> None:
    values = dict.fromkeys(Features.names(), 1.0)
    weights = dict.fromkeys(Features.names(), 0.0) | {"best": 2.0}
    assert Regression(intercept=-2.0, weights=weights).probability(Features(**values)) == 0.5
    assert Regression(intercept=-1.0, weights=weights).probability(Features(**values)) == pytest.approx(0.731, abs=1e-3)


def test_the_surer_an_answer_the_higher_its_confidence(tmp_path: Path) -> None:
    calibration = load_calibration(tmp_path)
    high, medium = calibration.levels["high"].at_least, calibration.levels["medium"].at_least
    assert 1 >= high >= medium > 0
    words = [calibration.confidence(p) for p in (high, high - 1e-9, medium, medium - 1e-9, 0.0)]
    assert words == ["high", "medium", "medium", "low", "low"]


def test_a_paper_stands_out_from_the_tenth() -> None:
    ranked = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.1]
    assert _gap(ranked) == pytest.approx(0.7)
    assert _gap(ranked[:9]) == 0.9
    assert _gap([]) == 0.0


def test_a_sentence_is_carried_the_rather_the_more_of_it_stands_in_what_it_cites() -> None:
    assert Support(0.9, 0.0).probability(0.8) > Support(0.6, 0.0).probability(0.8)
    assert Support(0.6, 0.0).probability(0.8) > Support(0.6, 0.0).probability(0.5)
    assert Support(0.6, 0.0).probability(0.5) > Support(0.6, 0.3).probability(0.5)
    assert Support(0.2, 0.0).probability(0.4) < LEAST_SUPPORT < Support(0.5, 0.0).probability(0.7)
    assert Support(0.5, 0.5).probability(0.7) < LEAST_SUPPORT


@pytest.mark.parametrize(
    ("word", "least", "most"),
    [("theories", 1, 1), ("enhances", 0.5, 0.9), ("theoretical", 0.5, 0.9), ("zebras", 0, 0)],
)
def test_a_paraphrased_or_derived_word_counts_for_most_of_the_word_itself(word: str, least: float, most: float) -> None:
    assert least <= Vocabulary.of(words("It improves theory.")).likeness(stem(word)) <= most
