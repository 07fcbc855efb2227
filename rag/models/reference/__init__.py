"""Whether a question continues a conversation, and with which of its exchanges: five logistic regressions.

The first reads the question alone: do its words refer to something before them ("go on", "and for images?"), do they
ask for other papers ("any more?")? The second weighs what was measured of the question and an exchange, by `PAIR`.
The third holds the likeliest exchange against what a search finds (`STAY`). The fourth tells a question
about two papers that were talked of, by its vector, the fifth one for more papers, by its words.

Trained by ``followups.py`` and ``staying.py`` of ``eval/training/conversations``; what on, and how right they are:
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
WEIGHTS_SHA256 = "ad5e21c923d950aedf5434f8fe0c003a825d191773b81caca1dbac2be49ebc1c"
PAIR = ("last", "nearer", "covered", "alone", "rival", "named", "named_other", "strange", "foreign", "refers_last")
"""The features of a question and an exchange.

last: it is the last; nearer: cosine to its papers above that to the rest of the library; covered: share of the
question's idf mass in one of its papers; alone: share on words that no other exchange's papers hold; rival: the most
that another one has of such; named: the question names its papers or something in them; named_other: it names another
paper, an author or days; strange: it names what does not stand there; foreign: share of the idf mass that the library
does not know; refers_last: log-odds of the first regression, for the last exchange. The first four figures count the
more, the more the question says of its own.
"""
STAY = ("about", "refers", "here", "elsewhere", "says", "words", "describes", "tells", "nearer")
"""The features of a question and the exchange that it is about most probably.

about: log-odds of the second regression; refers: of the first; here: how much a passage of the paper talked of is about
the question, word by word (late interaction, 0…1); elsewhere: the same of those that a search finds besides; says: the
log of the question's idf mass, in words that stand nowhere; words: that of how many it has; describes: whether
some of them say which paper is meant (`rag.models.known_item`), and of those alone: tells: the log of their idf mass;
nearer: how much more the papers talked of are about them than what a search finds besides.
"""
VECTOR_SCALE = 3.0
"""How much longer than 1 a sentence vector is shown: the penalty of the fit is the same for all features."""
CLIP = 6.0
"""Log-odds of the first regression beyond which it is as sure as it can be."""
MORE = -0.5
"""Log-odds of the fifth regression from which more papers are asked for."""
DOUBT = 3.0
"""Log-odds against it by the second regression from which a question leaves, whatever the third says."""
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
        more: By word, log-odds that a question asks for more papers on a subject that it names ("more on X").
        more_intercept: Its intercept.
        both: By dimension of a question's vector [d], log-odds that it is about two papers that were talked of; empty
            without one.
        both_intercept: Its intercept.
        stay: By feature of `STAY`, log-odds of the third regression; empty where a variant has none.
        stay_intercept: Its intercept.
    """

    embedder: str | None
    words: dict[str, tuple[float, float]]
    vector: tuple[tuple[float, ...], ...]
    bias: tuple[float, float]
    pairs: dict[str, float]
    intercept: float
    more: dict[str, float]
    more_intercept: float
    both: tuple[float, ...]
    both_intercept: float
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

    def of_more(self, question: str) -> float:
        """Log-odds that a question asks for more papers on a subject that it names, by its words."""
        return self.more_intercept + math.fsum(self.more.get(word, 0.0) for word in words(question))

    def of_both(self, vector: NDArray[np.float32] | None) -> float:
        """Log-odds that a question with such a sentence vector [d] is about two papers that were talked of."""
        if vector is None or not self.both:
            return -CLIP
        return self.both_intercept + VECTOR_SCALE * float(np.dot(self.both, vector))

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
