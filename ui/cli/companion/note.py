"""`note`: what a reader wrote on papers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, plain_id, print_json, reader, say, with_library
from ui.cli.companion.kept import known_ids, opened, rows_of, title_of

if TYPE_CHECKING:
    from rag.papers.readers.kept import Kept
    from rag.papers.shelf import Shelf

_LINE = 100


def note(
    context: typer.Context,
    written: Annotated[
        str | None, typer.Argument(metavar="PAPER_ID", help="The paper; without one, those with a note are listed.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help='The note; "-" reads it from a pipe, "" deletes it. Else it is shown.'),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show or write the note on a paper."""
    user = reader(context)
    with opened(with_library(context, config, data_dir)) as (kept, shelf):
        if written is None:
            _print_notes(kept, shelf, user, as_json)
            return
        (paper_id,) = shelf.resolved([plain_id(written)])
        held = kept.note(user, paper_id)
        known_ids(shelf, [paper_id], required=held is None)
        if text is not None:
            typed = sys.stdin.read() if text == "-" else text
            held = kept.write_note(user, paper_id, typed, held.revision if held else 0)
    if as_json:
        print_json(_note_json(paper_id, held))
    elif held and held.text:
        print(held.text)
    else:
        say(f"There is no note on {paper_id}.")


def _print_notes(kept: Kept, shelf: Shelf, user: str, as_json: bool) -> None:
    ids = kept.noted(user)
    notes = {paper_id: kept.note(user, paper_id) for paper_id in ids}
    if as_json:
        print_json({"notes": [_note_json(paper_id, held) for paper_id, held in notes.items() if held]})
        return
    for row in rows_of(shelf, ids):
        held = notes[row["paper_id"]]
        first = " ".join((held.text if held else "").split())
        print(f"{row['paper_id']:<11}  {title_of(row)}\n    {first[:_LINE]}{'…' * (len(first) > _LINE)}")
    say(f"{plural(len(ids), 'paper')} with a note.")


def _note_json(paper_id: str, held: Any) -> dict[str, Any]:
    return {
        "paper_id": paper_id,
        "text": held.text if held else "",
        "revision": held.revision if held else 0,
        "changed": held.changed.isoformat() if held else None,
    }
