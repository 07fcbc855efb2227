"""The words of a question that say which paper is meant, and those that say what is asked of it, as spans.

Who looks for one paper that he roughly remembers (known-item search) describes it and asks something of it, often in
one breath: "There is one where they rebuild the prompt from the logits. How badly do demographics leak?" A conditional
random field over the words, as for the sides of a comparison (`rag.models.sides`), with what begins and ends the
sentence and the clause of each. Trained by ``eval/training/conversations/known_item.py``; what on, and how right it is:
``README.md`` beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from rag.models.runtime import read_checked
from rag.models.sides import Span, likeliest, observed, spans_of, tokens
from rag.types import Record

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.json", "README.md"
WEIGHTS_SHA256 = "4d7e1e5f7e4ad20501b7d14e40894692364ea83a91e05f2352543e012f39bc6f"
LABELS = ("other", "which", "in which", "ask", "in ask")
"""What a word is: neither; the first or a later one that says which paper is meant, or what is asked of it."""
ALLOWED = np.array([[not to.startswith("in ") or to[3:] in before for to in LABELS] for before in LABELS])
STARTS = np.array([not label.startswith("in ") for label in LABELS])
"""Which labels may stand behind which, and at the beginning, bool."""
_ENDS, _BORDERS = frozenset(".?!;"), frozenset(".?!;:,—–-…")
_ASKING = frozenset(
    "how which what who whom whose when where why do does did is are was were can could should would will has have "
    "had any".split()
)
"""Words of which it is told whether they stand before or behind a word in its sentence."""
_NEVER = -1e4
_KEPT = 256
"""Texts whose reading is kept: a turn of a conversation is read again at each turn behind it."""


@dataclass(frozen=True, slots=True)
class KnownItem:
    """What a question says of the paper that it means.

    Attributes:
        which: Spans of the words that say which, in order; none where no paper is meant anew.
        asks: Spans of what is asked of it, or of what was talked of, in order.
    """

    which: tuple[Span, ...] = ()
    asks: tuple[Span, ...] = ()


class KnownItemModel(Record):
    """The coefficients.

    Attributes:
        labels: By what is seen around a word, the log-odds of each of `LABELS`.
        steps: Log-odds of each label behind another, [from][to].
        starts: Log-odds of each label at the first word.
    """

    labels: dict[str, tuple[float, ...]]
    steps: tuple[tuple[float, ...], ...]
    starts: tuple[float, ...]

    def read(self, text: str) -> KnownItem:
        """Read which paper a text means, and what it asks."""
        found = list(tokens(text))
        if not found:
            return KnownItem()
        odds = np.zeros((len(found), len(LABELS)))
        for n, features in enumerate(seen(text, found)):
            for name in features:
                if name in self.labels:
                    odds[n] += self.labels[name]
        odds[0] += np.where(STARTS, np.array(self.starts), _NEVER)
        steps = np.where(ALLOWED, np.array(self.steps), _NEVER)
        path = likeliest(odds, steps, np.zeros(len(LABELS)))
        labels = [LABELS[place] for place in path]
        return KnownItem(spans_of("which", labels, found), spans_of("ask", labels, found))


def seen(text: str, found: Sequence[Span]) -> Iterator[tuple[str, ...]]:
    """What is seen around each word: its neighbours, and how its clause and its sentence begin and end."""
    lower = [text[start:end].lower() for start, end in found]
    ends = [n for n, word in enumerate(lower) if word in _ENDS]
    borders = [n for n, word in enumerate(lower) if word in _BORDERS]
    for n, (far, _) in enumerate(observed(text, found)):
        begin, end = _around(ends, n, len(lower))
        opens, closes = _around(borders, n, len(lower))
        mark = lower[end] if end < len(lower) else "$"
        first, pair = lower[begin], " ".join(lower[begin : begin + 2])
        yield (
            *far,
            f"mark={mark}",
            f"mark={mark}|{first}",
            f"first={first}",
            f"first={pair}",
            f"opens={lower[opens] if opens < len(lower) else '$'}",
            f"opens={' '.join(lower[opens : opens + 2])}",
            f"closes={lower[closes] if closes < len(lower) else '$'}",
            f"clause={min(closes - opens + 1, 10)}",
            f"sentence={min((end - begin + 1) // 3, 8)}",
            f"place={min(n - begin + 1, 6)}",
            f"of={min(sum(one < n for one in ends), 3)}|{min(len(ends), 3)}",
            f"last={end >= len(lower) - 1}|{begin == 0}",
            f"asked={any(word in _ASKING for word in lower[begin:n])}",
            f"asking={any(word in _ASKING for word in lower[n + 1 : end])}",
            f"asks={any(word in _ASKING for word in lower[begin:end])}|{mark}",
        )


def _around(places: Sequence[int], n: int, length: int) -> tuple[int, int]:
    """Where the stretch between two of some places begins in which a word stands, and the place that ends it."""
    return max((one for one in places if one < n), default=-1) + 1, min(
        (one for one in places if one >= n), default=length
    )


@cache
def load_known_item() -> KnownItemModel:
    """The shipped model, read once.

    Raises:
        ModelFileError: it is missing, or not the one that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    held = read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "known-item model", advice)
    content: Mapping[str, object] = json.loads(held)
    return KnownItemModel.model_validate(content)


@lru_cache(_KEPT)
def known_item(text: str) -> KnownItem:
    """What a text says of the paper that it means, by the shipped model."""
    return load_known_item().read(text)


def description(text: str) -> str:
    """The words of a text that say which paper is meant; empty where none is meant anew."""
    return ", ".join(text[start:end] for start, end in known_item(text).which)
