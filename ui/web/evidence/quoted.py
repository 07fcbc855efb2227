"""An answer in quotes as HTML: of several papers a row for each, which opens to its quotes; other text as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

from rag.answer.render import render_group
from rag.text.markdown import escape
from rag.text.readable import readable
from rag.types import Answer, Citation
from ui.web.evidence.papers import people_of
from ui.web.html.rendering import dated, element, fact_line, join, markdown, marker, paper_link, when

NAMES = 3
"""Authors named before the rest is counted."""
_SEVERAL = ("list", "topic", "compare")


def body(answer: Answer, prefix: str) -> Markup:
    """What an answer says, in rows where it quotes several papers.

    Args:
        answer: As it was checked.
        prefix: Of the ids that its markers lead to.
    """
    titles = [readable(citation.title) for citation in answer.citations]
    pieces = _pieces(answer) if answer.mode == "extractive" else None
    if pieces is None:
        return markdown(answer.answer, prefix, titles)
    several = sum(isinstance(piece, list) for piece in pieces) > 1
    return join(_shown(pieces, prefix, titles, in_rows=several and answer.shape in _SEVERAL))


def _shown(
    pieces: Sequence[str | list[Citation]], prefix: str, titles: Sequence[str], *, in_rows: bool
) -> Iterator[Markup]:
    for is_text, run in groupby(pieces, lambda piece: isinstance(piece, str)):
        groups = [piece for piece in run if not is_text or isinstance(piece, str)]
        if is_text:
            yield markdown("".join(map(str, groups)), prefix, titles)
        elif in_rows:
            rows = (_row(piece, prefix, titles) for piece in groups if isinstance(piece, list))
            yield element("ul", *(element("li", row) for row in rows), class_="rows")
        else:
            yield join(_paper(piece, prefix, titles) for piece in groups if isinstance(piece, list))


def _paper(group: Sequence[Citation], prefix: str, titles: Sequence[str]) -> Markup:
    """A paper by itself: its title and day, and its quotes."""
    first = group[0]
    title = element("strong", paper_link(first.paper_id, readable(first.title)))
    version = f", version {first.version}" if first.version > 1 else ""
    day = when(first.date)
    if _is_named(group):
        return element("p", title, " ", marker(first.n, prefix, titles), " (", day, ")", class_="heading")
    quotes = (element("p", readable(one.quote), " ", marker(one.n, prefix, titles)) for one in group)
    return join([element("p", title, " (", day, f"{version})", class_="heading"), element("blockquote", *quotes)])


def _pieces(answer: Answer) -> list[str | list[Citation]] | None:
    """An answer's text, parted where it quotes a paper; None where a quote does not stand in it as it was written."""
    pieces: list[str | list[Citation]] = []
    rest = answer.answer
    for _, cited in groupby(answer.citations, lambda one: (one.paper_id, one.version)):
        group = list(cited)
        before, found, rest = rest.partition(_written(group))
        if not found:
            return None
        pieces += [before] if before.strip() else []
        pieces.append(group)
        if _is_named(group):  # what is said of it is left out of the row: its day stands there
            rest = rest.partition("\n")[2]
    return [*pieces, rest] if rest.strip() else pieces


def _written(group: Sequence[Citation]) -> str:
    """How an answer quotes a paper: its title alone (`rag.answer.holdings`), or what it says."""
    if not _is_named(group):
        return render_group(group)
    return f"- **{escape(readable(group[0].title))}** [{group[0].n}] ({group[0].when})"


def _is_named(group: Sequence[Citation]) -> bool:
    """Whether only a paper's title is quoted."""
    return len(group) == 1 and group[0].start == 0 and group[0].quote == group[0].title


def _row(group: Sequence[Citation], prefix: str, titles: Sequence[str]) -> Markup:
    """A paper: title, authors, day, one line; its quotes when it is opened."""
    first = group[0]
    markers = [marker(one.n, prefix, titles) for one in group]
    facts = [people_of(first.authors, NAMES) if first.authors else "", dated(first.date)]
    title = readable(first.title)
    cites = element("p", join(markers, " "), class_="cites")
    if _is_named(group):
        named = element("p", paper_link(first.paper_id, title), class_="title")
        return element("div", element("div", named, fact_line(facts)), cites, class_="found")
    line = element("span", readable(first.quote), class_="line")
    head = element("summary", element("span", title, class_="title"), fact_line(facts, "span"), line)
    quotes = [
        element("blockquote", element("p", readable(one.quote), " ", sign))
        for one, sign in zip(group, markers, strict=True)
    ]
    inside = element("div", *quotes, element("p", paper_link(first.paper_id, "Open the paper"), class_="onward"))
    return element("div", element("details", head, inside), cites, class_="found")
