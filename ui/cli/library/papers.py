"""`papers` and `show`: what the library holds, and one paper of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.text.grammar import plural
from rag.types import Filters
from ui.cli.base.common import (
    MOST,
    UNFILTERED,
    AsJson,
    ConfigFile,
    DataDir,
    configured,
    filtered,
    print_json,
    say,
)
from ui.cli.base.printing import held_mark
from ui.cli.base.terminal import console
from ui.cli.library.cards import card_lines, described_json, print_facets, warn_of_unknown
from ui.cli.library.named import named_paper

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf
    from rag.types import Paper

_ALL_MARKED = 0.95
"""Share of a text found on a page, from which on it stands there."""


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
    quote: Annotated[
        str, typer.Option("--quote", metavar="TEXT", help="With --png: mark these words of the passage alone.")
    ] = "",
    version: Annotated[
        int | None, typer.Option("--version", max=MOST, metavar="N", help="This version (default: the latest).")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show one paper."""
    written = " ".join(words)
    if quote and not png:
        raise typer.BadParameter("--quote says what --png marks: give both")
    settings = configured(context, config, data_dir)
    from rag.papers.shelf import FILE_NAME, Shelf

    shelf = Shelf.existing(settings.store(FILE_NAME))
    if png:
        try:
            _draw(shelf, settings.library_dir, written, png, quote)
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
    _print_shown(shelf, paper, len(versions))


def _print_shown(shelf: Shelf, paper: Paper, versions: int) -> None:
    """Print one paper with all that is known of it."""
    from rich.text import Text

    from rag.papers.metadata import known_of
    from rag.text.readable import readable

    terminal = console()
    terminal.print(Text(readable(paper.title), style="bold"))
    terminal.print(Text(", ".join(map(readable, paper.authors))))
    days = "on no known day" if paper.undated else ", ".join(map(str, paper.listed))
    number = f", arXiv's version {paper.arxiv_version}" if paper.arxiv_version else ""
    held = f"{paper.paper_id} version {paper.version} of {versions}{number}; listed {days}"
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


def _full_text(paper: Paper) -> str:
    """That a full text is held, how long it is, and how it is seen."""
    named = [one for one in paper.sections if not one.kind]
    see = "--json prints it; `paperchat ask` quotes it with pages"
    return f"full text: {len(paper.pages)} pages, {len(named)} sections; {see}"


def _draw(shelf: Shelf, folder: Path, chunk_id: str, file: Path, quote: str) -> None:
    """Write the page of a passage's PDF as a picture."""
    from rag.errors import LibraryError
    from ui.pictures import quote_picture

    if file.exists() or file.is_symlink():
        raise typer.BadParameter(f"{file} exists already; name another file", param_hint="'--png'")
    drawn = quote_picture(shelf, folder, chunk_id, quote=quote)
    try:
        with file.open("xb") as picture:
            picture.write(drawn.png)
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error.strerror}.", "Choose another.") from None
    if drawn.marked < _ALL_MARKED:
        say(f"{drawn.marked:.0%} of it stands on this page, and is marked.")


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
