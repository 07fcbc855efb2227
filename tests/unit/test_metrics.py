"""Every measure against values worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from eval.datasets import Nugget, Question
from eval.metrics import MEASURES, Case, evaluate, figures_by_type, figures_of, quality
from eval.metrics.text import content_tokens, figures, stands_in, without_markers, word_count
from rag.types import Answer, ClosestPaper, Usage
from tests.support.evaluation import PAPERS, answer, citation, stored

ONE, TWO, THREE = (paper.paper_id for paper in PAPERS)
GRACE = "GRACE improves nDCG@10 by 12.5% over BM25."
LABELS = "It needs no labels."


def question(**fields: Any) -> Question:
    return Question(**{"id": "1", "question": "q", "type": "single", "gold_papers": (ONE,)} | fields)


def score(asked: Question, given: Answer | None) -> dict[str, float]:
    """Numerator over denominator of every measure that counts."""
    scores = evaluate(Case(asked, given, stored), MEASURES)
    return {name: n / d if d else float("nan") for name, (n, d) in scores.items()}


def test_every_measure_names_its_meaning_and_source() -> None:
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
    for measure in MEASURES:
        assert measure.meaning.endswith("."), measure.name
        assert measure.source, measure.name


# --- ranking ----------------------------------------------------------------------------------------------------------


def test_recall_counts_distinct_papers_in_the_order_retrieved() -> None:
    asked = question(gold_papers=("a", "b"))
    assert score(asked, answer(retrieved=["x", "x", "y", "y", "z", "v", "v", "a", "b"]))["recall@5"] == 0.5


def test_recall_with_more_gold_papers_than_places_is_out_of_five() -> None:
    asked = question(gold_papers=tuple("abcdefgh"))
    assert score(asked, answer(retrieved=list("abcxyz")))["recall@5"] == pytest.approx(3 / 5)
    assert score(asked, answer(retrieved=list("hgfed")))["recall@5"] == 1


def test_rank_measures_of_an_answer() -> None:
    scores = score(question(gold_papers=("a",)), answer(retrieved=["x", "x", "y", "a"]))
    assert scores["mrr@10"] == pytest.approx(1 / 3)
    assert scores["ndcg@10"] == pytest.approx(1 / 2)  # 1 / log2(3 + 1)
    nothing = score(question(gold_papers=("a",)), answer())
    assert (nothing["recall@5"], nothing["mrr@10"], nothing["ndcg@10"]) == (0, 0, 0)


# --- nuggets ----------------------------------------------------------------------------------------------------------


def nugget(span: str, importance: str = "vital", paper: str | None = ONE, text: str = "t") -> Nugget:
    return Nugget.model_validate({"text": text, "importance": importance, "paper": paper, "span": span})


def test_a_nugget_is_covered_at_seventy_percent_of_its_content_tokens() -> None:
    span = "alpha beta gamma delta epsilon zeta eta theta iota kappa"
    for kept, covered in ((7, 1.0), (6, 0.0)):
        quote = " ".join(span.split()[:kept])
        given = answer(citations=[citation(ONE, quote)])
        assert score(question(nuggets=[nugget(span)]), given)["nuggets_vital"] == covered


def test_only_quotes_of_the_nuggets_own_paper_count_and_they_count_together() -> None:
    asked = question(nuggets=[nugget(GRACE)])
    assert score(asked, answer(citations=[citation(TWO, GRACE)]))["nuggets_vital"] == 0
    halves = [citation(ONE, "GRACE improves nDCG@10"), citation(ONE, "by 12.5% over BM25", n=2)]
    assert score(asked, answer(citations=halves))["nuggets_vital"] == 1
    assert (
        score(question(nuggets=[nugget(GRACE, paper=None)]), answer(citations=[citation(TWO, GRACE)]))["nuggets_vital"]
        == 1
    )


def test_the_answers_own_words_cover_nothing() -> None:
    assert score(question(nuggets=[nugget(GRACE)]), answer(text=GRACE))["nuggets_vital"] == 0


def test_vital_okay_all_and_strict() -> None:
    asked = question(nuggets=[nugget(GRACE), nugget("entirely absent words"), nugget(LABELS, "okay")])
    scores = score(asked, answer(citations=[citation(ONE, f"{GRACE} {LABELS}")]))
    assert scores["nuggets_vital"] == 0.5
    assert scores["nuggets_okay"] == 1
    assert scores["nuggets_all"] == pytest.approx(2 / 3)
    assert scores["nuggets_strict"] == 0


def test_a_span_of_function_words_is_never_covered() -> None:
    assert (
        score(question(nuggets=[nugget("it is of the")]), answer(citations=[citation(ONE, "it is of the")]))[
            "nuggets_vital"
        ]
        == 0
    )


def test_latex_and_entities_do_not_hide_a_nugget() -> None:
    asked = question(nuggets=[nugget("a hybrid O&amp;M system with \\textbf{knowledge graphs} at 50\\%")])
    given = answer(citations=[citation(ONE, "a hybrid O&M system with knowledge graphs at 50%")])
    assert score(asked, given)["nuggets_vital"] == 1


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,000 and 1000", ["1000", "1000"]),
        ("fell from 60-95% to 8-14%", ["60", "95", "8", "14"]),
        ("between 3.5%-12.69%", ["3.5", "12.69"]),
        ("0.90 or .9", ["0.9", "0.9"]),
        ("a 10.0x gain, +12.22\\%", ["10", "12.22"]),
        ("$1,500 for 10 million", ["1500", "10"]),
        ("up to 4,700$\\times$", ["4700"]),
        ("only \\textasciitilde50,000 queries at 55~ms", ["50000", "55"]),
        ("GPT-4o, EBQ2D, top-1, nDCG@10, R1, o3 and BLIP-2", []),
        ("on 2 cores, v1.2.3", ["2"]),
    ],
)
def test_figures_of_a_text(text: str, values: list[str]) -> None:
    assert [min(figure) for figure in figures(text)] == [Decimal(value) for value in values]


def test_thousands_and_millions_are_read_both_ways() -> None:
    for short, long in (("21K", "21,000"), ("4.79 billion", "4790000000"), ("10M", "10 million"), ("7B", "7")):
        assert stands_in(figures(short)[0], figures(long)), short
        assert stands_in(figures(long)[0], figures(short)), short
    assert not stands_in(figures("21K")[0], figures("2,100"))


def test_every_vital_figure_must_stand_in_the_answer() -> None:
    asked = question(nuggets=[nugget("from 74.07% to 25.93%", text="Falls from 74.07% to 25.93%")])
    assert score(asked, answer(text="It falls from 74.07% to 25.93% [1]."))["figure_accuracy"] == 1
    assert score(asked, answer(text="It falls to 25.93% [1]."))["figure_accuracy"] == 0
    assert score(asked, answer(citations=[citation(ONE, "from 74.07% to 25.93%")]))["figure_accuracy"] == 0


def test_citation_markers_are_no_figures() -> None:
    asked = question(nuggets=[nugget("takes 3 hours", text="Takes 3 hours")])
    assert score(asked, answer(text="It takes hours [1][3] [2, 3]."))["figure_accuracy"] == 0


def test_okay_nuggets_and_figures_that_the_paper_spells_out_are_not_asked_for() -> None:
    asked = question(nuggets=[nugget("grew four times", text="Grew 4x"), nugget("by 9%", "okay", text="9%")])
    assert "figure_accuracy" not in score(asked, answer(text="Four times [1]."))


# --- citations --------------------------------------------------------------------------------------------------------


def test_citation_precision_and_recall_count_papers_once() -> None:
    asked = question(gold_papers=(ONE, "2599.00009"), related_papers=(TWO,))
    given = [citation(ONE, "GRACE"), citation(ONE, "labels"), citation(TWO, "Hubs"), citation(THREE, "This")]
    scores = score(asked, answer(citations=given))
    assert scores["citation_precision"] == pytest.approx(2 / 3)
    assert scores["citation_recall"] == 0.5
    assert score(asked, answer())["citation_precision"] == 0


def test_quotes_are_checked_against_the_stored_text() -> None:
    good = citation(TWO, "1,000 queries per second on $2$ cores")
    bad = [
        citation(TWO, "1,000 queries per second on 2 cores"),
        citation(TWO, "Hubs", start=1, end=5),
        citation(TWO, "Hubs", version=2),
        citation(TWO, "", start=0, end=0),
    ]
    assert score(question(), answer(citations=[good]))["quote_validity"] == 1
    for wrong in bad:
        assert score(question(), answer(citations=[good, wrong]))["quote_validity"] == 0.5, wrong
    assert "quote_validity" not in score(question(), answer())


# --- abstention -------------------------------------------------------------------------------------------------------


def test_abstention_over_a_set() -> None:
    refused, answered = answer(abstained=True, closest=(ClosestPaper(paper_id=ONE, title="t"),)), answer()
    unanswerable = question(type="unanswerable", gold_papers=())
    cases = (
        [(unanswerable, refused)] * 3
        + [(unanswerable, answered)]
        + [(question(), refused)]
        + [(question(), answered)] * 5
    )
    figures_found = figures_of([evaluate(Case(asked, given, stored), MEASURES) for asked, given in cases])
    assert figures_found["abstention_precision"].mean == pytest.approx(3 / 4)
    assert figures_found["abstention_precision"].n == 4
    assert figures_found["abstention_recall"].mean == pytest.approx(3 / 4)
    assert figures_found["abstention_f1"].mean == pytest.approx(3 / 4)
    assert figures_found["abstention_f1"].n == 10
    assert figures_found["false_refusals"].mean == pytest.approx(1 / 6)


def test_never_abstaining_has_an_f1_of_zero() -> None:
    cases = [Case(question(type="unanswerable", gold_papers=()), answer(), stored), Case(question(), answer(), stored)]
    found = figures_of([evaluate(case, MEASURES) for case in cases])
    assert found["abstention_f1"].mean == 0
    assert found["abstention_precision"].n == 0


# --- length, tokens, cost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "quotes", "right"),
    [
        (question(nuggets=(nugget(GRACE), nugget(LABELS))), [(ONE, GRACE)], True),  # half of the facts
        (question(nuggets=(nugget(GRACE), nugget(LABELS), nugget("Others are slower."))), [(ONE, GRACE)], False),
        (question(nuggets=(nugget(GRACE),)), [(TWO, "x"), (ONE, GRACE)], False),  # another paper comes first
        (question(), [(ONE, LABELS)], True),  # nobody said which facts
        (question(type="unanswerable", gold_papers=()), [(ONE, LABELS)], False),
    ],
)
def test_an_answer_called_high_is_right_or_not(asked: Question, quotes: list[tuple[str, str]], right: bool) -> None:
    given = answer(citations=[citation(*quote) for quote in quotes])
    assert given.confidence == "high"
    assert (score(asked, given)["high_right"], score(asked, given)["high_share"]) == (right, 1)
    unsure = given.model_copy(update={"confidence": "low"})
    assert "high_right" not in score(asked, unsure)
    assert score(asked, unsure)["high_share"] == 0
    assert "high_share" not in score(asked, answer(abstained=True))


def test_words_are_the_longer_of_answer_and_quotes_over_cited_papers() -> None:
    quotes = [citation(ONE, "one two three"), citation(TWO, "four five")]
    assert score(question(), answer(text="six [1] seven - [2].", citations=quotes))["words_per_paper"] == 2.5
    assert score(question(), answer(text="a b c d e f [1]", citations=quotes))["words_per_paper"] == 3
    assert "words_per_paper" not in score(question(), answer(text="nothing cited"))


def test_tokens_and_cost_come_from_the_usage() -> None:
    scores = score(question(), answer(usage=Usage(prompt_tokens=100, completion_tokens=7, cost_usd=None)))
    assert (scores["prompt_tokens"], scores["completion_tokens"]) == (100, 7)
    assert "cost_usd" not in scores
    assert "prompt_tokens" not in score(question(), answer())


# --- what is expected and not produced --------------------------------------------------------------------------------


def test_a_failed_question_scores_its_defaults() -> None:
    asked = question(nuggets=[nugget("takes 3 hours", text="Takes 3 hours"), nugget("x", "okay")])
    scores = score(asked, None)
    assert scores.pop("false_refusals") == 1
    assert set(scores.values()) == {0}
    everything = {"recall@5", "mrr@10", "ndcg@10", "nuggets_vital", "nuggets_okay", "nuggets_all", "nuggets_strict"}
    everything |= {"figure_accuracy", "citation_precision", "citation_recall", "quote_validity"}
    assert scores.keys() == everything | {"abstention_precision", "abstention_f1"}
    assert quality(evaluate(Case(asked, None, stored), MEASURES)) == 0


def test_an_id_and_a_question_are_enough() -> None:
    asked = Question(id="1", question="q")
    found = figures_of([evaluate(Case(asked, answer(citations=[citation(ONE, "GRACE")]), stored), MEASURES)])
    assert {name for name, figure in found.items() if figure.n} == {"quote_validity", "words_per_paper"}
    assert found["recall@5"].as_json() == {"mean": None, "low": None, "high": None, "n": 0}


def test_types_are_groups_of_their_own() -> None:
    rows = [("odd", {"recall@5": (1.0, 1.0)}), ("single", {"recall@5": (0.0, 1.0)}), ("odd", {"recall@5": (0.0, 1.0)})]
    found = figures_by_type(rows)
    assert list(found) == ["single", "odd"]
    assert (found["odd"]["recall@5"].mean, found["odd"]["recall@5"].n) == (0.5, 2)
    assert "abstention_f1" not in found["odd"]


def test_quality_orders_questions() -> None:
    assert quality({"recall@5": (1.0, 1.0), "nuggets_vital": (0.5, 1.0)}) == 0.75
    assert quality({"recall@5": (1.0, 1.0), "false_refusals": (1.0, 1.0)}) == 0
    assert quality({"words_per_paper": (30.0, 1.0)}) is None


def test_words_and_tokens() -> None:
    assert word_count("two words — ** [ ]") == 2
    assert without_markers("A [1] b [2, 3] c [d]").split() == ["A", "b", "c", "[d]"]
    assert content_tokens("The LLM's 74.07% of\nRanking") == {"llm's", "74.07", "ranking"}
