"""Whether a question continues a conversation, and with which of its exchanges: three logistic regressions.

The first reads the question alone: do its words refer to something before them ("go on", "and for images?"), do they
ask for other papers ("any more?")? The second weighs what was measured of the question and an exchange, by `PAIR`.
Where that leaves it open the third weighs who answers, the paper talked of or the papers that a search finds (`STAY`).

Trained by ``eval/training/followups.py`` and ``eval/training/staying.py``; what on, and how right they are:
``README.md`` beside this file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.runtime import read_checked
from rag.types import Record

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.json", "README.md"
WEIGHTS_SHA256 = "75a6a0b24a596f915d8f30b59a80c13d810629165d49f1818ee0580676d8fbbe"
PAIR = ("last", "nearer", "covered", "alone", "rival", "named", "named_other", "strange", "foreign", "refers_last")
"""The features of a question and an exchange.

last: it is the last; nearer: cosine to its papers above that to the rest of the library; covered: share of the
question's idf mass in one of its papers; alone: share on words that no other exchange's papers hold; rival: the most
that another one has of such; named: the question names its papers or something in them; named_other: it names another
paper, an author or days; strange: it names what does not stand there; foreign: share of the idf mass that the library
does not know; refers_last: log-odds of the first regression, for the last exchange. The first four figures count the
more, the more the question says of its own.
"""
STAY = ("about", "refers", "here", "elsewhere")
"""The features of a question and the exchange that it is about most probably.

about: log-odds of the second regression; refers: of the first; here: that the paper talked of answers it, by the answer
scorer and not below `UNTOLD`; elsewhere: that the best of the nearest papers which were not talked of does.
"""
VECTOR_SCALE = 3.0
"""How much longer than 1 a sentence vector is shown: the penalty of the fit is the same for all features."""
CLIP = 6.0
"""Log-odds of the first regression beyond which it is as sure as it can be."""
DOUBT = 2.2
"""Log-odds against it by the second regression up to which the third is asked; what the second lets stay, stays."""
EVEN = 0.25
"""Log-odds of the third from which a question stays."""
UNTOLD = -2.0
"""Log-odds below which nothing is an answer: how far below tells nothing of the question."""
_TOKEN = re.compile(r"[a-z']+|\d+|[?.,!:]")


class ReferenceModel(Record):
    """The coefficients of one variant.

    Attributes:
        embedder: Identity of the embedding model whose vectors it reads; None for the variant that reads none.
        words: By word, the log-odds that a question refers back, and that it asks for others.
        vector: The same by dimension of the question's vector [2, d]; empty without one.
        bias: Their intercepts.
        pairs: By feature of `PAIR`, log-odds of the second regression.
        intercept: Its intercept.
        stay: By feature of `STAY`, log-odds of the third regression; empty where a variant has none.
        stay_intercept: Its intercept.
    """

    embedder: str | None
    words: dict[str, tuple[float, float]]
    vector: tuple[tuple[float, ...], ...]
    bias: tuple[float, float]
    pairs: dict[str, float]
    intercept: float
    stay: dict[str, float]
    stay_intercept: float

    def alone(self, question: str, vector: NDArray[np.float32] | None) -> tuple[float, float]:
        """Log-odds that a question refers to something before it, and that it asks for other papers.

        Args:
            question: As typed.
            vector: Its sentence vector [d]; needed by a variant that has an embedder.
        """
        found = [self.words[word] for word in words(question) if word in self.words]
        refers, others = (bias + math.fsum(one[k] for one in found) for k, bias in enumerate(self.bias))
        if vector is None or not self.vector:
            return refers, others
        of_refers, of_others = (VECTOR_SCALE * float(np.dot(row, vector)) for row in self.vector)
        return refers + of_refers, others + of_others

    def about(self, features: Sequence[float]) -> float:
        """Log-odds that a question is about an exchange, by its features in the order of `PAIR`."""
        return self.intercept + math.fsum(self.pairs[name] * x for name, x in zip(PAIR, features, strict=True))

    def stays(self, features: Sequence[float]) -> float:
        """Log-odds that a question stays with its exchange, by its features in the order of `STAY`."""
        return self.stay_intercept + math.fsum(self.stay[name] * x for name, x in zip(STAY, features, strict=True))


def words(question: str) -> list[str]:
    """The words and marks of a question, each once, and how long it is."""
    found = _TOKEN.findall(question.lower())
    return [*dict.fromkeys(found), f"#{min(len(found) // 3, 6)}"]


@cache
def load_references() -> dict[str | None, ReferenceModel]:
    """The shipped variants by their embedder, read once.

    Raises:
        ModelFileError: they are missing, or not those that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    held = json.loads(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "follow-up model", advice))
    return {one.embedder: one for one in map(ReferenceModel.model_validate, held)}
