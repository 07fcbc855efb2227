"""Papers in a list as HTML: a title that leads to the paper's page, authors that lead to their papers, a line of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from rag.text.readable import readable
from rag.types import Paper
from ui.web.base import address
from ui.web.html.rendering import EMPTY, element, join, moment

NAMES = 4
"""Authors named in a list; of a paper with more, the others are counted."""
UNSEEN = element("h2", "Papers", class_="unseen")
"""Heads a list whose page needs no heading to be seen: without it, the headings of its rows would skip a level."""


def title_of(paper: Paper) -> str:
    """The title as it is read; the id of a paper without one."""
    return readable(paper.title) or paper.paper_id


def people(authors: Sequence[str], most: int = NAMES) -> Markup:
    """Authors, each a link to their papers here; where there are more than `most`, the others are counted."""
    shown = authors if len(authors) <= most + 1 else authors[:most]
    links = [element("a", readable(name), href=address.library(author=readable(name))) for name in shown]
    more = f" and {len(authors) - len(shown)} more" if len(shown) < len(authors) else ""
    return join([join(links, ", "), more])


def row(
    paper: Paper, line: Markup | str = "", *, marks: Markup = EMPTY, lead: Markup = EMPTY, below: Markup = EMPTY
) -> Markup:
    """A paper as an item of a list.

    Args:
        paper: Which.
        line: A sentence of it, or what else stands below its authors.
        marks: What the reader may do with it.
        lead: What stands before its title.
        below: Blocks below all that.
    """
    withdrawn = element("span", "Withdrawn", class_="tag") if paper.withdrawn else EMPTY
    held = element("span", "Held for review", class_="tag") if paper.held else EMPTY
    said = element("p", line, class_="line") if line else EMPTY
    names = [" · ", people(paper.authors)] if paper.authors else []
    return element(
        "li",
        lead,
        element(
            "div",
            element(
                "h3", element("a", title_of(paper), href=address.paper(paper.paper_id), class_="title"), withdrawn, held
            ),
            element("p", "date unknown" if paper.undated else moment(paper.date), *names, class_="by"),
            said,
            below,
            class_="what",
        ),
        marks,
        class_="row",
        data_paper=paper.paper_id,
    )


def listed(rows: Iterable[Markup]) -> Markup:
    """Rows as a list."""
    return element("ul", *rows, class_="rows")


def dot(*, is_unread: bool = False) -> Markup:
    """What stands before a row: a dot, also in words, where the paper was not read yet; else its room."""
    if not is_unread:
        return element("span", class_="dot", aria_hidden="true")
    return element("span", element("span", "Unread", class_="unseen"), class_="dot unread", title="Unread")
