"""`remove`: papers taken out of the library."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, plain_id, print_json, progress_bar, with_library


def remove(
    context: typer.Context,
    paper_ids: Annotated[list[str], typer.Argument(metavar="PAPER_ID", help="Papers to remove, all versions.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Remove papers."""
    settings = with_library(context, config, data_dir)
    from rag import open_library

    with open_library(settings) as library, progress_bar(as_json, "removing") as progress:
        distinct = library.shelf.resolved(map(plain_id, paper_ids))
        report = library.remove(distinct, progress)
    if as_json:
        print_json({"papers_removed": distinct} | report.as_json())
    else:
        print(f"{plural(len(distinct), 'paper')} and {plural(report.chunks_removed, 'passage')} removed.")
