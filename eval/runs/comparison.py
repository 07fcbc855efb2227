"""`eval compare`: two runs over the same questions, paired question by question.

A difference of two means says little by itself: both runs saw the same questions, so that their scores are paired, and
the paired bootstrap says how large a difference chance alone would make.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.datasets import type_order
from eval.files import write_json
from eval.metrics import MEASURES, Measure, quality
from eval.metrics.confidence import LEVEL, RESAMPLES, SEED, Difference, Estimate, difference, estimate
from eval.runs.record import RunRecord, load_run
from rag.errors import RunMismatch, UsageError
from rag.types import Answer

COMPARISON = "compare.json"
CHANGED_SHOWN = 20
"""Questions listed as changed most."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure in both runs, over the questions that both measured."""

    a: Estimate
    b: Estimate
    difference: Difference

    def as_json(self) -> dict[str, Any]:
        """Both figures and their difference (B minus A)."""
        return {"a": self.a.as_json(), "b": self.b.as_json(), "difference": self.difference.as_json()}


@dataclass(frozen=True, slots=True)
class Changed:
    """A question whose answers differ in quality; `quality` is B's minus A's, `scores` the measures that moved."""

    id: str
    type: str
    question: str
    quality: float
    scores: Mapping[str, tuple[float, float]]
    a: Answer | str
    b: Answer | str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        settings: What differs between the runs besides the answers: (A's value, B's value) by name.
        only_a: Questions that only A holds.
        only_b: Questions that only B holds.
        changed: The questions whose quality moved most, largest move first.
        moved: Number of questions whose quality moved at all.
    """

    a: RunRecord
    b: RunRecord
    paired: Sequence[str]
    settings: Mapping[str, tuple[Any, Any]]
    only_a: Sequence[str]
    only_b: Sequence[str]
    overall: Mapping[str, Compared]
    by_type: Mapping[str, Mapping[str, Compared]]
    changed: Sequence[Changed]
    moved: int

    def as_json(self) -> dict[str, Any]:
        """The content of compare.json."""
        return {
            "a": self.a.name,
            "b": self.b.name,
            "questions": len(self.paired),
            "only_in_a": list(self.only_a),
            "only_in_b": list(self.only_b),
            "settings": {name: {"a": a, "b": b} for name, (a, b) in self.settings.items()},
            "confidence": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED, "test": "paired bootstrap, two-sided"},
            "overall": {name: figure.as_json() for name, figure in self.overall.items()},
            "by_type": {
                kind: {name: figure.as_json() for name, figure in figures.items()}
                for kind, figures in self.by_type.items()
            },
            "moved": self.moved,
            "changed": [_changed_json(row) for row in self.changed],
        }


def compare_folders(folder_a: Path, folder_b: Path, out: Path) -> Comparison:
    """Compare two finished runs and write compare.json.

    Raises:
        RunMismatch: a folder holds no finished run, the QA sets differ, or no question is in both.
        UsageError: `out` is one of the runs' own folders, or a file.
    """
    if out.resolve() in (folder_a.resolve(), folder_b.resolve()):
        raise UsageError(f"{out} is the folder of a run, whose report would be lost.", "Give another --out.")
    comparison = compare(load_run(folder_a), load_run(folder_b))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{out} is not a folder.", "Give --out the name of a folder.") from None
    write_json(out / COMPARISON, comparison.as_json())
    return comparison


def compare(a: RunRecord, b: RunRecord) -> Comparison:
    """Pair two runs by question id.

    Raises:
        RunMismatch: the QA sets differ, or no question is in both.
    """
    if a.info.get("qa_hash") != b.info.get("qa_hash"):
        raise RunMismatch(
            f"{a.name} and {b.name} answered different QA sets ({a.info.get('qa')}, {a.info.get('qa_hash')}; "
            f"{b.info.get('qa')}, {b.info.get('qa_hash')}).",
            "Figures over different questions cannot be compared: run both over one QA set.",
        )
    paired = [identity for identity in a.types if identity in b.types]
    if not paired:
        raise RunMismatch(f"{a.name} and {b.name} have no question in common.", "Run both with the same selection.")
    changed = sorted(_changes(a, b, paired), key=lambda row: (-abs(row.quality), row.id))
    within = [measure for measure in MEASURES if not measure.overall_only]
    return Comparison(
        a=a,
        b=b,
        paired=paired,
        settings=settings_differences(a.info, b.info),
        only_a=[identity for identity in a.types if identity not in b.types],
        only_b=[identity for identity in b.types if identity not in a.types],
        overall=_compared(a, b, paired, MEASURES),
        by_type={
            kind: _compared(a, b, [i for i in paired if a.types[i] == kind], within)
            for kind in sorted({a.types[i] for i in paired}, key=type_order)
        },
        changed=changed[:CHANGED_SHOWN],
        moved=len(changed),
    )


def settings_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Everything of run.json that can explain a difference and is not the same in both runs."""
    plain = {"corpus_hash": "corpus", "papers": "papers in the corpus", "code_hash": "program code"}
    pairs = {label: (a.get(key), b.get(key)) for key, label in plain.items()}
    for section, label in (("config", ""), ("versions", "version of ")):
        inner_a, inner_b = a.get(section, {}), b.get(section, {})
        pairs |= {label + key: (inner_a.get(key), inner_b.get(key)) for key in sorted({*inner_a, *inner_b})}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _compared(a: RunRecord, b: RunRecord, questions: Sequence[str], measures: Iterable[Measure]) -> dict[str, Compared]:
    """Every measure over the questions that both runs measured, or one of them if it is a ratio over the whole set."""
    compared = {}
    for measure in measures:
        name = measure.name
        # Only an abstention has a precision: over those that both runs share, the precisions would always be the same.
        need = any if measure.overall_only else all
        measured = [i for i in questions if need(name in run.scores[i] for run in (a, b))]
        scores_a, scores_b = ([run.scores[i].get(name, (0.0, 0.0)) for i in measured] for run in (a, b))
        compared[name] = Compared(estimate(scores_a), estimate(scores_b), difference(scores_a, scores_b))
    return compared


def _changes(a: RunRecord, b: RunRecord, questions: Iterable[str]) -> Iterable[Changed]:
    for identity in questions:
        before, after = a.scores[identity], b.scores[identity]
        quality_a, quality_b = quality(before), quality(after)
        if quality_a is None or quality_b is None or quality_a == quality_b:
            continue
        moved = {
            name: (before[name][0], after[name][0])
            for name in before
            if name in after and before[name] != after[name] and name != "abstention_f1"
        }
        yield Changed(
            id=identity,
            type=a.types[identity],
            question=a.questions[identity],
            quality=quality_b - quality_a,
            scores=moved,
            a=a.answers[identity],
            b=b.answers[identity],
        )


def _changed_json(row: Changed) -> dict[str, Any]:
    def shown(answer: Answer | str) -> dict[str, Any]:
        return {"error": answer} if isinstance(answer, str) else answer.model_dump(mode="json")

    scores = {name: {"a": a, "b": b} for name, (a, b) in row.scores.items()}
    head = {"id": row.id, "type": row.type, "question": row.question, "quality": round(row.quality, 6)}
    return head | {"scores": scores, "a": shown(row.a), "b": shown(row.b)}
