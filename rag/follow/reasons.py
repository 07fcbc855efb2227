"""Why a paper is recommended: a sentence of its abstract, and the kept paper that it is like.

The ranking is made without it and stays as it is (Prism, 2511.16543: rank first, explain apart). A reason that its
sentence does not bear out is not given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.follow.profile import Interest, Profile
from rag.follow.promotion import honest
from rag.follow.quiz.gaps import abstract_sentences
from rag.follow.recommendation import Recommendation
from rag.follow.space import Space, Vectors, space_of
from rag.index.library import Library
from rag.models import embed_texts
from rag.text.readable import readable
from rag.types import SEPARATOR, Paper

BORNE = 0.6
"""Least cosine similarity of a sentence to the kept paper that it is said to resemble, and of the two papers."""
SHARED = 8.0
"""Least idf of the terms that the sentence shares with that paper, together; some of its title's among them."""
APART = 0.1
"""Least such similarity of what sets both apart from other papers."""
FIRST, SHARE = 10, 0.015
"""Of the library's papers the kept one is among so many that are nearest to the sentence, or that share of them."""
TYPED = 0.4
"""Least cosine similarity of a sentence to what was typed: questions and passages lie further apart."""
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
                against = _against(profile, interests[one.interest], kept)
                found[one.paper_id] = _reason(library, profile, paper, against, terms, weigh)
    return found


@dataclass(frozen=True, slots=True)
class _Against:
    """What a paper is compared with: the newest kept papers of an interest, or what was typed.

    Attributes:
        kept: Ids of the papers; none where it was typed.
        texts: One a paper, or what was typed; `titles` likewise.
        vectors: Theirs, in the same order [n, d].
    """

    interest: Interest
    kept: Sequence[str]
    texts: Sequence[str]
    titles: Sequence[str]
    vectors: Vectors


def _against(profile: Profile, interest: Interest, papers: Mapping[str, Paper]) -> _Against:
    """What papers of an interest are compared with; kept papers that were removed since are left out."""
    vectors = profile.tastes[interest.key].papers
    if interest.sentence:
        return _Against(interest, (), [interest.sentence], [interest.sentence], vectors)
    ids = _compared(profile, interest)
    rows = [n for n, one in enumerate(ids) if one in papers]
    those = [papers[ids[n]] for n in rows]
    texts = [readable(f"{one.title}{SEPARATOR}{one.abstract}") for one in those]
    return _Against(interest, [ids[n] for n in rows], texts, [readable(one.title) for one in those], vectors[rows])


def _compared(profile: Profile, interest: Interest) -> tuple[str, ...]:
    """The papers of an interest whose vectors the profile holds, in their order."""
    return interest.papers[-len(profile.tastes[interest.key].papers) :] if interest.papers else ()


def _reason(
    library: Library, profile: Profile, paper: Paper, against: _Against, terms: Terms, weigh: Weigh
) -> Reason | None:
    """The sentence that says best what the paper shares with one of those, where it says enough."""
    space = space_of(library)
    if paper.paper_id not in space.row or not against.texts:  # removed since the profile was made
        return None
    left = honest(paper, profile.said)
    spans = [one for one in abstract_sentences(paper) if paper.text[one[0] : one[1]] in left and "http" not in one[2]]
    texts = [text for _, _, text in spans]
    own, theirs, titles = ([set(terms(text)) for text in of] for of in (texts, against.texts, against.titles))
    weights = weigh(set().union(*own))
    shared = np.array(
        [
            [sum(weights[t] for t in sorted(a & b)) * bool(a & c) for b, c in zip(theirs, titles, strict=True)]
            for a in own
        ]
    ).reshape(-1, len(theirs))
    telling = np.argsort(-shared.max(axis=1, initial=0.0), kind="stable")[:TRIED]
    least = SHARED if against.kept else 0.0
    telling = telling[shared[telling].max(axis=1, initial=0.0) >= least]
    if not len(telling):
        return None
    said = embed_texts(library.embedding, [texts[n] for n in telling])
    likeness, borne = _resembles(space, said, paper, against)
    borne &= shared[telling] >= least
    best, near = np.unravel_index(int(np.where(borne, likeness, -1.0).argmax()), likeness.shape)
    if not borne[best, near]:
        return None
    start, end, _ = spans[int(telling[best])]
    return Reason(paper.paper_id, start, end, against.kept[int(near)] if against.kept else None, against.interest.key)


def _resembles(space: Space, said: Vectors, paper: Paper, against: _Against) -> tuple[Vectors, NDArray[np.bool_]]:
    """How near sentences are to kept papers [sentences, papers], and where near enough to be shown."""
    theirs = against.vectors
    likeness = np.asarray(said @ theirs.T, dtype=np.float32)
    if not against.kept:
        return likeness, likeness >= TYPED
    near = space.vectors @ said.T
    nearer = np.stack([(near > likeness[:, n]).sum(axis=0) for n in range(len(theirs))], axis=1)
    apart = space.levelled(said) @ space.levelled(theirs).T
    papers = space.vectors[space.row[paper.paper_id]] @ theirs.T
    most = max(FIRST, SHARE * len(space.ids))
    return likeness, (likeness >= BORNE) & (nearer < most) & (apart >= APART) & (papers >= BORNE)[None, :]
