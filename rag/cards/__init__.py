"""Cards and tags: what a paper is about, in spans of its own words and in subjects of a vocabulary.

    subjects.py   the vocabulary, and where its labels stand      subjects.tsv
    tagger.py     at most five subjects of a paper                rag/models/subject_tagger
    abstract.py   the card of a paper                             rag/models/sentence_roles
    clauses.py    a sentence cut down to what it says
    mentions.py   data sets by name                               data_names.tsv
    links.py      addresses of code

What was made is kept by `rag.papers.descriptions`, which is also where it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.cards.abstract import card
from rag.cards.tagger import installed
from rag.models.sentence_roles import WEIGHTS_SHA256, load_roles
from rag.papers.descriptions import Description, Makers
from rag.types import Paper

Flagged = Mapping[str, Sequence[tuple[int, int]]]
_REVISION = 2
"""Raised whenever the same weights make other cards of the same papers."""


def makers(embedder: str) -> Makers:
    """What makes the descriptions of papers with the vectors of an embedder."""
    tagger = installed()
    with_vectors = embedder == tagger.model.embedder
    return Makers(
        f"{_REVISION}/{WEIGHTS_SHA256[:12]}", f"{tagger.fingerprint}/{'vectors' if with_vectors else 'words'}"
    )


def described(
    papers: Sequence[Paper], vectors: Mapping[str, NDArray[np.float32]], embedder: str, flagged: Flagged
) -> list[Description]:
    """Make cards and tags.

    Args:
        papers: Versions on the shelf.
        vectors: Those of each paper's abstract [passages, d], by id; without one, its words alone tell its tags.
        embedder: Identity of the embedding model that made them; those of another than the tagger's are left aside.
        flagged: Spans of each paper's text that are left out of its card, by id.
    """
    tagger, roles = installed(), load_roles()
    known = vectors if embedder == tagger.model.embedder else {}
    made = []
    for paper in papers:
        tags = tagger.tags(paper.title, paper.abstract, _mean(known.get(paper.paper_id)))
        made.append(Description(card(paper, roles, flagged.get(paper.paper_id, ())), tags, sorted(tagger.above(tags))))
    return made


def _mean(vectors: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    if vectors is None or not len(vectors):
        return None
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)
