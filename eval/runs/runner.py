"""`eval run`: every question of a QA set through the one path, resumable after a kill.

A run's folder holds results.jsonl (one line a question, appended and synced as they are answered), run.json (what it
ran with), and, when it is done, scores.jsonl and metrics.json.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from filelock import FileLock, Timeout
from pydantic import ValidationError

from eval.datasets import QaSet, Question
from eval.files import append_json_line, read_json_lines, write_json, write_json_lines
from eval.runs.provenance import IDENTITY, describe
from eval.runs.record import METRICS, RESULTS, RUN, SCORES, RunReport
from eval.runs.scores import Result, metrics_of, score_results
from rag.config import Config
from rag.errors import (
    ConfigError,
    DatasetError,
    EmbeddingAuthError,
    EmbeddingNotFoundError,
    EmptyLibrary,
    IndexDamaged,
    IndexMismatch,
    ModelFileError,
    PaperchatError,
    PaperNotFound,
    RunMismatch,
    UsageError,
    VectorStoreError,
)
from rag.types import Answer, Done, Event, Rejected, Turn

if TYPE_CHECKING:
    from rag.index.library import Library

FATAL = (
    ConfigError,
    EmbeddingAuthError,
    EmbeddingNotFoundError,
    EmptyLibrary,
    IndexDamaged,
    IndexMismatch,
    ModelFileError,
    VectorStoreError,
)
"""Errors that every question would end with: the run stops, and goes on when the cause is gone."""
Progress = Callable[[int, int, int], None]
"""Called with the numbers of questions done, of all, and of those that failed."""

log = logging.getLogger(__name__)


class Asks(Protocol):
    """What a run needs of an `Assistant`."""

    @property
    def library(self) -> Library:
        """The library it answers from."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Event]:
        """Answer a question as a stream of events that ends with `Done`."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which questions of the set are asked: those of some types (all when empty), and of these the first `limit`."""

    limit: int | None = None
    types: tuple[str, ...] = ()

    def of(self, questions: Sequence[Question]) -> list[Question]:
        """The selected questions, in order.

        Raises:
            UsageError: no question has one of the types.
        """
        present = sorted({question.type for question in questions})
        unknown = [name for name in self.types if name not in present]
        if unknown:
            raise UsageError(f"No question has the type {', '.join(unknown)}.", f"Types here: {', '.join(present)}.")
        chosen = [question for question in questions if not self.types or question.type in self.types]
        return chosen[: self.limit]


def run(
    assistant: Asks,
    config: Config,
    qa: QaSet,
    out: Path,
    selection: Selection | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Ask every selected question that has no answer yet, then score all and write the folder's files.

    Args:
        assistant: Answers the questions.
        config: What the assistant was made with; recorded, and compared when a run is resumed.
        qa: The questions. Those whose papers the library lacks are left out, and listed.
        out: The run's folder; made where it is missing.
        selection: Which questions; a resumed run may be given a wider one, not a narrower.
        progress: Told of every question.

    Raises:
        DatasetError: the library lacks papers for all selected questions.
        RunMismatch: the folder's run had another QA set, corpus, config or code, or is going on elsewhere.
    """
    begin = time.perf_counter()
    selection = selection or Selection()
    assistant.library.require_papers()
    questions, lacking = judgeable(selection.of(qa.questions), qa, assistant.library)
    left_out = [*qa.rejected, *lacking]
    info = describe(assistant.library, config, qa) | {
        "selection": {"limit": selection.limit, "types": list(selection.types)},
        "questions": len(questions),
        "left_out": [row.as_json() for row in left_out],
    }
    with _only_run(out):
        answered = resume(out, info, questions)
        waiting = [question for question in questions if question.id not in answered]
        results = answered | ask_all(assistant, waiting, out / RESULTS, progress, len(answered))
        in_order = [results[question.id] for question in questions]
        info |= {"asked": len(waiting), "seconds_asking": round(time.perf_counter() - begin, 3)}
        scored = score_results(in_order, assistant.library)
        gold = {paper_id for question in questions for paper_id in question.gold_papers or ()}
        titles = {paper_id: assistant.library.paper(paper_id).title for paper_id in gold}
        report = RunReport(scored, metrics_of(scored), info, len(waiting), left_out, titles)
        _write(out, report, begin)
    return report


def _write(out: Path, report: RunReport, begin: float) -> None:
    """Write everything a finished run leaves; run.json last."""
    write_json_lines(out / RESULTS, (row.result.as_json() for row in report.scored))
    write_json_lines(out / SCORES, (row.as_json() for row in report.scored))
    write_json(out / METRICS, report.metrics)
    report.info["seconds"] = round(time.perf_counter() - begin, 3)
    write_json(out / RUN, report.info)


def judgeable(questions: Sequence[Question], qa: QaSet, library: Library) -> tuple[list[Question], list[Rejected]]:
    """Split off the questions whose gold or nugget papers the library lacks: nobody could answer them here.

    Raises:
        DatasetError: none is left.
    """
    kept: list[Question] = []
    lacking: list[Rejected] = []
    for question in questions:
        missing = [paper_id for paper_id in question.needed_papers if not _holds(library, paper_id)]
        if missing:
            reason = f"question {question.id!r}: the library lacks {', '.join(missing)}"
            lacking.append(Rejected(qa.name, qa.lines[question.id], reason))
        else:
            kept.append(question)
    if not kept:
        first = "; ".join(f"line {row.line}: {row.reason}" for row in lacking[:3])
        advice = "Ingest the papers that the questions are about, or name another library with --data-dir."
        raise DatasetError(f"No question of {qa.name} can be judged ({first or 'none selected'}).", advice)
    return kept, lacking


def _holds(library: Library, paper_id: str) -> bool:
    try:
        library.paper(paper_id)
    except PaperNotFound:
        return False
    return True


@contextmanager
def _only_run(out: Path) -> Iterator[None]:
    """Make the folder and hold it: two runs into one folder would answer everything twice."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(out / ".lock", timeout=0):
            yield
    except Timeout:
        raise RunMismatch(f"Another run is writing to {out}.", "Wait for it, or give another --out.") from None
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{out} is not a folder.", "Give --out the name of a folder.") from None


def resume(out: Path, info: dict[str, Any], questions: Sequence[Question]) -> dict[str, Result]:
    """Read what an earlier run into this folder answered; failed questions and a torn last line are dropped.

    Raises:
        RunMismatch: the earlier run had another QA set, corpus, config or code, or holds questions not selected now.
    """
    advice = "Give another --out, or remove this folder."
    results = out / RESULTS
    if not (out / RUN).exists():
        if results.exists():
            raise RunMismatch(f"{out} holds a {RESULTS} but no {RUN}: nobody knows what made it.", advice)
        write_json(out / RUN, info)
        return {}
    try:
        before = json.loads((out / RUN).read_text(encoding="utf-8"))
        changed = [
            f"{name} ({before[key]} then, {info[key]} now)"
            for key, name in IDENTITY.items()
            if before[key] != info[key]
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RunMismatch(f"{out / RUN} is not the record of a run.", advice) from None
    if changed:
        raise RunMismatch(f"{out} was made with another {' and another '.join(changed)}.", advice)
    selected = {question.id: question for question in questions}
    answered = _answers(results, selected) if results.exists() else {}
    write_json(out / RUN, info)
    write_json_lines(results, (result.as_json() for result in answered.values()))
    return answered


def _answers(results: Path, selected: dict[str, Question]) -> dict[str, Result]:
    """The answers of a results.jsonl by question id."""
    answered: dict[str, Result] = {}
    for _, row in read_json_lines(results):
        if isinstance(row, str) or "id" not in row or "error" in row:
            continue
        identity = row.pop("id")
        if identity not in selected:
            raise RunMismatch(
                f"{results.parent} already holds answers to questions that are not selected now, such as {identity!r}.",
                "Resume with the same or a wider selection, or give another --out.",
            )
        try:
            answered[identity] = Result(selected[identity], Answer.model_validate(row))
        except ValidationError:
            log.warning("the stored answer to %s cannot be read; it is asked again", identity)
    return answered


def ask_all(
    assistant: Asks, questions: Sequence[Question], results: Path, progress: Progress | None, done: int
) -> dict[str, Result]:
    """Ask the questions one by one; each result is on the disk before the next question is asked."""
    answered: dict[str, Result] = {}
    total, failed = done + len(questions), 0
    for number, question in enumerate(questions, done + 1):
        result = ask_one(assistant, question)
        append_json_line(results, result.as_json())
        answered[question.id] = result
        failed += result.error is not None
        if progress:
            progress(number, total, failed)
    return answered


def ask_one(assistant: Asks, question: Question) -> Result:
    """Ask one question; an error becomes the question's result, unless every question would end with it."""
    try:
        answer = None
        for event in assistant.ask(question.question, question.history):
            if isinstance(event, Done):
                answer = event.answer
    except FATAL:
        raise
    except PaperchatError as error:
        return Result(question, None, f"{type(error).__name__}: {error.message}")
    except Exception as error:
        log.warning("question %s failed", question.id, exc_info=True)
        return Result(question, None, f"{type(error).__name__}: {error}")
    return Result(question, answer, None if answer else "the stream of events ended without an answer")
