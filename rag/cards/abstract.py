"""A paper's card: what its abstract states of task, method, data and result, and the link to its code."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.cards.clauses import clause, goal
from rag.cards.links import code_links
from rag.cards.mentions import candidates
from rag.models.sentence_roles import FIELDS, RoleModel
from rag.text.readable import readable
from rag.text.sentences import Span as Place
from rag.text.sentences import sentences
from rag.types import Paper
from rag.types.card import Card, Span

_HEAD = re.compile(r":\s|\s[–—-]\s")
_NAME_WORDS = 3
"""Words before a title's colon that may be a name."""
MOST_DATA = 6
NEARLY = 0.5
"""Log-odds by which a sentence may state the method less likely than the one that states the task does."""


def card(paper: Paper, model: RoleModel, flagged: Sequence[Place] = ()) -> Card:
    """What a paper's title and abstract say; all spans lie in the abstract, and links in the title too.

    Args:
        paper: A version.
        model: Tells the roles of sentences.
        flagged: Spans of its text that no field may hold anything of.
    """
    text, start = paper.text, paper.abstract_start
    placed = [(start + a, start + b) for a, b in sentences(paper.abstract)]
    within = [place for place in placed if not _overlaps(place, flagged)]
    name = own_name(paper.title)
    stated = _stated(text, within, name, model)
    return Card(
        paper.paper_id,
        paper.version,
        data=tuple(_span(text, place) for place in _data(text, start, within, paper.title, name, model)),
        code=tuple(_span(text, place) for place in code_links(paper.lead) if not _overlaps(place, flagged)),
        **{field: _span(text, place) for field, place in stated.items()},
    )


def own_name(title: str) -> str:
    """What a title calls the paper's own, before a colon or a dash; empty where it names nothing."""
    head, *rest = _HEAD.split(readable(title), maxsplit=1)
    return head.strip() if rest and len(head.split()) <= _NAME_WORDS else ""


def _overlaps(place: Place, others: Sequence[Place]) -> bool:
    return any(place[0] < end and start < place[1] for start, end in others)


def _span(text: str, place: Place) -> Span:
    return Span(*place, text[slice(*place)])


def _stated(text: str, within: list[Place], name: str, model: RoleModel) -> dict[str, Place]:
    """The clauses that state a field, where any sentence more likely does than none."""
    if not within:
        return {}
    scores = model.scores([readable(text[slice(*place)]) for place in within], name)
    best = dict(zip(FIELDS, np.argmax(scores, axis=1).tolist(), strict=True))
    rows = dict(zip(FIELDS, scores, strict=True))
    if best["method"] == best["task"]:
        best["method"] = _other(rows["method"], best["task"])
    told = {field: clause(text, within[n], field) for field, n in best.items() if rows[field][n] > 0}
    if best["method"] == best["task"] and "task" in told:
        told["task"] = goal(text, told["task"])
    return told


def _other(scores: NDArray[np.float64], best: int) -> int:
    """The sentence that states it nearly as likely as the best one does, which serves another field; else that one."""
    rest = scores.copy()
    rest[best] = -np.inf
    second = int(np.argmax(rest))
    return second if rest[second] > max(scores[best] - NEARLY, 0) else best


def _data(text: str, start: int, within: list[Place], title: str, name: str, model: RoleModel) -> list[Place]:
    """The names of data, each where it stands first."""
    names = candidates(text, start, within, title, name)
    return [one.span for one in names if np.dot(one.signs, model.mentions[:-1]) + model.mentions[-1] > 0][:MOST_DATA]
