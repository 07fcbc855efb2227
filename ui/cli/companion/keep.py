"""`keep`: papers starred, kept for later or read. What it does with all of a reader's stands in `belongings`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, reader, say, with_library
from ui.cli.companion.kept import known_ids, learn, opened, print_rows, rows_of

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf

app = typer.Typer(help="Star papers, keep them for later or count them as read; export it all.", no_args_is_help=True)
PaperIds = Annotated[
    list[str] | None, typer.Argument(metavar="PAPER_ID", help="Papers; without any, those kept are listed.")
]
Off = Annotated[bool, typer.Option("--off", help="Take the mark away.")]


@app.command()
def star(
    context: typer.Context,
    paper_ids: PaperIds = None,
    off: Off = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Star papers, or list those that are starred."""
    _mark(context, "starred", paper_ids, off, as_json, config, data_dir)


@app.command()
def later(
    context: typer.Context,
    paper_ids: PaperIds = None,
    off: Off = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Keep papers to be read later, or list them."""
    _mark(context, "later", paper_ids, off, as_json, config, data_dir)


@app.command()
def read(
    context: typer.Context,
    paper_ids: PaperIds = None,
    off: Off = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Count papers as read, or list those that are."""
    _mark(context, "read", paper_ids, off, as_json, config, data_dir)


def _mark(
    context: typer.Context,
    kind: str,
    written: Sequence[str] | None,
    off: bool,
    as_json: bool,
    config: ConfigFile,
    data_dir: DataDir,
) -> None:
    user = reader(context)
    settings = with_library(context, config, data_dir)
    with opened(settings) as (kept, shelf):
        if not written:
            ids = [one["paper_id"] for one in kept.export(user)[kind]][::-1]
            _show(shelf, ids, {kind: True}, as_json)
            return
        ids = known_ids(shelf, written, required=not off)
        mark = {"starred": kept.star, "later": kept.later, "read": kept.read}[kind]
        mark(user, ids, not off)
        if kind != "read" and not off:
            learn(settings, user, ids)
        _show(shelf, ids, {kind: not off}, as_json)


def _show(shelf: Shelf, ids: Sequence[str], said: dict[str, bool], as_json: bool) -> None:
    rows = rows_of(shelf, ids)
    if as_json:
        print_json({"papers": [row | said for row in rows]})
        return
    print_rows(rows)
    ((kind, on),) = said.items()
    say(f"{plural(len(rows), 'paper')} {'' if on else 'no longer '}{'kept for later' if kind == 'later' else kind}.")
