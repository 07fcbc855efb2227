"""`keep`, `list` and `note`: papers starred, kept for later or read, lists of them, and notes.

What `keep` does with all of a reader's at once stands in `belongings`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from rag.types import Filters
from rag.types.filters import chosen
from ui.cli.base.common import AsJson, ConfigFile, DataDir, plain_id, print_json, reader, say, with_library
from ui.cli.base.printing import HELD

if TYPE_CHECKING:
    from rag.config import Config
    from rag.papers.readers.kept import Kept
    from rag.papers.readers.lists import PaperList
    from rag.papers.shelf import Shelf

GONE = "no longer in the library"
_SHOWN = 8
_LINE = 100
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
            _learn(settings, user, ids)
        _show(shelf, ids, {kind: not off}, as_json)


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
            _learn(settings, user, known_ids(shelf, add or ()))


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


def within(
    filters: Filters, settings: Config, user: str, lists: list[str] | None, starred: bool, later: bool
) -> Filters:
    """Filters that leave only what the reader keeps so; what has left the library is said, and no filter's concern."""
    from rag.errors import LibraryError

    with opened(settings) as (kept, shelf):
        sets = [tuple(i for name in lists for i in kept.get_list(user, name).papers)] if lists else []
        sets += [kept.starred(user)] if starred else []
        sets += [kept.to_read(user)] if later else []
        sets += [tuple(filters.paper.split())] if filters.paper else []
        all_of = frozenset.intersection(*map(frozenset, sets))
        wanted = [paper_id for paper_id in dict.fromkeys(sets[0]) if paper_id in all_of]
        held = shelf.select(Filters(paper=chosen(wanted))) or frozenset()
    if gone := [paper_id for paper_id in wanted if paper_id not in held]:
        more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        say(f"Kept, but {GONE}: {', '.join(gone[:_SHOWN])}{more}.")
    if not held:
        raise LibraryError("No paper of the library is kept so.", "`paperchat list` shows what is kept.")
    return replace(filters, paper=chosen(paper_id for paper_id in wanted if paper_id in held))


@contextmanager
def opened(settings: Config) -> Iterator[tuple[Kept, Shelf]]:
    """What is kept in a library, and its shelf."""
    from rag.papers.readers.kept import FILE_NAME, Kept
    from rag.papers.shelf import FILE_NAME as SHELF
    from rag.papers.shelf import Shelf

    kept, shelf = Kept(settings.store(FILE_NAME)), Shelf(settings.store(SHELF))
    try:
        kept.follow(shelf.renamed())
        yield kept, shelf
    finally:
        kept.close()
        shelf.close()


def _learn(settings: Config, user: str, paper_ids: Sequence[str]) -> None:
    """Learn from papers that were kept soon after an answer which cites them (`rag.follow.rewrites`)."""
    from rag.errors import LibraryError
    from rag.papers.readers.conversations import FILE_NAME, Conversations

    path = settings.store(FILE_NAME)
    if not (paper_ids and path.is_file()):
        return
    from rag.follow.rewrites import Rewrites
    from rag.papers.readers.rewritten import FILE_NAME as REWRITES

    rewrites = Rewrites(settings.store(REWRITES))
    try:
        with closing(Conversations(path)) as conversations:
            rewrites.kept(user, paper_ids, conversations)
    except LibraryError:  # what is kept is kept all the same
        return
    finally:
        rewrites.close()


def known_ids(shelf: Shelf, written: Iterable[str], *, required: bool = True) -> list[str]:
    """The ids that are written, each once; one that the library lacks is refused where it is required."""
    from rag.papers.browse.nearest import no_paper

    ids = shelf.resolved(map(plain_id, written))
    held = shelf.select(Filters(paper=chosen(ids))) or frozenset()
    for paper_id in ids:
        if required and paper_id not in held:
            raise no_paper(shelf, paper_id)
    return ids


def _rows(shelf: Shelf, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Papers as JSON, in their order; of one that has left the library only the id is known."""
    held = shelf.papers(ids)
    rows = []
    for paper_id in ids:
        paper = held.get(paper_id)
        rows.append(
            {
                "paper_id": paper_id,
                "title": paper.title if paper else None,
                "authors": [*paper.authors] if paper else [],
                "date": (paper.told or None) if paper else None,
                "url": paper.url if paper else None,
                "in_library": paper is not None,
                "held": paper is not None and paper.held,
            }
        )
    return rows


def _show(shelf: Shelf, ids: Sequence[str], said: dict[str, bool], as_json: bool) -> None:
    rows = _rows(shelf, ids)
    if as_json:
        print_json({"papers": [row | said for row in rows]})
        return
    _print_rows(rows)
    ((kind, on),) = said.items()
    say(f"{plural(len(rows), 'paper')} {'' if on else 'no longer '}{'kept for later' if kind == 'later' else kind}.")


def _print_rows(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        print(f"{row['date'] or '':10}  {row['paper_id']:<11}  {_title(row)}")


def _title(row: dict[str, Any]) -> str:
    """A row's title, with what a reader should know of the paper."""
    from rag.text.readable import readable

    return f"{readable(row['title'])}{HELD * row['held']}" if row["in_library"] else f"({GONE})"


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
    rows = _rows(shelf, found.papers)
    if as_json:
        print_json(_list_json(found) | {"papers": rows})
        return
    _print_rows(rows)
    say(f"{found.name}: {plural(len(rows), 'paper')}.")


def _print_notes(kept: Kept, shelf: Shelf, user: str, as_json: bool) -> None:
    ids = kept.noted(user)
    notes = {paper_id: kept.note(user, paper_id) for paper_id in ids}
    if as_json:
        print_json({"notes": [_note_json(paper_id, held) for paper_id, held in notes.items() if held]})
        return
    for row in _rows(shelf, ids):
        held = notes[row["paper_id"]]
        first = " ".join((held.text if held else "").split())
        print(f"{row['paper_id']:<11}  {_title(row)}\n    {first[:_LINE]}{'…' * (len(first) > _LINE)}")
    say(f"{plural(len(ids), 'paper')} with a note.")


def _note_json(paper_id: str, held: Any) -> dict[str, Any]:
    return {
        "paper_id": paper_id,
        "text": held.text if held else "",
        "revision": held.revision if held else 0,
        "changed": held.changed.isoformat() if held else None,
    }
