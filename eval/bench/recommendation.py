"""How well papers are recommended, on reading lists: ``python -m eval.bench.recommendation --library FOLDER``.

Each paper of a list is left out once; five others of it are what a reader stars, and the paper should be among the
first ten of the library's. Beside it: the papers nearest to the mean vector, and arxiv-sanity's classifier, a linear
SVM on tf-idf for each reader. Then the rest is measured: 64 dimensions instead of all (LLMInit), "less like this", a
new interest beside an old one, and milliseconds. docs/companion.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from eval.bench.tfidf import Classifier
from eval.datasets.reading import ReadingList, read_lists
from rag.config import Config
from rag.follow.profile import Profile, profile_of
from rag.follow.recommendation import recommend
from rag.follow.space import Space, Vectors, space_of
from rag.index.library import Library
from rag.papers.readers.kept import FILE_NAME, Kept

LIKES, FIRST, FEW = 5, 10, 5
DIMENSIONS = 64
Rank = Callable[[Sequence[str]], Sequence[str]]
"""Kept papers to the first papers of the library, best first, those kept left out."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A paper of a list that was left out, and the papers of it that are kept instead."""

    of: ReadingList
    held: str
    likes: tuple[str, ...]


def trials(lists: Sequence[ReadingList], space: Space, likes: int = LIKES) -> list[Trial]:
    """Every paper of every list left out once, with other papers of its list, chosen by a seed."""
    found = []
    for one in lists:
        papers = [paper for paper in one.papers if paper in space.row]
        for held in papers if len(papers) > likes else ():
            rest = [paper for paper in papers if paper != held]
            found.append(Trial(one, held, tuple(random.Random(f"{one.name}{held}").sample(rest, likes))))
    return found


class Readers:
    """Readers who keep papers, each in a file of their own."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._path = folder / FILE_NAME

    def profile(self, likes: Sequence[str], less: Sequence[str] = ()) -> Profile:
        """The profile of a reader who starred these papers one after another."""
        with closing(Kept(self._path)) as kept:
            kept.forget("")
            kept.star("", likes[::-1])
            kept.less("", less)
            return profile_of(self._library, kept, "")

    def rank(self, likes: Sequence[str], most: int = FIRST, less: Sequence[str] = ()) -> list[str]:
        """What is recommended to such a reader."""
        return [one.paper_id for one in recommend(self._library, self.profile(likes, less), most=most)]


def by_mean(space: Space, columns: Sequence[int] | None = None, turned: Vectors | None = None) -> Rank:
    """Nearest to the mean vector of what is kept, by all dimensions, by some, or by some directions [d, n]."""
    vectors = space.vectors if columns is None else space.vectors[:, list(columns)]
    vectors = vectors if turned is None else vectors @ turned
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def rank(likes: Sequence[str]) -> list[str]:
        rows = space.rows(likes)
        scores = vectors @ vectors[rows].mean(axis=0)
        scores[rows] = -np.inf
        return [space.ids[row] for row in np.argsort(-scores, kind="stable")[:FIRST]]

    return rank


def selections(space: Space) -> dict[str, list[int]]:
    """`DIMENSIONS` dimensions: those that vary most, evenly spread, at random (LLMInit, 2503.01814, section 3.2)."""
    d = space.vectors.shape[1]
    return {
        "variance": np.argsort(-space.vectors.var(axis=0), kind="stable")[:DIMENSIONS].tolist(),
        "uniform": np.linspace(0, d - 1, DIMENSIONS).round().astype(int).tolist(),
        "random": sorted(random.Random(0).sample(range(d), DIMENSIONS)),
    }


def rotated(space: Space) -> Vectors:
    """The `DIMENSIONS` directions in which the papers vary most [d, n]: no selection, as in LLMInit, but a rotation."""
    _, directions = np.linalg.eigh(np.cov(space.vectors.T))
    return np.asarray(directions[:, : -DIMENSIONS - 1 : -1], dtype=np.float32)


def hits(asked: Sequence[Trial], rank: Rank, first: int = FIRST) -> dict[str, float]:
    """Share of the papers left out that are among the first, over all lists and by their kind."""
    found = [(trial.of.kind, trial.held in rank(trial.likes)[:first]) for trial in asked]
    kinds = sorted({kind for kind, _ in found})
    shares = {kind: [hit for of, hit in found if of == kind] for kind in kinds}
    figures = {"all": [hit for _, hit in found], **shares}
    return {name: round(sum(hit) / len(hit), 3) for name, hit in figures.items() if hit}


def less_of_a_kind(lists: Sequence[ReadingList], library: Library, readers: Readers) -> dict[str, float]:
    """Papers of a list's kind among the first twenty, before and after its reader wanted less of it.

    A paper is of the kind where its title or abstract has the list's words.
    """
    with_words = [one for one in lists if one.words]
    before = after = 0
    for one, other in zip(with_words, [*with_words[1:], *with_words[:1]], strict=True):
        likes = [*one.papers[:LIKES], *other.papers[:LIKES]]
        for less in ((), one.papers[LIKES : LIKES + 1]):
            papers = library.shelf.papers(readers.rank(likes, 20, less)).values()
            count = sum(one.tells(f"{paper.title} {paper.abstract}") for paper in papers)
            before, after = (before, after + count) if less else (before + count, after)
    return {"before": before, "after": after, "fewer": round(1 - after / max(before, 1), 3)}


def renewed(lists: Sequence[ReadingList], readers: Readers) -> dict[str, float]:
    """How often five likes of another list bring a paper for the new interest into the first five; what changes."""
    seen, change = [], []
    long = [one for one in lists if len(one.papers) >= 10]
    for one, two, new in zip(long, long[1:], long[2:], strict=False):
        likes = [*one.papers[:10], *two.papers[:10], *new.papers[:LIKES]]
        before, profile = readers.profile(likes[:-LIKES]), readers.profile(likes)
        found = recommend(readers._library, profile, most=FEW)
        touched = {one.key for one in profile.interests if set(one.papers) & set(new.papers)}
        seen.append(any(paper.interest in touched for paper in found))
        stayed = {one.key: one.papers for one in before.interests}
        change.append(sum(one.weight for one in profile.interests if stayed.get(one.key) != one.papers))
    return {"in the first five": round(sum(seen) / len(seen), 3), "changed": round(median(change), 3)}


def speed(asked: Sequence[Trial], library: Library, readers: Readers) -> dict[str, float]:
    """Median milliseconds of ranking, and of making a profile, by the clock and of this process's time (cpu)."""
    taken: dict[str, list[float]] = {"rank_ms": [], "profile_ms": [], "rank_cpu_ms": [], "profile_cpu_ms": []}
    for trial in asked[:40]:
        marks = [(time.perf_counter(), time.process_time())]
        profile = readers.profile(trial.likes)
        marks.append((time.perf_counter(), time.process_time()))
        recommend(library, profile)
        marks.append((time.perf_counter(), time.process_time()))
        for what, (before, after) in zip(("profile", "rank"), pairwise(marks), strict=True):
            taken[f"{what}_ms"].append(after[0] - before[0])
            taken[f"{what}_cpu_ms"].append(after[1] - before[1])
    return {name: round(1000 * median(of), 1) for name, of in taken.items()}


def measured(
    library: Library, lists: Sequence[ReadingList], parts: Sequence[str], every: int = 1
) -> Iterator[tuple[str, Any]]:
    """The figures of each part, as they are there; of the papers left out only every so many'th."""
    space = space_of(library)
    asked = trials(lists, space)[::every]
    yield "papers", len(space.ids)
    yield "trials", len(asked)
    with TemporaryDirectory() as folder:
        readers = Readers(library, Path(folder))
        if "hits" in parts:
            yield "ours", hits(asked, readers.rank)
            yield "mean", hits(asked, by_mean(space))
        if "svm" in parts:
            yield "svm", hits(asked, Classifier(library, space.ids).rank)
        if "dimensions" in parts:
            yield "all dimensions, first 5", hits(asked, by_mean(space), FEW)
            for name, columns in selections(space).items():
                yield f"64 by {name}, first 5", hits(asked, by_mean(space, columns), FEW)
            yield "64 rotated, first 5", hits(asked, by_mean(space, turned=rotated(space)), FEW)
        if "few" in parts:
            for likes in (1, 2):
                few = trials(lists, space, likes)
                yield (
                    f"{likes} kept",
                    {"ours": hits(few, readers.rank)["all"], "mean": hits(few, by_mean(space))["all"]},
                )
        if "less" in parts:
            yield "less", less_of_a_kind(lists, library, readers)
        if "renewal" in parts:
            yield "renewal", renewed(lists, readers)
        if "speed" in parts:
            yield "speed", speed(asked, library, readers)


PARTS = ("hits", "svm", "dimensions", "few", "less", "renewal", "speed")


def main() -> None:
    """Measure, and print a line a figure, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, required=True, help="folder of a library that holds the lists' papers")
    parser.add_argument("--lists", type=Path, default=Path("tests/quality/reading_lists.jsonl"))
    parser.add_argument("--half", choices=["tune", "judge"], default="judge")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--every", type=int, default=1, help="leave out every so many'th paper: an SVM takes seconds")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    lists = [one for one in read_lists(given.lists) if one.half == given.half]
    with Library(Config(data_dir=given.library)) as library:
        found = {}
        for name, figures in measured(library, lists, given.parts, given.every):
            found[name] = figures
            if not given.json:
                print(f"{name:<26} {figures}", flush=True)
    if given.json:
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
