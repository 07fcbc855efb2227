"""Answers of a run → scores a question → figures with intervals (metrics.json)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np

from eval.datasets import Question
from eval.metrics import MEASURES, Case, Score, evaluate, figures_by_type, figures_of
from eval.metrics.confidence import LEVEL, RESAMPLES, SEED, Estimate
from rag.errors import PaperNotFound
from rag.types import Answer, Paper


class HoldsPapers(Protocol):
    """Where quotes are checked: the library."""

    def paper(self, paper_id: str, version: int | None = None) -> Paper:
        """One version of a paper, the latest by default."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one question: an answer, or the error that asking ended with."""

    question: Question
    answer: Answer | None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The line of results.jsonl: the Answer object with `id`; or `id`, `question` and `error`."""
        if self.answer is None:
            return {"id": self.question.id, "question": self.question.question, "error": self.error}
        return {"id": self.question.id} | self.answer.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class Scored:
    """A result with its scores, by measure."""

    result: Result
    scores: Mapping[str, Score]

    def as_json(self) -> dict[str, Any]:
        """The line of scores.jsonl: each score as [numerator, denominator]."""
        question = self.result.question
        return {"id": question.id, "type": question.type, "scores": {k: list(v) for k, v in self.scores.items()}}


def score_results(results: Iterable[Result], library: HoldsPapers) -> list[Scored]:
    """Score every result; quotes are compared with the text the library stores, not with what the answer says."""
    stored = stored_text(library)
    return [Scored(r, evaluate(Case(r.question, r.answer, stored), MEASURES)) for r in results]


def stored_text(library: HoldsPapers) -> Callable[[str, int], str | None]:
    """A look-up of stored texts by paper id and version, None for what the library does not hold."""

    @cache
    def look_up(paper_id: str, version: int) -> str | None:
        try:
            return library.paper(paper_id, version).text
        except PaperNotFound:
            return None

    return look_up


def metrics_of(scored: Sequence[Scored]) -> dict[str, Any]:
    """All figures of a run as metrics.json holds them; everything but `timings` is the same in every run."""
    rows = [(row.result.question.type, row.scores) for row in scored]
    by_type = figures_by_type(rows)
    return {
        "questions": len(scored),
        "failed": [row.result.question.id for row in scored if row.result.answer is None],
        "confidence": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED},
        "overall": _as_json(figures_of([scores for _, scores in rows])),
        "by_type": {name: _as_json(figures) for name, figures in by_type.items()},
        "timings": timings_of([row.result.answer for row in scored if row.result.answer]),
    }


def timings_of(answers: Sequence[Answer]) -> dict[str, dict[str, float | int | None]]:
    """Percentiles of the milliseconds spent, by stage; None without answers."""
    stages = ("retrieve_ms", "answer_ms", "total_ms")
    return {stage: percentiles([getattr(answer.timings, stage) for answer in answers]) for stage in stages}


def percentiles(values: Sequence[float]) -> dict[str, float | int | None]:
    """Mean, median, 95th percentile and largest of some milliseconds."""
    if not values:
        return {"mean": None, "p50": None, "p95": None, "max": None, "n": 0}
    p50, p95, largest = np.quantile(values, [0.5, 0.95, 1.0]).round(3).tolist()
    return {"mean": round(float(np.mean(values)), 3), "p50": p50, "p95": p95, "max": largest, "n": len(values)}


def _as_json(figures: Mapping[str, Estimate]) -> dict[str, dict[str, float | int | None]]:
    return {name: figure.as_json() for name, figure in figures.items()}
