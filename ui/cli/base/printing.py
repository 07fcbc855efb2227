"""How answers are printed for a person: notes, text, references, BibTeX."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ui.cli.base.terminal import console

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf
    from rag.types import Answer, Citation, Note, Paper, Passage, TopicPaper


HELD = " (held for review)"
"""Stands behind the title of a paper that is held for review."""


def held_mark(one: Paper | Passage | Citation | TopicPaper) -> str:
    """The mark of what is held, else nothing."""
    return HELD * one.held


def print_answer(answer: Answer) -> None:
    """Print an answer with what was read from its question and the papers it cites."""
    print_notes(answer.notes)
    print_markdown(answer.answer)
    print_references(answer)


def print_notes(notes: Sequence[Note]) -> None:
    """Say what was read from the question, before anything rests on it."""
    for note in notes:
        print(note.text)
    if notes:
        print()


def print_markdown(text: str) -> None:
    """Print an answer's text as it is meant to look in a terminal."""
    from rich.markdown import Markdown

    console().print(Markdown(text, hyperlinks=False))


def print_references(answer: Answer) -> None:
    """Print the papers an answer cites, and how sure it is of them; nothing where it cites none.

    Of a list nobody knows how likely it is right, so none says so.
    """
    from rich.text import Text

    terminal = console()
    if not answer.citations:
        return
    terminal.print()
    papers: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        papers.setdefault(citation.paper_id, []).append(citation)
    for citations in papers.values():
        for line in (reference(citations), *pages_of(citations)):
            terminal.print(Text(line, style="dim"), soft_wrap=True)
    if answer.confidence_p is not None:
        terminal.print(Text(f"Confidence: {answer.confidence}", style="dim"))


def reference(citations: Sequence[Citation]) -> str:
    """One paper's line below an answer: its markers, first author, title and address."""
    from rag.text.readable import readable

    first = citations[0]
    markers = "".join(f"[{citation.n}]" for citation in citations)
    author = readable(first.authors[0]) if first.authors else "unknown authors"
    others = " et al." if len(first.authors) > 1 else ""
    title = readable(first.title)
    stop = "" if title.endswith((".", "?", "!")) else "."
    places = dict.fromkeys(
        f"p. {one.page}" + (f", {one.section}" if one.section else "") for one in citations if one.page
    )
    said = f" ({'; '.join(map(readable, places))})" if places else ""
    return f"{markers} {author}{others}: {title}{stop} {first.url or first.paper_id}{said}{held_mark(first)}"


def pages_of(citations: Sequence[Citation]) -> list[str]:
    """How the pages of one paper's quotes are seen: a line for each quote from a full text."""
    from rag.text.readable import readable
    from ui.pictures import short_quote

    shown = dict.fromkeys((one.page, one.chunk_id, short_quote(readable(one.quote))) for one in citations if one.page)
    return [
        f"    p. {page}: paperchat show {chunk_id} --png page.png --quote {shlex.quote(quote)}"
        for page, chunk_id, quote in shown
    ]


def bibtex_entries(shelf: Shelf, citations: Iterable[Citation | TopicPaper]) -> list[str]:
    """One entry a cited paper, in order of citation, no two under one key."""
    from rag.papers.bibliography.references import cited_entries

    return cited_entries(shelf, citations)


def cited_as(shelf: Shelf, citations: Iterable[Citation | TopicPaper], form: str | None) -> str:
    """The papers that are cited, in the format of this name; empty where none is named."""
    if form is None:
        return ""
    from rag.papers.bibliography.references import cited, written

    return written(cited(shelf, citations), form)


def print_bibtex(entries: Sequence[str]) -> None:
    """Print BibTeX entries, each after a blank line."""
    for text in entries:
        print(f"\n{text}")


class Paragraphs:
    """Shows Markdown as it arrives: finished paragraphs stay, the one being written is redrawn.

    Only the last paragraph is ever redrawn, so that a long answer does not run off the part of the screen that can be.
    """

    def __init__(self) -> None:
        from rich.live import Live

        self._console = console()
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self._rest = ""

    def __enter__(self) -> Paragraphs:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.update("", refresh=True)
        self._live.stop()
        if self._rest.strip():
            self._print(self._rest)

    def add(self, text: str) -> None:
        """Append text."""
        from rich.markdown import Markdown

        self._rest += text
        while "\n\n" in self._rest:
            done, _, self._rest = self._rest.partition("\n\n")
            if done.strip():
                self._print(done)
                self._console.print()
        self._live.update(Markdown(self._rest, hyperlinks=False), refresh=True)

    def say(self, notes: Sequence[Note]) -> None:
        """Print notes above what is to come."""
        for note in notes:
            self._console.print(note.text, markup=False, soft_wrap=True)
        if notes:
            self._console.print()

    def step(self, text: str) -> None:
        """Show what is being done until something else is."""
        from rich.text import Text

        if not self._rest:
            self._live.update(Text(text, style="dim"), refresh=True)

    def _print(self, text: str) -> None:
        from rich.markdown import Markdown

        self._console.print(Markdown(text, hyperlinks=False))
