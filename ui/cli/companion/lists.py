"""`list`: lists of papers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, plain_id, print_json, reader, say, with_library
from ui.cli.companion.kept import known_ids, learn, opened, print_rows, rows_of

if TYPE_CHECKING:
    from rag.papers.readers.kept import Kept
    from rag.papers.readers.lists import PaperList
    from rag.papers.shelf import Shelf


def lists(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A list; without one, all are named.")] = None,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", "--put", metavar="ID", help="Put this paper on it, which is made where it is missing."),
    ] = None,
    take: Annotated[list[str] | None, typer.Option("--take", metavar="ID", help="Take this paper off it.")] = None,
    make: Annotated[bool, typer.Option("--make", help="Make it, empty.")] = False,
    rename: Annotated[str | None, typer.Option("--rename", metavar="NEW", help="Call it something else.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Delete it; its papers stay in the library.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Name the lists of papers, or show one, fill it, rename it, delete it."""
    if name is None and (add or take or make or rename is not None or drop):
        raise typer.BadParameter("name the list", param_hint="'NAME'")
    if drop and (add or take or make or rename is not None):
        raise typer.BadParameter("--drop stands alone")
    user, settings = reader(context), with_library(context, config, data_dir)
    with opened(settings) as (kept, shelf):
        if name is None:
            _print_lists(kept, user, as_json)
        elif drop:
            kept.drop_list(user, name)
            print_json({"dropped": name}) if as_json else print(f"Deleted: {name}")
        else:
            _print_list(_changed(kept, shelf, user, name, add or (), take or (), make, rename), shelf, as_json)
            learn(settings, user, known_ids(shelf, add or ()))


def _changed(
    kept: Kept,
    shelf: Shelf,
    user: str,
    name: str,
    add: Sequence[str],
    take: Sequence[str],
    make: bool,
    rename: str | None,
) -> PaperList:
    """A list, with what is asked for done to it."""
    added = known_ids(shelf, add)
    if make:
        kept.make_list(user, name)
    found = kept.put(user, name, added, make=True) if added else kept.get_list(user, name)
    if take:
        found = kept.take(user, name, shelf.resolved(map(plain_id, take)))
    return kept.rename_list(user, name, rename) if rename is not None else found


def _print_lists(kept: Kept, user: str, as_json: bool) -> None:
    found = kept.lists(user)
    counts = {"starred": len(kept.starred(user)), "later": len(kept.to_read(user)), "noted": len(kept.noted(user))}
    if as_json:
        print_json({"lists": [_list_json(one) for one in found], **counts})
        return
    for one in found:
        print(f"{one.name}  ({plural(len(one.papers), 'paper')}, changed {one.changed:%Y-%m-%d})")
    if not found:
        say("There is no list yet. `paperchat list NAME --add PAPER_ID` makes one.")
    say(
        f"{counts['starred']:,} starred, {counts['later']:,} kept for later, {counts['noted']:,} with a note: "
        "`paperchat keep star`, `paperchat keep later` and `paperchat note` list them."
    )


def _list_json(one: PaperList) -> dict[str, Any]:
    return {"name": one.name, "paper_ids": [*one.papers], "changed": one.changed.isoformat()}


def _print_list(found: PaperList, shelf: Shelf, as_json: bool) -> None:
    rows = rows_of(shelf, found.papers)
    if as_json:
        print_json(_list_json(found) | {"papers": rows})
        return
    print_rows(rows)
    say(f"{found.name}: {plural(len(rows), 'paper')}.")
