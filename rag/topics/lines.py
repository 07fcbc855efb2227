"""The line that speaks for a paper: one sentence of its abstract, chosen by the answer scorer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rag.models.answer_scorer import Abstract, installed
from rag.text.readable import readable
from rag.text.sentences import Span, sentences
from rag.topics.highlights import LEANING, leans
from rag.types import Paper

ASKED = "What does this paper propose?"
"""Asked beside the title itself, whose mean counts: alone the question also takes sentences on code and outlook, the
title alone those on the field."""
_TOGETHER = 16
"""Papers scored at once, between two signs of progress."""


def lines(papers: Sequence[Paper], threads: int | None = None) -> Iterator[Span | None]:
    """Choose a sentence of each paper's abstract, in their order: where it stands in the stored text.

    Args:
        papers: Any versions; one without an abstract has no line (None).
        threads: Processor threads of the scorer.
    """
    for start in range(0, len(papers), _TOGETHER):
        yield from _chosen(papers[start : start + _TOGETHER], threads)


def _chosen(papers: Sequence[Paper], threads: int | None) -> list[Span | None]:
    spans = [sentences(paper.abstract) for paper in papers]
    read = [
        Abstract(readable(paper.title), tuple(readable(paper.abstract[slice(*span)]) for span in of))
        for paper, of in zip(papers, spans, strict=True)
    ]
    scorer = installed(threads)
    proposing = scorer.score(ASKED, read)
    found: list[Span | None] = []
    for paper, of, abstract, first in zip(papers, spans, read, proposing, strict=True):
        if not of:
            found.append(None)
            continue
        (titled,) = scorer.score(abstract.title, [abstract]) if abstract.title else (first,)
        leaning = np.array([leans(text) for text in abstract.sentences])
        start, end = of[int(np.argmax((first.sentences + titled.sentences) / 2 - LEANING * leaning))]
        found.append((paper.abstract_start + start, paper.abstract_start + end))
    return found
