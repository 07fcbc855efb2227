"""Fit what tells members of a list: ``python -m eval.training.membership LIBRARY``.

Each judged question is read and searched as an answer's would be, over a library of the papers that were judged, and
the papers that had a second look are measured by `rag.retrieve.membership.features`. What meets a question's criterion
is 1, what touches it one half, all else 0. Every second question is kept apart to judge the fit on the others; the
shipped weights are fitted on all. The same library and judgements give the same weights. Writes
``rag/models/membership/weights.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from rag import open_assistant
from rag.assistant import Assistant
from rag.config import Config
from rag.models.membership import FEATURES, FOLDER, WEIGHTS, MembershipModel
from rag.retrieve.hybrid import distinct_papers
from rag.retrieve.membership import features
from rag.retrieve.reranker import MANY, NEARNESS

DATA = Path(__file__).parent / "data" / "lists.jsonl"
PENALTY = 1.0
"""Variance of the Gaussian prior on the coefficients of standardised features."""
MOST = 10
"""Papers of a list that are shown."""
LEVELS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Chances from which papers are taken, in the table."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with what was measured.

    Attributes:
        half: ``fit`` or ``judge``.
        grades: By paper, 2 where it meets the criterion, 1 where it touches it; others 0.
        papers: Those that had a second look, best first.
        rows: Their features, [papers, features].
    """

    question: str
    half: str
    grades: dict[str, int]
    papers: tuple[str, ...]
    rows: Floats

    @property
    def labels(self) -> Floats:
        """What each paper is to have, [papers]."""
        return np.array([self.grades.get(one, 0) / 2 for one in self.papers])


def measured(assistant: Assistant) -> Iterator[Judged]:
    """Measure every question."""
    engine = assistant.engine
    for line in DATA.read_text(encoding="utf-8").splitlines():
        held = json.loads(line)
        asked = engine.understand(held["question"])
        found = engine.search(asked, assistant.library.config.retrieval.candidates)
        passages = engine.reranker.rerank(asked.search_text, found, MANY)
        papers = tuple(one.paper_id for one in distinct_papers(passages) if NEARNESS in one.scores)
        rows = features(assistant.library, asked, passages)
        yield Judged(held["question"], held["half"], held["judged"], papers, rows)


def fit(examples: Sequence[Judged]) -> MembershipModel:
    """Fit by penalised likelihood; each paper of each question counts alike."""
    matrix = np.concatenate([one.rows for one in examples])
    labels = np.concatenate([one.labels for one in examples])
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    standard = (matrix - centre) / np.where(scale == 0, 1.0, scale)

    def loss(values: Floats) -> tuple[float, Floats]:
        odds = standard @ values[1:] + values[0]
        error = expit(odds) - labels
        penalty = values[1:] @ values[1:] / (2 * PENALTY)
        slope = np.concatenate([[error.sum()], standard.T @ error + values[1:] / PENALTY])
        return float((np.logaddexp(0, odds) - labels * odds).sum() + penalty), slope

    found = minimize(loss, np.zeros(len(FEATURES) + 1), jac=True, method="L-BFGS-B").x
    weights = found[1:] / np.where(scale == 0, 1.0, scale)
    return MembershipModel(
        weights={name: round(float(one), 4) for name, one in zip(FEATURES, weights, strict=True)},
        intercept=round(float(found[0] - weights @ centre), 4),
    )


def quality(model: MembershipModel, examples: Sequence[Judged], level: float) -> tuple[float, float, float, float]:
    """Means over questions, of lists that hold what has at least such a chance, at most `MOST`, at least one.

    Returns:
        Papers shown; share of these that belong or touch; share of those that belong (of `MOST`, where there are more)
        which are shown; the same of the first five, whatever their chance.
    """
    shown, precision, recall, first = np.array([_figures(model, one, level) for one in examples]).mean(axis=0)
    return float(shown), float(precision), float(recall), float(first)


def report(model: MembershipModel, examples: Sequence[Judged]) -> str:
    """How right lists are that hold what has at least such a chance: a line a level."""
    lines = []
    for level in LEVELS:
        shown, precision, recall, first = quality(model, examples, level)
        lines.append(
            f"  from {level:.1f}: {precision:.3f} of those shown belong or touch, {recall:.3f} of those that belong"
            f" shown ({shown:.1f} papers); first five {first:.3f}"
        )
    return "\n".join(lines)


def _figures(model: MembershipModel, one: Judged, level: float) -> tuple[float, float, float, float]:
    chances = model.chances(one.rows)
    order = np.argsort(-chances, kind="stable")
    ranked = [one.papers[n] for n in order]
    shown = [one.papers[n] for n in order if chances[n] >= level][:MOST] or ranked[:1]
    members = {paper for paper, grade in one.grades.items() if grade == 2}
    fitting = sum(paper in one.grades for paper in shown)
    found, first = len(members.intersection(shown)), len(members.intersection(ranked[:5]))
    return len(shown), fitting / len(shown), found / min(len(members), MOST), first / min(len(members), 5)


def main() -> None:
    """Fit on one half, judge on the other; then fit on both and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path, help="a library of the daily reports")
    assistant = open_assistant(Config(data_dir=parser.parse_args().library))
    examples = list(measured(assistant))
    halves = {half: [one for one in examples if one.half == half] for half in ("fit", "judge")}
    for half, others in (("fit", "judge"), ("judge", "fit")):
        model = fit(halves[half])
        print(f"fitted on {half}: {model.weights}, {model.intercept}")
        print(f" judged on {half}\n{report(model, halves[half])}\n judged on {others}\n{report(model, halves[others])}")
    content = json.dumps(fit(examples).model_dump(), indent=1) + "\n"
    (FOLDER / WEIGHTS).write_text(content, encoding="utf-8")
    print(f"{FOLDER / WEIGHTS}: sha256 {hashlib.sha256(content.encode()).hexdigest()}")


if __name__ == "__main__":
    main()
