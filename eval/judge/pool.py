"""Pooling: the passages that two or more systems found for a question, from which its nuggets are made.

The track makes nuggets from the documents judged relevant. Here nobody has judged any: what the systems cited and
ranked first stands in, taken from all systems alike so that none is judged by what another never saw (pooling: Spärck
Jones and van Rijsbergen, 1975).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.types import Answer

if TYPE_CHECKING:
    from rag.index.library import Library

DEPTH = 10
"""Passages taken from each system's ranking, besides those it cites."""

PassageText = Callable[[str], str | None]
"""Text of a chunk by its id; None for one that is not in the library."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Distinct passages, and how many more the library no longer holds."""

    passages: tuple[str, ...]
    missing: int = 0


def pool(answers: Iterable[Answer], text_of: PassageText, depth: int = DEPTH) -> Pool:
    """Gather cited and highly ranked passages; the order of the systems does not matter.

    A passage comes first that any system cites, then by the best rank any system gives it, ties by id. Of a cited
    passage that the library lacks the quotes are taken.
    """
    best: dict[str, int] = {}
    quotes: dict[str, list[str]] = {}
    for answer in answers:
        for citation in answer.citations:
            best[citation.chunk_id] = 0
            quotes.setdefault(citation.chunk_id, []).append(citation.quote)
        for rank, passage in enumerate(answer.retrieved[:depth], 1):
            best[passage.chunk_id] = min(rank, best.get(passage.chunk_id, rank))
    texts: list[str] = []
    missing = 0
    for chunk_id in sorted(best, key=lambda chunk: (best[chunk], chunk)):
        text = text_of(chunk_id)
        missing += text is None
        texts += [text] if text is not None else sorted(set(quotes.get(chunk_id, ())))
    return Pool(tuple(dict.fromkeys(texts)), missing)


def passages_of(library: Library) -> PassageText:
    """Look passages up in a library."""

    def text_of(chunk_id: str) -> str | None:
        row = library.shelf.chunk_rows([chunk_id]).get(chunk_id)
        return library.paper(row.paper_id, row.version).text[row.start : row.end] if row else None

    return text_of
