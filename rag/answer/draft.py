"""A draft: what a writer proposes to quote, paper by paper, before the citation check has seen it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag.types import Citation, Passage

Told = Literal["again", "partly", "besides"]
"""What stands in the answer before: what is asked (``again``: quoted because it is what is asked for; ``partly``: new
sentences beside it), or all that the paper tells about it (``besides``: what is quoted is something else)."""
Apart = Literal["abstracts", "papers", "mentioned"]
"""How far two papers are from telling which is ahead: neither names the other, in what is held of them (``abstracts``,
or ``papers`` where their full texts are); or one does, and no sentence was found that says which is ahead."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of a passage's paper that belongs into the answer; offsets count into the paper's stored text."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer proposes, paper by paper, before its quotes are checked.

    Attributes:
        found: Papers that fit, of which the first are quoted.
        themes: The theme of each paper by its id, where they are grouped.
        told: What was told in the answer before; None where what is quoted is new.
        rivals: One of the papers is likely to be meant, and nobody can tell which.
        apart: What the papers lack of which it is asked which is ahead; None where they tell it, or it is not asked.
    """

    quotes: tuple[tuple[Quote, ...], ...]
    found: int = 0
    themes: Mapping[str, str] = field(default_factory=dict)
    told: Told | None = None
    rivals: bool = False
    apart: Apart | None = None


def quote_text(quote: Quote) -> str:
    """The quoted characters, as the passage holds them."""
    return quote.passage.text[quote.start - quote.passage.start : quote.end - quote.passage.start]


def is_title(citation: Citation) -> bool:
    """Whether a citation only names its paper."""
    return citation.start == 0 and citation.quote == citation.title


def join_neighbours(quotes: Sequence[Quote], *, across_lines: bool = True) -> tuple[Quote, ...]:
    """Join quotes of one passage between which only white space stands.

    Args:
        quotes: In reading order.
        across_lines: Also over the end of a line, where a paragraph, a note or a row of a table ends in a full text.
    """
    joined: list[Quote] = []
    for quote in quotes:
        last = joined[-1] if joined else None
        if last and last.passage is quote.passage:
            between = quote.passage.text[last.end - quote.passage.start : quote.start - quote.passage.start]
            if not between.strip() and (across_lines or "\n" not in between):
                joined[-1] = Quote(quote.passage, last.start, quote.end)
                continue
        joined.append(quote)
    return tuple(joined)
