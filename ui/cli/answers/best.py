"""`paperchat best`: the best paper for what somebody wants, by criteria that are shown and can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rag.types import Filters
from ui.cli.base.common import (
    MOST,
    UNFILTERED,
    AsJson,
    ConfigFile,
    DataDir,
    check_question,
    filtered,
    keep_log_quiet,
    print_json,
    progress_bar,
    say,
    with_library,
)
from ui.cli.base.printing import print_notes
from ui.cli.base.terminal import console
from ui.cli.library.papers import marks_of

if TYPE_CHECKING:
    from rag.topics.best.choice import Asked, Choice, Row


@filtered
def best(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="REQUEST", help="What the best paper is to be and to have.")],
    added: Annotated[
        list[str] | None, typer.Option("--criterion", metavar="TEXT", help="A further criterion; may be repeated.")
    ] = None,
    without: Annotated[
        list[int] | None, typer.Option("--without", metavar="N", help="Leave out the criterion with this number.")
    ] = None,
    must: Annotated[
        list[int] | None, typer.Option("--must", metavar="N", help="Papers that miss this criterion come last.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=MOST, metavar="N", help="Papers to show.")] = 5,
    filters: Filters = UNFILTERED,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Find the best paper for a purpose: criteria, how far papers meet each, with the quotes that say so."""
    request = " ".join(words)
    settings = with_library(context, config, data_dir)
    check_question(request, settings)
    from rag import open_assistant
    from rag.topics.best.choice import asks_back, choose, edited, read

    keep_log_quiet()
    with open_assistant(settings) as assistant:
        asked = edited(read(assistant.engine, request, filters), added or (), without or (), must or ())
        if not asked.wish.criteria:
            raise asks_back(request)
        if not as_json:
            _print_criteria(asked)
        with progress_bar(as_json, begins="looking for papers") as progress:
            found = choose(assistant.engine, asked, progress)
    if as_json:
        print_json(found.as_json(most))
    else:
        _print_papers(found, most)


def _print_criteria(asked: Asked) -> None:
    """What is looked for, before it is looked for."""
    print_notes(asked.notes)
    print("Criteria")
    for n, one in enumerate(asked.wish.criteria, 1):
        print(f"  {n}. {one.shown}{'  (must)' if one.must else ''}")
    say('Change them: --criterion "TEXT" adds one, --without N leaves one out, --must N requires it.')
    print()


def _print_papers(found: Choice, most: int) -> None:
    """The table, and below it each paper with its quotes."""
    from rich.table import Table
    from rich.text import Text

    from rag.text.readable import readable
    from rag.topics.best.choice import LEVELS, SIGNS

    terminal = console()
    criteria = found.asked.wish.criteria
    if not found.rows:
        print("No paper within the restrictions can be looked at.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for name in ("", "Paper", *map(str, range(1, len(criteria) + 1))):
        table.add_column(name, overflow="fold" if name == "Paper" else "crop")
    for n, row in enumerate(found.rows[:most], 1):
        title = Text(f"{readable(row.paper.title)}{marks_of(row.paper)}")
        table.add_row(str(n), title, *(SIGNS[one.level] for one in row.labels))
    terminal.print(table)
    print("  ".join(f"{sign} {name}" for sign, name in zip(SIGNS[::-1], LEVELS[::-1], strict=True)))
    for n, row in enumerate(found.rows[:most], 1):
        terminal.print()
        terminal.print(Text(f"{n}. {readable(row.paper.title)} ({row.paper.when}, {row.paper.paper_id})", style="bold"))
        _print_quotes(found, row)
    terminal.print()
    for line in found.unsaid():
        print(line)
    if len(found.rows) > most:
        say(f"{len(found.rows)} papers were looked at; --most N shows more.")


def _print_quotes(found: Choice, row: Row) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from rag.text.readable import readable

    for n, label in enumerate(row.labels, 1):
        quote = f"  “{readable(row.quote(label))}”" if label.level else ""
        console().print(Padding(Text.assemble(f"{n} {label.name}", (quote, "italic")), (0, 0, 0, 3)))
