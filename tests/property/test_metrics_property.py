"""Ranking measures against trec_eval: its own code, and its formulas written out; on random graded runs with ties."""

from __future__ import annotations

import math

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.confidence import estimate
from eval.metrics.ranking import rank_scores, ranking_scores, trec_order
from eval.runs.retrieval import trec_run

DOCUMENTS = [f"d{number}" for number in range(140)]
Qrels = dict[str, dict[str, int]]
Run = dict[str, dict[str, float]]

graded = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1, max_size=60)
# Few distinct scores, all exact in single precision as trec_eval holds them: many ties.
scored = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(-4, 12).map(lambda n: n / 4), max_size=140)


@st.composite
def collections(draw: st.DrawFn) -> tuple[Qrels, Run]:
    queries = draw(st.lists(st.sampled_from(["q1", "q2", "q3", "q10"]), min_size=1, unique=True))
    return {query: draw(graded) for query in queries}, {query: draw(scored) for query in queries}


def by_formula(grades: dict[str, int], ranked: list[str]) -> dict[str, float]:
    """nDCG@10 (Järvelin and Kekäläinen 2002 as in trec_eval's m_ndcg_cut.c), recall@100 and reciprocal rank at 10."""

    def dcg(gains: list[int]) -> float:
        return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:10], 1))

    relevant = {document for document, grade in grades.items() if grade >= 1}
    ideal = dcg(sorted(grades.values(), reverse=True))
    first = next((rank for rank, document in enumerate(ranked[:10], 1) if document in relevant), None)
    return {
        "ndcg@10": dcg([grades.get(document, 0) for document in ranked]) / ideal if ideal else 0.0,
        "recall@100": len(relevant.intersection(ranked[:100])) / len(relevant) if relevant else 0.0,
        "mrr@10": 1 / first if first else 0.0,
    }


@given(collections())
def test_ours_is_trec_evals_formula(collection: tuple[Qrels, Run]) -> None:
    qrels, run = collection
    found = ranking_scores(qrels, run)
    for query, grades in qrels.items():
        ranked = sorted(run[query], key=lambda document: (run[query][document], document), reverse=True)
        for name, value in by_formula(grades, ranked).items():
            assert found[name][query] == pytest.approx(value, abs=1e-6), (name, query)


@given(collections())
def test_ours_is_what_trec_evals_code_gives(collection: tuple[Qrels, Run]) -> None:
    qrels, run = collection
    found = ranking_scores(qrels, run)
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.100"}).evaluate(run)
    for query in qrels:
        expected = theirs.get(query, {"ndcg_cut_10": 0.0, "recall_100": 0.0})
        assert found["ndcg@10"][query] == pytest.approx(expected["ndcg_cut_10"], abs=1e-6)
        assert found["recall@100"][query] == pytest.approx(expected["recall_100"], abs=1e-6)


@given(st.lists(st.sampled_from(DOCUMENTS), unique=True, min_size=1))
def test_a_ranking_survives_the_run_file(ranked: list[str]) -> None:
    lines = [line.split() for line in trec_run({"q": ranked}).splitlines()]
    assert [line[2] for line in lines] == ranked
    assert trec_order({line[2]: float(line[4]) for line in lines}) == ranked
    assert trec_order(rank_scores(ranked)) == ranked


def test_a_judged_query_without_a_ranking_counts_as_zero() -> None:
    found = ranking_scores({"q1": {"a": 1}, "q2": {"a": 1}}, {"q1": {"a": 1.0}})
    assert all(scores == {"q1": 1.0, "q2": 0.0} for scores in found.values())


@given(st.lists(st.tuples(st.floats(0, 1), st.just(1.0)), min_size=1, max_size=40))
def test_an_interval_lies_within_the_values_and_around_the_mean(scores: list[tuple[float, float]]) -> None:
    found = estimate(scores)
    values = [value for value, _ in scores]
    assert found.low is not None
    assert found.mean is not None
    assert found.high is not None
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert min(values) - 1e-9 <= found.mean <= max(values) + 1e-9
