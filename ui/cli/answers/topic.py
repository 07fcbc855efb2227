"""`paperchat topic`: what the papers say about a topic, by theme."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.types import Filters
from ui.cli.base.common import (
    UNFILTERED,
    AsJson,
    Bibtex,
    ConfigFile,
    DataDir,
    FormatName,
    ModeName,
    check_format,
    check_question,
    filtered,
    keep_log_quiet,
    mode_of,
    print_json,
    say,
    with_library,
)
from ui.cli.base.printing import bibtex_entries, cited_as, held_mark, print_bibtex, print_markdown, print_notes
from ui.cli.base.terminal import console

if TYPE_CHECKING:
    from rich.console import Console

    from rag.types import Theme, Topic, TopicPaper


@filtered
def topic(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="QUERY", help="What you want to know about.")],
    filters: Filters = UNFILTERED,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.md", help="Write quotes, table and references to this file.")
    ] = None,
    mode: ModeName = None,
    bibtex: Bibtex = False,
    form: FormatName = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Summarise what the papers say about a topic, grouped by theme."""
    query = " ".join(words)
    writing = mode_of(mode)
    check_format(form)
    if out:
        check_writable(out)
    settings = with_library(context, config, data_dir)
    check_question(query, settings, writing)
    from rag import open_assistant
    from rag.topics import markdown

    keep_log_quiet()
    with open_assistant(settings) as assistant:
        found = assistant.summary(query, filters, writing)
        shelf = assistant.library.shelf
        references = cited_as(shelf, found.papers, form)
        entries = bibtex_entries(shelf, found.papers) if bibtex else []
    if out:
        out.write_text(markdown(found, entries), encoding="utf-8")
    if as_json:
        said = found.model_dump(mode="json") | ({"bibtex": entries} if bibtex else {})
        print_json(said | ({"references": references} if form else {}))
    else:
        print_topic(found)
        print_bibtex([] if out else entries)
        print_bibtex([references.rstrip()] if form else [])
    if out:
        say(f"Written to {out}.")
    elif found.papers and not as_json:
        say("--out FILE.md writes every paper's quotes, the table, a timeline and the references.")


def check_writable(path: Path) -> None:
    """Refuse a place that no file can be written to, before any work is done."""
    if path.exists() and not path.is_file():
        raise typer.BadParameter(f"{path} is not a file")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"{path}: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise typer.BadParameter(f"{path} cannot be written: permission denied")


def print_topic(found: Topic) -> None:
    """Print a topic in brief: each theme with its best quote and its papers' titles."""
    from rich.text import Text

    print_notes(found.notes)
    terminal = console()
    rows = {paper.paper_id: paper for paper in found.papers}
    if found.abstained or found.mode == "llm":
        print_markdown(found.text)
        for paper in found.papers:
            terminal.print(Text(_line(found, paper), style="dim"), soft_wrap=True)
        return
    terminal.print(found.text.partition("\n")[0])
    for theme in found.themes:
        terminal.print()
        terminal.print(Text.assemble((theme.name, "bold"), (f"  {len(theme.papers)}", "dim")))
        _print_quote(terminal, found, theme)
        for paper_id in theme.papers:
            terminal.print(Text(f"  {_line(found, rows[paper_id])}"), soft_wrap=True)
    if found.disagreements:
        terminal.print(Text("\nWhere papers disagree", style="bold"))
        print_markdown("\n\n".join(found.disagreements))


def _print_quote(terminal: Console, found: Topic, theme: Theme) -> None:
    """The first quote of a theme's best paper."""
    from rich.padding import Padding
    from rich.text import Text

    from rag.text.readable import readable

    first = next((one for one in found.citations if one.paper_id == theme.papers[0]), None)
    if first:
        terminal.print(Padding(Text(f"“{readable(first.quote)}” [{first.n}]", style="italic"), (0, 0, 0, 2)))


def _line(found: Topic, paper: TopicPaper) -> str:
    """A paper's line: its markers, title, day and id."""
    from rag.text.readable import readable

    markers = "".join(f"[{one.n}]" for one in found.citations if one.paper_id == paper.paper_id)
    return f"{markers} {readable(paper.title)} ({paper.when}, {paper.paper_id}){held_mark(paper)}".strip()
