"""`eval support`: how well the check of written sentences tells honest ones from planted errors.

Every nugget with a paper and a span becomes an honest sentence over the passages that its question retrieves; each kind
of error is planted in each sentence that gives a place for it (`planted_errors`). Reported are the share of each kind
that is struck, the share of honest sentences that is struck, both with bootstrap intervals over sentences, and what a
fit of the decision's weights to this set would give, out of fold by question.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from eval.calibration.logistic import FOLDS, PENALTY
from eval.datasets import Nugget, QaSet, Question
from eval.files import write_atomically, write_json
from eval.metrics.confidence import Estimate, estimate
from eval.reports import page, plots
from eval.runs.provenance import describe
from eval.support.planted_errors import KINDS, Sentence, plant
from rag.errors import DatasetError, PaperNotFound
from rag.retrieve.hybrid import passage_of
from rag.types import Passage, Rejected
from rag.write.grounding import SupportChecker, Verdict
from rag.write.grounding.check import (
    COVERAGE_WEIGHT,
    INTERCEPT,
    LEAST_SUPPORT,
    RIVALRY_WEIGHT,
    SIMILARITY_WEIGHT,
    Claim,
)

if TYPE_CHECKING:
    from rag.config import Config
    from rag.index.library import Library

SOURCES = 8
"""Passages that the writer of a sentence has."""
SEED = 20250408
TARGETS: Mapping[str, float] = {
    "figure": 0.95, "paper": 0.95, "unsupported": 0.95, "invented": 0.95, "flip": 0.6, "negation": 0.6,
}  # fmt: skip
MOST_HONEST_STRUCK = 0.05
METRICS, REPORT = "metrics.json", "report.html"
CONTENT = ("paper", "unsupported")
"""The kinds on which the weights of the decision about content are fitted."""

Floats = NDArray[np.float64]
LookUp = Callable[[Question], Sequence[Passage]]
"""A question's passages, best first."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence with the verdict on it and how long that took."""

    sentence: Sentence
    verdict: Verdict
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What `eval support` found; `left_out` names the nuggets that gave no sentence."""

    checked: tuple[Checked, ...]
    left_out: tuple[Rejected, ...]
    metrics: dict[str, Any]


def evaluate_support(
    library: Library,
    config: Config,
    qa: QaSet,
    look_up: LookUp,
    out: Path,
    seed: int = SEED,
    progress: Progress | None = None,
) -> Measured:
    """Measure the check on a QA set and write `metrics.json` and `report.html` into a folder.

    Raises:
        DatasetError: no nugget of the set stands in the library.
    """
    honest, left_out = honest_sentences(library, qa, look_up)
    if not honest:
        raise DatasetError(
            f"{qa.name} holds no nugget whose span stands in the library.", "Ingest the papers of the QA set first."
        )
    sentences = [*honest, *planted(honest, seed)]
    checker = SupportChecker(library)
    checked = []
    for done, sentence in enumerate(sentences, 1):
        begin = time.perf_counter()
        verdict = checker.check(sentence.written, sentence.sources)
        checked.append(Checked(sentence, verdict, 1000 * (time.perf_counter() - begin)))
        if progress:
            progress("checking", done, len(sentences))
    metrics = _metrics(checked, left_out, seed) | {"refit": refit(checker, checked)}
    measured = Measured(tuple(checked), left_out, metrics)
    out.mkdir(parents=True, exist_ok=True)
    info = describe(library, config, qa)
    write_json(out / METRICS, metrics)
    write_json(out / "run.json", info)
    write_atomically(out / REPORT, render(measured, info))
    return measured


def honest_sentences(library: Library, qa: QaSet, look_up: LookUp) -> tuple[list[Sentence], tuple[Rejected, ...]]:
    """The nuggets that can be sentences, and those that cannot with the reason."""
    found: list[Sentence] = []
    left_out: list[Rejected] = []
    for question in qa.questions:
        nuggets = [nugget for nugget in question.nuggets if nugget.paper and nugget.span]
        passages = list(look_up(question)) if nuggets else []
        for number, nugget in enumerate(nuggets, 1):
            sentence = _sentence(library, f"{question.id}/{number}", nugget, passages)
            if isinstance(sentence, str):
                left_out.append(Rejected(qa.name, qa.lines[question.id], f"{nugget.paper}: {sentence}"))
            else:
                found.append(sentence)
    return found, tuple(left_out)


def planted(honest: Sequence[Sentence], seed: int) -> list[Sentence]:
    """Every error in every sentence that gives a place for it; the same for the same seed and sentences."""
    tried = (plant(kind, one, honest, random.Random(f"{seed}/{kind}/{one.name}")) for kind in KINDS for one in honest)
    return [sentence for sentence in tried if sentence is not None]


def _sentence(library: Library, name: str, nugget: Nugget, passages: Sequence[Passage]) -> Sentence | str:
    """A nugget as a sentence that cites the passage with its span, or why it gives none."""
    assert nugget.paper
    assert nugget.span
    try:
        paper = library.paper(nugget.paper)
    except PaperNotFound as error:
        return error.message
    at = paper.text.find(nugget.span)
    if at < 0:
        return "the span is not in the paper"
    top = list(passages[:SOURCES])
    here = [n for n, p in enumerate(top) if p.paper_id == nugget.paper and p.start <= at < p.end]
    if not here:
        chunk = next((c for c in library.shelf.chunks([nugget.paper]) if c.start <= at < c.end), None)
        if chunk is None:
            return "the span is in no passage"
        top = [*top[: SOURCES - 1], passage_of(paper, chunk)]
        here = [len(top) - 1]
    return Sentence(name, nugget.text, None, here[0] + 1, dict(enumerate(top, 1)))


def _metrics(checked: Sequence[Checked], left_out: Sequence[Rejected], seed: int) -> dict[str, Any]:
    struck = {kind: _struck(checked, kind) for kind in (None, *KINDS)}
    times = np.array([row.milliseconds for row in checked])
    reached = {kind: (struck[kind].mean or 0.0) >= least for kind, least in TARGETS.items() if struck[kind].n}  # type: ignore[index]
    return {
        "seed": seed,
        "sources": SOURCES,
        "honest": sum(row.sentence.kind is None for row in checked),
        "planted": sum(row.sentence.kind is not None for row in checked),
        "left_out": len(left_out),
        "honest_struck": struck[None].as_json(),
        "caught": {kind: struck[kind].as_json() for kind in KINDS},
        "reached": reached | {"honest": (struck[None].mean or 0.0) <= MOST_HONEST_STRUCK},
        "tests": _by_test(checked),
        "timings": {"p50_ms": round(float(np.median(times)), 2), "p95_ms": round(float(np.quantile(times, 0.95)), 2)},
    }


def _struck(checked: Sequence[Checked], kind: str | None) -> Estimate:
    """Share of the sentences of one kind that the check struck."""
    return estimate([(float(not row.verdict.ok), 1.0) for row in checked if row.sentence.kind == kind])


def _by_test(checked: Sequence[Checked]) -> dict[str, dict[str, int]]:
    """How often each test struck a sentence of each kind."""
    counts: dict[str, dict[str, int]] = {}
    for row in checked:
        if not row.verdict.ok:
            one = counts.setdefault(row.sentence.kind or "honest", {})
            one[row.verdict.kind] = one.get(row.verdict.kind, 0) + 1
    return counts


def refit(checker: SupportChecker, checked: Sequence[Checked]) -> dict[str, Any]:
    """Fit the decision about content to these sentences: weights, and what they would strike out of fold.

    Errors that another test caught are left out of the fit, but count as caught. Folds are drawn over questions.
    """
    rows = [row for row in checked if row.sentence.kind is None or row.sentence.kind in CONTENT]
    matrix = np.array([_features(checker, row.sentence) for row in rows])
    honest = np.array([row.sentence.kind is None for row in rows])
    elsewhere = np.array([not row.verdict.ok and row.verdict.kind != "support" for row in rows])
    questions = [row.sentence.name.rpartition("/")[0] for row in rows]
    order = {q: n for n, q in enumerate(np.random.default_rng(SEED).permutation(sorted(set(questions))))}
    folds = np.array([order[q] % FOLDS for q in questions])
    used = honest | ~elsewhere
    probability = np.zeros(len(rows))
    for fold in range(FOLDS):
        train = used & (folds != fold)
        if not (honest & train).any() or not (~honest & train).any():
            return {}
        weights, intercept = _fit(matrix[train], honest[train])
        probability[folds == fold] = expit(matrix[folds == fold] @ weights + intercept)
    weights, intercept = _fit(matrix[used], honest[used])
    low = probability < LEAST_SUPPORT
    kinds = np.array([row.sentence.kind or "" for row in rows])
    return {
        "weights": {n: round(float(w), 2) for n, w in zip(("coverage", "rivalry", "similarity"), weights, strict=True)},
        "intercept": round(float(intercept), 2),
        "in_use": {
            "coverage": COVERAGE_WEIGHT, "rivalry": RIVALRY_WEIGHT, "similarity": SIMILARITY_WEIGHT,
            "intercept": INTERCEPT, "least": LEAST_SUPPORT,
        },
        "honest_struck_by_content": round(float(low[honest].mean()), 4),
        "caught": {kind: round(float((low | elsewhere)[kinds == kind].mean()), 4) for kind in CONTENT},
    }  # fmt: skip


def _features(checker: SupportChecker, sentence: Sentence) -> tuple[float, float, float]:
    claim = Claim.of(sentence.written)
    everything = {n: checker.evidence(passage) for n, passage in sentence.sources.items()}
    measured = checker.measure(claim, {sentence.marker: everything[sentence.marker]}, everything)
    return measured.support.coverage, measured.support.rivalry, checker.similarity(claim, measured)


def _fit(matrix: Floats, honest: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Logistic weights and intercept, both classes weighing the same, with the prior of `eval.calibration.logistic`."""
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale[scale == 0] = 1.0
    standard = (matrix - centre) / scale
    shares = np.where(honest, 0.5 / honest.sum(), 0.5 / (~honest).sum()) * len(honest)

    def loss(values: Floats) -> float:
        odds = standard @ values[1:] + values[0]
        likelihood = (shares * np.logaddexp(0, np.where(honest, -odds, odds))).sum()
        return float(likelihood + values[1:] @ values[1:] / (2 * PENALTY))

    values = minimize(loss, np.zeros(matrix.shape[1] + 1), method="L-BFGS-B").x
    weights = values[1:] / scale
    return weights, float(values[0] - centre @ weights)


def render(measured: Measured, info: Mapping[str, Any]) -> str:
    """The page: shares struck by kind, then every honest sentence struck and every error missed."""
    metrics = measured.metrics
    bars = [("honest", metrics["honest_struck"]), *metrics["caught"].items()]
    wrong = [row for row in measured.checked if row.verdict.ok != (row.sentence.kind is None)]
    return page(
        "support.html.j2",
        metrics=metrics,
        info=info,
        targets=TARGETS,
        most=MOST_HONEST_STRUCK,
        chart=plots.bars("struck", bars),
        rows=[
            {
                "kind": row.sentence.kind or "honest",
                "text": row.sentence.written,
                "reason": row.verdict.reason,
                "support": row.verdict.support,
                "source": row.sentence.sources[row.sentence.marker].title,
            }
            for row in wrong
        ],
        left_out=measured.left_out,
    )
