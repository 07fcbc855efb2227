"""Bibliographies: import, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.sources import BIBLIOGRAPHIES
from rag.text.grammar import plural
from rag.types import Filters
from ui.cli.answers.ask import papers_of
from ui.cli.base.common import (
    MOST,
    UNFILTERED,
    AsJson,
    ConfigFile,
    DataDir,
    check_format,
    check_question,
    configured,
    filtered,
    say,
    with_library,
)
from ui.cli.library.ingest import add_places

if TYPE_CHECKING:
    from rag.config import Config
    from rag.papers.shelf import Shelf
    from rag.types import Paper


def take(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="BibTeX (.bib), RIS (.ris), CSL-JSON (.json), Zotero RDF (.rdf)."),
    ],
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Add the papers of bibliographies. What has no place in the library is counted and named."""
    for path in files:
        if not path.name.lower().endswith(BIBLIOGRAPHIES):
            raise typer.BadParameter(
                f"{path} is no bibliography ({', '.join(BIBLIOGRAPHIES)}); `paperchat ingest` reads other files"
            )
    add_places(configured(context, config, data_dir), [str(path) for path in files], as_json)


@filtered
def export(
    context: typer.Context,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="bibtex, ris, csl or md.")],
    query: Annotated[str, typer.Option("--query", metavar="Q", help="Papers that a search for this finds.")] = "",
    k: Annotated[
        int | None, typer.Option("-k", min=1, max=MOST, metavar="N", help="With --query: passages to find.")
    ] = None,
    conversation: Annotated[
        str, typer.Option("--conversation", metavar="ID", help="Papers that a conversation of the page cites.")
    ] = "",
    filters: Filters = UNFILTERED,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to this new file.")] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Write papers as a bibliography: those found or cited, else all that the filters leave."""
    check_format(form)
    if query and conversation:
        raise typer.BadParameter("give one of --query and --conversation")
    if filters and conversation:
        raise typer.BadParameter("--conversation names papers; filters go with --query, or stand alone")
    if out:
        check_new(out)
    settings = with_library(context, config, data_dir)
    remark = ""
    if query:
        check_question(query, settings)
        papers, remark = _found(settings, query, filters, k)
    else:
        papers = _named(settings, conversation, filters)
    from rag.papers.bibliography.references import written
    from rag.sources.files import DIGEST

    if not papers:
        say("No paper fits.")
        raise typer.Exit(1)
    text = written(papers, form)
    count = plural(len(papers), "paper")
    if out is None:
        sys.stdout.write(text)
        if remark:
            say(f"{count} written{remark}")
        return
    if form == "md":  # to be read; taken in again, it would be papers without abstracts
        text = f"{DIGEST.decode()}\n\n{text}"
    try:
        with out.open("x", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except FileExistsError:
        check_new(out)
    say(f"{count} written to {out}{remark or '.'}")


def check_new(path: Path, option: str = "--out") -> None:
    """Refuse a file that is there, and a place that no file can be written to, before any work is done."""
    from ui.cli.answers.topic import check_writable

    if path.exists() or path.is_symlink():
        raise typer.BadParameter(f"{path} exists already; name another file", param_hint=f"'{option}'")
    check_writable(path)


def _found(settings: Config, query: str, filters: Filters, k: int | None) -> tuple[list[Paper], str]:
    """Papers that a search finds, best first, and how many of the library stand out as about it.

    Raises:
        PaperNotFound: the nearest are about something else, and none holds the words.
    """
    from rag import open_assistant
    from rag.errors import PaperNotFound

    with open_assistant(settings) as assistant:
        papers = papers_of(assistant.library.shelf, assistant.search(query, filters, k).passages)
        on_topic, holding = assistant.topics.on_topic(query, filters)
        if papers and not on_topic and not holding:
            within = " that these restrictions leave" if filters else ""
            raise PaperNotFound(
                f"No paper{within} is about “{query}”; nothing was written.",
                "Use other words, or fewer; `paperchat search` shows what is nearest.",
            )
    about = f"{len(on_topic) or 'none'} stand{'s' * (len(on_topic) < 2)} out as about it"
    return papers, f", nearest first; {about}. -k takes fewer or more."


def _named(settings: Config, conversation: str, filters: Filters) -> list[Paper]:
    """Papers that a conversation cites, that are named, in that order, or all that the filters leave, newest first."""
    from rag.papers.shelf import FILE_NAME, Shelf

    shelf = Shelf.existing(settings.store(FILE_NAME))
    try:
        if conversation:
            return _cited(settings, shelf, conversation)
        found = shelf.browse("", filters)
        if filters.paper is None:
            return found
        held, named = {paper.paper_id: paper for paper in found}, filters.paper.split()
        for paper_id in named if filters == Filters(paper=filters.paper) else ():
            held.get(paper_id) or shelf.paper(paper_id)  # which says that there is none
        return [held[paper_id] for paper_id in named if paper_id in held]
    finally:
        shelf.close()


def _cited(settings: Config, shelf: Shelf, conversation: str) -> list[Paper]:
    """Papers that a conversation cites, in the order of their first citation."""
    from rag.errors import ConversationNotFound
    from rag.papers.bibliography.references import cited
    from rag.papers.readers.conversations import FILE_NAME, Conversations

    path = settings.store(FILE_NAME)
    if not path.exists():
        raise ConversationNotFound("There are no conversations yet.", "They are held on the page: `paperchat ui`.")
    kept = Conversations(path)
    try:
        exchanges = kept.exchanges(kept.owner(conversation), conversation)
    finally:
        kept.close()
    return cited(shelf, (one for exchange in exchanges if exchange.answer for one in exchange.answer.citations))
