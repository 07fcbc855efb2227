"""Which papers are on a topic, and whether any is (docs/adr/0008-themes.md has the measurements)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np

from rag.index.library import Library
from rag.retrieve.hybrid import coverage, distinct_papers, passage_of
from rag.text.readable import readable
from rag.types import Passage

BACKGROUND_RANK, IN_A_HUNDRED, DEEPEST_RANK = 80, 100, 300
"""The paper at this rank is taken to be off the topic: the 80th, or in a large library the one at a hundredth of its
size, at most the 300th. Where fewer are found, the background is 0."""
DEPTH = 1.8
"""Passages looked through for each paper down to the background."""
BEST = 3
"""Papers whose mean score stands for "on the topic"; one alone may just repeat the topic's words in its title."""
SHARE = 0.5
"""A paper is on the topic from this share of the way from the background to the best."""
FROM_WORDS = 0.3
"""What covering all of the topic's words adds to a paper's cosine similarity."""
NEAR, ABOUT = 0.38, 0.475
"""Least `nearness` of a paper on the topic, and of the best one."""

_SCAFFOLD = frozenset(
    "which what who how list all any every papers paper studies articles work works the a an recent new latest do does"
    " did has have been is are was were there say says said about on of with for in to deal deals dealing look looks"
    " looking at overview summary summarise summarize please give me show find tell us i we want need know whose that"
    " proposed published written reports literature anything something everything".split()
)
_WORD = re.compile(r"\S+")


def subject(text: str) -> str:
    """A topic without the words that only ask for it: ``"Overview of dense retrieval?"`` → ``"dense retrieval"``."""
    words = [match for match in _WORD.finditer(text) if match[0].strip(".,:;!?").lower() not in _SCAFFOLD]
    kept = text[words[0].start() : words[-1].end()].rstrip(" .,?!") if words else ""
    return kept or text


def background_rank(papers: int) -> int:
    """Rank of the paper that is taken to be off the topic in a library of so many papers."""
    return min(DEEPEST_RANK, max(BACKGROUND_RANK, papers // IN_A_HUNDRED))


def choose(library: Library, topic: str, passages: Sequence[Passage]) -> list[Passage]:
    """Choose the papers on a topic, best first: the best passage of each; none when the library is not about it.

    A gap in the ranking, by which a question is told to be answered, says nothing here: a broad topic has fifty papers
    that are equally near. So a paper has to stand out from the background and to be near in meaning and in words, and
    the best one has to be nearer still; or a paper has the topic's words as they stand.

    Args:
        library: Holds the papers.
        topic: The subject.
        passages: What was retrieved, best first, with their lists' scores.
    """
    ranked = distinct_papers(passages)
    rank = background_rank(library.shelf.coverage().papers)
    background = ranked[rank - 1].score if len(ranked) >= rank else 0.0
    best = float(np.mean([paper.score for paper in ranked[:BEST]])) if ranked else 0.0
    standing_out = [paper for paper in ranked if paper.score >= background + SHARE * (best - background)]
    near = nearness(library, topic, passages, {paper.paper_id for paper in standing_out})
    if max(near.values(), default=0.0) < ABOUT:
        return []
    return [paper for paper in standing_out if near[paper.paper_id] >= NEAR]


def nearness(library: Library, topic: str, passages: Sequence[Passage], papers: Collection[str]) -> dict[str, float]:
    """How near papers are: their best cosine similarity, and `FROM_WORDS` more for all of the topic's words.

    A passage that the dense list lacks is taken to be as near as that list's last. A paper in which the topic stands
    word for word is about it, however it is embedded.
    """
    farthest = min((p.scores["dense"] for p in passages if "dense" in p.scores), default=0.0)
    similar: dict[str, float] = {}
    texts: dict[str, str] = {}
    for passage in passages:
        if passage.paper_id not in papers:
            continue
        known = similar.get(passage.paper_id, farthest)
        similar[passage.paper_id] = max(known, passage.scores.get("dense", farthest))
        texts[passage.paper_id] = f"{texts.get(passage.paper_id) or readable(passage.title)} {readable(passage.text)}"
    phrase = topic.casefold().rstrip("s")
    with library.indexes() as indexes:
        lexical = indexes.lexical
        weights = lexical.idf(set(lexical.analyze(topic)))
        near = {
            paper_id: similar[paper_id] + FROM_WORDS * coverage(weights, set(lexical.analyze(text)))
            for paper_id, text in texts.items()
        }
    verbatim = {paper_id for paper_id, text in texts.items() if " " in phrase and phrase in text.casefold()}
    return {paper_id: max(value, ABOUT) if paper_id in verbatim else value for paper_id, value in near.items()}


def holding(library: Library, topic: str, passages: Sequence[Passage]) -> list[str]:
    """The papers of which a passage, with its title, holds all of a topic's words, whatever it is about."""
    with library.indexes() as indexes:
        lexical = indexes.lexical
        asked = set(lexical.analyze(topic))
        held = [one.paper_id for one in passages if asked and asked <= set(lexical.analyze(f"{one.title} {one.text}"))]
    return list(dict.fromkeys(held))


def passages_of(library: Library, paper_ids: Collection[str], found: Sequence[Passage]) -> dict[str, list[Passage]]:
    """All passages of some papers in reading order, those that were not retrieved among them.

    Args:
        library: Holds the papers.
        paper_ids: Papers of which at least one passage was found.
        found: What was retrieved.
    """
    retrieved = {passage.chunk_id: passage for passage in found}
    papers = library.shelf.papers(paper_ids)
    held: dict[str, list[Passage]] = {paper_id: [] for paper_id in paper_ids}
    for row in library.shelf.chunks(paper_ids):
        paper = papers.get(row.paper_id)
        if paper is None or paper.version != row.version:
            continue
        passage = retrieved.get(row.chunk_id) or passage_of(paper, row)
        held[row.paper_id].append(passage)
    return {paper_id: sorted(parts, key=lambda part: part.start) for paper_id, parts in held.items() if parts}
