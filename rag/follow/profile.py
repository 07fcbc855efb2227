"""What a reader is interested in, worked out from what they keep: in words, and as vectors.

Kept papers are read in the order in which they were kept. Each joins the interest that it is nearest to, or begins one:
so what is kept later moves the interests that it touches, and no other (EvoRec, 2511.16414: locate, forget, update). A
sentence that the reader typed is an interest by itself. Papers that answered questions count a little (`asked`), after
those that are kept: they join their interests, and change none that kept papers make. Nothing depends on the time of
day: who keeps and asks nothing new has the same profile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from rag.errors import IndexDamaged
from rag.follow.asked import Asked, Questions, questions_of
from rag.follow.space import Space, Vectors, space_of
from rag.follow.titles import SHY
from rag.index.library import Library
from rag.index.query_vector import question_vector
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.interests import OF_A_PAPER, TypedInterest
from rag.papers.readers.kept import Kept
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
LESSENED = 0.1
"""What is left of an interest's weight for each unwanted paper of whose kind its papers are in the mean: else it would
fill its turns with the next papers like it, of which a large library never runs short."""
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
        papers: That it comes from: those that answered questions, then kept ones, the first first; none where it was
            typed.
        sentence: As the reader typed it; empty where it comes from papers.
        weight: Its share of the profile, 0…1; all together make 1.
        key: By which it is taken out; stays as long as its first paper is kept.
        asked: Questions that its papers answered, the first asked first.
        quoted: How many of its papers, the first, are not kept but answered those.
        less: Unwanted papers for which it counts less.
    """

    words: str
    papers: tuple[str, ...]
    sentence: str
    weight: float
    key: str
    asked: tuple[Asked, ...] = ()
    quoted: int = 0
    less: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[str, ...]:
        """Those of its papers that are kept."""
        return self.papers[self.quoted :]


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
        known: Papers that need no recommending: kept, read, unwanted, or quoted when a question was answered.
        avoided: Papers of the kind of unwanted ones.
        asked: Questions that count, and those that they took out.
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
    asked: Questions = field(default_factory=Questions)
    tastes: Mapping[str, Taste] = field(default_factory=dict, compare=False, repr=False)
    said: Collection[int] = field(default=frozenset(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Group:
    """The papers of an interest, as `Interest` has them."""

    key: str
    papers: tuple[str, ...]
    quoted: int


def profile_of(library: Library, kept: Kept, user: str, conversations: Conversations | None = None) -> Profile:
    """Work out a reader's profile.

    Args:
        library: Holds the papers.
        kept: What readers keep; a file that turns out to be damaged is told by the profile's standing.
        user: The reader.
        conversations: What readers asked; without it questions don't count.

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
    asked = questions_of(library.shelf, conversations, kept, user)
    unwanted = set(less)
    held = [one for one in liked if one in space.row and one not in unwanted]
    counts = {paper_id: 0.5 ** ((len(held) - 1 - n) / HALF) for n, paper_id in enumerate(held)}
    counts |= asked.weights(space.row.keys(), {*liked, *less})
    groups, papers = _groups(library, space, held, list(counts)[len(held) :], muted)
    tastes = {one.key: _taste(library, space, one.papers, counts, papers) for one in groups}
    tastes |= {one.key: _said(library, space, one) for one in typed}
    avoided, lessened = _unwanted(space, less[:UNWANTED], tastes)
    interests = _interests(library, groups, papers, counts, typed, asked, lessened)
    return Profile(
        interests,
        less,
        muted,
        sum(one not in space.row for one in liked),
        _standing(interests, bool(held or asked.counting), liked, less, muted),
        frozenset((*liked, *done, *less, *(paper_id for one in asked.counting for paper_id in one.papers))),
        avoided,
        asked,
        tastes,
        frozenset(run for paper in papers.values() for run in shingles(paper.abstract)),
    )


def _interests(
    library: Library,
    groups: list[_Group],
    papers: Mapping[str, Paper],
    counts: Mapping[str, float],
    typed: Sequence[TypedInterest],
    asked: Questions,
    lessened: Mapping[str, tuple[str, ...]],
) -> tuple[Interest, ...]:
    """What the profile says in words, the heaviest first."""
    heavy = {one.key: sum(counts[paper_id] for paper_id in one.papers) for one in groups}
    heavy |= {one.key: SAID for one in typed}
    heavy = {key: weight * LESSENED ** len(lessened[key]) for key, weight in heavy.items()}
    groups.sort(key=lambda one: -heavy[one.key])
    total = sum(heavy.values())
    naming = [(one.papers[one.quoted :] or one.papers)[-NAMED:] for one in groups]
    names = _names(library, [[papers[paper_id] for paper_id in those] for those in naming])
    interests = [
        Interest(one.sentence, (), one.sentence, heavy[one.key] / total, one.key, less=lessened[one.key])
        for one in typed
    ]
    for name, one in zip(names, groups, strict=True):
        quoted = frozenset(one.papers[: one.quoted])
        of_it = tuple(question for question in asked.counting if not quoted.isdisjoint(question.papers))
        interests.append(
            Interest(name, one.papers, "", heavy[one.key] / total, one.key, of_it, one.quoted, lessened[one.key])
        )
    return tuple(sorted(interests, key=lambda one: (-one.weight, one.key)))


def _groups(
    library: Library, space: Space, held: Sequence[str], quoted: Sequence[str], muted: Sequence[str]
) -> tuple[list[_Group], dict[str, Paper]]:
    """Papers by interest, without interests that were taken out, and the newest papers of each.

    Those that only answered questions come last, so that they change no interest of kept papers. An interest that was
    taken out is told by the paper that began it, whether or not that one is kept any more: what joined it stays out. A
    paper that another process has removed since the library was read is left out.
    """
    begun = [key.removeprefix(OF_A_PAPER) for key in muted]
    out = {one for one in begun if one in space.row}
    gone: set[str] = set()
    while True:
        left = [one for one in held if one not in gone]
        before = [one for one in begun if one in out and one not in set(left)]
        beside = [one for one in quoted if one not in gone and one not in set(before)]
        grouping = (group for group in grouped(space, [*before, *left, *beside]) if out.isdisjoint(group))
        groups = [_group(group, set(beside)) for group in grouping]
        newest = [one for group in groups for one in group.papers[-NEWEST:]]
        papers = library.shelf.papers(newest)
        if len(papers) == len(newest):
            return groups, papers
        gone.update(one for one in newest if one not in papers)


def _group(papers: Sequence[str], quoted: Collection[str]) -> _Group:
    """The papers of an interest, the kept ones last: those count most, and what is read of the newest is theirs."""
    beside = [one for one in papers if one in quoted]
    return _Group(OF_A_PAPER + papers[0], (*beside, *(one for one in papers if one not in quoted)), len(beside))


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


def _unwanted(
    space: Space, less: Sequence[str], tastes: Mapping[str, Taste]
) -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    """The papers of the kind of unwanted ones, and by interest the unwanted ones of whose kind its papers are."""
    held = [one for one in less if one in space.row]
    if not held:
        return frozenset(), {key: () for key in tastes}
    vectors = space.vectors[space.rows(held)]
    likeness = space.vectors @ vectors.T
    least = np.maximum(np.median(likeness, axis=0) + ABOVE, KIND)
    avoided = frozenset(space.ids[row] for row in np.flatnonzero((likeness >= least).any(axis=1)))
    mean = {key: (taste.papers @ vectors.T).mean(axis=0) for key, taste in tastes.items()}
    return avoided, {key: tuple(held[n] for n in np.flatnonzero(near >= least)) for key, near in mean.items()}


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
    interests: Sequence[Interest], is_told: bool, liked: Sequence[str], less: Sequence[str], muted: Sequence[str]
) -> Standing:
    if interests:
        return Standing.KNOWN
    if is_told and muted:
        return Standing.MUTED
    if less:
        return Standing.ONLY_LESS
    return Standing.GONE if liked else Standing.NOTHING
