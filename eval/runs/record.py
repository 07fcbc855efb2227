"""What a run leaves: the report of one that has just ended, and a finished one as its folder holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.files import read_json_lines
from eval.metrics import Score
from eval.runs.scores import Scored
from rag.errors import RunMismatch
from rag.types import Answer, Rejected

RESULTS, METRICS, RUN, SCORES, REPORT = "results.jsonl", "metrics.json", "run.json", "scores.jsonl", "report.html"
"""The files of a run's folder; the page is written by who asked for the run (`eval.reports`)."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to.

    Attributes:
        scored: Results in the order of the QA set.
        metrics: The content of metrics.json.
        info: The content of run.json.
        asked: Number of questions asked just now; the others were answered before.
        left_out: Lines of the QA set that were not asked, with reasons.
        titles: Titles of the gold papers, by id.
    """

    scored: list[Scored]
    metrics: dict[str, Any]
    info: dict[str, Any]
    asked: int = 0
    left_out: list[Rejected] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A finished run as its folder holds it.

    Attributes:
        info: The content of run.json.
        types: Type by question id, in the order of the QA set.
        scores: Scores by question id.
        answers: Answer, or the error's text, by question id.
        questions: Text by question id.
    """

    name: str
    info: Mapping[str, Any]
    types: Mapping[str, str]
    scores: Mapping[str, Mapping[str, Score]]
    answers: Mapping[str, Answer | str]
    questions: Mapping[str, str]


def load_run(folder: Path) -> RunRecord:
    """Read a finished run.

    Raises:
        RunMismatch: a file is missing or is not what `eval run` writes.
    """
    missing = [name for name in (RUN, RESULTS, SCORES, METRICS) if not (folder / name).is_file()]
    if missing:
        advice = f"`paperchat eval run --qa FILE --out {folder}` makes or finishes one."
        raise RunMismatch(f"{folder} holds no finished run: {', '.join(missing)} is not there.", advice)
    try:
        info = json.loads((folder / RUN).read_text(encoding="utf-8"))
        scored = _rows(folder / SCORES)
        results = {row.pop("id"): row for row in _rows(folder / RESULTS)}
        return RunRecord(
            name=str(folder),
            info=info,
            types={row["id"]: row["type"] for row in scored},
            scores={
                row["id"]: {name: (float(n), float(d)) for name, (n, d) in row["scores"].items()} for row in scored
            },
            answers={
                key: row["error"] if "error" in row else Answer.model_validate(row) for key, row in results.items()
            },
            questions={key: row["question"] for key, row in results.items()},
        )
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise RunMismatch(f"A file in {folder} is damaged ({type(error).__name__}).", "Run it again.") from None


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = []
    for number, row in read_json_lines(path):
        if isinstance(row, str):
            raise ValueError(f"{path.name}, line {number}: {row}")
        rows.append(row)
    return rows
