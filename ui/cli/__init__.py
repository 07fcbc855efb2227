"""The command line: `paperchat`. Each command imports what it needs when it runs, so that `--help` is instant."""

from __future__ import annotations

import gc
import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from ui.cli import (
    ask,
    bench,
    bibliography,
    chat,
    configuration,
    fetch,
    follow,
    library,
    replay,
    report,
    topic,
    watch,
    web,
)
from ui.cli import eval as evaluation
from ui.cli.common import ConfigFile, DataDir
from ui.cli.terminal import Plain

app = typer.Typer(
    name="paperchat",
    help="A chat assistant over recent research papers: every answer cited, every citation checkable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"paperchat {version('paperchat')}")
        raise typer.Exit


@app.callback()
def options(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the global options, which may stand before the command or after it."""


app.command("ingest")(library.ingest)
app.command("fetch")(fetch.fetch)
app.command("remove")(library.remove)
app.command("papers")(library.papers)
app.command("show")(library.show)
app.command("import")(bibliography.take)
app.command("export")(bibliography.export)
app.command("search")(ask.search)
app.command("ask")(ask.ask)
app.command("chat")(chat.chat)
app.command("topic")(topic.topic)
app.command("new")(report.new)
app.command("report")(report.report)
app.command("watch")(watch.watch)
app.command("follow")(follow.follow)
app.command("replay")(replay.replay)
app.command("doctor")(library.doctor)
app.command("ui")(web.ui)
app.command("bench")(bench.bench)
app.add_typer(configuration.app, name="config")
app.add_typer(evaluation.app, name="eval")


ALLOCATIONS = 50_000
"""Objects made before a search for garbage begins. Python's default of 700 goes through what was just imported hundreds
of times, a tenth of what an answer takes from nothing."""


def main() -> None:
    """Run the command line: errors in two lines on stderr, exit 0, 1 (not done) or 2 (wrong usage), no traceback."""
    from rag.errors import PaperchatError

    gc.set_threshold(ALLOCATIONS)
    # Read by NumPy when it is first loaded. The matrices of a question are small: a second thread costs more processor
    # time than it saves, and several questions at once wait for each other's threads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if isinstance(sys.stdout, TextIOWrapper):  # what the terminal cannot show is written as an escape
        sys.stdout.reconfigure(errors="backslashreplace")
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Plain(sys.stdout), Plain(sys.stderr)
    try:
        _run()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
        sys.exit(0)
    except PaperchatError as error:
        print(f"{error.message}\n{error.advice}".rstrip(), file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"paperchat cannot go on: {where}{error.strerror or error}.", file=sys.stderr)
        sys.exit(1)
    finally:
        sys.stdout, sys.stderr = streams
        gc.freeze()  # when it ends, Python would look for garbage among all that was ever imported: a tenth of a second


def _run() -> None:
    """Run the commands and write out what they printed, while a closed pipe can still be told from success."""
    try:
        app()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # click makes exit 1 of it
            raise ended.__context__ from None
        sys.stdout.flush()
        raise
