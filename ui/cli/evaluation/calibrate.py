"""`eval calibrate`: fit when this library's assistant should refuse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, progress_bar, say, with_library

if TYPE_CHECKING:
    from eval.calibration.calibrated import Calibrated


def calibrate(
    context: typer.Context,
    qa: Annotated[
        list[Path], typer.Option("--qa", metavar="FILE", help="QA set, some of it unanswerable; may be repeated.")
    ],
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Fit on QA sets when to refuse a question and how sure an answer is. The result is kept with the library.

    Figures are of questions that the fit has not seen: each set by fits on the others, or each of five folds of one.
    """
    settings = with_library(context, config, data_dir)
    from eval.datasets import read_questions

    sets = [read_questions(file) for file in qa]  # before anything heavy is imported
    from datetime import date

    from eval.calibration.calibrated import calibrate as fit
    from eval.calibration.page import save
    from rag import open_assistant

    with open_assistant(settings) as assistant:
        assistant.library.require_papers()
        with progress_bar(as_json, "measuring") as bar:
            steps = (lambda done, total: bar("measuring", done, total)) if bar else None
            calibrated = fit(assistant, sets, date.today(), steps)
        page = save(calibrated, assistant.library.folder)
    for row in (row for questions in sets for row in questions.rejected):
        say(f"Left out: {row.source}, line {row.line}: {row.reason}")
    print_json(calibrated.as_json()) if as_json else _print(calibrated)
    say(f"Report: {page}")


def _print(calibrated: Calibrated) -> None:
    calibration = calibrated.calibration
    fitted, threshold = calibration.fitted, calibration.threshold
    print(f"{fitted.questions} questions, {fitted.unanswerable} of them unanswerable; out of set, 95% intervals:")
    for name, figure in calibrated.figures.items():
        print(f"  {name:15} {figure.mean or 0:.3f}  {figure.low or 0:.3f} to {figure.high or 0:.3f}  n {figure.n}")
    print("With the threshold chosen without them too:")
    for name, figures in calibrated.left_out.items():
        print(f"  {name:15} f1 {figures['f1']:.3f}, false_refusals {figures['false_refusals']:.3f}")
    print("Refused, by type: " + ", ".join(f"{t} {f.mean or 0:.2f} of {f.n}" for t, f in calibrated.by_type.items()))
    given = (
        "" if calibration.given is None else f", where the conversation gives the paper from {calibration.given:.3f} on"
    )
    print(f"Refused from a chance of {threshold:.3f} on{given}. The curve{' of the others' * bool(given)}:")
    print("  threshold  precision  recall  f1     false_refusals")
    for point in calibrated.curve_shown():
        chosen = "  <" if point.threshold == threshold else ""
        precision = "-" if point.precision is None else f"{point.precision:.3f}"
        print(f"  {point.threshold:<9.3f}  {precision:<9}  {point.recall:<6.3f}  {point.f1:.3f}  "
              f"{point.false_refusals:.3f}{chosen}")  # fmt: skip
    for name, level in calibration.levels_shown().items():
        right = "-" if level.right is None else f"{level.right:.3f}"
        print(f"Confidence {name}: chance of being right from {level.at_least:.3f} on; right {right} of {level.n}")
    print(f"Calibration error {calibrated.calibration_error:.3f}; high: {calibrated.covered:.0%} of the answers")
