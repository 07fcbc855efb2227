"""Commands that judge with a language model: eval nuggets, eval judge; and what `eval run --ablate-context` adds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.base.common import AsJson, ConfigFile, DataDir, configured, print_json, progress_bar, say

if TYPE_CHECKING:
    from eval.datasets import QaSet
    from eval.judge.pool import PassageText
    from eval.judge.report import JudgedReport
    from eval.runs import RunReport, Selection
    from rag.config import Config
    from rag.index.library import Library

Runs = Annotated[list[Path], typer.Argument(metavar="DIR", help="Folders of finished runs over one QA set.")]
JudgeFile = Annotated[
    Path,
    typer.Option("--judge", metavar="FILE", help="The judge's settings (YAML): model, family, revision, base_url …"),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")]
Depth = Annotated[int, typer.Option("--depth", min=1, metavar="N", help="Passages taken from each run's ranking.")]


def nuggets(
    context: typer.Context,
    runs: Runs,
    judge: JudgeFile,
    out: Out,
    depth: Depth = 10,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Let a model make the facts that good answers state. They come from what the runs found; people may edit them."""
    settings = configured(context, config, data_dir)
    from eval.judge.config import load_judge
    from eval.judge.folders import NUGGETS, make_nuggets
    from eval.judge.report import nuggets_rows

    judging = load_judge(judge)
    with _passages(settings) as text_of, progress_bar(as_json, "judging") as bar:
        topics = make_nuggets(judging, runs, text_of, out, depth, bar)
    if as_json:
        print_json(nuggets_rows(topics))
        return
    for topic in topics:
        vital = sum(nugget.importance == "vital" for nugget in topic.nuggets.nuggets)
        print(f"{topic.id}: {vital} vital, {len(topic.nuggets.nuggets) - vital} okay")
    say(f"Nuggets: {out / NUGGETS}")


def judge(
    context: typer.Context,
    runs: Runs,
    judge: JudgeFile,
    out: Out,
    nuggets: Annotated[
        Path | None, typer.Option("--nuggets", metavar="FILE", help="Judge by the nuggets of this QA set.")
    ] = None,
    human: Annotated[
        Path | None, typer.Option("--human", metavar="FILE", help="Labels that people gave: a filled-in label sheet.")
    ] = None,
    depth: Depth = 10,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Let a model say which facts each run's answers state. The report says whether that can be believed."""
    settings = configured(context, config, data_dir)
    from eval.judge.config import load_judge
    from eval.judge.folders import PAGE, SHEET, Inputs, judge_folders

    judging = load_judge(judge)
    with _passages(settings) as text_of, progress_bar(as_json, "judging") as bar:
        report = judge_folders(judging, runs, text_of, out, Inputs(nuggets, human, depth), bar)
    print_json(report.as_json()) if as_json else _print_judged(report)
    say(f"Report: {out / PAGE}")
    if human is None:
        say(f"Label by hand, without looking at the report, then give it to --human: {out / SHEET}")


def ablate_context(
    library: Library,
    settings: Config,
    questions: QaSet,
    out: Path,
    report: RunReport,
    selection: Selection | None = None,
    quiet: bool = False,
) -> None:
    """Ask the questions of a run again without passages and with others' passages, and print what that changes."""
    from eval.reports import save_run
    from eval.runs.ablation import ABLATION, ablate

    with progress_bar(quiet, "asking without its passages") as bar:

        def progress(done: int, total: int, failed: int) -> None:
            if bar:
                bar("asking without its passages", done, total)

        ablation = ablate(library, settings, questions, out, report, selection, progress=progress)
    for below, ablated in ablation.runs.items():
        save_run(ablated, out / below)
    say(ablation.verdict)
    say(f"Ablation: {out / ABLATION}")


@contextmanager
def _passages(settings: Config) -> Iterator[PassageText]:
    """Look passages up in the configured library."""
    from eval.judge.pool import passages_of
    from rag import open_library

    with open_library(settings) as library:
        yield passages_of(library)


def _print_judged(report: JudgedReport) -> None:
    judgement = report.judgement
    print("VALID" if report.valid else "NOT VALID")
    for reason in report.reasons:
        print(f"  {reason}")
    for run in judgement.runs:
        scores = ", ".join(
            f"{name} {'-' if figure.mean is None else format(figure.mean, '.3f')}"
            for name, figure in judgement.means(run).items()
        )
        print(f"{run}: {scores}")
    for duel in judgement.duels():
        doubt = "" if duel.decided or duel.winner is None else " (may be chance)"
        topics = f"topics {duel.wins_a} to {duel.wins_b}, {duel.ties} tied"
        print(f"{duel.a} against {duel.b}: {duel.winner or 'tie'}{doubt}; {topics}")
    for topic in judgement.topics:
        for run in judgement.runs:
            missed = [f"{text} ({importance}, {label})" for text, importance, label in topic.missed(run)]
            if missed:
                print(f"{topic.id}, {run} misses: {'; '.join(missed)}")
    if judgement.without_nuggets:
        print(f"{len(judgement.without_nuggets)} topics have no nuggets and are in no score.")
    if report.ledger.failures:
        print(f"{len(report.ledger.failures)} replies could not be read; they count as no support.")
