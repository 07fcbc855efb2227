"""`review`: papers that are held, why, and what a person says of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, plain_id, print_json, say, with_library

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf


def review(
    context: typer.Context,
    paper_ids: Annotated[
        list[str] | None, typer.Argument(metavar="PAPER_ID", help="Papers to release or hold; without any: all held.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Count them as clean from now on.")] = False,
    hold: Annotated[bool, typer.Option("--hold", help="Hold them, flagged or not.")] = False,
    every: Annotated[bool, typer.Option("--all", help="List those that were released, too.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show papers held for review, release them or hold others."""
    if release and hold:
        raise typer.BadParameter("give --release or --hold, not both")
    if (release or hold) and not paper_ids:
        raise typer.BadParameter(f"{'--release' if release else '--hold'} needs the id of a paper")
    settings = with_library(context, config, data_dir)
    from rag.papers.shelf import FILE_NAME, Shelf

    with closing(Shelf.existing(settings.store(FILE_NAME))) as shelf:
        ids = shelf.resolved(map(plain_id, paper_ids or ()))
        _require(shelf, ids)
        if release or hold:
            shelf.flags.decide(ids, "released" if release else "held")
            if not as_json:
                print(f"{plural(len(ids), 'paper')} {'released' if release else 'held'}.")
                return
        _list(shelf, ids, every or bool(ids), as_json)


def _require(shelf: Shelf, ids: Sequence[str]) -> None:
    """Refuse ids that no paper has."""
    from rag.papers.browse.nearest import no_paper

    held = shelf.papers(ids)
    for paper_id in ids:
        if paper_id not in held:
            raise no_paper(shelf, paper_id)


def _list(shelf: Shelf, ids: Sequence[str], every: bool, as_json: bool) -> None:
    from rag.text.readable import readable
    from ui import review as entry

    found = [(one, paper) for one, paper in entry.entries(shelf, released=every) if not ids or one.paper_id in ids]
    if as_json:
        print_json({"papers": [entry.as_json(*one) for one in found]})
        return
    titles = entry.originals(shelf, found)
    for one, paper in found:
        state = "" if one.is_held else " (released)"
        print(f"{paper.told:10}  {paper.paper_id:<11}  {readable(paper.title)}{state}")
        for flag in one.flags:
            print(f"    It {entry.why(flag, titles)}.")
            print(f"      {flag.start}-{flag.end}: {entry.shown(paper.text[flag.start : flag.end])}")
        if not one.flags:
            print(f"    It is {entry.BY_HAND}.")
    say(f"{plural(sum(one.is_held for one, _ in found), 'paper')} held for review.")
    if any(one.is_held for one, _ in found):
        say("`paperchat review PAPER_ID --release` counts one as clean; until then it is in no prompt, and not first.")
