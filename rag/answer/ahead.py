"""Which of two systems is ahead: what a paper of one says of the other, or else what each says of its own results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.answer.draft import Apart
from rag.index.library import Library
from rag.papers.claims import Claim
from rag.query import Question
from rag.query.lexicon.entities import resolve, stands_in
from rag.query.standing import RESULTS
from rag.retrieve.answer_scores import ANSWERS, AnswerScores, Judged

BETTER = "Which is better, {} or {}?"
"""What is asked besides in these words, for others are not always known to ask for it ("beat")."""
_COUNTED = -2.0
"""Log-odds that a sentence has at least which names the other system: whatever it says of it, it is to be seen."""
_OWN = tuple(claim for claim in Claim if claim >= Claim.PART)


class Ahead(NamedTuple):
    """What two papers say of which is ahead.

    Attributes:
        order: The papers, one that names the other first.
        odds: Of the sentences of one that does, each by its paper: -inf for those that do not name the other.
        results: The papers judged by what they say of their own results, where neither names the other.
        apart: How far they are from telling it (`rag.answer.draft.Apart`); None where a sentence does.
    """

    order: list[str]
    odds: Mapping[str, NDArray[np.floating]]
    results: Mapping[str, Judged]
    apart: Apart | None = None


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
    others = {one: _names(library, question, other) for one, other in zip(papers, papers[::-1], strict=True)}
    if not all(others.values()):  # nobody knows how the other would be named
        return None
    odds: dict[str, NDArray[np.floating]] = {}
    for paper in papers:
        says = np.array([_holds(sentence.text, others[paper]) for sentence in judged[paper].sentences])
        if says.any():
            odds[paper] = np.where(says, np.maximum(judged[paper].odds, _COUNTED), -np.inf)
    order = sorted(papers, key=lambda paper: paper not in odds)
    held = library.shelf.papers(papers)
    if odds or any(_holds(one.text, others[paper]) for paper, one in held.items()):  # in what nobody judged
        asked = [scores.of((one,), odds) for one in (question.wordings[0], BETTER.format(*question.subjects))]
        tells = any((of[paper].odds[one > -np.inf] >= ANSWERS).any() for paper, one in odds.items() for of in asked)
        return Ahead(order, odds, {}, None if tells else "mentioned")
    put = dict(zip(papers, question.put, strict=True)) if len(question.put) == len(papers) else {}
    judge = {paper: scores.of((put.get(paper, question.wordings[0]), RESULTS), [paper]) for paper in papers}
    results = {paper: found[paper] for paper, found in judge.items() if paper in found}
    return Ahead(order, {}, results, "papers" if all(one.body for one in held.values()) else "abstracts")


def _names(library: Library, question: Question, paper: str) -> tuple[str, ...]:
    """How a question calls the system of a paper; nothing where only its words as a whole tell which it is."""
    named = (*(resolve(library.shelf.entities, one) for one in question.subjects), *question.entities)
    mine = (one.text for one in named if set(one.papers(*_OWN)) & {paper})
    return tuple(dict.fromkeys(mine))


def _holds(text: str, names: Sequence[str]) -> bool:
    return any(stands_in(name, text) for name in names)
