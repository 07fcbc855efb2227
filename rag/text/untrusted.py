"""Strangers' text in a prompt: delimited by tags, and unable to forge one."""

from __future__ import annotations

from collections.abc import Sequence

from rag.text.readable import readable
from rag.types import Passage


def unheld(passages: Sequence[Passage]) -> list[Passage]:
    """The passages that a prompt may show: those of papers held for review are left out."""
    return [passage for passage in passages if not passage.held]


def as_data(text: str) -> str:
    """Text without angle brackets, so that no tag of a prompt can be opened or closed in it."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def as_passages(passages: Sequence[Passage], words: int | None = None, first: int = 1) -> str:
    """Passages as a prompt shows them, numbered from `first`: readable, delimited, clipped to `words` each."""
    shown = []
    for n, passage in enumerate(passages, first):
        text = " ".join(readable(passage.text).split()[:words])
        title = as_data(readable(passage.title))
        shown.append(f'<passage n="{n}">\n{title}\n{as_data(text)}\n</passage>')
    return "\n".join(shown)
