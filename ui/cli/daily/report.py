"""`report` and `new`: what a day, or a span of days, brought."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.text.grammar import plural
from ui.cli.base.common import (
    AsJson,
    ConfigFile,
    DataDir,
    keep_log_quiet,
    print_json,
    progress_bar,
    say,
    with_library,
)
from ui.cli.base.since import day_of, first_of, read

if TYPE_CHECKING:
    from rich.console import Console

    from rag.errors import PaperchatError
    from rag.papers.shelf import Shelf
    from rag.topics.digest import Changed, Digest, Entry
    from ui.edition import Edition, Written

NEW_DAYS = 7
"""Days that `new` looks back from the newest one where --since is not given, that one included."""
_SHOWN = 20


def report(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the files; made where it is missing.")],
    until: Annotated[
        str | None, typer.Option("--date", metavar="D", help="The day, or the last one (default: the newest held).")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="D|7d", help="The first day, or days before --date.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Write what a day brought as table, CSV, Atom feed, digest and page."""
    days = (day_of(since, "--since"), read(until, "--date") if until is not None else None)
    settings = with_library(context, config, data_dir)
    from rag import open_library
    from ui.edition import followed_again, make_edition, newest_day, writable, write_edition

    keep_log_quiet()
    with open_library(settings) as library, progress_bar(as_json, "grouping by theme") as progress:
        library.require_papers()
        writable(out)
        last = days[1] or newest_day(library)
        first = days[0] or (first_of(since, last) if since else last)
        if first > last:
            raise typer.BadParameter(f"{first} comes after {last}", param_hint="'--since'")
        _say_outside(library.shelf, first, last)
        errors = followed_again(library, progress)
        edition = make_edition(library, first, last, progress)
        written = write_edition(edition, out, progress)
    if as_json:
        print_json(edition_json(edition, written, errors))
    else:
        print_edition(edition, written)
    finish(errors)


def _say_outside(shelf: Shelf, first: date, last: date) -> None:
    """Say where days that are asked for lie outside those that the library holds."""
    days = shelf.listing_days()
    if days and last < days[0]:
        say(f"The library begins on {days[0]}: nothing is held of {last}{'' if first == last else ' or before'}.")
    elif days and first > days[-1]:
        say(f"The library ends on {days[-1]}: nothing is held of {first}{'' if first == last else ' or after'}.")


def new(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="D|7d", help="First day, or days up to the newest one held (default: 7d)."),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show papers listed for the first time, by theme, and which texts changed."""
    given = day_of(since, "--since")
    settings = with_library(context, config, data_dir)
    from rag import open_library
    from rag.topics.digest import make_digest
    from ui.edition import newest_day

    keep_log_quiet()
    with open_library(settings) as library, progress_bar(as_json, "grouping by theme") as progress:
        library.require_papers()
        last = newest_day(library)
        first = given or (first_of(since, last) if since else last - timedelta(days=NEW_DAYS - 1))
        digest = make_digest(library, first, max(first, last), progress)
    if as_json:
        print_json(digest_json(digest))
    else:
        _print_digest(digest, last)


def finish(errors: list[PaperchatError]) -> None:
    """Say what could not be done, each thing once, and exit 1 where there is any."""
    for text in dict.fromkeys(f"{error.message}\n{error.advice}".rstrip() for error in errors):
        say(text)
    if errors:
        raise typer.Exit(1)


def edition_json(edition: Edition, written: Written, errors: list[PaperchatError]) -> dict[str, Any]:
    """The document of `report --json`."""
    return {
        **digest_json(edition.digest),
        "until": edition.digest.until.isoformat(),
        "followed": [
            {"number": one.followed.number, "question": one.followed.question, **one.change.as_json()}
            for one in edition.brought
        ],
        "files": [str(path) for path in written.files],
        "not_in_tables": [{"day": day.isoformat(), "paper_id": paper_id} for day, paper_id in written.not_in_tables],
        "errors": [error.message for error in errors],
    }


def digest_json(digest: Digest) -> dict[str, Any]:
    """The document of `new --json`."""
    return {
        "papers": [_entry_json(entry, part.theme) for part in digest.parts for entry in part.entries],
        "since": digest.since.isoformat(),
        "themes": [part.theme for part in digest.parts],
        "changed": [_changed_json(changed) for changed in digest.changed],
    }


def _entry_json(entry: Entry, theme: str) -> dict[str, Any]:
    paper = entry.paper
    return {
        "paper_id": paper.paper_id,
        "title": paper.title,
        "authors": list(paper.authors),
        "date": paper.date.isoformat(),
        "url": paper.url,
        "line": entry.line,
        "theme": theme,
        "unread": None,
        "score": None,
        "reasons": None,
        "version": paper.version,
        "withdrawn": paper.withdrawn,
        "start": entry.span[0] if entry.span else None,
        "end": entry.span[1] if entry.span else None,
    }


def _changed_json(changed: Changed) -> dict[str, Any]:
    new, old = changed.revision.new, changed.revision.old
    return {
        "paper_id": new.paper_id,
        "title": new.title,
        "date": changed.revision.day.isoformat(),
        "url": new.url,
        "version": new.version,
        "version_before": old.version,
        "changes": [
            {"in": name, "old": one.old, "new": one.new}
            for name, found in (("title", changed.title), ("abstract", changed.abstract))
            for one in found
            if not one.is_kept
        ],
    }


def print_edition(edition: Edition, written: Written) -> None:
    """Say what was written."""
    from rag.text.readable import readable
    from ui.edition.wording import heading, lead

    print(f"{heading(edition)}: {lead(edition)}")
    for brought in edition.brought:
        told = brought.change
        what = f"{len(told.new)} new, {len(told.dropped)} dropped, {len(told.changed)} quoted anew"
        print(f"Followed {brought.followed.number}, {brought.followed.question}: {what}")
        for paper in told.new[:_SHOWN]:
            print(f"  New: {readable(paper.title)} ({paper.paper_id})")
    if written.not_in_tables:
        shown = ", ".join(f"{paper_id} ({day})" for day, paper_id in written.not_in_tables[:_SHOWN])
        more = f" and {len(written.not_in_tables) - _SHOWN} more" if len(written.not_in_tables) > _SHOWN else ""
        print(f"Not in the tables, which would read back otherwise, but in all other files: {shown}{more}.")
    print(f"{plural(len(written.files), 'file')} written to {written.files[0].parent}.")


def _print_digest(digest: Digest, newest: date) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from rag.text.readable import readable
    from ui.edition.wording import revised, title_of

    console = Console(highlight=False)
    if not digest.entries and not digest.changed:
        console.print(f"Nothing new since {digest.since}: the newest day in the library is {newest}.")
    for part in digest.parts:
        console.print(Text.assemble((part.theme, "bold"), (f"  {len(part.entries)}", "dim")))
        for entry in part.entries:
            paper = entry.paper
            console.print(Text(f"  {title_of(paper)} ({paper.date}, {paper.paper_id})"), soft_wrap=True)
            if entry.line:
                console.print(Padding(Text(readable(entry.line), style="dim"), (0, 0, 0, 4)))
            for changed in digest.changes(entry):
                console.print(Padding(Text(revised(changed)), (0, 0, 0, 4)))
                _print_changes(console, changed)
        console.print()
    for changed in digest.of_earlier:
        new = changed.revision.new
        console.print(Text(f"Version {new.version}: {title_of(new)} ({new.paper_id})", style="bold"), soft_wrap=True)
        _print_changes(console, changed)
    held = f"{plural(len(digest.entries), 'new paper')} and {plural(len(digest.changed), 'new version')}"
    say(f"{held} since {digest.since}.")


def _print_changes(console: Console, changed: Changed) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from ui.edition.wording import stretches

    for found in (changed.title, changed.abstract):
        if shown := stretches(found, str, "[-{}-]".format, "{{+{}+}}".format):
            console.print(Padding(Text(shown), (0, 0, 0, 4)))
