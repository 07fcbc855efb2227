"""`keep export` and `keep forget`: all that a reader keeps, as one file, or gone on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, reader, say, with_library
from ui.cli.companion.kept import opened

if TYPE_CHECKING:
    from rag.config import Config
    from rag.follow.belongings import Belongings

OutFile = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="A new file; without one, it is printed.", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")]


def export(
    context: typer.Context,
    file: OutFile = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Write as JSON: stars, papers for later and read, lists, notes, profile, followed questions, quiz answers."""
    user = reader(context)
    check_file(file)
    with _belongings(with_library(context, config, data_dir)) as all_of_it:
        document = all_of_it.export(user)
    write_document(document, file, as_json)


def forget(
    context: typer.Context,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Delete all that you keep and follow, your profile, quiz answers, rewritings. Papers and conversations stay."""
    user = reader(context)
    with _belongings(with_library(context, config, data_dir)) as all_of_it:
        what = "All your stars, lists, notes, followed questions, quiz answers and rewritings, and your profile,"
        be_sure(f"{what} will be deleted.", yes)
        all_of_it.forget(user)
    print_json({"forgotten": True}) if as_json else say("All of it is deleted. The papers and conversations stay.")


@contextmanager
def _belongings(settings: Config) -> Iterator[Belongings]:
    from rag.follow.belongings import Belongings
    from rag.follow.rewrites import Rewrites
    from rag.papers.readers.answered import FILE_NAME as ANSWERED
    from rag.papers.readers.followed import FILE_NAME as FOLLOWED
    from rag.papers.readers.rewritten import FILE_NAME as REWRITES

    rewrites = Rewrites(settings.store(REWRITES))
    try:
        with opened(settings) as (kept, _):
            yield Belongings(settings.store(ANSWERED), kept, rewrites, settings.store(FOLLOWED))
    finally:
        rewrites.close()


def check_file(file: Path | None) -> None:
    """Refuse a file that is there already, before any work is done."""
    if file:
        from ui.cli.library.bibliography import check_new

        check_new(file, "FILE")


def write_document(document: Mapping[str, Any], file: Path | None, as_json: bool) -> None:
    """Write a document to a new file, and say so; without a file, print it."""
    if file is None:
        print_json(document)
        return
    with file.open("x", encoding="utf-8", errors="replace") as out:
        json.dump(document, out, ensure_ascii=False, indent=1)
        out.write("\n")
    print_json({"file": str(file)}) if as_json else say(f"Written to {file}.")


def be_sure(what: str, yes: bool) -> None:
    """Go on only when the reader at the terminal says so, or has said it with the call.

    Raises:
        UsageError: nobody can be asked.
    """
    from rag.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nothing was deleted: nobody can be asked here.", "Say --yes if you are sure.")
    if not typer.confirm(f"{what} Are you sure?", err=True):
        say("Nothing was deleted.")
        raise typer.Exit(1)
