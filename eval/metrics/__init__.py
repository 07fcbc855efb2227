"""The measures of an answer, and figures over groups of questions.

To add one: write a function with `@measure` in the module it belongs to, and name it in `MEASURES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.datasets import type_order
from eval.metrics.abstention import abstention_f1, abstention_precision, abstention_recall, false_refusals
from eval.metrics.base import Case, Measure, Score, evaluate, measure
from eval.metrics.citations import citation_precision, citation_recall, quote_validity
from eval.metrics.confidence import Estimate, estimate
from eval.metrics.coverage import (
    figure_accuracy,
    high_right,
    high_share,
    nuggets_all,
    nuggets_okay,
    nuggets_strict,
    nuggets_vital,
)
from eval.metrics.effort import completion_tokens, cost_usd, prompt_tokens, words_per_paper
from eval.metrics.ranking import ndcg, recall_at_5, reciprocal_rank

__all__ = ["MEASURES", "Case", "Measure", "Score", "evaluate", "figures_by_type", "figures_of", "measure", "quality"]

MEASURES: tuple[Measure, ...] = (
    recall_at_5, reciprocal_rank, ndcg,
    nuggets_vital, nuggets_okay, nuggets_all, nuggets_strict, figure_accuracy,
    citation_precision, citation_recall, quote_validity,
    abstention_precision, abstention_recall, abstention_f1, false_refusals,
    high_right, high_share,
    words_per_paper, prompt_tokens, completion_tokens, cost_usd,
)  # fmt: skip
"""All of them, in the order in which reports show them."""


def figures_of(scores: Sequence[Mapping[str, Score]], measures: Sequence[Measure] = MEASURES) -> dict[str, Estimate]:
    """Every measure's figure over these questions, with its interval; one without input has n = 0."""
    return {m.name: estimate([row[m.name] for row in scores if m.name in row]) for m in measures}


def figures_by_type(
    scores: Sequence[tuple[str, Mapping[str, Score]]], measures: Sequence[Measure] = MEASURES
) -> dict[str, dict[str, Estimate]]:
    """The same for each question type of (type, scores) pairs."""
    within = [m for m in measures if not m.overall_only]
    types = sorted({name for name, _ in scores}, key=type_order)
    return {name: figures_of([row for kind, row in scores if kind == name], within) for name in types}


QUALITY = ("recall@5", "nuggets_vital", "figure_accuracy", "citation_precision", "abstention_recall")
"""The measures that say, together, how good the answer to one question is."""


def quality(scores: Mapping[str, Score]) -> float | None:
    """One number between 0 and 1 to order questions by: the mean of `QUALITY`; a false refusal is 0.

    It orders rows of a report and is never averaged into a figure. None where nothing could be measured.
    """
    if scores.get("false_refusals", (0, 1))[0]:
        return 0.0
    values = [scores[name][0] / scores[name][1] for name in QUALITY if name in scores]
    return sum(values) / len(values) if values else None
