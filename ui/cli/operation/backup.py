"""`backup` and `restore`: a library as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, configured, print_json, progress_bar, say, with_library


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup, a new tar file.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Write the library into one file: papers, indexes, PDFs, conversations and all that readers keep; no secret."""
    settings = with_library(context, config, data_dir)
    from rag import open_library
    from rag.backup.save import refuse_existing, save

    refuse_existing(file, force)
    with open_library(settings) as library, progress_bar(as_json, "copying") as progress:
        done = save(library, file, progress, force=force)
    if as_json:
        print_json(done.as_json())
        return
    print(
        f"{plural(done.manifest.papers, 'paper')} in {plural(len(done.manifest.files), 'file')}, "
        f"{done.size / 1e6:,.1f} MB, written to {done.file}."
    )
    for name, reason in done.left_out:
        print(f"Left out: {name}: {reason}.")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `paperchat backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Put aside what is in the folder.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Make the library's folder what a backup holds: an empty folder, or with --force any, the old put aside."""
    settings = configured(context, config, data_dir)
    from rag.backup.restore import restore as put_back
    from rag.errors import BackupError

    if settings.library.database_url:
        raise BackupError(
            "library.database_url is set: papers would be read from there, and not from what is restored.",
            "Restore with pg_restore (docs/postgresql.md), or without that key.",
        )
    on_server = settings.index.chroma_url is not None
    with progress_bar(as_json, "checking") as progress:
        done = put_back(file, settings.library_dir, progress, force=force, on_server=on_server)
        health = None
        if on_server or not done.manifest.indexed:
            from rag import open_library
            from rag.index.health import repair

            with open_library(settings) as library:
                health = repair(library, progress)
    if as_json:
        print_json(done.as_json() | {"rebuilt": health is not None})
        return
    print(f"{plural(done.manifest.papers, 'paper')} of {done.manifest.made} restored to {done.folder}.")
    if done.aside:
        print(f"What was there lies in {done.aside}; delete it when you no longer need it.")
    if health:
        say("Both indexes were made anew." if health.ok else "`paperchat doctor` says what is not whole.")
