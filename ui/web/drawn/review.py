"""The page of papers held for review: why each is, the very passage, and what a person says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from rag.papers.flags import Flag, Held
from rag.text.grammar import plural
from rag.types import Paper
from ui import review
from ui.web.html import items
from ui.web.html.rendering import EMPTY, element

_LEAD = "They are in the library and found, but no language model is shown them, and clean papers stand before them."


def page(found: Sequence[tuple[Held, Paper]], titles: Mapping[str, str]) -> Markup:
    """The whole page.

    Args:
        found: What is held, and what was released.
        titles: Of the papers that others are copies of, by id.
    """
    held = [pair for pair in found if pair[0].is_held]
    released = [pair for pair in found if not pair[0].is_held]
    lead = f"{plural(len(held), 'paper')} held. {_LEAD}" if held else "No paper is held."
    return element(
        "div",
        element("h1", "Held for review", tabindex="-1"),
        element("p", lead, class_="lead"),
        element("h2", "Held", class_="unseen") + items.listed(_row(*pair, titles) for pair in held) if held else EMPTY,
        element("h2", "Released") + items.listed(_row(*pair, titles) for pair in released) if released else EMPTY,
        class_="page review",
        data_part="review",
    )


def _row(held: Held, paper: Paper, titles: Mapping[str, str]) -> Markup:
    why = [_why(flag, paper.text, titles) for flag in held.flags] or [element("p", f"It is {review.BY_HAND}.")]
    shown = replace(paper, held=False)  # the page says so of all its rows
    return items.row(shown, below=element("div", *why, class_="why"), marks=choice(paper, is_held=held.is_held))


def _why(flag: Flag, text: str, titles: Mapping[str, str]) -> Markup:
    """A reason, and below it the stranger's words, with some around them, as a quotation."""
    before, passage, after = review.around(text, flag)
    quote = element("blockquote", before, element("mark", passage), after)
    return element("p", f"It {review.why(flag, titles)}:") + quote


def choice(paper: Paper, *, is_held: bool) -> Markup:
    """The button that releases a paper, or holds it."""
    name, action = ("Release", "release") if is_held else ("Hold for review", "hold")
    return element(
        "form",
        element("input", type="hidden", name="papers", value=paper.paper_id),
        element("button", name, type="submit", class_="quiet", aria_label=f"{name}: {items.title_of(paper)}"),
        data_post=f"/act/{action}",
    )
