"""An edition as a digest in Markdown, for reading and for mail; strangers' texts are plain text in it."""

from __future__ import annotations

from collections.abc import Iterator

from rag.sources.files import DIGEST
from rag.text.markdown import escape, escape_line
from rag.text.readable import readable
from rag.topics.digest import Changed, Entry
from ui.edition import Edition
from ui.edition.wording import address, brought_lines, heading, lead, people, revised, stretches, title_of


def markdown(edition: Edition) -> str:
    """The digest's file."""
    return "\n\n".join(_blocks(edition)) + "\n"


def _blocks(edition: Edition) -> Iterator[str]:
    yield DIGEST.decode()
    yield f"# {heading(edition)}"
    yield lead(edition)
    for part in edition.digest.parts:
        yield f"## {escape_line(part.theme)}"
        for entry in part.entries:
            yield from _paper(entry)
            for changed in edition.digest.changes(entry):
                yield _revision(changed)
                yield from _changes(changed)
    if edition.digest.of_earlier:
        yield "## New versions"
        for changed in edition.digest.of_earlier:
            yield f"**{escape(_line(title_of(changed.revision.new)))}**  \n{_revision(changed)}"
            yield from _changes(changed)
    if edition.brought:
        yield "## Followed questions"
    for brought in edition.brought:
        yield f"### {escape_line(_line(brought.followed.question))}"
        yield "\n".join(f"- {escape(_line(text))}" for text in brought_lines(brought))


def _paper(entry: Entry) -> Iterator[str]:
    paper = entry.paper
    yield f"**{escape(_line(title_of(paper)))}**  \n{escape(_line(people(paper)))}, {paper.date}, {_link(entry)}"
    if entry.line:
        yield f"> {escape_line(_line(readable(entry.line)))}"


def _link(entry: Entry) -> str:
    """Where the paper can be read; an address in angle brackets is a link whatever it holds."""
    url = address(entry.paper.url)
    plain = url and not set(url) & set("<> \n")
    return f"<{url}>" if plain else escape(entry.paper.paper_id)


def _revision(changed: Changed) -> str:
    return escape(_line(revised(changed)))


def _changes(changed: Changed) -> Iterator[str]:
    for name, found in (("Title", changed.title), ("Abstract", changed.abstract)):
        if shown := stretches(found, escape, _struck, _strong):
            yield f"{name}: {shown}"


def _struck(text: str) -> str:
    return f"~~{escape(text)}~~"


def _strong(text: str) -> str:
    return f"**{escape(text)}**"


def _line(text: str) -> str:
    return " ".join(text.split())
