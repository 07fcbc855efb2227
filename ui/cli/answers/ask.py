"""Commands that question the library: search, ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.types import Filters
from ui.cli.base.common import (
    MOST,
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
    with_library,
)
from ui.cli.base.printing import bibtex_entries, cited_as, held_mark, print_answer, print_bibtex, print_notes
from ui.cli.base.terminal import console
from ui.steps import moved_up

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf
    from rag.types import Paper, Passage, Turn

_WAYS = {"dense": "by meaning", "lexical": "by shared words"}
"""How a passage was found, in words."""
_WORDS_SHOWN = 6
"""Matched words named for a hit; `--json` has all."""


@filtered
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="QUERY", help="Any words.")],
    k: Annotated[
        int | None,
        typer.Option("-k", min=1, max=MOST, metavar="N", help="Passages to show (default: retrieval.k)."),
    ] = None,
    filters: Filters = UNFILTERED,
    rerank: Annotated[
        bool, typer.Option("--rerank", help="Look at the first papers a second time, as answers do; slower.")
    ] = False,
    bibtex: Bibtex = False,
    form: FormatName = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Find passages, best first."""
    query = " ".join(words)
    check_format(form)
    settings = with_library(context, config, data_dir)
    check_question(query, settings)
    from rag import open_assistant
    from rag.papers.bibliography.bibtex import entry_of
    from rag.papers.bibliography.references import apart, written

    with open_assistant(settings) as assistant:
        found = assistant.search(query, filters, k, rerank=rerank)
        hits = found.passages
        papers = papers_of(assistant.library.shelf, hits) if bibtex or form else []
    entries = [entry_of(paper) for paper in apart(papers)] if bibtex else []
    references = written(papers, form) if form else ""
    if as_json:
        document: dict[str, object] = {
            "query": query,
            "hits": [hit_json(hit) for hit in hits],
            "filters": found.filters.as_json(),
            "notes": [note.model_dump() for note in found.notes],
        }
        print_json(document | ({"bibtex": entries} if bibtex else {}) | ({"references": references} if form else {}))
        return
    print_notes(found.notes)
    _print_hits(hits)
    print_bibtex(entries)
    print_bibtex([references.rstrip()] if form else [])


def papers_of(shelf: Shelf, hits: Sequence[Passage]) -> list[Paper]:
    """The papers that passages are of, each once, best first."""
    held = shelf.papers(hit.paper_id for hit in hits)
    return [held[paper_id] for paper_id in dict.fromkeys(hit.paper_id for hit in hits) if paper_id in held]


def hit_json(passage: Passage) -> dict[str, object]:
    """A hit as the contract prints it."""
    return {
        "paper_id": passage.paper_id,
        "version": passage.version,
        "chunk_id": passage.chunk_id,
        "title": passage.title,
        "date": passage.told,
        "score": passage.score,
        "ranks": dict(passage.ranks),
        "scores": dict(passage.scores),
        "matched": list(passage.matched),
        "boosts": dict(passage.boosts),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "held": passage.held,
    }


def _print_hits(hits: Sequence[Passage]) -> None:
    """A hit's paper, why it was found, and the part of the passage that the question's words stand in."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from rag.retrieve.matches import places, snippet
    from rag.text.readable import readable
    from ui.review import spelt_out

    terminal = console()
    if not hits:
        terminal.print("Nothing found.")
    for n, hit in enumerate(hits, 1):
        text = readable(hit.text)
        part = Text(snippet(spelt_out(text) if hit.held else text, hit.matched))
        for start, end in places(part.plain, hit.matched):
            part.stylize("bold", start, end)
        title = Table.grid(padding=(0, 1))
        title.add_row(Text(f"{n:>2}."), Text.assemble((readable(hit.title), "bold"), held_mark(hit)))
        terminal.print(title)
        day = hit.told or "date unknown"
        terminal.print(Text(f"    {hit.paper_id} · {day} · {_why(hit)}", style="dim"), soft_wrap=True)
        terminal.print(Padding(part, (0, 0, 1, 4)))


def _why(hit: Passage) -> str:
    """The reasons a hit was found for, in a line."""
    ways = [f"{_ordinal(rank)} {_WAYS.get(name, name)}" for name, rank in hit.ranks.items()]
    found = ", ".join(ways)
    if hit.matched:
        more = len(hit.matched) - _WORDS_SHOWN
        found += f": {', '.join(hit.matched[:_WORDS_SHOWN])}" + (f" and {more} more" if more > 0 else "")
    return " · ".join([found, *moved_up(hit)])


def _ordinal(number: int) -> str:
    """``1st``, ``12th``, ``23rd``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


@filtered
def ask(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="QUESTION", help="What you want to know.")],
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE", help="Earlier turns: a JSON list of {role, content}.")
    ] = None,
    mode: ModeName = None,
    filters: Filters = UNFILTERED,
    bibtex: Bibtex = False,
    form: FormatName = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Answer a question with checked citations."""
    question = " ".join(words)
    answering = mode_of(mode)
    check_format(form)
    turns = read_history(history) if history else []
    settings = with_library(context, config, data_dir)
    check_question(question, settings, answering)
    from rag import open_assistant

    keep_log_quiet()
    with open_assistant(settings) as assistant:
        answer = assistant.answer(question, turns, filters, answering)
        shelf = assistant.library.shelf
        references = cited_as(shelf, answer.citations, form)
        entries = bibtex_entries(shelf, answer.citations) if bibtex else []
    if as_json:
        said = answer.model_dump(mode="json") | ({"bibtex": entries} if bibtex else {})
        print_json(said | ({"references": references} if form else {}))
        return
    print_answer(answer)
    print_bibtex(entries)
    print_bibtex([references.rstrip()] if form else [])


def read_history(path: Path) -> list[Turn]:
    """Read the turns of a conversation from a JSON file; anything else is wrong usage."""
    from pydantic import TypeAdapter, ValidationError

    from rag.types import Turn

    try:
        return TypeAdapter(list[Turn]).validate_json(path.read_bytes())
    except OSError as error:
        raise typer.BadParameter(f"--history {path} cannot be read: {error.strerror}") from None
    except ValidationError:
        raise typer.BadParameter(
            f'--history {path} is not a JSON list of {{"role": "user" or "assistant", "content": text}}'
        ) from None
