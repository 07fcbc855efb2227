"""Questions to begin with, made from the newest papers of the library."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.readable import readable
from rag.shelf import Shelf
from rag.types import Paper

EXAMPLES = 4
_LOOKED_AT = 60
"""Newest papers among which names are looked for."""
_NAMED = re.compile(r"^([A-Z][\w.+-]*(?:[A-Z0-9][\w.+-]*)+(?: [A-Z][\w.+-]*)?): (\S.*)$")
"""A title that begins with a system's name, written as names are: ``IterQR: An Iterative Framework…``."""


def examples(shelf: Shelf) -> list[str]:
    """Questions that the library can answer, one a paper; the same library gives the same ones.

    A paper whose title begins with a system's name is asked about by that name, and the newest report about its
    papers. Without a name, the title itself is asked about.
    """
    papers = shelf.browse(limit=_LOOKED_AT)
    if not papers:
        return []
    named = [(paper, found[1]) for paper in papers if (found := _NAMED.match(readable(paper.title)))]
    asked = [f"How does {name} work?" for _, name in named[:2]]
    asked += [f"What results does {name} report?" for _, name in named[2:3]]
    asked += [_about(paper) for paper in _unnamed(papers, named)[: EXAMPLES - 1 - len(asked)]]
    return [*asked, f"Which papers were first listed on {papers[0].date}?"]


def _unnamed(papers: Sequence[Paper], named: Sequence[tuple[Paper, str]]) -> list[Paper]:
    taken = {paper.paper_id for paper, _ in named}
    return [paper for paper in papers if paper.paper_id not in taken]


def _about(paper: Paper) -> str:
    return f"What does “{readable(paper.title)}” propose?"
