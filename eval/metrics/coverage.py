"""Measures of what an answer holds: nuggets (atomic facts) and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eval.datasets import Nugget, Question
from eval.metrics.base import QA_FORMAT, Case, measure
from eval.metrics.text import Figure, content_tokens, figures, stands_in, without_markers
from rag.types import Answer

COVERED_SHARE = 0.7
"""Share of a span's content tokens that cited quotes must hold."""
RIGHT_SHARE = 0.5
"""Share of the facts that an answer must state which the quotes of a right one hold at least."""
NUGGETS = (
    "Pradeep et al., The Great Nugget Recall, SIGIR 2025; Voorhees, TREC 2003 QA track; judged by spans: " + QA_FORMAT
)


def judgeable(question: Question, *importances: str) -> list[Nugget]:
    """The nuggets of these importances that have a span."""
    return [nugget for nugget in question.nuggets if nugget.span and nugget.importance in importances]


def is_covered(nugget: Nugget, quotes: Iterable[tuple[str, str]]) -> bool:
    """Whether the quotes (paper id, text) from the nugget's paper hold 70% of its span's distinct content tokens."""
    told = (text for paper_id, text in quotes if nugget.paper in (None, paper_id))
    present = frozenset[str]().union(*(content_tokens(text) for text in told))
    wanted = content_tokens(nugget.span or "")
    return len(wanted & present) >= COVERED_SHARE * len(wanted) > 0


def covered_share(nuggets: Sequence[Nugget], quotes: Sequence[tuple[str, str]]) -> float:
    """Share of some nuggets, at least one, that quotes (paper id, text) hold."""
    return sum(is_covered(nugget, quotes) for nugget in nuggets) / len(nuggets)


def is_right(question: Question, quotes: Sequence[tuple[str, str]]) -> bool:
    """Whether quotes (paper id, text) answer: the first is of a gold paper, and half of the vital facts are covered."""
    vital = judgeable(question, "vital")
    answers = bool(quotes) and quotes[0][0] in (question.gold_papers or ())
    return answers and (not vital or covered_share(vital, quotes) >= RIGHT_SHARE)


def quotes_of(answer: Answer) -> list[tuple[str, str]]:
    """The quotes of an answer: paper id and text."""
    return [(citation.paper_id, citation.quote) for citation in answer.citations]


@measure("nuggets_vital", source=NUGGETS, needs=lambda question: bool(judgeable(question, "vital")))
def nuggets_vital(case: Case, answer: Answer) -> float:
    """Share of the facts an answer must state that its quotes cover."""
    return covered_share(judgeable(case.question, "vital"), quotes_of(answer))


@measure("nuggets_okay", source=NUGGETS, needs=lambda question: bool(judgeable(question, "okay")))
def nuggets_okay(case: Case, answer: Answer) -> float:
    """Share of the facts an answer may state that its quotes cover."""
    return covered_share(judgeable(case.question, "okay"), quotes_of(answer))


@measure("nuggets_all", source=NUGGETS, needs=lambda question: bool(judgeable(question, "vital", "okay")))
def nuggets_all(case: Case, answer: Answer) -> float:
    """Share of all facts, vital and okay, that its quotes cover."""
    return covered_share(judgeable(case.question, "vital", "okay"), quotes_of(answer))


@measure("nuggets_strict", source=NUGGETS, needs=lambda question: bool(judgeable(question, "vital")))
def nuggets_strict(case: Case, answer: Answer) -> float:
    """Share of the questions whose vital facts are covered one and all."""
    return float(covered_share(judgeable(case.question, "vital"), quotes_of(answer)) == 1)


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


def _judged(question: Question) -> bool:
    """Whether it is known what answers a question, or that nothing does."""
    return question.answerable is False or bool(question.gold_papers)


@measure("high_right", source=QA_FORMAT, needs=_judged, default=None)
def high_right(case: Case, answer: Answer) -> float | None:
    """Share of the answers called high that are right."""
    if answer.abstained or answer.confidence != "high":
        return None
    return float(is_right(case.question, quotes_of(answer)))


@measure("high_share", source=QA_FORMAT, needs=_judged, default=None, higher_is_better=None)
def high_share(case: Case, answer: Answer) -> float | None:
    """Share of the answers that are given which are called high."""
    return None if answer.abstained else float(answer.confidence == "high")
