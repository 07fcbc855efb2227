"""Which of two systems is ahead: what a paper of one says of the other, or else what each says of its own results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.index.library import Library
from rag.papers.claims import Claim
from rag.query import Question
from rag.query.lexicon.entities import resolve
from rag.retrieve.answer_scores import AnswerScores, Judged

RESULTS = "How well does it do in experiments?"
"""What is asked of two papers that do not speak of each other."""
_COUNTED = -2.0
"""Log-odds that a sentence has at least which names the other system: whatever it says of it, it is to be seen."""


class Ahead(NamedTuple):
    """What two papers say of which is ahead.

    Attributes:
        order: The papers, one that names the other first.
        odds: Of the sentences of one that does, each by its paper: -inf for those that do not name the other.
        results: The papers judged by what they say of their own results, where neither names the other.
    """

    order: list[str]
    odds: Mapping[str, NDArray[np.floating]]
    results: Mapping[str, Judged]


def which_is_ahead(
    library: Library, scores: AnswerScores, question: Question, papers: Sequence[str], judged: Mapping[str, Judged]
) -> Ahead | None:
    """What two papers say of which is ahead; None where that is not asked, or not both are there.

    Args:
        library: Knows how the systems are called.
        scores: Says which sentences answer.
        question: As it was read.
        papers: Those that are to be quoted.
        judged: The same, against the question.
    """
    if not question.ahead or set(question.named) != set(papers) or not set(papers) <= judged.keys():
        return None
    others = {one: _names(library, question.subjects, other) for one, other in zip(papers, papers[::-1], strict=True)}
    odds: dict[str, NDArray[np.floating]] = {}
    for paper in papers:
        says = np.array([bool(others[paper].search(sentence.text)) for sentence in judged[paper].sentences])
        if says.any():
            odds[paper] = np.where(says, np.maximum(judged[paper].odds, _COUNTED), -np.inf)
    order = sorted(papers, key=lambda paper: paper not in odds)
    held = library.shelf.papers(papers)
    if odds or any(others[paper].search(one.text) for paper, one in held.items()):  # in what nobody judged
        return Ahead(order, odds, {})
    put = dict(zip(papers, question.put, strict=True)) if len(question.put) == len(papers) else {}
    results = {paper: scores.of((put.get(paper, question.wordings[0]), RESULTS), [paper]) for paper in papers}
    return Ahead(order, {}, {paper: found[paper] for paper, found in results.items() if paper in found})


def _names(library: Library, subjects: Sequence[str], paper: str) -> re.Pattern[str]:
    """How the system of a paper may be written; "OneRec" does not stand in "OneRec-Think"."""
    found: dict[str, None] = {}
    for subject in subjects:
        for one in resolve(library.shelf.entities, subject).namings:
            if one.paper_id == paper and one.claim >= Claim.PART:
                found |= dict.fromkeys((subject, one.surface))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, found))})(?!\w|-[A-Z\d])")
