"""`eval support`: measure the check of written sentences on planted errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, progress_bar, say, with_library

if TYPE_CHECKING:
    from collections.abc import Mapping


def support(
    context: typer.Context,
    qa: Annotated[Path, typer.Option("--qa", metavar="FILE", help="QA set whose nuggets have papers and spans.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")],
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Decides which errors are planted where.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Measure the check of written answers by planting errors. No model is needed."""
    settings = with_library(context, config, data_dir)
    from eval.datasets import Question, read_questions

    questions = read_questions(qa)  # before anything heavy is imported
    from eval.support.experiment import REPORT, SEED, evaluate_support
    from rag import open_assistant
    from rag.types import Passage

    with open_assistant(settings) as assistant:
        assistant.library.require_papers()
        engine = assistant.engine

        def look_up(question: Question) -> list[Passage]:
            return engine.candidates(engine.understand(engine.checked(question.question), question.history))

        with progress_bar(as_json, "checking") as bar:
            measured = evaluate_support(
                assistant.library, settings, questions, look_up, out, SEED if seed is None else seed, bar
            )
    for row in (*questions.rejected, *measured.left_out):
        say(f"Left out: {row.source}, line {row.line}: {row.reason}")
    print_json(measured.metrics) if as_json else _print(measured.metrics)
    say(f"Report: {out / REPORT}")


def _print(metrics: Mapping[str, Any]) -> None:
    print(f"{metrics['honest']} honest sentences, {metrics['planted']} planted errors; struck, with 95% intervals:")
    for name, figure in (("honest", metrics["honest_struck"]), *metrics["caught"].items()):
        if figure["n"]:
            reached = metrics["reached"].get(name)
            mark = "" if reached is None else "" if reached else "  below the target"
            print(
                f"  {name:13} {figure['mean']:.3f}  {figure['low']:.3f} to {figure['high']:.3f}  n {figure['n']}{mark}"
            )
    times = metrics["timings"]
    print(f"A sentence took {times['p50_ms']:.1f} ms (median), {times['p95_ms']:.1f} ms (p95).")
