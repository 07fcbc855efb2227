"""Whether a paper belongs to a list or a topic: a logistic regression over a few measures of the search.

Trained by ``eval/training/membership.py``; what on, and how right it is: ``README.md`` beside this file.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.runtime import read_checked
from rag.types import Record

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.json", "README.md"
WEIGHTS_SHA256 = "7d7016557ac23b9ede925cb2131aa34119f1e5fcc4bde26890f45503eb29d4b4"
FEATURES = ("wording", "behind", "meaning", "words", "title", "way", "like", "apart", "tags", "dwells")
"""What is measured of a paper (`rag.retrieve.membership`).

wording: nearness of its words to the question's; behind: that, less the nearest paper's; meaning: cosine similarity to
the question above that of papers at some distance; words: BM25 for the subject as a share of its idf mass; title: share
of the subject's words that stand in the title, by the square of their idf; way: how far its score is on the way from
the fifteenth's to the first's; like: mean similarity to the five first papers; apart: mean similarity to the papers
near the first one, less that to those near the fifteenth; tags: share of the subjects named in the question that it is
tagged with; dwells: similarity to the question's weightiest words of the few tokens nearest to each. `like` and `apart`
compare papers with each other, less what they share with papers at some distance.
"""


class MembershipModel(Record):
    """The coefficients.

    Attributes:
        weights: Log-odds a unit of each feature.
    """

    weights: dict[str, float]
    intercept: float

    def chances(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """The chance that each paper belongs.

        Args:
            features: Rows in the order of `FEATURES`, [papers, features].
        """
        odds = features @ np.array([self.weights[name] for name in FEATURES]) + self.intercept
        return np.asarray(1 / (1 + np.exp(-odds)))


@cache
def load_membership() -> MembershipModel:
    """The shipped weights, read once.

    Raises:
        ModelFileError: they are missing, or not those that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    held = json.loads(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "membership model", advice))
    return MembershipModel.model_validate(held)
