"""Where in a text a further thing is asked or ordered: a logistic regression over the words around each place.

A place is where a word begins behind a mark or a coordinator, or a word that may open a question or an order; the
first word is one. Trained by ``eval/training/answers/splitter.py``; what on, and how right it is: ``README.md`` beside
this file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from rag.models.runtime import read_checked
from rag.types import Record

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.json", "README.md"
WEIGHTS_SHA256 = "4085ea1d7786ff155f4cabb32c99734b38c3cd2ae29a2eaa8c732aeb536a5661"
ASKING = frozenset(
    "how which what who whom whose when where why whats hows whos wheres list compare explain summarise summarize "
    "describe name".split()
)
"""Words that put a question or an order wherever they stand."""
OPENING = ASKING | frozenset(
    "is are was were do does did has have had can could should would will any anything".split()
)
"""Words that may begin one without a mark before them; those besides only there: "the index can be poisoned"."""
JOINTS = frozenset("and or but also plus then besides as well & / + - – —".split())
"""Words and marks that may stand between two things."""
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]")
_ENDS = frozenset(".?!;")
_BORDERS = frozenset(".?!;:,–—-/&+…")
_ENDINGS = ("ing", "ed", "ly", "s")
_READ = 250
"""Words and marks of a text that are read: each place looks at all before it, and nobody asks so much at once."""
_WINDOW = 4
"""Words looked at behind a place; before it one less."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a further thing may begin.

    Attributes:
        joint: Where what leads into it begins: marks and coordinators.
        start: Of the first word that belongs to it.
        features: What was seen around it.
        opens: Whether its first word may open a question.
        opened: How many words that put a question stand before it.
        word: Its first word, in small letters.
    """

    joint: int
    start: int
    features: tuple[str, ...]
    opens: bool
    opened: int
    word: str

    def behind(self, last: Place | None) -> tuple[str, ...]:
        """Its features where the place before it that began something is known; None: none did."""
        since = "nothing" if last is None else "asked" if self.opened > last.opened else "said"
        told = f"{since}|{last.word}|{self.opens}" if last else since
        return (*self.features, *(f"since={one}" for one in (since, f"{since}|{self.opens}", told)))


class SplitterModel(Record):
    """The coefficients: log-odds that a place begins something asked, by feature, and their intercept."""

    weights: dict[str, float]
    intercept: float

    def starts(self, text: str) -> list[Place]:
        """The places of a text that begin something asked, each decided in the light of those before it."""
        begun: list[Place] = []
        for place in places(text):
            if self.logit(place.behind(begun[-1] if begun else None)) >= 0:
                begun.append(place)
        return begun

    def logit(self, features: Sequence[str]) -> float:
        """Log-odds that a place begins something asked."""
        return self.intercept + math.fsum(self.weights.get(feature, 0.0) for feature in features)


def places(text: str) -> Iterator[Place]:
    """The places of a text, in order."""
    tokens = [(match[0], match.start()) for match in islice(_TOKEN.finditer(text), _READ)]
    lower = [token.lower().replace("’", "'").removesuffix("'s") for token, _ in tokens]
    for n, (token, start) in enumerate(tokens):
        if not token[0].isalnum() or (lower[n] in JOINTS and n + 1 < len(tokens) and n > 0):
            continue
        before = _joint(lower, n)
        if n == 0 or before < n or lower[n] in OPENING:
            features = tuple(dict.fromkeys(_features(tokens, lower, before, n)))
            opened = sum(_puts(lower, k) for k in range(before))
            yield Place(tokens[before][1], start, features, lower[n] in OPENING, opened, lower[n])


def _puts(lower: Sequence[str], n: int) -> bool:
    """Whether a word puts a question or an order where it stands."""
    begins = n == 0 or lower[n - 1] in _BORDERS or lower[n - 1] in JOINTS
    return lower[n] in ASKING or (begins and lower[n] in OPENING)


def _joint(lower: Sequence[str], n: int) -> int:
    """The first of the marks and coordinators that stand before a word."""
    first = n
    while first > 0 and (lower[first - 1] in _BORDERS or lower[first - 1] in JOINTS):
        first -= 1
    return first


def shape(token: str) -> str:
    """A word that no weight is for, by its looks."""
    if any(char.isdigit() for char in token):
        return "<number>"
    if any(char.isupper() for char in token[1:]):
        return "<name>"
    ending = next((end for end in _ENDINGS if token.endswith(end)), "")
    return "<capital>" if token[0].isupper() else f"<word>{ending}"


def _features(tokens: Sequence[tuple[str, int]], lower: Sequence[str], before: int, n: int) -> Iterator[str]:
    joint = " ".join(lower[before:n]) if n else "^"
    marks = "".join(token for token in lower[before:n] if not token[0].isalnum())
    follows = next((k for k in range(n, len(lower)) if lower[k] in _ENDS), len(lower))
    comma = next((k for k in range(n, len(lower)) if not lower[k][0].isalnum() or lower[k] in JOINTS), len(lower))
    begun = max((k + 1 for k in range(before) if lower[k] in _ENDS), default=0)
    asked = [k for k in range(begun, before) if _puts(lower, k)]
    yield f"joint={joint}"
    yield f"marks={marks}"
    ahead = [lower[k] for k in range(n, min(n + _WINDOW, len(lower)))]
    for k, word in enumerate(ahead):
        yield f"+{k}={word}"
        yield f"+{k}~{shape(tokens[n + k][0])}"
    yield f"++={' '.join(ahead[:2])}"
    yield f"j+={marks or joint}|{ahead[0]}"
    yield f"+0{ahead[0]}~{shape(tokens[n + 1][0])}" if n + 1 < len(tokens) else "+0$"
    behind = [lower[k] for k in range(max(before - _WINDOW + 1, 0), before)][::-1]
    for k, word in enumerate(behind):
        yield f"-{k}={word}"
    opens = lower[n] in OPENING
    yield f"opens={opens}|{'end' if marks[:1] in _ENDS else 'joint' if before < n else 'none'}"
    yield f"right={min(follows - n, 9)}"
    yield f"clause={min(comma - n, 6)}"
    yield f"left={min((before - begun) // 2, 6)}"
    yield f"asked={bool(asked)}|{opens}"
    yield f"first={n == 0}|{opens}"
    ahead_opens = any(lower[k] in OPENING for k in range(n + 1, follows))
    yield f"ahead={ahead_opens}|{opens}"
    yield f"mark={lower[follows] if follows < len(lower) else '$'}|{opens}"
    yield f"sentence={begun == 0}|{bool(asked)}"


@cache
def load_splitter() -> SplitterModel:
    """The shipped model, read once.

    Raises:
        ModelFileError: it is missing, or not the one that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    return SplitterModel.model_validate(json.loads(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "splitter", advice)))
