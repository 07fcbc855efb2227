"""The sides of a comparison and what is asked of each, as spans of a text: a chain of labels, word by word.

A conditional random field: log-odds of each word's label by what stands around it, and of one label behind another.
It decides at once whether works are compared at all, and where each of them is named or described: a text is either
no comparison from its first word to its last, or holds two sides at least. Trained by
``eval/training/answers/sides.py``; what on, and how right it is: ``README.md`` beside this file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.runtime import read_checked
from rag.types import Record

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.json", "README.md"
WEIGHTS_SHA256 = "55a83b8f5063535a14257f5f678642c3464ab9d7167fbb16eec6a0d0045170dd"
LABELS = ("none", "other", "side", "in side", "ask", "in ask")
"""What a word is: of no comparison; beside what is compared; the first or a later one of a side, of what is asked."""
STATES = (
    ("none", 0),
    *((label, sides) for sides in (0, 1, 2) for label in ("other", "ask", "in ask")),
    *((label, sides) for sides in (1, 2) for label in ("side", "in side")),
)
"""Labels with how many sides were begun so far, two for more."""
_FOLLOWS = {"in side": ("side", "in side"), "in ask": ("ask", "in ask")}
_TOKEN = re.compile(r"[^\W_]+(?:[-._@²³]+[^\W_]+)*[+²³]*|['’][^\W_]+|[^\w\s]")
_ENDINGS = ("ing", "ed", "ly", "er", "s")
_CUES = frozenset(
    "and or vs versus versus than as against with to from between both each either two three same similar alike differ "
    "differs different difference differences compare compared comparing contrast other another one ones first second "
    "whereas while next beside apart unlike paper papers study studies work works".split()
)
"""Words of which it is told whether they stand before a word, or behind it."""
_COMMON = frozenset("the a an one in of by for with what which how that those from is does do and".split())
"""Words of which it is told whether they stand in a text more than once."""
COMPARES = 0.4
"""Chance from which a text compares by itself; less is enough where something else bears it out."""
_READ = 120
"""Words and marks of a text that are read."""
_NEVER = -1e4

Floats = NDArray[np.float64]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """What a text sets side by side.

    Attributes:
        chance: That it compares works at all, 0…1.
        sides: Spans of the likeliest sides if it does, two or more, in order.
        asks: Spans of what is asked of each, in order.
    """

    chance: float = 0.0
    sides: tuple[Span, ...] = ()
    asks: tuple[Span, ...] = ()


class SidesModel(Record):
    """The coefficients.

    Attributes:
        labels: By what is seen around a word, the log-odds of each of `LABELS`.
        states: By what is seen nearest to it, those of each of `STATES`.
        steps: Log-odds of each state behind another, [from][to].
        starts: Log-odds of each state at the first word.
    """

    labels: dict[str, tuple[float, ...]]
    states: dict[str, tuple[float, ...]]
    steps: tuple[tuple[float, ...], ...]
    starts: tuple[float, ...]

    def read(self, text: str) -> Compared:
        """Read what a text compares."""
        found = list(tokens(text))
        if len(found) < 2:  # two sides are two words at least
            return Compared()
        seen = list(observed(text, found))
        odds = np.array([self._odds(one) for one in seen])
        steps = np.where(ALLOWED, np.array(self.steps), _NEVER)
        odds[0] += np.where(STARTS, np.array(self.starts), _NEVER)
        ends = np.where(ENDS, 0.0, _NEVER)
        path = likeliest(odds[:, 1:], steps[1:, 1:], ends[1:])
        labels = [STATES[1 + state][0] for state in path]
        sides, asks = spans_of("side", labels, found), spans_of("ask", labels, found)
        return Compared(_chance(odds, steps, ends), sides, asks)

    def _odds(self, seen: tuple[Sequence[str], Sequence[str]]) -> Floats:
        """Log-odds of each state of a word."""
        of_labels = np.zeros(len(LABELS))
        for name in seen[0]:
            if name in self.labels:
                of_labels += self.labels[name]
        odds: Floats = of_labels[LABEL_OF]
        for name in seen[1]:
            if name in self.states:
                odds = odds + self.states[name]
        return odds


LABEL_OF = np.array([LABELS.index(label) for label, _ in STATES])
"""The label of each state, int [states]."""


def _allowed(before: tuple[str, int], after: tuple[str, int]) -> bool:
    """Whether one state may stand behind another."""
    if "none" in (before[0], after[0]):
        return before == after
    if after[0] in _FOLLOWS:
        return before[0] in _FOLLOWS[after[0]] and before[1] == after[1]
    return after[1] == (min(before[1] + 1, 2) if after[0] == "side" else before[1])


ALLOWED = np.array([[_allowed(before, after) for after in STATES] for before in STATES])
STARTS = np.array([state in (("none", 0), ("other", 0), ("ask", 0), ("side", 1)) for state in STATES])
ENDS = np.array([label == "none" or sides == 2 for label, sides in STATES])
"""Which states may stand behind which, at the beginning, and at the end, bool."""


def tokens(text: str) -> Iterator[tuple[int, int]]:
    """The spans of a text's words and marks."""
    return (match.span() for match in islice(_TOKEN.finditer(text), _READ))


def observed(text: str, found: Sequence[Span]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What is seen around each word, and of that what is nearest to it."""
    words = [text[start:end] for start, end in found]
    lower = ["^", "^", "^", *(word.lower().replace("’", "'") for word in words), "$", "$", "$"]
    shapes = ["^", *map(_shape, words), "$"]
    cues = [(n, word) for n, word in enumerate(lower) if word in _CUES]
    last = 0
    for n, word in enumerate(words):
        at = n + 3
        before = sorted({cue for place, cue in cues if place < at})
        behind = sorted({cue for place, cue in cues if place > at})
        near = (
            "here",
            f"0={lower[at]}",
            f"-1={lower[at - 1]}",
            f"-10={lower[at - 1]} {lower[at]}",
            f"0~{shapes[n + 1]}",
            f"-1|~{lower[at - 1]} {shapes[n + 1]}",
        )
        far = (
            *near,
            *(f"{k}={lower[at + k]}" for k in (-3, -2, 1, 2, 3)),
            f"-1~{shapes[n]}",
            f"1~{shapes[n + 2]}",
            f"~{shapes[n]} {shapes[n + 1]} {shapes[n + 2]}",
            f"01={lower[at]} {lower[at + 1]}",
            f"-2-1={lower[at - 2]} {lower[at - 1]}",
            f"12={lower[at + 1]} {lower[at + 2]}",
            f"-2-1|~{lower[at - 2]} {lower[at - 1]} {shapes[n + 1]}",
            f"~|1{shapes[n + 1]} {lower[at + 1]}",
            f"since={min(n - last, 8)}",
            *(f"behind {cue}" for cue in before),
            *(f"before {cue}" for cue in behind),
            *(f"twin {lower[at]} {which}" for which in _twins(lower, at)),
        )
        yield far, near
        if not word[0].isalnum():
            last = n + 1


def _twins(lower: Sequence[str], at: int) -> Iterator[str]:
    """On which sides a common word stands once more."""
    if lower[at] in _COMMON:
        if lower[at] in lower[:at]:
            yield "before"
        if lower[at] in lower[at + 1 :]:
            yield "behind"


def _shape(word: str) -> str:
    """A word by its looks."""
    if not word[0].isalnum():
        return "mark"
    if word.isdigit():
        return "number"
    if any(char.isdigit() or char.isupper() for char in word[1:]):
        return "name"
    ending = next((end for end in _ENDINGS if word.endswith(end)), "")
    return "capital" if word[0].isupper() else f"word{ending}"


def likeliest(odds: Floats, steps: Floats, ends: Floats) -> list[int]:
    """The likeliest chain of states (Viterbi).

    Args:
        odds: Log-odds of each state of each word [words, states], of the first with those of beginning so.
        steps: Of each state behind another, [from][to].
        ends: Of each at the end [states].
    """
    best, came = odds[0], []
    for here in odds[1:]:
        through = best[:, None] + steps
        came.append(through.argmax(axis=0))
        best = through.max(axis=0) + here
    path = [int((best + ends).argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return path[::-1]


def _chance(odds: Floats, steps: Floats, ends: Floats) -> float:
    """The chance that the chain is one of a comparison (forward algorithm)."""
    total = odds[0]
    for here in odds[1:]:
        total = np.logaddexp.reduce(total[:, None] + steps, axis=0) + here
    total = total + ends
    compared = float(np.logaddexp.reduce(total[1:]))
    return 1 / (1 + math.exp(min(float(total[0]) - compared, 700.0)))


def spans_of(label: str, labels: Sequence[str], found: Sequence[Span]) -> tuple[Span, ...]:
    """The spans of a text that begin with one label and go on with its own.

    Args:
        label: The one with which a span begins; behind it stands "in" and that label.
        labels: Of each word and mark of the text.
        found: Where these stand.
    """
    spans: list[Span] = []
    for name, (start, end) in zip(labels, found, strict=True):
        if name == label:
            spans.append((start, end))
        elif name == f"in {label}":
            spans[-1] = (spans[-1][0], end)
    return tuple(spans)


@cache
def load_sides() -> SidesModel:
    """The shipped model, read once.

    Raises:
        ModelFileError: it is missing, or not the one that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    content: Mapping[str, object] = json.loads(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "sides model", advice))
    return SidesModel.model_validate(content)
