"""`doctor`: whether the library is whole, and what mends it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.base.common import AsJson, ConfigFile, DataDir, print_json, progress_bar, with_library

_CHECKS = {
    "shelf": "papers",
    "readers": "readers' own",
    "pending": "waiting",
    "chunks": "passages",
    "chroma": "search by meaning",
    "lexical": "search by words",
}
"""What `doctor` calls its checks to a person; `--json` keeps their own names."""


def doctor(
    context: typer.Context,
    mend: Annotated[bool, typer.Option("--repair", help="Build anew what does not agree with the papers.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Check that the library is whole: papers, and both ways to find them. --repair mends what is not."""
    settings = with_library(context, config, data_dir)
    from rag import open_library
    from rag.index.health import examine, repair

    with open_library(settings) as library, progress_bar(as_json, "checking") as progress:
        health = (repair if mend else examine)(library, progress)
        place = library.shelf.place
        database = f"SQLite in {place.parent}" if isinstance(place, Path) else str(place)
    if as_json:
        print_json({**health.as_json(), "database": database})
    else:
        print(f"     {'database':<18} {database}")
        for check in health.checks:
            name = _CHECKS.get(check.name, check.name)
            print(f"{'ok ' if check.ok else 'BAD'}  {name:<18} {check.detail}")
        if not health.ok:
            print("`paperchat doctor --repair` mends it.", file=sys.stderr)
    if not health.ok:
        raise typer.Exit(1)
