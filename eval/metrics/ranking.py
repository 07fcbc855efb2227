"""Measures of a ranking of papers: nDCG and recall as trec_eval computes them, through ir-measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from eval.metrics.base import QA_FORMAT, Case, distinct, has_gold, measure
from rag.types import Answer

CUTOFF = 5

Run = Mapping[str, Mapping[str, float]]
"""Score by document id, by query id."""
Qrels = Mapping[str, Mapping[str, int]]
"""Grade by document id, by query id."""


@measure("recall@5", source=QA_FORMAT, needs=has_gold)
def recall_at_5(case: Case, answer: Answer) -> float:
    """Share of the gold papers among the first five papers retrieved; where there are more than five, of five."""
    gold = set(case.question.gold_papers or ())
    first = distinct(passage.paper_id for passage in answer.retrieved)[:CUTOFF]
    return len(gold.intersection(first)) / min(len(gold), CUTOFF)


@measure("mrr@10", source="Kantor and Voorhees, The TREC-5 Confusion Track, Information Retrieval 2000", needs=has_gold)
def reciprocal_rank(case: Case, answer: Answer) -> float:
    """One over the rank of the first gold paper, 0 below rank 10."""
    return _of_answer(case, answer)["mrr@10"]


@measure("ndcg@10", source="Järvelin and Kekäläinen, Cumulated Gain-Based Evaluation, TOIS 2002", needs=has_gold)
def ndcg(case: Case, answer: Answer) -> float:
    """Gold papers among the first ten, discounted by the logarithm of their rank, over the best possible order."""
    return _of_answer(case, answer)["ndcg@10"]


def _of_answer(case: Case, answer: Answer) -> dict[str, float]:
    ranked = tuple(distinct(passage.paper_id for passage in answer.retrieved))
    return _of_ranking(ranked, tuple(case.question.gold_papers or ()))


@lru_cache(maxsize=4)
def _of_ranking(ranked: tuple[str, ...], gold: tuple[str, ...]) -> dict[str, float]:
    """Both measures of one ranking; kept, because they are asked for one after the other."""
    scores = ranking_scores({"q": dict.fromkeys(gold, 1)}, {"q": rank_scores(ranked)})
    return {name: by_query["q"] for name, by_query in scores.items()}


def rank_scores(ranked: Iterable[str]) -> dict[str, float]:
    """Scores that keep an order wherever it is sorted by score: 1 / rank, distinct in single precision as well."""
    return {document: 1 / rank for rank, document in enumerate(ranked, 1)}


def trec_order(scores: Mapping[str, float]) -> list[str]:
    """Document ids in trec_eval's order: score descending, ties by id descending."""
    return sorted(sorted(scores, reverse=True), key=lambda document: -scores[document])


def ranking_scores(qrels: Qrels, run: Run) -> dict[str, dict[str, float]]:
    """Score rankings by nDCG@10, recall@100 and MRR@10.

    nDCG takes the grade as gain and log2(rank + 1) as discount; recall and MRR count grades of 1 and more as relevant.
    A judged query without a ranking scores 0.

    Args:
        qrels: Judgements; the mean is over these queries.
        run: Scores of the retrieved documents; higher ranks first, ties as in `trec_order`.

    Returns:
        Score by query id, by measure: `ndcg@10`, `recall@100`, `mrr@10`.
    """
    import ir_measures  # 0.1 s, needed by evaluations only

    names: dict[Any, str] = {
        ir_measures.nDCG @ 10: "ndcg@10",
        ir_measures.R @ 100: "recall@100",
        ir_measures.RR @ 10: "mrr@10",
    }
    # One order for all providers: MRR@10 is not trec_eval's code and breaks ties in its own way.
    ordered = {query: rank_scores(trec_order(scores)) for query, scores in run.items()}
    plain_qrels = {query: dict(grades) for query, grades in qrels.items()}
    scores: dict[str, dict[str, float]] = {name: {} for name in names.values()}
    # Every judged query comes back, at 0 where nothing was retrieved for it.
    for metric in ir_measures.iter_calc(list(names), plain_qrels, ordered):
        scores[names[metric.measure]][metric.query_id] = float(metric.value)
    return scores
