"""`watch`: one round of fetching, ingesting and reporting, made for a timer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, configured, keep_log_quiet, print_json, progress_bar
from ui.cli.daily.report import edition_json, finish, print_edition

if TYPE_CHECKING:
    from ui.watch import Watched


def watch(context: typer.Context, as_json: AsJson = False, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Fetch and ingest what the section `watch` names, and write the report, once; for a timer."""
    settings = configured(context, config, data_dir)
    from ui.watch import wanted, watch_once

    selection = wanted(settings)
    from rag import open_library

    keep_log_quiet()
    with open_library(settings) as library, progress_bar(as_json, "looking for papers") as progress:
        done = watch_once(library, selection, progress)
    if as_json:
        written = edition_json(done.edition, done.written, done.errors) if done.edition and done.written else {}
        print_json({**written, **done.as_json()})
    else:
        _print(done)
    finish(done.errors)


def _print(done: Watched) -> None:
    for name, did in (("Fetched", done.fetched), ("Ingested", done.ingested)):
        if did:
            print(
                f"{name}: {did.papers_new} new, {did.papers_updated} updated, {did.papers_unchanged} unchanged papers."
            )
            if did.rejected:
                print(f"{plural(len(did.rejected), 'row')} could not be read; --json lists them.")
    if done.edition and done.written:
        print_edition(done.edition, done.written)
