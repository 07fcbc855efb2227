"""What is looked for in a paper's text before it can be found: what steers, hides, repeats or says nothing.

What is closed is computed: characters that are not seen, words with letters of two scripts, keywords in a row,
encoded bytes, copies. What is open is learnt: whether a passage speaks to whoever reads it
(`rag.models.instruction_detector`). Nothing is left out of the library for it: a flagged paper is kept, and held until
a person has looked at it (`rag.papers.flags`).

Looked at are title and abstract; of a full text only whether it holds characters that carry bytes unseen, since papers
print the prompts that they tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rag.papers.flags import Flag
from rag.screen.characters import carried, disguised, hidden
from rag.screen.copies import COPIED, borrowed, copied, shingles, sketch
from rag.screen.instructions import instructed
from rag.screen.wording import garbled, stuffed
from rag.types import Paper

LEAST, SHARED = 2, 0.15
"""Runs that a text must share to be compared with another, and which share of its own."""

Sharing = Callable[[Sequence[int], int], Sequence[str]]
Texts = Callable[[Sequence[str]], Mapping[str, Paper]]


def screened(papers: Sequence[Paper]) -> dict[tuple[str, int], list[Flag]]:
    """The flags of papers, each by itself, by id and version."""
    orders = instructed(papers)
    return {(one.paper_id, one.version): [*_computed(one), *orders.get(one.paper_id, ())] for one in papers}


def runs_of(papers: Sequence[Paper]) -> dict[str, list[int]]:
    """The runs of words by which each paper is looked up as another's copy."""
    return {paper.paper_id: sketch(shingles(paper.abstract)) for paper in papers}


def repeated(runs: Mapping[str, Sequence[int]], sharing: Sharing, texts: Texts) -> list[tuple[Paper, Flag]]:
    """Papers that repeat one that was listed before, each with the flag that says so.

    Args:
        runs: Of the papers that are new, by id.
        sharing: Ids of the papers that share at least so many runs.
        texts: Papers by id.
    """
    near = {
        paper_id: [other for other in sharing(own, max(LEAST, round(SHARED * len(own)))) if other != paper_id]
        for paper_id, own in runs.items()
        if own
    }
    wanted = sorted({paper_id for own, others in near.items() if others for paper_id in (own, *others)})
    held = texts(wanted) if wanted else {}
    found: dict[tuple[str, str], tuple[Paper, Flag]] = {}
    for own, others in near.items():
        for other in others:
            if own in held and other in held and (flag := _pair(held[own], held[other])):
                found[flag[0].paper_id, flag[1].kind] = flag
    return [found[key] for key in sorted(found)]


def _pair(one: Paper, other: Paper) -> tuple[Paper, Flag] | None:
    """The later listed of two papers, where it repeats the other."""
    original, later = sorted((one, other), key=lambda paper: (paper.date, paper.paper_id))
    share = copied(shingles(later.abstract), shingles(original.abstract))
    start, end = later.abstract_start, later.abstract_start + len(later.abstract)
    if share >= COPIED:
        return later, Flag("copy", start, end, original.paper_id)
    if set(later.authors) & set(original.authors):
        return None  # who says it again in their own words
    span = borrowed(later.abstract, shingles(original.abstract))
    if span is None:
        return None
    return later, Flag("borrowed", start + span[0], start + span[1], original.paper_id)


def _computed(paper: Paper) -> Iterator[Flag]:
    """What needs no model."""
    at = paper.abstract_start
    for kind, look in (("hidden", hidden), ("disguised", disguised)):
        yield from (Flag(kind, start, end) for start, end in look(paper.lead))
    for kind, look in (("keywords", stuffed), ("garbled", garbled)):
        yield from (Flag(kind, at + start, at + end) for start, end in look(paper.abstract))
    if paper.body:
        yield from (
            Flag("hidden", paper.body_start + start, paper.body_start + end) for start, end in carried(paper.body)
        )


__all__ = ["repeated", "runs_of", "screened"]
