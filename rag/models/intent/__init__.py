"""Which kind of answer a question wants: a linear model over its words, its letters and its sentence vector.

Trained by ``eval/training/intent.py``; what on, and how right it is: ``README.md`` beside this file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rag.models.intent.cues import Shown, shown
from rag.models.runtime import read_checked

Label = Literal[
    "single",
    "paraphrase",
    "define",
    "compare",
    "list",
    "topic",
    "temporal",
    "news",
    "change",
    "count",
    "who",
    "when",
    "versions",
    "category",
    "cite",
    "age",
    "length",
    "coverage",
    "days",
    "themes",
    "from",
    "similar",
    "recommend",
    "trending",
    "followup",
    "others",
    "courtesy",
    "help",
    "offtopic",
]
"""What a question may want.

``single``: something that one paper says; ``paraphrase``: the paper that is described; ``define``: what a term means;
``compare``: works or systems side by side; ``list``: the papers about something; ``topic``: what papers say about it;
``temporal``: papers of an author or a time; ``news``: what was listed lately; ``change``: how something developed;
``count``: how many papers; ``who``: who wrote one; ``when``: when it was listed; ``versions``: which versions of it
there are; ``category``: where its archive puts it; ``cite``: how to refer to it; ``age``: which of some is newer;
``length``: how long it is; ``coverage``: what the library holds; ``days``: on which days; ``themes``: on which
subjects; ``from``: papers of a company or another institution; ``similar``: papers like one; ``recommend``: something
to read; ``trending``: what or who stands out; ``followup``: more on what was talked of; ``others``: other papers than
those; ``courtesy``: nothing; ``help``: how this works; ``offtopic``: what no paper would say.
"""
LABELS: tuple[Label, ...] = get_args(Label)
CONTINUES: tuple[Label, ...] = ("followup", "others")
"""What only a conversation can be asked."""
FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.npz", "README.md"
WEIGHTS_SHA256 = "799e9d9c802153a06c28bb7d103211fba1e8e8158f41d52cde42e0c19a0555c3"
VECTOR_SCALE = 1.5
"""Length that a sentence vector is given beside words and letters, whose runs have length 1 together."""


@dataclass(frozen=True, slots=True)
class Chances:
    """What a question may want, with probabilities.

    Attributes:
        labels: The chance of each label; they add up to 1.
        compound: The chance that it asks several things.
    """

    labels: Mapping[Label, float]
    compound: float


@dataclass(frozen=True, slots=True)
class IntentModel:
    """The weights; one column a label, and the last for compound questions.

    Attributes:
        words: Hashes of the runs of words that have weights, ascending.
        letters: Hashes of the runs of letters, likewise.
        weights: Of words, letters, figures, the vector's dimensions and the constant, in this order [rows, labels + 1].
        temperatures: What logits are divided by, for the labels and for compound.
    """

    words: NDArray[np.uint32]
    letters: NDArray[np.uint32]
    weights: NDArray[np.float32]
    temperatures: tuple[float, float]

    def chances(self, text: str, vector: NDArray[np.float32], *, continues: bool) -> Chances:
        """Tell what a question may want.

        Args:
            text: As typed.
            vector: Its sentence vector by the shipped embedder, of length 1.
            continues: Whether anything was said before; without, there is nothing to follow up.
        """
        return self.of(shown(text), vector, continues=continues)

    def of(self, seen: Shown, vector: NDArray[np.float32], *, continues: bool) -> Chances:
        """The same for what was seen in a text."""
        first = len(self.words), len(self.words) + len(self.letters)
        logits = self.weights[-1].astype(np.float64)
        for runs, known, offset in ((seen.words, self.words, 0), (seen.letters, self.letters, first[0])):
            rows = offset + places(runs, known)
            logits += self.weights[rows].sum(axis=0) / np.sqrt(max(len(runs), 1))
        dense = np.concatenate([seen.figures, VECTOR_SCALE * vector])
        logits += dense @ self.weights[first[1] : -1]
        return self._chances(logits, continues)

    def _chances(self, logits: NDArray[np.float64], continues: bool) -> Chances:
        kinds = logits[:-1] / self.temperatures[0]
        if not continues:
            kinds[[LABELS.index(label) for label in CONTINUES]] = -np.inf
        odds = np.exp(kinds - kinds.max())
        compound = 1 / (1 + np.exp(-logits[-1] / self.temperatures[1]))
        return Chances(dict(zip(LABELS, (odds / odds.sum()).tolist(), strict=True)), float(compound))


def places(runs: NDArray[np.uint32], known: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Where those of some hashes that are known stand among them."""
    at = np.searchsorted(known, runs)
    at = at[at < len(known)]
    return np.asarray(at[known[at] == runs[: len(at)]])


@cache
def load_intents() -> IntentModel:
    """Read the shipped weights, once.

    Raises:
        ModelFileError: they are missing, or not those that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    return read_weights(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "intent model", advice))


def read_weights(content: bytes) -> IntentModel:
    """The model that a weights file holds."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        kinds, compound = held["temperatures"].tolist()
        return IntentModel(held["words"], held["letters"], held["weights"].astype(np.float32), (kinds, compound))
