"""Whether a passage of a text speaks to whoever reads it, a person or a model, instead of about its subject.

Two linear models, one behind the other. The first weighs hashed words and runs of words in windows of a sentence; it is
cheap enough for every paper that comes in, and leaves a few windows of one text in ten. The second sees those with
their meaning: the sentence vector of the shipped embedding model, that of the rest of the paper, how alike both are,
and the first one's score. What speaks to a reader is seldom about the paper's subject.

Trained by ``eval/training/instructions.py``; what on, and how right they are: ``README.md`` beside this file.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.runtime import read_checked
from rag.text.readable import readable
from rag.text.sentences import sentences

FOLDER = Path(__file__).parent
WEIGHTS, CARD = "weights.npz", "README.md"
WEIGHTS_SHA256 = "3ebc1f655beaa219adf1442deed5a39d2efff35ab45eb32dfc2616f3a4d8c6bc"
BUCKETS = 1 << 15
"""Numbers that words and runs of words are hashed to."""
SIZES = (12, 24)
"""Words of the windows that a longer sentence is looked at in: a planted text runs into the sentence beside it."""
FEATURES = 6
"""Of a word: itself, its beginning, its end, how it is written, and the runs of two and three words that it ends."""
SUSPECTS = 3
"""Windows of a text that the second model looks at, at most."""
SHORTEST = 4
"""Words and marks of a window that can be an order; a heading ("Keywords:") is none."""
LIKELY = -1.0
"""The first score from which on a window is no part of what another one of its paper is compared with."""
ALONE = 0.5
"""What is taken off the log-odds of a window whose paper says nothing else: the second model was fitted to windows with
papers around them. The 108 of 109 orders of the tuning half that it tells are told with it, too; made-up papers of one
plain sentence have up to .43."""
LEFT = 4
"""Words that are left of a paper without its suspects, from which on they are something to compare with."""
_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|\d+(?:[.,]\d+)*|[?!:;()\"“”«»„'\u2018\u2019=\[\]{}]")
_KNOWN_WORDS = 1 << 15
_EDGE = zlib.crc32(b"^")
_LATIN = 0x24F
_MIX, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(40)  # Fibonacci hashing, Knuth, TAOCP 3, 6.4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a sentence, ``text[start:end]``, with what the first model says of it as log-odds."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Read:
    """A text as the first model sees it.

    Attributes:
        features: Buckets by word [words, `FEATURES`].
        spans: Where each word stands [words, 2].
        windows: First word and the one behind the last [windows, 2].
    """

    features: NDArray[np.int64]
    spans: NDArray[np.int64]
    windows: NDArray[np.int64]


def read(text: str) -> Read:
    """Cut a text into words and windows of its sentences."""
    found = [(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)]
    if not found:
        return Read(np.zeros((0, FEATURES), np.int64), np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64))
    spans = np.array([(start, end) for _, start, end in found], dtype=np.int64)
    borders = np.searchsorted(spans[:, 0], [start for start, _ in sentences(text)])
    edges = np.unique(np.append(borders, [0, len(found)]))
    own = np.array([_word(word) for word, _, _ in found], dtype=np.uint64)
    word, one, two = own[:, 0], np.roll(own[:, 0], 1), np.roll(own[:, 0], 2)
    one[edges[:-1]] = two[edges[:-1]] = _EDGE
    two[np.minimum(edges[:-1] + 1, len(found) - 1)] = _EDGE
    pair = ((word + one * np.uint64(31)) * _MIX) >> _SHIFT
    three = ((word + one * np.uint64(31) + two * np.uint64(977)) * _MIX) >> _SHIFT
    features = np.column_stack([own, pair, three]) % np.uint64(BUCKETS)
    return Read(features.astype(np.int64), spans, _windows(edges))


def _windows(edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sentences that are not too long, and windows of those that are longer than one."""
    found: set[tuple[int, int]] = set()
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if last - first <= SIZES[-1]:
            found.add((first, last))
        for size in SIZES:
            if last - first > size:
                found.update(
                    (min(at, last - size), min(at + size, last)) for at in range(first, last - size // 2, size // 2)
                )
    return np.array(sorted(found), dtype=np.int64)


@lru_cache(_KNOWN_WORDS)
def _word(word: str) -> tuple[int, int, int, int]:
    """Hashes of a word, its beginning, its end, and how it is written."""
    low = "0" if word[0].isdigit() else word.lower()
    if not word[0].isalpha():
        return zlib.crc32(low.encode()), zlib.crc32(b"."), zlib.crc32(b"."), zlib.crc32(b"#.")
    shape = "A" if len(word) > 3 and word.isupper() else "a" if word.isascii() else "u"
    shape = "U" if any(ord(letter) > _LATIN for letter in word) else shape
    parts = low, f"<{low[:4]}", f">{low[-3:]}", f"#{shape}"
    first, second, third, fourth = (zlib.crc32(part.encode()) for part in parts)
    return first, second, third, fourth


@dataclass(frozen=True, slots=True)
class Detector:
    """The weights.

    Attributes:
        words: Log-odds by bucket, and the constant in the last place [`BUCKETS` + 1].
        meaning: Weights of `features`, and the constant.
        floor: The first score from which on a window is a suspect.
        least: The second score from which on it is told to speak to its reader.
        titled: How much more is needed in a title: those play with words ("Guess what you like").
        added: The most that the rest of a paper adds to the second score; it added no more to what the model learnt of.
    """

    words: Floats
    meaning: Floats
    floor: float
    least: float
    titled: float
    added: float = 0.0

    def windows(self, text: str) -> list[Window]:
        """All windows of a text with their scores, in order."""
        seen = read(text)
        scores = self.scores(seen)
        spans = seen.spans
        return [
            Window(int(spans[a, 0]), int(spans[b - 1, 1]), score)
            for (a, b), score in zip(seen.windows.tolist(), scores.tolist(), strict=True)
        ]

    def scores(self, seen: Read) -> Floats:
        """The first model's log-odds of each window [windows]."""
        if not len(seen.windows):
            return np.zeros(0)
        sums = np.concatenate([[0.0], np.cumsum(self.words[seen.features].sum(axis=1))])
        first, last = seen.windows[:, 0], seen.windows[:, 1]
        return np.asarray((sums[last] - sums[first]) / np.sqrt(FEATURES * (last - first)) + self.words[-1])

    def suspects(self, text: str) -> list[Window]:
        """The windows that the second model has to look at: the likeliest, no two of which overlap."""
        seen = read(text)
        scores = self.scores(seen)
        chosen: list[Window] = []
        for place in np.argsort(-scores, kind="stable").tolist():
            if scores[place] < self.floor or len(chosen) == SUSPECTS:
                break
            a, b = seen.windows[place]
            if b - a < SHORTEST:
                continue
            one = Window(int(seen.spans[a, 0]), int(seen.spans[b - 1, 1]), float(scores[place]))
            if all(one.end <= other.start or other.end <= one.start for other in chosen):
                chosen.append(one)
        return chosen

    def rest(self, text: str, window: Window, beside: str) -> str:
        """What a paper says without a window and all that is likely to be an order; empty where hardly a word is left.

        Without the likely ones, since an order that is said twice would be about the same thing as its paper.

        Args:
            text: Its abstract, or its title.
            window: The window, of that.
            beside: The other of the two.
        """
        kept = [*self._unlikely(beside), *self._unlikely(text, window)]
        rest = readable(" ".join(kept).strip(" ."))
        return rest if sum(one[0].isalnum() for one in _TOKEN.findall(rest)) >= LEFT else ""

    def _unlikely(self, text: str, *without: Window) -> list[str]:
        """The parts of a text between some windows and those from `LIKELY` on; parts without a letter are left out."""
        parts, at = [], 0
        taken = [*without, *(one for one in self.windows(text) if one.score >= LIKELY)]
        for one in sorted(taken, key=lambda one: (one.start, one.end)):
            parts.append(text[at : one.start])
            at = max(at, one.end)
        return [part.strip() for part in (*parts, text[at:]) if any(map(str.isalnum, part))]

    def at_most(self, windows: NDArray[np.float32], scores: Sequence[float] | Floats) -> Floats:
        """What `judged` says of windows at most, whatever the rest of their papers is: it need not be read for all.

        Args:
            windows: Sentence vectors [windows, dimensions].
            scores: What the first model says of them.
        """
        return self._alone(windows, np.asarray(scores)) + self.added

    def judged(self, seen: Floats) -> Floats:
        """The second model's log-odds, `least` taken off: positive means that a window speaks to its reader.

        Args:
            seen: `features` of windows.
        """
        size = (seen.shape[1] - 2) // 2
        scores = seen[:, -1]
        beside = seen[:, size:-1] @ self.meaning[size:-2]
        found = self._alone(seen[:, :size], scores) + np.minimum(beside, self.added)
        return np.where(seen[:, size : 2 * size].any(axis=1), found, found - ALONE)

    def _alone(self, windows: NDArray[np.float32] | Floats, scores: Floats) -> Floats:
        """What is said of windows whose papers say nothing else."""
        own = windows @ self.meaning[: windows.shape[1]] + self.meaning[-2] * scores
        return np.asarray(own + self.meaning[-1] - self.least)


def features(windows: NDArray[np.float32], rests: NDArray[np.float32], scores: Sequence[float] | Floats) -> Floats:
    """What the second model sees [windows, 2 · dimensions + 2].

    Args:
        windows: Sentence vectors of windows [windows, dimensions].
        rests: Those of the rest of each one's paper (`Detector.rest`), zeros where that is empty.
        scores: What the first model says of the windows.
    """
    return np.column_stack([windows, rests, (windows * rests).sum(axis=1), np.asarray(scores)]).astype(np.float64)


@cache
def load_detector() -> Detector:
    """Read the shipped weights, once.

    Raises:
        ModelFileError: they are missing, or not those that this version knows.
    """
    advice = f"Install paperchat anew; what belongs there is described in {FOLDER / CARD}."
    return read_weights(read_checked(FOLDER / WEIGHTS, WEIGHTS_SHA256, "model of instructions", advice))


def read_weights(content: bytes) -> Detector:
    """The model that a weights file holds."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        borders = held["borders"].tolist()
        return Detector(held["words"].astype(np.float64), held["meaning"].astype(np.float64), *borders)
