"""What a measure is, and how one question is scored by all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from eval.datasets import Question
from rag.types import Answer

Score = tuple[float, float]
"""(numerator, denominator): a mean's score is (value, 1). Ratios such as precision sum both over the questions."""

Unit = Literal["share", "words", "tokens", "usd"]


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what was answered.

    Attributes:
        answer: None when asking failed.
        stored_text: Stored text of (paper id, version), None where the library has no such version.
    """

    question: Question
    answer: Answer | None
    stored_text: Callable[[str, int], str | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """A way to score an answer.

    Attributes:
        name: Key in metrics.json and heading of a column.
        meaning: One sentence for the reader of a report.
        source: Where the definition comes from.
        needs: Whether a question holds the measure's input; one that doesn't is not counted.
        score: The score, or None where the answer gives nothing to measure.
        default: Score of a question that was expected to have one and failed; None leaves it out.
        higher_is_better: None where neither is.
        overall_only: Says nothing within a group of one type.
    """

    name: str
    meaning: str
    source: str
    needs: Callable[[Question], bool]
    score: Callable[[Case, Answer], float | Score | None]
    default: float | None
    higher_is_better: bool | None
    unit: Unit
    overall_only: bool

    def of(self, case: Case) -> Score | None:
        """Score a case; None when it does not count for this measure."""
        if not self.needs(case.question):
            return None
        value = self.default if case.answer is None else self.score(case, case.answer)
        return value if isinstance(value, tuple) or value is None else (float(value), 1.0)


def measure(
    name: str,
    source: str,
    needs: Callable[[Question], bool] = lambda question: True,
    default: float | None = 0.0,
    higher_is_better: bool | None = True,
    unit: Unit = "share",
    overall_only: bool = False,
) -> Callable[[Callable[[Case, Answer], float | Score | None]], Measure]:
    """Make a `Measure` of a scoring function; the first line of its docstring is the meaning."""

    def wrap(score: Callable[[Case, Answer], float | Score | None]) -> Measure:
        meaning = (score.__doc__ or "").strip().partition("\n")[0]
        return Measure(name, meaning, source, needs, score, default, higher_is_better, unit, overall_only)

    return wrap


def evaluate(case: Case, measures: Iterable[Measure]) -> dict[str, Score]:
    """Score one question by every measure that it holds input for."""
    scores = ((measure.name, measure.of(case)) for measure in measures)
    return {name: score for name, score in scores if score is not None}


def has_gold(question: Question) -> bool:
    """Whether the papers that answer it are known."""
    return bool(question.gold_papers)


def distinct(paper_ids: Iterable[str]) -> list[str]:
    """Ids once each, in the order of their first occurrence."""
    return list(dict.fromkeys(paper_ids))


def cited_papers(answer: Answer) -> list[str]:
    """Distinct papers an answer cites, in order."""
    return distinct(citation.paper_id for citation in answer.citations)


QA_FORMAT = "docs/evaluation.md"
"""Source of the definitions that belong to the QA format itself."""
