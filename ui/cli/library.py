"""Commands about the library: ingest, remove, papers, show, doctor."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import SourceError
from rag.sources import Place, accepted, discover, read_source
from rag.text.grammar import plural
from rag.types import Filters
from ui.cli.common import (
    MOST,
    UNFILTERED,
    AsJson,
    ConfigFile,
    DataDir,
    configured,
    filtered,
    print_json,
    progress_bar,
    say,
    with_library,
)
from ui.intake import take_in

if TYPE_CHECKING:
    from rag.config import Config
    from rag.index.library import IngestReport
    from rag.papers.shelf import Shelf
    from rag.types import Paper, Row

_REJECTED_SHOWN = 20
_OTHER_SHOWN = 5


def ingest(
    context: typer.Context,
    places: Annotated[list[str], typer.Argument(metavar="PATH", help=f"Folders, {accepted()}.")],
    paper_id: Annotated[
        str, typer.Option("--id", metavar="ID", help="Id of the one PDF, where it bears another.")
    ] = "",
    title: Annotated[str, typer.Option("--title", metavar="TITLE", help="Title of the one PDF.")] = "",
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Add papers from files, folders of them or addresses."""
    settings = configured(context, config, data_dir)
    found = discover(places)
    errors = list(found.errors)
    if paper_id or title:
        _check_one_pdf(found.places, paper_id)
    report = _add(settings, found.places, errors, Named(paper_id, title), quiet=as_json)
    if as_json:
        extra = {"errors": [str(error.message) for error in errors], "other": [str(path) for path in found.other]}
        print_json(report.as_json() | extra)
    elif found.places:
        _print_report(report, found.other)
    for error in errors:
        say(f"{error.message}\n{error.advice}".rstrip())
    if errors:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Named:
    """What the reader says of a PDF; empty where they say nothing."""

    paper_id: str
    title: str


def _check_one_pdf(places: Sequence[Place], paper_id: str) -> None:
    """Refuse --id and --title but for a single PDF, and an id that cannot be one."""
    if len(places) != 1 or not str(places[0]).lower().endswith(".pdf"):
        raise typer.BadParameter("--id and --title are for a single PDF")
    from rag.sources.fields import paper_id_and_url

    if paper_id and not paper_id_and_url(paper_id):
        raise typer.BadParameter(f"{paper_id!r} is no id", param_hint="'--id'")


def _add(
    settings: Config, places: Sequence[Place], errors: list[SourceError], named: Named, *, quiet: bool
) -> IngestReport:
    """Ingest what is there; where there is nothing, for instance since a path is mistyped, no library is made."""
    from rag.index.library import IngestReport

    if not places:
        return IngestReport(0, 0, 0, 0, 0, (), 0.0)
    from rag import open_library

    with open_library(settings) as library, progress_bar(quiet) as progress:
        return take_in(library, _rows(places, errors, named), progress)


def _rows(places: Sequence[Place], errors: list[SourceError], named: Named) -> Iterator[Row]:
    """Rows of all places; one that cannot be read is an error of its own and doesn't stop the others."""
    for place in places:
        try:
            if named.paper_id or named.title:
                from rag.sources.pdf import read_pdf

                yield from read_pdf(Path(place), named.paper_id, named.title)
            else:
                yield from read_source(place)
        except SourceError as error:
            errors.append(error)


def _print_report(report: IngestReport, other: Sequence[Path]) -> None:
    print(
        f"{report.papers_new} new, {report.papers_updated} updated, {report.papers_unchanged} unchanged papers; "
        f"{plural(report.chunks_added, 'passage')} added, {report.chunks_removed} removed; {report.seconds:.1f} s."
    )
    for remark in report.remarks[:_REJECTED_SHOWN]:
        print(f"{remark.source}: {remark.text}.")
    if len(report.remarks) > _REJECTED_SHOWN:
        print(f"… and {len(report.remarks) - _REJECTED_SHOWN} more remarks; --json lists all.")
    if report.rejected:
        print(f"{plural(len(report.rejected), 'row')} could not be read:")
        for row in report.rejected[:_REJECTED_SHOWN]:
            print(f"  {row.source}:{row.line}: {row.reason}" if row.line else f"  {row.source}: {row.reason}")
        if len(report.rejected) > _REJECTED_SHOWN:
            print(f"  … and {len(report.rejected) - _REJECTED_SHOWN} more; --json lists all.")
    if other:
        names = ", ".join(path.name for path in other[:_OTHER_SHOWN]) + ", …" * (len(other) > _OTHER_SHOWN)
        print(f"Left alone, not a source of papers: {names}")


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

    distinct = list(dict.fromkeys(map(plain_id, paper_ids)))
    with open_library(settings) as library, progress_bar(as_json) as progress:
        report = library.remove(distinct, progress)
    if as_json:
        print_json({"papers_removed": distinct} | report.as_json())
    else:
        print(f"{plural(len(distinct), 'paper')} and {plural(report.chunks_removed, 'passage')} removed.")


@filtered
def papers(
    context: typer.Context,
    query: Annotated[
        str, typer.Option("--query", metavar="WORDS", help="Words of title, authors or id, all of them.")
    ] = "",
    filters: Filters = UNFILTERED,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, max=MOST, metavar="N", help="At most so many (default: all).")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """List papers, newest first."""
    settings = configured(context, config, data_dir)
    from rag.papers.shelf import Shelf
    from rag.text.readable import readable

    shelf = Shelf.existing(settings.library_dir)
    found = shelf.browse(query, filters, limit)
    if as_json:
        print_json([paper_json(paper, shelf.versions(paper.paper_id)) for paper in found])
        return
    for paper in found:
        print(f"{paper.date}  {paper.paper_id:<11}  {readable(paper.title)}")
    held = shelf.coverage()
    say(f"{len(found):,} of {plural(held.papers, 'paper')}, {held.first} to {held.last}.")
    if not found:
        say("Try fewer or other words, or lift a filter; `paperchat search WORDS` finds papers by their meaning.")


def show(
    context: typer.Context,
    paper_id: Annotated[str, typer.Argument(metavar="PAPER_ID", help="The paper's id; with --png a passage's.")],
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="Draw the page of a passage's PDF, with it marked.")
    ] = None,
    version: Annotated[
        int | None, typer.Option("--version", max=MOST, metavar="N", help="This version (default: the latest).")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show one paper."""
    settings = configured(context, config, data_dir)
    from rag.papers.metadata import known_of
    from rag.papers.shelf import Shelf
    from rag.text.readable import readable

    shelf = Shelf.existing(settings.library_dir)
    if png:
        _draw(shelf, settings.library_dir, paper_id, png)
        return
    paper = shelf.paper(plain_id(paper_id), version)
    versions = shelf.versions(paper.paper_id)
    if as_json:
        print_json(paper_json(paper, versions))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(readable(paper.title), style="bold"))
    console.print(Text(", ".join(map(readable, paper.authors))))
    days = ", ".join(map(str, paper.listed))
    console.print(Text(f"{paper.paper_id} version {paper.version} of {len(versions)}; listed {days}", style="dim"))
    if paper.url:
        console.print(Text(paper.url, style="dim"), soft_wrap=True)
    for name, value in known_of(paper).items():
        if value:
            said = value if isinstance(value, str) else ", ".join(value)
            console.print(Text(readable(f"{name}: {said}"), style="dim"), soft_wrap=True)
    console.print()
    console.print(Text(readable(paper.abstract) or "No abstract."))


def _draw(shelf: Shelf, folder: Path, chunk_id: str, file: Path) -> None:
    """Write the page of a passage's PDF as a picture."""
    from rag.errors import LibraryError
    from ui.pictures import quote_picture

    content = quote_picture(shelf, folder, chunk_id)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error.strerror}.", "Choose another.") from None
    print(file)


def plain_id(written: str) -> str:
    """The id in what people paste: an address, ``arXiv:2504.05309`` or ``2504.05309v2``."""
    from rag.sources.fields import paper_id_and_url

    known = paper_id_and_url(written.strip())
    return known[0] if known else written


def paper_json(paper: Paper, versions: Sequence[int]) -> dict[str, object]:
    """A paper as the contract prints it."""
    from rag.papers.metadata import known_of

    return {
        "paper_id": paper.paper_id,
        "version": paper.version,
        "versions": list(versions),
        "title": paper.title,
        "abstract": paper.abstract,
        "text": paper.text,
        "authors": list(paper.authors),
        "date": paper.date.isoformat(),
        "listed": [day.isoformat() for day in paper.listed],
        "url": paper.url,
        "sections": [asdict(section) for section in paper.sections],
        "pages": list(paper.pages),
        **known_of(paper),
    }


def doctor(
    context: typer.Context,
    mend: Annotated[bool, typer.Option("--repair", help="Make the indexes agree with the shelf.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Check that shelf, Chroma and lexical index agree. --repair makes them."""
    settings = with_library(context, config, data_dir)
    from rag import open_library
    from rag.index.health import examine, repair

    with open_library(settings) as library, progress_bar(as_json) as progress:
        health = (repair if mend else examine)(library, progress)
    if as_json:
        print_json(health.as_json())
    else:
        for check in health.checks:
            print(f"{'ok ' if check.ok else 'BAD'}  {check.name:<9} {check.detail}")
        if not health.ok:
            print("`paperchat doctor --repair` makes them agree.", file=sys.stderr)
    if not health.ok:
        raise typer.Exit(1)
