"""What the titles of a library say: which terms set a few of them apart, and which others have those."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.text.readable import readable

Terms = Callable[[str], Sequence[str]]
SHY = 2.0
"""Papers without a term that whoever likes a few is taken to have liked besides: of one paper little can be told."""


class Titles:
    """Titles by row, as the index's terms."""

    def __init__(self, titles: Sequence[str], terms: Terms) -> None:
        """Read titles.

        Args:
            titles: One a paper, as stored.
            terms: Text to index terms.
        """
        self._terms = terms
        self._number: dict[str, int] = {}
        held, rows = [], []
        for row, title in enumerate(titles):
            for term in dict.fromkeys(terms(readable(title))):
                held.append(self._number.setdefault(term, len(self._number)))
                rows.append(row)
        self._held = np.array(held, dtype=np.int32)
        self._rows = np.array(rows, dtype=np.int32)
        self._count = len(titles)
        self._with = np.bincount(self._held, minlength=len(self._number))

    def weights(self, texts: Sequence[str], shares: Sequence[float]) -> dict[str, float]:
        """What each term of some texts tells of what they have in common.

        The weight is the log-odds of the term in texts such as these against any title's (Robertson & Spärck Jones,
        "Relevance weighting of search terms", 1976), times the share of the texts that have it; 0 where it is no more
        frequent in them.

        Args:
            texts: Titles, or a sentence.
            shares: What each counts.
        """
        counts: dict[str, float] = {}
        for text, share in zip(texts, shares, strict=True):
            for term in dict.fromkeys(self._terms(readable(text))):
                counts[term] = counts.get(term, 0.0) + share
        total = sum(shares)
        weights = {}
        for term, count in counts.items():
            number = self._number.get(term)
            usual = (1 + (self._with[number] if number is not None else 0)) / max(self._count, 1)
            lift = float(np.log((count + usual) / ((total + 1) * usual)))
            if lift > 0 and number is not None:
                weights[term] = lift * count / (total + SHY)
        return weights

    def scores(self, weights: Mapping[str, float]) -> NDArray[np.float64]:
        """The weight of each title's terms [titles]; a term that no title has tells nothing."""
        by_number = np.zeros(len(self._number))
        for term, weight in weights.items():
            if term in self._number:  # else it is of a paper that was removed since
                by_number[self._number[term]] = weight
        scores = np.bincount(self._rows, weights=by_number[self._held], minlength=self._count)
        return np.asarray(scores, dtype=np.float64)
