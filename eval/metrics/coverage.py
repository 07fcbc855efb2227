"""Measures of what an answer holds: nuggets (atomic facts) and figures."""

from __future__ import annotations

from collections.abc import Sequence

from eval.datasets import Nugget, Question
from eval.metrics.base import QA_FORMAT, Case, measure
from eval.metrics.text import Figure, content_tokens, figures, stands_in, without_markers
from rag.types import Answer

COVERED_SHARE = 0.7
"""Share of a span's content tokens that cited quotes must hold."""
NUGGETS = (
    "Pradeep et al., The Great Nugget Recall, SIGIR 2025; Voorhees, TREC 2003 QA track; judged by spans: " + QA_FORMAT
)


def judgeable(question: Question, *importances: str) -> list[Nugget]:
    """The nuggets of these importances that have a span."""
    return [nugget for nugget in question.nuggets if nugget.span and nugget.importance in importances]


def is_covered(nugget: Nugget, answer: Answer) -> bool:
    """Whether the quotes cited from the nugget's paper hold 70% of its span's distinct content tokens."""
    quotes = (c.quote for c in answer.citations if nugget.paper in (None, c.paper_id))
    present = frozenset[str]().union(*(content_tokens(quote) for quote in quotes))
    wanted = content_tokens(nugget.span or "")
    return len(wanted & present) >= COVERED_SHARE * len(wanted) > 0


def _covered_share(nuggets: Sequence[Nugget], answer: Answer) -> float:
    return sum(is_covered(nugget, answer) for nugget in nuggets) / len(nuggets)


@measure("nuggets_vital", source=NUGGETS, needs=lambda question: bool(judgeable(question, "vital")))
def nuggets_vital(case: Case, answer: Answer) -> float:
    """Share of the facts an answer must state that its quotes cover."""
    return _covered_share(judgeable(case.question, "vital"), answer)


@measure("nuggets_okay", source=NUGGETS, needs=lambda question: bool(judgeable(question, "okay")))
def nuggets_okay(case: Case, answer: Answer) -> float:
    """Share of the facts an answer may state that its quotes cover."""
    return _covered_share(judgeable(case.question, "okay"), answer)


@measure("nuggets_all", source=NUGGETS, needs=lambda question: bool(judgeable(question, "vital", "okay")))
def nuggets_all(case: Case, answer: Answer) -> float:
    """Share of all facts, vital and okay, that its quotes cover."""
    return _covered_share(judgeable(case.question, "vital", "okay"), answer)


@measure("nuggets_strict", source=NUGGETS, needs=lambda question: bool(judgeable(question, "vital")))
def nuggets_strict(case: Case, answer: Answer) -> float:
    """Share of the questions whose vital facts are covered one and all."""
    return float(_covered_share(judgeable(case.question, "vital"), answer) == 1)


def wanted_figures(question: Question) -> list[Figure]:
    """The figures of the vital nuggets' texts.

    One that does not stand in the nugget's span is left out: it is the wording of whoever wrote the nugget ("4x" for
    "four times"), and no faithful quote could hold it.
    """
    return [
        figure
        for nugget in question.nuggets
        if nugget.importance == "vital"
        for figure in figures(nugget.text)
        if not nugget.span or stands_in(figure, figures(nugget.span))
    ]


def missing_figures(question: Question, answer: Answer) -> list[Figure]:
    """The wanted figures that the answer's text lacks."""
    present = figures(without_markers(answer.answer))
    return [figure for figure in wanted_figures(question) if not stands_in(figure, present)]


@measure("figure_accuracy", source=QA_FORMAT, needs=lambda question: bool(wanted_figures(question)))
def figure_accuracy(case: Case, answer: Answer) -> float:
    """Share of the questions in whose answer every figure of the vital facts stands."""
    return float(not missing_figures(case.question, answer))
