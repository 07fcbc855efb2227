"""Names of a map's regions: phrases of their papers' titles that the papers beside them do not use.

The weight of a phrase in a region is c-TF-IDF (`rag/themes/labels.py`) of whole phrases: the share of the region's
papers that hold its words, times the logarithm of how rare that is among its neighbours and in the rest of the library.
All regions are weighed at once over sparse matrices, since one at a time takes minutes for ten thousand papers.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.text.readable import readable
from rag.themes.codes import LEVELS, Code, Codes
from rag.themes.labels import WORD, Key, Lexicon
from rag.themes.words import TITLE_BREAKS
from rag.types import Paper

BEYOND = 0.5
"""What the rest of the library counts beside the regions around."""
FLOOR = 0.04
"""Added to the share of papers outside that hold a phrase, so that one which few use is not endlessly rare."""
HELD = 0.35
"""What a paper counts whose words a phrase has but whose title does not hold it."""
WORDY = 0.8
"""The weight of a phrase grows with the number of its words to this power: one word says little."""
PLAIN = 2.0
"""Least idf in the library of a word that stands alone."""
REACH = 0.6
"""The power of a phrase's share of the region's papers: below 1, so that what is particular goes first."""
WORD_ALONE = 0.8
"""What a single word weighs, in shares of its full weight: "detection" is named by what is detected."""
ALONE = 0.5
"""What a phrase weighs that stands in one title of the region, in shares of its full weight."""
COVERED = 0.25
"""What a paper still counts for further phrases when the ones before name it."""
SECOND = 0.42
"""Least gain of a second phrase in a name, in shares of the first's."""
READ = 600
"""Characters of an abstract from which it is learnt which words are written small."""
PHRASES = 5
"""Phrases of a region: its name, and what else it is about."""
CANDIDATES = 80
SEVERAL, ROOT = 2, 0.65
"""Papers of a region that must hold a phrase which names it, where it has as many: so many, and so many times the
square root of their number."""
MANY = 2500
"""Papers from which on a phrase that stands in one title only is passed over."""
_RUN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Words:
    """What a region is called.

    Attributes:
        name: One phrase or two.
        also: What else its papers are about.
    """

    name: str
    also: tuple[str, ...] = ()


class Namer:
    """Reads papers once, and names regions of them."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        """Read papers.

        Args:
            papers: In the order of their codes.
        """
        self._spellings: dict[Key, str] = {}
        self._lexicon = Lexicon(lambda word: (_folded(word),))
        stems: dict[str, int] = {}
        phrases: dict[Key, int] = {}
        held, titled = _Cells(), _Cells()
        told = [set(self._lexicon.phrases(readable(paper.title), TITLE_BREAKS)) for paper in papers]
        if len(papers) > MANY:
            often = {key for key, count in Counter(key for keys in told for key in keys).items() if count > 1}
            told = [keys & often for keys in told]
        for row, (paper, keys) in enumerate(zip(papers, told, strict=True)):
            titled.add(row, (phrases.setdefault(key, len(phrases)) for key in sorted(keys)))
            self._lexicon.note_case(paper.abstract[:READ])
            found = set(map(_folded, _words_of(paper.abstract))) | {stem for key in keys for stem in key}
            held.add(row, (stems.setdefault(stem, len(stems)) for stem in sorted(found)))
        self._phrases = list(phrases)
        self._fit = np.array([self._lexicon.whole(key) for key in self._phrases], bool)
        has_stem = held.matrix(len(papers), len(stems))
        self._titled: Any = titled.matrix(len(papers), len(phrases))
        self._held: Any = self._titled.maximum(_all_of(has_stem, [[stems[s] for s in key] for key in phrases]))
        self._lengths = np.array([len(key) for key in self._phrases])

    def name(self, codes: Codes) -> dict[Code, Words]:
        """Name all regions; those beside each other get different names, and none gets that of the one above it.

        Args:
            codes: Of the papers.
        """
        named: dict[Code, Words] = {}
        taken: defaultdict[Code, set[str]] = defaultdict(set)
        for level in range(1, LEVELS + 1):
            whole, place = _grouped(codes[:, :level])
            _, above = _grouped(codes[:, : level - 1])
            weights = self._weights(place, above)
            rows = np.argsort(place, kind="stable")
            borders = np.searchsorted(place[rows], np.arange(len(whole) + 1))
            for n, code in enumerate(whole):
                members = rows[borders[n] : borders[n + 1]]
                above_it = named[code[:-1]].name if level > 1 else ""
                known = {self._lexicon.stem(word) for word in WORD.findall(above_it)}
                named[code] = self._named(weights[n], members, taken[code[:-1]], known)
                taken[code[:-1]].add(named[code].name.lower())
        return named

    def _weights(self, place: NDArray[np.intp], above: NDArray[np.intp]) -> Any:
        """Weight of each phrase in each region, sparse [regions, phrases].

        Args:
            place: The region of each paper.
            above: The region of the level above of each paper.
        """
        held, size = _summed(self._held, place), np.bincount(place)
        titled = _summed(self._titled, place)
        outer, outer_size = _summed(self._held, above), np.bincount(above)
        parent = np.empty(len(size), np.intp)
        parent[place] = above
        every = np.asarray(self._held.sum(axis=0)).ravel()
        cells = titled.tocoo()
        region, phrase = cells.row, cells.col
        inside = np.asarray(held[region, phrase]).ravel()
        around = np.asarray(outer[parent[region], phrase]).ravel() - inside
        beyond = every[phrase] - inside
        share = inside / size[region]
        near = around / np.maximum(outer_size[parent[region]] - size[region], 1)
        far = beyond / np.maximum(len(place) - size[region], 1)
        said = (HELD * inside + (1 - HELD) * cells.data) / size[region]
        idf = np.log(len(place) / np.maximum(every[phrase], 1))
        weight = said**REACH * np.log1p(share / (near + BEYOND * far + FLOOR)) * np.sqrt(idf)
        weight *= self._lengths[phrase] ** WORDY * np.where((cells.data == 1) & (size[region] > 1), ALONE, 1.0)
        weight *= np.where(self._lengths[phrase] == 1, WORD_ALONE, 1.0)
        weight[~self._fit[phrase] | ((self._lengths[phrase] == 1) & (idf < PLAIN))] = 0
        cells.data = weight
        return cells.tocsr()

    def _named(self, weights: Any, members: NDArray[np.intp], taken: Collection[str], known: Collection[str]) -> Words:
        """The phrases that together say most about a region's papers.

        Args:
            weights: Of phrases [1, phrases].
            members: The region's papers.
            taken: Names that others have, in small letters.
            known: Stems of the name of the region above, which need not be said again.
        """
        weight = {
            phrase: value * self._news(phrase, known)
            for phrase, value in zip(weights.indices.tolist(), weights.data.tolist(), strict=True)
        }
        ranked = sorted(weight, key=lambda phrase: (-weight[phrase], self._phrases[phrase]))
        ranked = [phrase for phrase in ranked[:CANDIDATES] if weight[phrase] > 0]
        holds = (self._held[members][:, ranked] > 0).toarray().astype(np.float32)
        value = np.array([weight[phrase] for phrase in ranked])
        value[holds.sum(axis=0) < min(max(SEVERAL, ROOT * len(members) ** 0.5), len(members))] = 0
        keys = [self._phrases[phrase] for phrase in ranked]
        still = np.ones(len(members), np.float32)
        chosen: list[tuple[str, float]] = []
        fresh = np.array([self._spelt(key).lower() not in taken for key in keys], bool)
        free = np.ones(len(keys), bool)
        while len(chosen) < PHRASES:
            gains = value * (free if chosen else fresh) * (still @ holds) / np.maximum(holds.sum(axis=0), 1)
            if not gains.size or gains.max() <= 0:
                break
            best = int(gains.argmax())
            chosen.append((self._spelt(keys[best]), float(gains[best])))
            free = np.array([not set(keys[best]) & set(key) for key in keys], bool) & (
                free if len(chosen) > 1 else True
            )
            still[holds[:, best] > 0] *= COVERED
        return _words(chosen)

    def _spelt(self, key: Key) -> str:
        if key not in self._spellings:
            self._spellings[key] = self._lexicon.spell(key)
        return self._spellings[key]

    def _news(self, phrase: int, known: Collection[str]) -> float:
        """How much of a phrase the name above does not say, 0…1."""
        key = self._phrases[phrase]
        return float((sum(stem not in known for stem in key) / len(key)) ** 0.5)


def _grouped(codes: Codes) -> tuple[list[Code], NDArray[np.intp]]:
    """Distinct codes, ascending, and which of them each row has."""
    if not codes.shape[1]:
        return [()], np.zeros(len(codes), np.intp)
    whole, place = np.unique(codes, axis=0, return_inverse=True)
    return [tuple(code) for code in whole.tolist()], place.ravel()


def _words(chosen: Sequence[tuple[str, float]]) -> Words:
    """A name of the first phrase, and of the second where that says nearly as much or the first is one word."""
    if not chosen:
        return Words("")
    (name, first), *others = chosen
    if others and (others[0][1] >= SECOND * first or " " not in name):
        name = f"{name}, {others.pop(0)[0]}"
    return Words(name[:1].upper() + name[1:], tuple(text for text, _ in others))


def _alike(one: Key, other: Key) -> bool:
    """Whether two phrases say a word twice, be it within another: "fairness" and "unfairness"."""
    return any(a == b or (min(len(a), len(b)) > 3 and (a in b or b in a)) for a in one for b in other)


class _Cells:
    """Cells of a matrix of zeros and ones, row by row."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._columns: list[int] = []

    def add(self, row: int, columns: Any) -> None:
        before = len(self._columns)
        self._columns.extend(columns)
        self._rows.extend([row] * (len(self._columns) - before))

    def matrix(self, rows: int, columns: int) -> Any:
        from scipy import sparse

        ones = np.ones(len(self._rows), np.float32)
        return sparse.csr_matrix((ones, (self._rows, self._columns)), shape=(rows, columns))


def _all_of(has: Any, groups: Sequence[Sequence[int]]) -> Any:
    """Which rows have all columns of each group [rows, groups]."""
    from scipy import sparse

    if not groups:
        return has[:, :0]
    sizes = np.array([len(group) for group in groups])
    columns = np.concatenate([np.array(group) for group in groups])
    places = np.repeat(np.arange(len(groups)), sizes)
    member = sparse.csr_matrix((np.ones(len(columns), np.float32), (columns, places)), (has.shape[1], len(groups)))
    count = (has @ member).tocoo()
    count.data = (count.data >= sizes[count.col]).astype(np.float32)
    whole = count.tocsr()
    whole.eliminate_zeros()
    return whole


def _summed(matrix: Any, place: NDArray[np.intp]) -> Any:
    """Rows added up by the group that each belongs to [groups, columns]."""
    from scipy import sparse

    ones = np.ones(len(place), np.float32)
    return sparse.csr_matrix((ones, (place, np.arange(len(place))))) @ matrix


def _words_of(text: str) -> set[str]:
    return set(_RUN.findall(text.lower().replace("-", "").replace("–", "")))


@lru_cache(maxsize=1 << 17)
def _folded(word: str) -> str:
    """A word without hyphens and the ending of a plural (Harman 1991, "How effective is suffixing?", S stemmer)."""
    word = word.lower()
    if len(word) > 4 and word.endswith("ies") and not word.endswith(("eies", "aies")):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("us", "ss", "is")) else word


def counted(codes: Codes) -> Mapping[Code, int]:
    """How many papers each region holds, on all levels."""
    found: dict[Code, int] = {}
    for level in range(1, LEVELS + 1):
        own, papers = np.unique(codes[:, :level], axis=0, return_counts=True)
        found |= zip(map(tuple, own.tolist()), papers.tolist(), strict=True)
    return found
