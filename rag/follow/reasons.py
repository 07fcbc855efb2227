"""Why a paper is recommended: a sentence of its abstract, and the kept paper that it is like.

The ranking is made without it and stays as it is (Prism, 2511.16543: rank first, explain apart). A reason that its
sentence does not bear out is not given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.follow.profile import Interest, Profile
from rag.follow.promotion import honest
from rag.follow.recommendation import Recommendation
from rag.index.library import Library
from rag.models import embed_texts
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import SEPARATOR, Paper

BORNE = 0.5
"""Least cosine similarity of a sentence to the kept paper that it is said to resemble."""
SHARED = 8.0
"""Least idf of the terms that the sentence shares with that paper, together."""

TRIED = 4
"""Sentences that are compared, those that share most."""

Weigh = Callable[[Collection[str]], Mapping[str, float]]
Terms = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a paper is recommended.

    Attributes:
        start: Where the sentence begins in the paper's stored text; ``paper.text[start:end]`` is it, verbatim.
        end: Where it ends.
        kept_id: The kept paper that it resembles; None where it is a sentence that the reader typed.
        interest: Key of the interest.
    """

    paper_id: str
    start: int
    end: int
    kept_id: str | None
    interest: str


def reasons(
    library: Library, profile: Profile, recommendations: Sequence[Recommendation]
) -> Mapping[str, Reason | None]:
    """Explain recommendations, by paper; None where no sentence bears the reason."""
    interests = {one.key: one for one in profile.interests}
    shown = [one for one in recommendations if one.interest in interests]
    of = {one.interest: _compared(profile, interests[one.interest]) for one in shown}
    papers = library.shelf.papers([one.paper_id for one in shown])
    kept = library.shelf.papers([one for ids in of.values() for one in ids])
    found: dict[str, Reason | None] = {one.paper_id: None for one in recommendations}
    with library.indexes() as indexes:
        terms, weigh = indexes.lexical.analyze, indexes.lexical.idf
        for one in shown:
            if paper := papers.get(one.paper_id):
                texts = [readable(f"{kept[k].title}{SEPARATOR}{kept[k].abstract}") for k in of[one.interest]]
                against = _Against(
                    interests[one.interest], of[one.interest], texts or [interests[one.interest].sentence]
                )
                found[one.paper_id] = _reason(library, profile, paper, against, terms, weigh)
    return found


@dataclass(frozen=True, slots=True)
class _Against:
    """What a paper is compared with: the newest kept papers of an interest with their texts, or what was typed."""

    interest: Interest
    kept: Sequence[str]
    texts: Sequence[str]


def _compared(profile: Profile, interest: Interest) -> tuple[str, ...]:
    """The papers of an interest whose vectors the profile holds, in their order."""
    return interest.papers[-len(profile.tastes[interest.key].papers) :] if interest.papers else ()


def _reason(
    library: Library, profile: Profile, paper: Paper, against: _Against, terms: Terms, weigh: Weigh
) -> Reason | None:
    """The sentence that says best what the paper shares with one of those, where it says enough."""
    spans = _sentences(paper, honest(paper, profile.said))
    texts = [readable(paper.text[a:b]) for a, b in spans]
    own, theirs = ([set(terms(text)) for text in of] for of in (texts, against.texts))
    weights = weigh(set().union(*own))
    shared = np.array([[sum(weights[t] for t in sorted(a & b)) for b in theirs] for a in own]).reshape(-1, len(theirs))
    telling = np.argsort(-shared.max(axis=1, initial=0.0), kind="stable")[:TRIED]
    telling = telling[shared[telling].max(axis=1, initial=0.0) >= SHARED]
    if not len(telling):
        return None
    said = embed_texts(library.embedding, [texts[n] for n in telling])
    likeness = said @ profile.tastes[against.interest.key].papers.T
    borne = np.where((likeness >= BORNE) & (shared[telling] >= SHARED), likeness, -1.0)
    best, near = np.unravel_index(int(borne.argmax()), borne.shape)
    if borne[best, near] < 0:
        return None
    start, end = spans[int(telling[best])]
    return Reason(paper.paper_id, start, end, against.kept[int(near)] if against.kept else None, against.interest.key)


def _sentences(paper: Paper, left: str) -> list[tuple[int, int]]:
    """Where the sentences of an abstract stand in the paper's text, as far as they are among those left."""
    if not paper.abstract:
        return []
    start = len(paper.title) + len(SEPARATOR)
    spans = ((start + a, start + b) for a, b in sentences(paper.abstract))
    return [(a, b) for a, b in spans if paper.text[a:b] in left]
