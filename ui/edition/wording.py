"""What an edition's files say in the same words: headings, changed places, what a question brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rag.follow.changes import Cited
from rag.follow.questions import Brought
from rag.text.differences import Difference
from rag.text.grammar import plural
from rag.text.readable import readable
from rag.topics.digest import Changed
from rag.types import Paper
from ui.edition import Edition

Mark = Callable[[str], str]
"""Writes a stretch of text in one of the ways in which it changed."""
AROUND = 6
"""Words shown before and after a changed place."""
PEOPLE = 4
"""Authors named of a paper that has more."""


def heading(edition: Edition) -> str:
    """The title of the digest."""
    since, until = edition.digest.since, edition.digest.until
    return f"Papers of {until}" if since == until else f"Papers from {since} to {until}"


def lead(edition: Edition) -> str:
    """How much there is, in a sentence."""
    digest = edition.digest
    if not digest.entries and not digest.changed:
        return "No paper was listed for the first time, and none in a new version."
    papers = f"{plural(len(digest.entries), 'new paper')} in {plural(len(digest.parts), 'theme')}"
    return f"{papers}; {plural(len(digest.changed), 'paper')} in a new version."


def title_of(paper: Paper) -> str:
    """The title as it is read; the id of a paper without one."""
    return readable(paper.title) or paper.paper_id


def people(paper: Paper) -> str:
    """The authors in a line; before them, where a paper has been withdrawn, that it was."""
    names = ", ".join(map(readable, paper.authors[:PEOPLE])) or "unknown authors"
    more = " et al." * (len(paper.authors) > PEOPLE)
    return f"{'Withdrawn. ' if paper.withdrawn else ''}{names}{more}"


def revised(changed: Changed) -> str:
    """Which version came when, and after which one."""
    new, old = changed.revision.new, changed.revision.old
    return f"{changed.revision.day}, version {new.version} after {old.version} ({new.paper_id})"


def address(url: str) -> str:
    """An address that a link may lead to; empty where it is of another kind."""
    return url if url.startswith(("https://", "http://")) else ""


def shortened(found: Sequence[Difference]) -> list[Difference | None]:
    """The changed places with a few words around them; None stands where text is passed over."""
    shown: list[Difference | None] = []
    if all(one.is_kept for one in found):
        return shown
    for n, one in enumerate(found):
        words = one.new.split()
        if not one.is_kept or len(words) <= 2 * AROUND:
            shown.append(one)
            continue
        before = " ".join(words[:AROUND]) if n else ""
        after = " ".join(words[-AROUND:]) if n < len(found) - 1 else ""
        if before:
            shown.append(_kept(f"{' ' * one.new[:1].isspace()}{before} "))
        shown.append(None)
        if after:
            shown.append(_kept(f" {after}{' ' * one.new[-1:].isspace()}"))
    return shown


def stretches(found: Sequence[Difference], kept: Mark, taken: Mark, put: Mark) -> str:
    """The changed places as one line of text; empty where nothing changed.

    Args:
        found: A text's stretches.
        kept: Writes what both versions say.
        taken: Writes what was taken out.
        put: Writes what was put in.
    """
    parts = []
    for one in shortened(found):
        if one is None:
            parts.append(" … ")
        elif one.is_kept:
            parts.append(kept(one.new))
        else:
            parts += [_marked(one.old, taken), _marked(one.new, put)]
    return " ".join("".join(parts).split())


def _marked(text: str, mark: Mark) -> str:
    """A text marked without the white space at its ends, which stays outside."""
    inner = text.strip()
    return f"{' ' * text[:1].isspace()}{mark(inner)}{' ' * text[-1:].isspace()}" if inner else text


def brought_lines(brought: Brought) -> Iterator[str]:
    """What a followed question brought, a line a paper; one line where it brought nothing."""
    for kind, papers in (("New", brought.change.new), ("No longer cited", brought.change.dropped)):
        for paper in papers:
            yield f"{kind}: {cited(paper)}"
    for _, after in brought.change.changed:
        yield f"Quoted anew: {cited(after)}"
    if brought.followed.problem:
        yield f"Could not be asked again: {brought.followed.problem}"
    elif not brought.answer:
        yield "Not asked yet in these days."
    elif not brought.change:
        yield "Nothing that differs."


def cited(paper: Cited) -> str:
    """A paper in a line with what is quoted of it."""
    quotes = " ".join(f"“{readable(quote)}”" for quote in paper.quotes)
    return f"{readable(paper.title)} ({paper.paper_id}): {quotes}"


def _kept(text: str) -> Difference:
    return Difference(text, text)
