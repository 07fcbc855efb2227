"""Commands about evaluation: eval run, retrieval, compare, add."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from ui.cli.base.common import (
    MOST,
    AsJson,
    ConfigFile,
    DataDir,
    configured,
    print_json,
    progress_bar,
    say,
    with_library,
)
from ui.cli.base.help import Command
from ui.cli.evaluation import calibrate, judge, readers, support
from ui.cli.evaluation.measures import (
    LINES_SHOWN,
    interval,
    number,
    print_comparison,
    print_metrics,
    print_reformulations,
    print_table,
)

if TYPE_CHECKING:
    from rag.config import Config

app = typer.Typer(help="Measure answers and rankings, with intervals.", no_args_is_help=True)

app.command("calibrate", cls=Command)(calibrate.calibrate)
app.command("nuggets", cls=Command)(judge.nuggets)
app.command("judge", cls=Command)(judge.judge)
app.command("support", cls=Command)(support.support)
app.command("readers", cls=Command)(readers.readers)

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")]
QA_HELP = 'QA set: one JSON object a line; "type": "unanswerable" is what nothing answers (docs/evaluation.md).'
QaFile = Annotated[Path, typer.Option("--qa", metavar="FILE", help=QA_HELP)]


@app.command(cls=Command)
def run(
    context: typer.Context,
    qa: QaFile,
    out: Out,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, max=MOST, metavar="N", help="Ask the first N questions only.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Ask this type only; may be repeated.")
    ] = None,
    ablate_context: Annotated[
        bool,
        typer.Option("--ablate-context", help="Ask again without passages and with other questions' passages."),
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Answer every question of a QA set and score the answers. A killed run goes on where it stopped."""
    settings = with_library(context, config, data_dir)
    from eval.datasets import read_questions

    questions = read_questions(qa)  # before anything heavy is imported
    from eval.reports import save_run
    from eval.runs import REPORT, Selection
    from eval.runs import run as run_questions
    from rag import open_assistant

    selection = Selection(limit, tuple(types or ()))
    with open_assistant(settings) as assistant:
        with progress_bar(as_json, "asking") as bar:

            def progress(done: int, total: int, failed: int) -> None:
                if bar:
                    bar(f"asking, {failed} failed" if failed else "asking", done, total)

            report = run_questions(assistant, settings, questions, out, selection, progress)
        save_run(report, out)
        if ablate_context:
            judge.ablate_context(assistant.library, settings, questions, out, report, selection, as_json)
    _say_left_out([row.as_json() for row in report.left_out])
    print_metrics(report) if not as_json else print_json(report.metrics)
    say(f"Report: {out / REPORT}")
    if report.metrics["failed"]:
        say(f"{plural(len(report.metrics['failed']), 'question')} failed; the same command asks again.")
    if len(report.metrics["failed"]) == report.metrics["questions"]:
        raise typer.Exit(1)


@app.command(cls=Command)
def retrieval(
    context: typer.Context,
    dataset: Annotated[Path, typer.Option("--dataset", metavar="BEIR_DIR", help="Folder in BEIR's layout.")],
    out: Out,
    split: Annotated[str, typer.Option("--split", metavar="SPLIT", help="Judgements: qrels/SPLIT.tsv.")] = "test",
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Keep the collection's library for another run.")
    ] = None,
    reformulate: Annotated[
        str | None,
        typer.Option(
            "--reformulate",
            metavar="NAME[,NAME…]|all",
            help="Compare with the queries as the configured model rewrites them, by these methods.",
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Score rankings of a BEIR collection as trec_eval does. It is indexed in a library of its own."""
    settings = configured(context, config, data_dir)
    from eval.datasets import read_beir
    from eval.runs.reformulation import comparison_of
    from eval.runs.retrieval import evaluate_retrieval

    data = read_beir(dataset, split)
    with progress_bar(as_json, "indexing") as bar:
        compare = comparison_of(reformulate, settings, data, out, bar) if reformulate else None
        metrics = evaluate_retrieval(data, settings, out, keep, bar, compare)
    if reformulate:
        from eval.reports import save_reformulations  # matplotlib and jinja2 take a second

        save_reformulations(metrics["reformulate"], data, out)
    _say_left_out(json.loads((out / "run.json").read_text(encoding="utf-8"))["left_out"])
    if as_json:
        print_json(metrics)
        return
    rows = [
        (name, number(figure["mean"]), interval(figure), str(figure["n"]))
        for name, figure in metrics["intervals"].items()
    ]
    print_table(("measure", "mean", "interval", "n"), rows)
    speed = f"{metrics['docs/s']:.1f} docs/s, " if metrics["docs/s"] else ""
    print(f"{metrics['documents']} documents, {speed}{number(metrics['ms/query'], 1)} ms/query")
    if reformulate:
        print_reformulations(metrics["reformulate"])
        say(f"Report: {out / 'report.html'}")
    if metrics["failed"]:
        say(f"{metrics['failed']} queries failed and count as 0; {out / 'run.json'} lists them.")


@app.command(cls=Command)
def compare(
    folder_a: Annotated[Path, typer.Argument(metavar="DIR_A", help="Folder of a finished run.")],
    folder_b: Annotated[Path, typer.Argument(metavar="DIR_B", help="Folder of another over the same questions.")],
    out: Out,
    as_json: AsJson = False,
) -> None:
    """Compare two runs question by question. Differences are tested with a paired bootstrap."""
    from eval.reports import save_comparison
    from eval.runs import REPORT
    from eval.runs.comparison import compare_folders

    comparison = compare_folders(folder_a, folder_b, out)
    save_comparison(comparison, out)
    print_json(comparison.as_json()) if as_json else print_comparison(comparison)
    say(f"Report: {out / REPORT}")


@app.command(cls=Command)
def add(
    context: typer.Context,
    qa: QaFile,
    question: Annotated[str | None, typer.Option("--question", metavar="TEXT", help="As a reader types it.")] = None,
    answer: Annotated[
        Path | None, typer.Option("--answer", metavar="FILE", help="Take all from an answer (`ask --json`).")
    ] = None,
    gold: Annotated[
        list[str] | None, typer.Option("--gold", metavar="PAPER_ID", help="A paper that answers; may be repeated.")
    ] = None,
    nugget: Annotated[
        list[str] | None,
        typer.Option("--nugget", metavar="TEXT|IMPORTANCE|PAPER|SPAN", help="A fact to be stated; may be repeated."),
    ] = None,
    nuggets: Annotated[
        Path | None, typer.Option("--nuggets", metavar="FILE", help="A JSON list of {text, importance, paper, span}.")
    ] = None,
    kind: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Question type.")] = None,
    identity: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Made from the question where it is not given.")
    ] = None,
    from_feedback: Annotated[
        bool, typer.Option("--from-feedback", help="Take all that readers of the web page rated or commented.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Append a question to a QA set. Every span must stand verbatim in its paper."""
    settings = with_library(context, config, data_dir)
    if from_feedback:
        if question or answer or gold or nugget or nuggets or kind or identity:
            raise typer.BadParameter("--from-feedback takes everything from the page's readers; give only --qa with it")
        _add_feedback(qa, settings, as_json)
        return
    from eval.datasets.additions import add_question, as_row
    from rag import open_library

    row = _row(answer, nugget or [], nuggets)
    given = {"question": question, "gold_papers": gold, "type": kind, "id": identity}
    row |= {key: value for key, value in given.items() if value}
    if not row.get("question"):
        raise typer.BadParameter("give --question or --answer")
    with open_library(settings) as library:
        added = add_question(qa, row, library)
    if as_json:
        print_json(as_row(added))
    else:
        print(f"Added {added.id} to {qa}.")


def _add_feedback(qa: Path, settings: Config, as_json: bool) -> None:
    from eval.datasets.additions import add_feedback
    from rag import open_library
    from rag.papers.readers.conversations import FILE_NAME, Conversations

    with open_library(settings) as library, closing(Conversations(settings.store(FILE_NAME))) as conversations:
        done = add_feedback(qa, conversations, library)
    if as_json:
        rejected = [{"id": row.source, "reason": row.reason} for row in done.rejected]
        print_json({"added": done.added, "known": done.known, "rejected": rejected})
        return
    print(f"{len(done.added)} added to {qa}, {len(done.known)} were there before, {len(done.rejected)} left out.")
    for row in done.rejected:
        print(f"{row.source}: {row.reason}")


def _row(answer: Path | None, nugget: Sequence[str], nuggets: Path | None) -> dict[str, Any]:
    """The row that an answer and nuggets make; nuggets that are given replace those of the answer."""
    from pydantic import ValidationError

    from eval.datasets.additions import parse_nugget, row_of_answer
    from rag.errors import UsageError
    from rag.types import Answer

    row: dict[str, Any] = {}
    if answer:
        try:
            row = row_of_answer(Answer.model_validate(_json(answer)))
        except ValidationError:
            raise UsageError(f"{answer} is no answer.", "Give what `paperchat ask --json` printed.") from None
    given: list[Any] = [parse_nugget(text).model_dump() for text in nugget]
    if nuggets:
        content = _json(nuggets)
        given += content if isinstance(content, list) else [content]
    return row | ({"nuggets": given} if given else {})


def _json(path: Path) -> Any:
    from rag.errors import UsageError

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Name a readable file.") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is not JSON.", "Name a file that holds one JSON document.") from None


def _say_left_out(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    say(f"Left out: {plural(len(rows), 'line')}.")
    for row in rows[:LINES_SHOWN]:
        say(f"  {row['source']}{', line ' + str(row['line']) if row['line'] else ''}: {row['reason']}")
    if len(rows) > LINES_SHOWN:
        say(f"  and {len(rows) - LINES_SHOWN} more; run.json lists them all.")
