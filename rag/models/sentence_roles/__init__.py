"""What the sentences of an abstract are there for, and which of them states task, method and result: linear models.

The first tells a sentence's role from its words alone: background, objective, method, result or other. The second
weighs, for each field of a card, the roles of a sentence and its neighbours, where it stands and a few plain signs; it
also tells that no sentence states the field. Both are cheap enough for every paper that comes in.

Trained by ``eval/training/cards.py``; what on, and how right they are: ``README.md`` beside this file.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.runtime import read_checked

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.npz", "README.md"
WEIGHTS_SHA256 = "8a17b3acb8184f2a58b66fccfa6d5d361c1d2a83094aa3c17230a0d16cbd4831"
ROLES = ("background", "objective", "method", "result", "other")
FIELDS = ("task", "method", "result")
BUCKETS = 1 << 15
"""Numbers that runs of words are hashed to."""
RUN = 3
"""Most words of a run."""
_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*|[%?:;()]")
_CONTRAST = re.compile(
    r"however|but|yet|although|despite|while|existing|previous|prior|current|traditional", re.IGNORECASE
)
_OWN = re.compile(r"\b(?:we|our|us|this (?:paper|work|study|article|thesis|survey))\b", re.IGNORECASE)
_OFFERS = re.compile(
    r"\b(?:propos|introduc|present|develop|investigat|explor|stud(?:y|ies)|examin|address|tackl|aim)\w*", re.IGNORECASE
)
_FOUND = re.compile(
    r"\b(?:outperform|achiev|improv|demonstrat|show|reveal|find|found|findings|results|gain|reduc|surpass|increas)\w*",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?:\\?%|x\b|×|points?\b|percent)|\b0\.\d+")
_SHARED = re.compile(r"https?:|\b(?:code|available|released?|open-source[d]?)\b", re.IGNORECASE)


def runs(sentence: str) -> NDArray[np.int64]:
    """The runs of words of a readable sentence, each once, as numbers; figures count as one word."""
    words = ["^", *("0" if word[0].isdigit() else word for word in _TOKEN.findall(sentence.lower())), "$"]
    first = [word.encode() for word in words]
    next_ones = [b" " + word for word in first]
    found = set()
    for place, word in enumerate(first):
        run = zlib.crc32(word)
        found.add(run % BUCKETS)
        for follower in next_ones[place + 1 : place + RUN]:  # a checksum goes on where the shorter run's ended
            run = zlib.crc32(follower, run)
            found.add(run % BUCKETS)
    return np.fromiter(sorted(found), dtype=np.int64)


def signs(sentences: Sequence[str], name: str) -> NDArray[np.float64]:
    """Plain signs of the sentences of an abstract [sentences, signs], each about 0…1.

    Args:
        sentences: In readable form, in order.
        name: What the title calls the paper's own; empty where it names nothing.
    """
    count = len(sentences)
    rows = []
    named_before = False
    for n, sentence in enumerate(sentences):
        named = bool(name) and name in sentence
        rows.append(
            [
                n / max(count - 1, 1),
                n == 0,
                n == count - 1,
                named,
                named and not named_before,
                named_before,
                bool(_OWN.search(sentence)),
                bool(_OFFERS.search(sentence)),
                bool(_OWN.search(sentence)) and bool(_OFFERS.search(sentence)),
                bool(_FOUND.search(sentence)),
                bool(_FIGURE.search(sentence)),
                bool(_SHARED.search(sentence)),
                bool(_CONTRAST.match(sentence)),
                min(len(sentence) / 400, 1.5),
            ]
        )
        named_before = named_before or named
    return np.array(rows, dtype=np.float64).reshape(count, -1)


@dataclass(frozen=True, slots=True)
class RoleModel:
    """The weights.

    Attributes:
        words: Log-odds by bucket and role, and the constants in the last row [`BUCKETS` + 1, roles].
        fields: Weights of the field's features and its constant [fields, features + 1].
        mentions: Weights of the signs that a name is one of data, and the constant (`rag.cards.mentions`).
    """

    words: NDArray[np.float32]
    fields: NDArray[np.float64]
    mentions: NDArray[np.float64]

    def roles(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """Chances of the roles [sentences, roles], each sentence by itself."""
        logits = np.empty((len(sentences), len(ROLES)))
        for n, sentence in enumerate(sentences):
            found = runs(sentence)
            logits[n] = self.words[found].sum(axis=0) / np.sqrt(max(len(found), 1)) + self.words[-1]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(sentences) else logits
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def scores(self, sentences: Sequence[str], name: str) -> NDArray[np.float64]:
        """Log-odds that each sentence states each field [fields, sentences]; see `signs` for what is given."""
        return np.asarray(
            self.fields[:, :-1] @ features(self.roles(sentences), signs(sentences, name)).T + self.fields[:, -1:]
        )


def features(roles: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a field is told by [sentences, features]: roles of a sentence, of its neighbours, and signs."""
    edge = np.zeros((1, roles.shape[1]))
    before, after = np.vstack([edge, roles[:-1]]), np.vstack([roles[1:], edge])
    first = seen[:, 8] * (np.cumsum(seen[:, 8]) == 1)
    found_before = (np.cumsum(seen[:, 9]) > seen[:, 9]).astype(np.float64)
    return np.column_stack(
        [
            roles,
            before,
            after,
            seen,
            first,
            found_before,
            roles[:, 1] * seen[:, 0],
            roles[:, 3] * seen[:, 10],
            seen[:, 9] * seen[:, 10],
        ]
    )


@cache
def load_roles() -> RoleModel:
    """Read the shipped weights, once.

    Raises:
        ModelFileError: they are missing, or not those that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    return read_weights(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "model of sentences' roles", advice))


def read_weights(content: bytes) -> RoleModel:
    """The model that a weights file holds."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return RoleModel(held["words"].astype(np.float32), held["fields"], held["mentions"])
