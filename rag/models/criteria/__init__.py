"""How far a paper meets a criterion, in four levels: an ordinal regression over a few measures of its sentences.

Trained by ``eval/training/criteria.py``; what on, and how right it is: ``README.md`` beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.runtime import read_checked
from rag.types import Record

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.json", "README.md"
WEIGHTS_SHA256 = "a1d13c54d19449c6c2dbb924b77be3e0c7d82ff7c2c464e343e6b49fc7b82afe"
GROUPS: Mapping[str, str] = {
    "subject": "topic",
    "domain": "topic",
    "free": "free",
    "sort": "fact",
    "code": "fact",
    "online": "fact",
    "study": "fact",
}
"""Kinds of criteria that are judged alike."""
OF_A_SENTENCE = ("likeness", "words", "answers")
"""What is measured of a sentence (`rag.topics.best.evidence`).

likeness: of its words to the criterion's, by their vectors; words: share of the criterion's idf mass that stands in it;
answers: log-odds that it answers the criterion's question, a fifth of them.
"""
OF_A_PAPER = ("answered", "held", "title_likeness", "title_words", "told")
"""What is measured of a paper: log-odds that its abstract answers the question, a fifth of them; the share of the
criterion's idf mass that it holds anywhere; the first two measures of its title; whether its card or tags tell it."""


class Group(Record):
    """The coefficients of criteria that are judged alike.

    Attributes:
        sentence: By name, of `OF_A_SENTENCE`; others count nothing. The sentence with the most is the evidence.
        paper: By name, of `OF_A_PAPER`.
        cuts: From each of them on a paper has the next level.
    """

    sentence: dict[str, float]
    paper: dict[str, float]
    cuts: tuple[float, float, float]

    def evidence(self, sentences: NDArray[np.float64]) -> int:
        """The sentence that tells most; the first of equals.

        Args:
            sentences: Their measures, [sentences, measures]; at least one.
        """
        return int(np.argmax(np.round(sentences @ self.of_a_sentence, 9)))

    def level(self, sentence: NDArray[np.float64], paper: NDArray[np.float64]) -> int:
        """How far a paper meets the criterion: 0 (not told) to 3 (fully).

        Proportional odds (McCullagh, "Regression models for ordinal data", JRSS B 1980, section 2): the level whose
        chance to be reached or passed is the last above one half.
        """
        score = float(sentence @ self.of_a_sentence + paper @ self.of_a_paper)
        return sum(round(score, 9) > cut for cut in self.cuts)

    @property
    def of_a_sentence(self) -> NDArray[np.float64]:
        """The weights of a sentence's measures, in their order."""
        return np.array([self.sentence.get(name, 0.0) for name in OF_A_SENTENCE])

    @property
    def of_a_paper(self) -> NDArray[np.float64]:
        """The weights of a paper's measures, in their order."""
        return np.array([self.paper.get(name, 0.0) for name in OF_A_PAPER])


class LevelModel(Record):
    """What tells levels: coefficients by group."""

    groups: dict[str, Group]


@cache
def load_levels() -> LevelModel:
    """The shipped weights, read once.

    Raises:
        ModelFileError: they are missing, or not those that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    held = json.loads(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "model of levels", advice))
    return LevelModel.model_validate(held)
