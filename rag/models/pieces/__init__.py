"""What each piece of a question does: it asks, or leads into what follows, or says nothing that could be answered.

A piece is what lies between two places where a further thing may begin (`rag.models.splitter`). A logistic regression
over its words, its marks and what stands on either side; trained by ``eval/training/answers/pieces.py``; what on, and
how right it is: ``README.md`` beside this file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from rag.models.runtime import read_checked
from rag.models.splitter import ASKING, JOINTS, OPENING, shape
from rag.types import Record

Doing = Literal["asks", "leads", "requests", "narrows", "continues"]
"""It asks or orders something; it says of what, when or why that is asked which follows; it only asks to be told that;
it narrows what was asked, thanks or greets; it belongs to the piece before it."""

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.json", "README.md"
WEIGHTS_SHA256 = "2b32c90073931102090b32e4f0363a089ea5a929a48ea69f2cdcbdae35ea4115"
DOINGS: tuple[Doing, ...] = ("asks", "leads", "requests", "narrows", "continues")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_JOINT = re.compile(r"[^\w\s]|\w+")
_SUBJECTS = frozenset("i you we he she it they there this that these those one the".split())


class Piece(NamedTuple):
    """Words of a question, in their order, and the marks and coordinators before and behind them."""

    words: tuple[str, ...]
    before: str = ""
    behind: str = ""


class PieceModel(Record):
    """Weights by feature, one for each thing that a piece may do (`DOINGS`), and what they are added to."""

    weights: dict[str, tuple[float, ...]]
    intercepts: tuple[float, ...]

    def told(self, pieces: Sequence[Piece]) -> list[Doing]:
        """What each of a question's pieces does."""
        return [DOINGS[max(range(len(DOINGS)), key=logits.__getitem__)] for logits in map(self._logits, seen(pieces))]

    def _logits(self, features: Sequence[str]) -> list[float]:
        known = [self.weights[feature] for feature in features if feature in self.weights]
        return [first + math.fsum(one[n] for one in known) for n, first in enumerate(self.intercepts)]


def cut(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """Pieces of a text, by where they stand in it; what lies between them joins them."""
    bounds = [0, *(bound for span in spans for bound in span), len(text)]
    joints = [text[start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
    return [
        Piece(tuple(_WORD.findall(text[start:end])), before, _marks(text[start:end]) + behind)
        for (start, end), before, behind in zip(spans, joints[:-1], joints[1:], strict=True)
    ]


def seen(pieces: Sequence[Piece]) -> list[tuple[str, ...]]:
    """The features of each of a question's pieces."""
    return [tuple(dict.fromkeys(_features(pieces, n))) for n in range(len(pieces))]


def _marks(text: str) -> str:
    """The marks that a text ends with."""
    return text[len(text.rstrip(" ?!.;,:–—-")) :]


def _opens(words: Sequence[str]) -> bool:
    return bool(words) and words[0] in OPENING


def _features(pieces: Sequence[Piece], n: int) -> Iterator[str]:
    piece, last = pieces[n], n + 1 == len(pieces)
    words = [word.lower() for word in piece.words]
    before, behind = _JOINT.findall(piece.before.lower()), _JOINT.findall(piece.behind.lower())
    mark = next((one for one in behind if not one.isalnum()), "")
    place = f"{n == 0}|{last}"
    for k in range(4):
        yield f"+{k}={words[k] if k < len(words) else '$'}"
    yield f"++={' '.join(words[:2])}"
    yield f"+++={' '.join(words[:3])}"
    for k in (1, 2):
        yield f"-{k}={words[-k] if k <= len(words) else '^'}"
    yield from (f"has={word}" for word in words)
    yield from (f"has={first} {second}" for first, second in pairwise(words))
    yield f"place={place}"
    yield f"mark={mark}|{last}"
    yield f"joint={' '.join(one for one in before if one in JOINTS)}"
    yield f"after={' '.join(one for one in before if not one.isalnum())}"
    yield f"words={min(len(words), 12) // 2}"
    yield f"opens={_opens(words)}|{place}|{mark}"
    yield f"asking={not ASKING.isdisjoint(words)}|{place}"
    inverted = any(first in OPENING and second in _SUBJECTS for first, second in pairwise(words))
    yield f"inverted={inverted}|{place}"
    yield f"named={any(shape(word) in ('<name>', '<capital>') for word in piece.words[1:])}"
    if not last:
        ahead = [word.lower() for word in pieces[n + 1].words]
        follows = f"{_opens(ahead)}|{'joined' if any(one in JOINTS for one in behind) else 'bare'}|{mark}"
        yield f"ahead={follows}"
        yield f"begins={' '.join(words[:2])}|{follows}"
        yield f"begins={words[0] if words else '$'}|{follows}"
        yield f"ahead={ahead[0] if ahead else '$'}"
    if n:
        yield f"behind={_opens([word.lower() for word in pieces[n - 1].words])}|{place}"


@cache
def load_pieces() -> PieceModel:
    """The shipped model, read once.

    Raises:
        ModelFileError: it is missing, or not the one that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    return PieceModel.model_validate(json.loads(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "pieces", advice)))
