"""How likely a paper is about each subject of a vocabulary: what its words say and what its vector says, weighed.

Trained by ``eval/training/tags.py``; what on, and how right it is: ``README.md`` beside this file.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.runtime import read_checked

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.npz", "README.md"
WEIGHTS_SHA256 = "854401764d24daa693fd4ba20e7a74a50578222320ec882b7dbbd77e5a099a5a"
MATCHES = 8
"""What is counted of each subject's labels: in the title the preferred one, another, parts together; in the abstract
the preferred one, another, parts of which one is in the title. Then whether a narrower subject is named well,
and whether there are narrower ones."""
NEAREST = (2, 5)
"""Places among the nearest subjects that are signs of their own."""


@dataclass(frozen=True, slots=True)
class TaggerModel:
    """The weights, for n subjects and vectors of d dimensions.

    Attributes:
        vocabulary: Fingerprint of the subjects that they are for.
        embedder: Identity of the embedding model whose vectors they read.
        directions: Of each subject, fitted to papers whose titles name it [d, n].
        labels: Vectors of the subjects' labels [d, n].
        centre: Mean vector of papers [d].
        scales: Mean and deviation of both, over papers [4, n].
        rarity: Of each subject's labels in papers, 0…1 or so [n].
        prior: Log-odds that a paper is about it, scaled [n].
        weights: Of the features with a vector, and the constant; the last is the threshold.
        wordly: The same without a vector.
    """

    vocabulary: str
    embedder: str
    directions: NDArray[np.float32]
    labels: NDArray[np.float32]
    centre: NDArray[np.float32]
    scales: NDArray[np.float32]
    rarity: NDArray[np.float32]
    prior: NDArray[np.float32]
    weights: NDArray[np.float64]
    wordly: NDArray[np.float64]

    def scores(self, counts: NDArray[np.float64], vector: NDArray[np.float32] | None) -> NDArray[np.float64]:
        """Log-odds above the threshold that a paper is about each subject [n].

        Args:
            counts: Of its words [n, `MATCHES`].
            vector: Its own [d], of length 1; None where there is none by the model's embedder.
        """
        seen = self.seen(counts)
        weights = self.wordly
        if vector is not None:
            seen, weights = np.column_stack([seen, self.near(vector)]), self.weights
        return np.asarray(seen @ weights[:-2] + weights[-2] - weights[-1])

    def seen(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features of the words [n, features]."""
        preferred, other, parts, within, others, begun, narrower, broad = counts.T
        titled, spoken = (preferred + other > 0) * self.rarity, (within + others > 0) * self.rarity
        return np.column_stack(
            [
                preferred,
                other,
                parts,
                np.minimum(within, 4) / 4,
                np.log1p(np.minimum(others, 8)),
                begun,
                titled,
                spoken,
                self.prior,
                narrower,
                broad,
                narrower * np.minimum(preferred + other, 1),
            ]
        )

    def near(self, vector: NDArray[np.float32]) -> NDArray[np.float64]:
        """Features of the vector [n, features]."""
        told = (vector - self.centre) @ self.directions
        named = vector @ self.labels
        told_z = (told - self.scales[0]) / self.scales[1]
        named_z = (named - self.scales[2]) / self.scales[3]
        places = np.argsort(np.argsort(-told_z, kind="stable"), kind="stable")
        return np.column_stack(
            [
                np.clip(told_z, -2, 8) / 3,
                np.clip(named_z, -2, 6) / 3,
                np.clip(told, 0, 1) * 3,
                *(places < place for place in NEAREST),
            ]
        )


_ARRAYS = ("directions", "labels", "centre", "scales", "rarity", "prior")


@cache
def load_tagger() -> TaggerModel:
    """Read the shipped weights, once.

    Raises:
        ModelFileError: they are missing, or not those that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    return read_weights(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "model of subjects", advice))


def read_weights(content: bytes) -> TaggerModel:
    """The model that a weights file holds."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        vocabulary, embedder = str(held["vocabulary"]), str(held["embedder"])
        one, two, three, four, five, six = (held[name].astype(np.float32) for name in _ARRAYS)
        return TaggerModel(vocabulary, embedder, one, two, three, four, five, six, held["weights"], held["wordly"])
