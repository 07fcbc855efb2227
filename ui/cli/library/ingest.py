"""`ingest`: papers from files, folders of them and addresses; what came of them, in words."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.sources import Place, accepted, discover
from rag.text.grammar import plural
from ui.cli.base.common import AsJson, ConfigFile, DataDir, configured, print_json, progress_bar, say
from ui.intake import Intake, Named, take_in

if TYPE_CHECKING:
    from rag.config import Config
    from rag.index.library import Engine, IngestReport

_REJECTED_SHOWN = 20
_OTHER_SHOWN = 5
_UNKEPT_SHOWN = 12
_UNREAD_SHOWN = 10


def ingest(
    context: typer.Context,
    places: Annotated[list[str], typer.Argument(metavar="PATH", help=f"Folders, {accepted()}.")],
    paper_id: Annotated[
        str, typer.Option("--id", metavar="ID", help="Id of the one PDF, where it bears another.")
    ] = "",
    title: Annotated[str, typer.Option("--title", metavar="TITLE", help="Title of the one PDF.")] = "",
    engine: Annotated[
        str, typer.Option("--engine", metavar="ENGINE", help="Who embeds: local, or ray (a cluster; paperchat[ray]).")
    ] = "local",
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Add papers from files, folders of them or addresses."""
    named = Named(paper_id, title) if paper_id or title else None
    settings = configured(context, config, data_dir)
    add_places(settings, places, as_json, named, _engine(engine, settings))


def _engine(name: str, settings: Config) -> Engine | None:
    """Who embeds; None for this process."""
    if name == "local":
        return None
    if name != "ray":
        raise typer.BadParameter(f"{name!r} is not an engine; there are: local, ray", param_hint="'--engine'")
    from rag.index.bulk.cluster import RayEngine

    return RayEngine(settings.bulk)


def add_places(
    settings: Config, places: Sequence[str], as_json: bool, named: Named | None = None, engine: Engine | None = None
) -> None:
    """Add what stands at places, and print what came of it; exits 1 where one of them gives nothing to read."""
    found = discover(places)
    errors = list(found.errors)
    if named:
        _check_one_pdf(found.places, named.paper_id)
    read = Intake(found, errors, settings, named)
    report = _add(settings, read, quiet=as_json, engine=engine)
    errors += read.nothing_read()
    if as_json:
        extra = {"errors": [str(error.message) for error in errors], "other": [str(path) for path in found.other]}
        print_json(report.as_json() | {"layout": read.layouts} | extra)
    elif found.places:
        _print_report(report, found.other)
        _print_layouts(read)
    for error in errors:
        say(f"{error.message}\n{error.advice}".rstrip())
    if errors:
        raise typer.Exit(1)


def _check_one_pdf(places: Sequence[Place], paper_id: str) -> None:
    """Refuse --id and --title but for a single PDF, and an id that cannot be one."""
    if len(places) != 1 or not str(places[0]).lower().endswith(".pdf"):
        raise typer.BadParameter("--id and --title are for a single PDF")
    from rag.sources.fields import paper_id_and_url

    if paper_id and not paper_id_and_url(paper_id):
        raise typer.BadParameter(f"{paper_id!r} is no id", param_hint="'--id'")


def _add(settings: Config, read: Intake, *, quiet: bool, engine: Engine | None) -> IngestReport:
    """Ingest what is there; where there is nothing, for instance since a path is mistyped, no library is made."""
    from rag.index.library import IngestReport

    if not read.found.places:
        return IngestReport(0, 0, 0, 0, 0, (), 0.0)
    from rag import open_library

    # A cluster's own words, on workers that it lost, are printed by Ray: they are no part of what came of the papers.
    aside = redirect_stdout(sys.stderr) if engine else nullcontext()
    with open_library(settings) as library, progress_bar(quiet, "reading") as progress, aside:
        return take_in(library, read.rows(), progress, engine)


def _print_report(report: IngestReport, other: Sequence[Path]) -> None:
    print(
        f"{report.papers_new} new, {report.papers_updated} updated, {report.papers_unchanged} unchanged papers; "
        f"{plural(report.chunks_added, 'passage')} added, {report.chunks_removed} removed; {report.seconds:.1f} s."
    )
    for remark in report.remarks[:_REJECTED_SHOWN]:
        print(f"{remark.source}: {remark.text}.")
    if len(report.remarks) > _REJECTED_SHOWN:
        print(f"… and {len(report.remarks) - _REJECTED_SHOWN} more remarks; --json lists all.")
    if report.titles_only:
        print(
            f"Of {plural(report.titles_only, 'paper')} only the title is known; `paperchat fetch --complete` fills in."
        )
    if report.flagged:
        print(f"{plural(len(report.flagged), 'paper')} held for review; `paperchat review` shows why.")
    if report.rejected:
        print(f"{plural(len(report.rejected), 'row')} could not be read:")
        for row in report.rejected[:_REJECTED_SHOWN]:
            print(f"  {row.source}:{row.line}: {row.reason}" if row.line else f"  {row.source}: {row.reason}")
        if len(report.rejected) > _REJECTED_SHOWN:
            print(f"  … and {len(report.rejected) - _REJECTED_SHOWN} more; --json lists all.")
    if report.unkept:
        fields = Counter(name for names in report.unkept.values() for name in names)
        named = ", ".join(f"{name} ({number})" for name, number in fields.most_common(_UNKEPT_SHOWN))
        more = "; --json lists them by paper" if len(fields) <= _UNKEPT_SHOWN else ", …; --json lists all, by paper"
        print(f"Not kept, for want of a place in the library: {named}{more}.")
    if other:
        names = ", ".join(path.name for path in other[:_OTHER_SHOWN]) + ", …" * (len(other) > _OTHER_SHOWN)
        print(f"Left alone, not a source of papers: {names}")


def _print_layouts(read: Intake) -> None:
    """Say which layouts were found, and which columns were passed over."""
    counts = Counter(read.layouts.values())
    if counts:
        print(
            "Read as: " + ", ".join(f"{layout} ({plural(count, 'source')})" for layout, count in counts.items()) + "."
        )
    if unread := sorted(read.unread):
        names = ", ".join(unread[:_UNREAD_SHOWN]) + ", …" * (len(unread) > _UNREAD_SHOWN)
        print(f"Columns that mean nothing to paperchat: {names}")
