"""What a reader is interested in, worked out from what they keep: in words, and as vectors.

Kept papers are read in the order in which they were kept. Each joins the interest that it is nearest to, or begins one:
so what is kept later moves the interests that it touches, and no other (EvoRec, 2511.16414: locate, forget, update). A
sentence that the reader typed is an interest by itself. Nothing depends on the time of day: who keeps nothing new has
the same profile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from rag.errors import IndexDamaged
from rag.follow.space import Space, Vectors, space_of
from rag.follow.titles import SHY
from rag.index.library import Library
from rag.papers.readers.interests import OF_A_PAPER, TypedInterest
from rag.papers.readers.kept import Kept
from rag.retrieve.query_vector import question_vector
from rag.screen.copies import shingles
from rag.text.readable import readable
from rag.themes.labels import name_themes
from rag.types import Paper

NEAR = 0.45
"""Mean cosine similarity to an interest's papers from which a paper joins it. Of two papers of one reading list nine in
ten are as near; so are those of one topic in a library that has no other."""
HALF = 30
"""Papers kept later after which one counts half."""
SAID = 3.0
"""How many papers kept just now a typed sentence counts as much as."""
NEWEST = 30
"""An interest's papers of which titles and authors are read, and which reasons name."""
NAMED = 12
"""An interest's newest papers that name it."""
PHRASED = 20
"""Interests that are named by what their papers share, the heaviest; the others by a title, which takes no time."""
KIND, ABOVE = 0.42, 0.15
"""Cosine similarity from which a paper is of an unwanted one's kind; at least so much above that of the library's paper
in the middle, since in a library of one field all are alike."""
UNWANTED = 200
"""Unwanted papers that are remembered with their kind, the ones said last."""


class Standing(StrEnum):
    """What there is to rank by."""

    KNOWN = "known"
    NOTHING = "nothing"
    ONLY_LESS = "only_less"
    GONE = "gone"
    MUTED = "muted"
    DAMAGED = "damaged"

    @property
    def sentence(self) -> str:
        """What the reader is told; empty where all is well."""
        return _SENTENCES[self]


_SENTENCES: Mapping[Standing, str] = {
    Standing.KNOWN: "",
    Standing.NOTHING: "Nothing is kept yet, so these are the newest papers: star one, or say in a sentence what you "
    "would like to read about.",
    Standing.ONLY_LESS: "So far it is only known what you want less of, so these are the newest papers without it: "
    "star one, or say in a sentence what you would like to read about.",
    Standing.GONE: "The papers that you keep are no longer in the library, so these are its newest.",
    Standing.MUTED: "You took out all interests that your kept papers tell of, so these are the newest papers.",
    Standing.DAMAGED: "What you keep cannot be read, so these are the newest papers: restore kept.sqlite from a "
    "backup, or move it away.",
}


@dataclass(frozen=True, slots=True)
class Interest:
    """One thing a reader is interested in.

    Attributes:
        words: What it is called.
        papers: Kept papers that it comes from, the first kept first; none where it was typed.
        sentence: As the reader typed it; empty where it comes from kept papers.
        weight: Its share of the profile, 0…1; all together make 1.
        key: By which it is taken out; stays as long as its first paper is kept.
    """

    words: str
    papers: tuple[str, ...]
    sentence: str
    weight: float
    key: str


@dataclass(frozen=True, slots=True)
class Taste:
    """What ranks papers for an interest.

    Attributes:
        vector: The mean of its papers, levelled (`Space.levelled`) [d].
        papers: The stored vectors of its newest papers, or of the sentence [n, d], as `Interest.papers` ends.
        terms: What index terms of titles weigh.
        authors: What papers of its authors weigh, by id.
    """

    vector: Vectors
    papers: Vectors
    terms: Mapping[str, float]
    authors: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a reader.

    Attributes:
        interests: The heaviest first.
        less: Papers of whose kind they want less, the one said last first.
        muted: Keys of interests that they took out.
        gone: Number of kept papers that are not in the library.
        standing: What there is to rank by; its sentence says why there is nothing.
        known: Papers that need no recommending: kept, read or unwanted.
        avoided: Papers of the kind of unwanted ones.
        tastes: What ranks by each interest, by its key.
        said: What kept papers say, as hashes of runs of words: who repeats it is not like them.
    """

    interests: tuple[Interest, ...] = ()
    less: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()
    gone: int = 0
    standing: Standing = Standing.NOTHING
    known: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()
    tastes: Mapping[str, Taste] = field(default_factory=dict, compare=False, repr=False)
    said: Collection[int] = field(default=frozenset(), compare=False, repr=False)


def profile_of(library: Library, kept: Kept, user: str) -> Profile:
    """Work out a reader's profile.

    Args:
        library: Holds the papers.
        kept: What readers keep; a file that turns out to be damaged is told by the profile's standing.
        user: The reader.

    Raises:
        EmptyLibrary: there are no papers.
        LibraryError: what is kept cannot be read just now, though it is not damaged.
    """
    space = space_of(library)
    try:
        liked = [one.paper_id for one in kept.liked(user)]
        less, done, muted = kept.lessened(user), kept.done(user), kept.muted(user)
        typed = kept.interests(user)
    except IndexDamaged:
        return Profile(standing=Standing.DAMAGED)
    unwanted = set(less)
    held = [one for one in liked if one in space.row and one not in unwanted]
    groups, papers = _groups(library, space, held, muted)
    counts = {paper_id: 0.5 ** ((len(held) - 1 - n) / HALF) for n, paper_id in enumerate(held)}
    heavy = {OF_A_PAPER + group[0]: sum(counts[one] for one in group) for group in groups}
    groups.sort(key=lambda group: -heavy[OF_A_PAPER + group[0]])
    heavy |= {one.key: SAID for one in typed}
    total = sum(heavy.values())
    names = _names(library, [[papers[one] for one in group[-NAMED:]] for group in groups])
    interests = [
        Interest(name, tuple(group), "", heavy[OF_A_PAPER + group[0]] / total, OF_A_PAPER + group[0])
        for name, group in zip(names, groups, strict=True)
    ]
    interests += [Interest(one.sentence, (), one.sentence, heavy[one.key] / total, one.key) for one in typed]
    tastes = {OF_A_PAPER + group[0]: _taste(library, space, group, counts, papers) for group in groups}
    return Profile(
        tuple(sorted(interests, key=lambda one: (-one.weight, one.key))),
        less,
        muted,
        sum(one not in space.row for one in liked),
        _standing(interests, held, liked, less, muted),
        frozenset((*liked, *done, *less)),
        _kind(space, less[:UNWANTED]),
        tastes | {one.key: _said(library, space, one) for one in typed},
        frozenset(run for paper in papers.values() for run in shingles(paper.abstract)),
    )


def _groups(
    library: Library, space: Space, held: Sequence[str], muted: Sequence[str]
) -> tuple[list[list[str]], dict[str, Paper]]:
    """Papers by interest, without interests that were taken out, and the newest papers of each.

    An interest that was taken out is told by the paper that began it, whether or not that one is kept any more: what
    joined it stays out. A paper that another process has removed since the library was read is left out.
    """
    begun = [key.removeprefix(OF_A_PAPER) for key in muted]
    out = {one for one in begun if one in space.row}
    gone: set[str] = set()
    while True:
        left = [one for one in held if one not in gone]
        before = [one for one in begun if one in out and one not in set(left)]
        groups = [group for group in grouped(space, [*before, *left]) if out.isdisjoint(group)]
        newest = [one for group in groups for one in group[-NEWEST:]]
        papers = library.shelf.papers(newest)
        if len(papers) == len(newest):
            return groups, papers
        gone.update(one for one in newest if one not in papers)


def grouped(space: Space, paper_ids: Sequence[str]) -> list[list[str]]:
    """Papers by interest: each joins the interest that is nearest in the mean and near enough, or begins one.

    Args:
        space: Holds the papers.
        paper_ids: In the order in which they were kept.
    """
    groups: list[list[str]] = []
    room = 16
    sums, sizes = np.zeros((room, space.vectors.shape[1])), np.ones(room)
    for paper_id in paper_ids:
        vector = space.vectors[space.row[paper_id]].astype(np.float64)
        likeness = sums[: len(groups)] @ vector / sizes[: len(groups)]
        best = int(np.argmax(likeness)) if groups else 0
        if groups and likeness[best] >= NEAR:
            groups[best].append(paper_id)
            sums[best] += vector
            sizes[best] += 1
            continue
        if len(groups) == room:
            sums, sizes, room = np.concatenate([sums, 0 * sums]), np.concatenate([sizes, np.ones(room)]), 2 * room
        sums[len(groups)] = vector
        groups.append([paper_id])
    return groups


def _kind(space: Space, less: Sequence[str]) -> frozenset[str]:
    """The papers of the kind of unwanted ones."""
    rows = space.rows(less)
    if not len(rows):
        return frozenset()
    likeness = space.vectors @ space.vectors[rows].T
    least = np.maximum(np.median(likeness, axis=0) + ABOVE, KIND)
    return frozenset(space.ids[row] for row in np.flatnonzero((likeness >= least).any(axis=1)))


def _taste(
    library: Library, space: Space, group: Sequence[str], counts: Mapping[str, float], papers: Mapping[str, Paper]
) -> Taste:
    """What the papers of an interest rank by; the later kept count more."""
    shares = np.array([counts[one] for one in group])
    vector = shares @ space.own[space.rows(group)]
    newest = [papers[one] for one in group[-NEWEST:]]
    lately = [counts[paper.paper_id] / max(counts[group[-1]], 1e-9) for paper in newest]
    return Taste(
        np.asarray(vector / (np.linalg.norm(vector) or 1.0), dtype=np.float32),
        space.vectors[space.rows(paper.paper_id for paper in newest)],
        space.titles.weights([paper.title for paper in newest], lately),
        _authors(library, space, [paper.paper_id for paper in newest], lately),
    )


def _said(library: Library, space: Space, one: TypedInterest) -> Taste:
    """What a sentence ranks by."""
    vector = question_vector(library, one.sentence)[None, :]
    return Taste(space.levelled(vector)[0], vector, space.titles.weights([one.sentence], [1.0]), {})


def _authors(library: Library, space: Space, group: Sequence[str], shares: Sequence[float]) -> dict[str, float]:
    """What papers weigh, by id, for whom they are by: the log-odds of their authors, as terms of titles."""
    share = dict(zip(group, shares, strict=True))
    weights: dict[str, float] = {}
    for papers in library.shelf.entities.authors_of(group).values():
        count = sum(share.get(one, 0.0) for one in papers)
        usual = len(papers) / max(len(space.ids), 1)
        lift = float(np.log((count + usual) / ((sum(shares) + 1) * usual)))
        for one in papers:
            weights[one] = weights.get(one, 0.0) + max(lift, 0.0) * count / (sum(shares) + SHY)
    return weights


def _names(library: Library, themes: Sequence[Sequence[Paper]]) -> list[str]:
    """What each interest is called, by itself, so that another one leaves its name alone: a phrase, else a title.

    Args:
        library: Holds the papers.
        themes: The newest papers of each interest, the heaviest interest first.
    """
    if not themes:
        return []
    with library.indexes() as indexes:
        analyze, idf = indexes.lexical.analyze, indexes.lexical.idf
        names = [name_themes([theme], [], "", analyze, idf)[0] for theme in themes[:PHRASED]]
    names += [""] * (len(themes) - len(names))
    return [name or readable(theme[0].title) for name, theme in zip(names, themes, strict=True)]


def _standing(
    interests: Sequence[Interest], held: Sequence[str], liked: Sequence[str], less: Sequence[str], muted: Sequence[str]
) -> Standing:
    if interests:
        return Standing.KNOWN
    if held and muted:
        return Standing.MUTED
    if less:
        return Standing.ONLY_LESS
    return Standing.GONE if liked else Standing.NOTHING
