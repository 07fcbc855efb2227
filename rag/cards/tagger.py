"""A paper's tags: at most five subjects of the vocabulary, by what its words and its vector say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rag.cards.subjects import Vocabulary, load_subjects
from rag.models.subject_tagger import MATCHES, WEIGHTS_SHA256, TaggerModel, load_tagger
from rag.text.readable import readable

MOST = 5
OFTEN = 2
"""Times that an abstract names a subject well which the title doesn't name."""


class Tagger:
    """Tags papers; safe to call from many threads."""

    def __init__(self, vocabulary: Vocabulary, model: TaggerModel) -> None:
        """Tag with the subjects that a model was trained for.

        Raises:
            ValueError: it was trained for others.
        """
        if model.vocabulary != vocabulary.fingerprint:
            raise ValueError(
                f"the tagger was trained for the vocabulary {model.vocabulary}, not {vocabulary.fingerprint}"
            )
        self.vocabulary = vocabulary
        self.model = model
        self.fingerprint = f"{vocabulary.fingerprint}/{WEIGHTS_SHA256[:12]}"

    def tags(self, title: str, abstract: str, vector: NDArray[np.float32] | None) -> list[str]:
        """The tags of a paper, the surest first; of equally sure ones the first in the vocabulary.

        Args:
            title: As it is stored.
            abstract: Likewise.
            vector: The mean of its passages' vectors, of length 1, by the model's embedder; None without.
        """
        scores = self.model.scores(counts(self.vocabulary, title, abstract), vector)
        best = np.argsort(-scores, kind="stable")[:MOST]
        return [self.vocabulary.subjects[n].tag for n in best if scores[n] > 0]

    def above(self, tags: Sequence[str]) -> set[str]:
        """The broader subjects of some tags that are not among them."""
        return {broader for tag in tags for broader in self.vocabulary.above(tag)} - set(tags)


def counts(vocabulary: Vocabulary, title: str, abstract: str) -> NDArray[np.float64]:
    """How often a paper names each subject, by where and how [subjects, `MATCHES`]."""
    title, abstract = readable(title), readable(abstract)
    found = np.zeros((len(vocabulary.subjects), MATCHES))
    for match in vocabulary.matches(title):
        found[match.subject, 0 if match.preferred else 1] = 1
    for match in vocabulary.matches(abstract):
        found[match.subject, 3 if match.preferred else 4] += 1
    for column, named in zip((2, 5), vocabulary.composed(title, abstract), strict=True):
        found[list(named), column] = 1
    well = (found[:, :3].sum(axis=1) > 0) | (found[:, 3] + found[:, 4] >= OFTEN)
    np.maximum.at(found[:, 6], vocabulary.parents[well & (vocabulary.parents >= 0)], 1)
    found[vocabulary.parents[vocabulary.parents >= 0], 7] = 1
    return found


@cache
def installed() -> Tagger:
    """The shipped vocabulary and model, read once."""
    return Tagger(load_subjects(), load_tagger())
