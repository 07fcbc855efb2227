"""Measures of knowing when not to answer. The positive class is "abstains"; a question that failed counts as wrong."""

from __future__ import annotations

from eval.datasets import Question
from eval.metrics.base import QA_FORMAT, Case, Score, measure
from rag.types import Answer

RIJSBERGEN = "van Rijsbergen, Information Retrieval, 2nd ed. 1979, chapter 7; positives: " + QA_FORMAT


def _is_known(question: Question) -> bool:
    return question.answerable is not None


def _is_unanswerable(question: Question) -> bool:
    return question.answerable is False


@measure("abstention_precision", source=RIJSBERGEN, needs=_is_known, overall_only=True)
def abstention_precision(case: Case, answer: Answer) -> float | None:
    """Share of the abstentions that were right: nothing in the corpus answers the question."""
    return float(_is_unanswerable(case.question)) if answer.abstained else None


@measure("abstention_recall", source=RIJSBERGEN, needs=_is_unanswerable)
def abstention_recall(case: Case, answer: Answer) -> float:
    """Share of the unanswerable questions on which the assistant abstained."""
    return float(answer.abstained)


@measure("abstention_f1", source=RIJSBERGEN, needs=_is_known, overall_only=True)
def abstention_f1(case: Case, answer: Answer) -> Score:
    """Harmonic mean of abstention precision and recall."""
    # 2 TP / (2 TP + FP + FN), both sums taken over the questions.
    if answer.abstained and _is_unanswerable(case.question):
        return 2.0, 2.0
    return 0.0, float(answer.abstained or _is_unanswerable(case.question))


@measure(
    "false_refusals",
    source=QA_FORMAT,
    needs=lambda question: question.answerable is True,
    default=1.0,
    higher_is_better=False,
)
def false_refusals(case: Case, answer: Answer) -> float:
    """Share of the answerable questions on which the assistant abstained."""
    return float(answer.abstained)
