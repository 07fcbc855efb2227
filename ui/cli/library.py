"""Commands about the library: ingest, remove, papers, show, doctor."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.sources import Place, accepted, discover
from rag.text.grammar import plural
from rag.types import Filters
from ui.cli.cards import card_lines, described_json, print_facets, warn_of_unknown
from ui.cli.common import (
    MOST,
    UNFILTERED,
    AsJson,
    ConfigFile,
    DataDir,
    configured,
    filtered,
    plain_id,
    print_json,
    progress_bar,
    say,
    with_library,
)
from ui.cli.printing import held_mark
from ui.cli.terminal import console
from ui.intake import Intake, Named, take_in

if TYPE_CHECKING:
    from rag.config import Config
    from rag.index.library import Engine, IngestReport
    from rag.papers.shelf import Shelf
    from rag.sources.identifiers import Identifier
    from rag.types import Paper

_CHECKS = {
    "shelf": "papers",
    "readers": "readers' own",
    "pending": "waiting",
    "chunks": "passages",
    "chroma": "search by meaning",
    "lexical": "search by words",
}
"""What `doctor` calls its checks to a person; `--json` keeps their own names."""
_REJECTED_SHOWN = 20
_OTHER_SHOWN = 5
_UNKEPT_SHOWN = 12
_UNREAD_SHOWN = 10
_CANDIDATES = 20


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

    with open_library(settings) as library, progress_bar(quiet, "reading") as progress:
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
    count: Annotated[
        bool, typer.Option("--facets", help="Count them by month, category, tag and what their cards hold.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """List papers, newest first."""
    if count and (query or limit):
        raise typer.BadParameter("--facets counts what the filters leave; it goes without --query and --limit")
    settings = configured(context, config, data_dir)
    from rag.papers.browse.facets import facets
    from rag.papers.shelf import FILE_NAME, Shelf
    from rag.text.readable import readable

    shelf = Shelf.existing(settings.store(FILE_NAME))
    if count:
        counted = facets(shelf, filters)
        print_json(counted.as_json()) if as_json else print_facets(counted)
        warn_of_unknown(shelf)
        return
    found = shelf.browse(query, filters, limit)
    if filters.tag or filters.has:
        warn_of_unknown(shelf)
    if as_json:
        print_json(
            [paper_json(paper, shelf.versions(paper.paper_id)) | described_json(shelf, paper) for paper in found]
        )
        return
    for paper in found:
        print(f"{paper.told:10}  {paper.paper_id:<11}  {readable(paper.title)}{marks_of(paper)}")
    held = shelf.coverage()
    say(f"{len(found):,} of {plural(held.papers, 'paper')}, {held.days}.")
    if not found:
        say("Try fewer or other words, or lift a filter; `paperchat search WORDS` finds papers by their meaning.")


def marks_of(paper: Paper) -> str:
    """What a reader should know of a paper in a list."""
    return " (withdrawn)" * bool(paper.withdrawn) + held_mark(paper)


def show(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(metavar="PAPER", help="The paper's id, or words of its title; with --png a passage's."),
    ],
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
    written = " ".join(words)
    settings = configured(context, config, data_dir)
    from rag.papers.metadata import known_of
    from rag.papers.shelf import FILE_NAME, Shelf
    from rag.text.readable import readable

    shelf = Shelf.existing(settings.store(FILE_NAME))
    if png:
        try:
            _draw(shelf, settings.library_dir, written, png)
        finally:
            shelf.close()
        print_json({"file": str(png)}) if as_json else print(png)
        return
    paper = named_paper(shelf, written)
    if version is not None:
        paper = shelf.paper(paper.paper_id, version)
    versions = shelf.versions(paper.paper_id)
    if as_json:
        print_json(paper_json(paper, versions) | described_json(shelf, paper))
        return
    from rich.text import Text

    terminal = console()
    terminal.print(Text(readable(paper.title), style="bold"))
    terminal.print(Text(", ".join(map(readable, paper.authors))))
    days = "on no known day" if paper.undated else ", ".join(map(str, paper.listed))
    number = f", arXiv's version {paper.arxiv_version}" if paper.arxiv_version else ""
    held = f"{paper.paper_id} version {paper.version} of {len(versions)}{number}; listed {days}"
    terminal.print(Text(held, style="dim"))
    if paper.url:
        terminal.print(Text(paper.url, style="dim"), soft_wrap=True)
    for name, value in known_of(paper).items():
        if value:
            said = "yes" if isinstance(value, bool) else value if isinstance(value, str) else ", ".join(value)
            terminal.print(Text(readable(f"{name}: {said}"), style="dim"), soft_wrap=True)
    if paper.held:
        terminal.print(Text("held for review: paperchat review shows why", style="bold"), soft_wrap=True)
    for name, said in card_lines(shelf, paper):
        terminal.print(Text(f"{name}: {said}"), soft_wrap=True)
    if paper.body:
        terminal.print(Text(_full_text(paper), style="dim"), soft_wrap=True)
    terminal.print()
    terminal.print(Text(readable(paper.abstract) or "No abstract: only its title is known."))


def named_paper(shelf: Shelf, written: str) -> Paper:
    """The one paper that an id or words of its title name.

    Raises:
        PaperNotFound: there is none, or there are several, which are listed.
    """
    from rag.errors import PaperNotFound
    from rag.papers.browse.nearest import no_paper
    from rag.text.readable import readable

    (paper_id,) = shelf.resolved([plain_id(written)])
    written_id = _identifier(written)
    if paper_id in shelf.papers([paper_id]):
        return _named_version(shelf, written)
    if written_id and written_id.url:  # any other word may be another source's id, or of a title
        raise no_paper(shelf, paper_id)
    found = titled(shelf, written)
    if not found:
        raise no_paper(shelf, paper_id)
    if len(found) == 1:
        return found[0]
    named = "\n".join(f"  {one.paper_id:<11}  {readable(one.title)}" for one in found[:_CANDIDATES])
    more = f"\n  … and {len(found) - _CANDIDATES} more: name more words" if len(found) > _CANDIDATES else ""
    raise PaperNotFound(
        f"{plural(len(found), 'paper')} may be meant by “{written}”:\n{named}{more}", "Name one by its id."
    )


def titled(shelf: Shelf, written: str) -> list[Paper]:
    """The papers whose titles words name: called so, else with the words side by side, else with all of them; by id."""
    from rag.papers.claims import Claim
    from rag.text.folding import fold
    from rag.text.readable import readable

    called = [one.paper_id for one in shelf.entities.namings(written, MOST) if one.claim == Claim.CALLED]
    ids = called or shelf.entities.titled(written, MOST)
    found = list(shelf.papers(ids).values()) if ids else []
    if not found:
        wanted = {fold(word) for word in written.split()} - {""}
        every = shelf.browse(written) if wanted else []
        found = [one for one in every if wanted <= {fold(word) for word in readable(one.title).split()}]
    whole = [one for one in found if fold(readable(one.title)) == fold(written)]
    return sorted(whole or found, key=lambda one: one.paper_id)


def _full_text(paper: Paper) -> str:
    """That a full text is held, how long it is, and how it is seen."""
    named = [one for one in paper.sections if not one.kind]
    see = "--json prints it; `paperchat ask` quotes it with pages"
    return f"full text: {len(paper.pages)} pages, {len(named)} sections; {see}"


def _named_version(shelf: Shelf, written: str) -> Paper:
    """The text that an id names: ``2504.05309v2`` is arXiv's second version, an id without a version the latest."""
    found = _identifier(written)
    if found is None or not found.version:
        return shelf.paper(plain_id(written))
    paper = shelf.arxiv_version(found.paper_id, found.version)
    if paper is None:
        paper = shelf.paper(found.paper_id)
        say(f"No source said which of arXiv's versions the texts of {paper.paper_id} are; this is the latest held.")
    return paper


def _draw(shelf: Shelf, folder: Path, chunk_id: str, file: Path) -> None:
    """Write the page of a passage's PDF as a picture."""
    from rag.errors import LibraryError
    from ui.pictures import quote_picture

    if file.exists() or file.is_symlink():
        raise typer.BadParameter(f"{file} exists already; name another file", param_hint="'--png'")
    content = quote_picture(shelf, folder, chunk_id)
    try:
        with file.open("xb") as picture:
            picture.write(content)
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error.strerror}.", "Choose another.") from None


def _identifier(written: str) -> Identifier | None:
    from rag.sources.identifiers import ImpossibleId, read_id

    try:
        return read_id(written.strip())
    except ImpossibleId:
        return None


def paper_json(paper: Paper, versions: Sequence[int]) -> dict[str, object]:
    """A paper as the contract prints it; without a day where no source told one, for the supposed one is no fact."""
    from rag.papers.metadata import known_of

    return {
        "paper_id": paper.paper_id,
        "version": paper.version,
        "versions": list(versions),
        "title": paper.title,
        "abstract": paper.abstract,
        "text": paper.text,
        "authors": list(paper.authors),
        "date": paper.told or None,
        "listed": [] if paper.undated else [day.isoformat() for day in paper.listed],
        "url": paper.url,
        "arxiv_version": paper.arxiv_version or None,
        "held": paper.held,
        "sections": [asdict(section) for section in paper.sections],
        "pages": list(paper.pages),
        **known_of(paper),
    }


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
