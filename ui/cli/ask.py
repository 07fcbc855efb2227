"""Commands that question the library: search, ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.common import (
    AsJson,
    Author,
    Bibtex,
    ConfigFile,
    DataDir,
    DateFrom,
    DateTo,
    configured,
    filters_of,
    print_json,
)

if TYPE_CHECKING:
    from rag.types import Answer, Citation, Note, Passage, Turn


def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="QUERY", help="Any words.")],
    k: Annotated[int | None, typer.Option("-k", min=1, metavar="N", help="Passages to show.")] = None,
    date_from: DateFrom = None,
    date_to: DateTo = None,
    author: Author = None,
    bibtex: Bibtex = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Find passages, best first."""
    query = " ".join(words)
    filters = filters_of(date_from, date_to, author)
    settings = configured(context, config, data_dir)
    from rag.bibtex import bibtex as entry
    from rag.retrieval import distinct_papers
    from rag.wiring import open_assistant

    with open_assistant(settings) as assistant:
        found = assistant.search(query, filters, k)
    hits = found.passages
    entries = [entry(p.paper_id, p.title, p.authors, p.date, p.url) for p in distinct_papers(hits)] if bibtex else []
    if as_json:
        document: dict[str, object] = {
            "query": query,
            "hits": [hit_json(hit) for hit in hits],
            "filters": found.filters.as_json(),
            "notes": [note.model_dump() for note in found.notes],
        }
        print_json(document | ({"bibtex": entries} if bibtex else {}))
        return
    _print_notes(found.notes)
    _print_hits(hits)
    _print_bibtex(entries)


def hit_json(passage: Passage) -> dict[str, object]:
    """A hit as the contract prints it."""
    return {
        "paper_id": passage.paper_id,
        "version": passage.version,
        "chunk_id": passage.chunk_id,
        "title": passage.title,
        "date": passage.date.isoformat(),
        "score": passage.score,
        "ranks": dict(passage.ranks),
        "scores": dict(passage.scores),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def _print_hits(hits: Sequence[Passage]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from rag.readable import readable

    console = Console(highlight=False)
    if not hits:
        console.print("Nothing found.")
    for n, hit in enumerate(hits, 1):
        ranks = ", ".join(f"{name} {rank}" for name, rank in hit.ranks.items())
        console.print(Text.assemble(f"{n:>2}. ", (readable(hit.title), "bold")))
        console.print(Text(f"    {hit.paper_id} · {hit.date} · score {hit.score:.3f} · rank {ranks}", style="dim"))
        console.print(Padding(Text(readable(hit.text)), (0, 0, 1, 4)))


def ask(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="QUESTION", help="What you want to know.")],
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE", help="Earlier turns: a JSON list of {role, content}.")
    ] = None,
    mode: Annotated[str | None, typer.Option("--mode", metavar="MODE", help="extractive (the default).")] = None,
    date_from: DateFrom = None,
    date_to: DateTo = None,
    author: Author = None,
    bibtex: Bibtex = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Answer a question with checked citations."""
    question = " ".join(words)
    filters = filters_of(date_from, date_to, author)
    if mode not in (None, "extractive"):
        raise typer.BadParameter(f"{mode!r} is not a mode; there is: extractive")
    turns = read_history(history) if history else []
    settings = configured(context, config, data_dir)
    from rag.wiring import open_assistant

    with open_assistant(settings) as assistant:
        answer = assistant.answer(question, turns, filters)
    entries = bibtex_entries(answer.citations) if bibtex else []
    if as_json:
        print_json(answer.model_dump(mode="json") | ({"bibtex": entries} if bibtex else {}))
        return
    _print_answer(answer)
    _print_bibtex(entries)


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


def bibtex_entries(citations: Iterable[Citation]) -> list[str]:
    """One entry a cited paper, in order of citation."""
    from datetime import date

    from rag.bibtex import bibtex

    papers = {c.paper_id: c for c in reversed(list(citations))}
    ordered = sorted(papers.values(), key=lambda citation: citation.n)
    return [bibtex(c.paper_id, c.title, c.authors, date.fromisoformat(c.date), c.url) for c in ordered]


def _print_notes(notes: Sequence[Note]) -> None:
    """Say what was read from the question, before anything rests on it."""
    for note in notes:
        print(note.text)
    if notes:
        print()


def _print_answer(answer: Answer) -> None:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text

    _print_notes(answer.notes)
    console = Console(highlight=False)
    console.print(Markdown(answer.answer, hyperlinks=False))
    if not answer.citations:
        return
    console.print()
    for _, group in groupby(answer.citations, key=lambda citation: citation.paper_id):
        console.print(Text(_reference(list(group)), style="dim"), soft_wrap=True)
    console.print(Text(f"Confidence: {answer.confidence}", style="dim"))


def _reference(citations: Sequence[Citation]) -> str:
    """One paper's line below an answer: its markers, first author, title and address."""
    from rag.readable import readable

    first = citations[0]
    markers = "".join(f"[{citation.n}]" for citation in citations)
    author = first.authors[0] if first.authors else "unknown authors"
    others = " et al." if len(first.authors) > 1 else ""
    title = readable(first.title)
    stop = "" if title.endswith((".", "?", "!")) else "."
    return f"{markers} {author}{others}: {title}{stop} {first.url or first.paper_id}"


def _print_bibtex(entries: Sequence[str]) -> None:
    for text in entries:
        print(f"\n{text}")
