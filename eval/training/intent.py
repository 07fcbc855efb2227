"""Train the intent model: ``python -m eval.training.intent``; with ``--check``, cross-validate instead.

Data: ``data/intents.tsv``, written by hand for this, and ``data/intents_open.tsv``, sampled from open sets
(``README.md`` says which). A label is a multinomial logistic regression's (L2, L-BFGS) over runs of words and
letters, a few figures and the sentence vector; whether a question is compound is a logistic regression's over the same.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack

from eval.datasets import read_questions
from eval.training.intent_report import COMPOUND, checked, report, shapes
from rag.models.intent import FOLDER, LABELS, VECTOR_SCALE, WEIGHTS, places
from rag.models.intent.cues import FIGURES, Shown, hidden, shown

SEED = 7
FOLDS = 5
PENALTY = 2e-5
"""L2 penalty of a weight, for a loss that is a mean."""
STEPS = 60
LEAST = (2, 4)
"""Lines in which a run of words, and of letters, must stand to get a weight."""
OTHER_WEIGHT = 0.25
"""What a line counts for that was not written as a whole: those of the open sets, and frames around subjects."""
FRAMED = 8
"""Subjects put into each frame."""
LOWERED = 0.5
"""What each of a line's two forms counts for: as written, and in lower case without its last mark."""
ALIKE = 0.6
"""Share of common words from which two lines are kept in one fold."""
OWN, OPEN = ("intents.tsv", "intents_near.tsv", "intents_shelf.tsv"), "intents_open.tsv"
FRAMES, SUBJECTS = "intent_frames.tsv", "intent_subjects.txt"
ASKING = ("single", "define", "compare", "list", "topic", "temporal", "count", "who", "when", "coverage", "trending")
"""Labels whose lines are asked one after the other in compound questions, beside those written as such."""
JOINTS = ("{a}? {c}?", "{a} and {b}?", "{a}, and {b}?", "{a}; {b}", "{a}, then {b}", "{a}. Also, {b}?", "{a}? And {b}")
SHORT, CHAINED = 60, 400
"""Letters of such lines at most, and their pairs."""
VARIANTS = ("words and letters", "vector", "both")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Known = tuple[NDArray[np.uint32], NDArray[np.uint32]]
"""Runs of words and of letters that have weights."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Labelled lines.

    Attributes:
        texts: As written.
        labels: One each.
        weights: What each counts for [n].
        own: Whether it was written for this, and judges [n].
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    weights: Floats
    own: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights of both regressions: labels [d, labels] and compound [d], the constant last."""

    kinds: Floats
    compound: Floats


def load_lines() -> Lines:
    """Read the data files."""
    folder = files("eval.training") / "data"

    def rows(name: str) -> list[tuple[str, str]]:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        return [(label, text) for label, text, *_ in (line.split("\t") for line in lines)]

    own = [row for name in OWN for row in rows(name)]
    others = [*rows(OPEN), *framed(folder), *chained(own)]
    written = np.arange(len(own) + len(others)) < len(own)
    labels, texts = zip(*own, *others, strict=True)
    return Lines(texts, labels, np.where(written, 1.0, OTHER_WEIGHT), written)


def framed(folder: Traversable) -> list[tuple[str, str]]:
    """Each frame around some subjects, long ones and short ones, so that a subject's length tells no intent."""
    frames = [line.split("\t") for line in (folder / FRAMES).read_text(encoding="utf-8").splitlines()]
    subjects = (folder / SUBJECTS).read_text(encoding="utf-8").splitlines()
    chance = random.Random(SEED)
    return [(label, frame.format(x=x)) for label, frame in frames for x in chance.sample(subjects, FRAMED)]


def chained(written: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Compound questions of two of the short lines, one after the other."""
    chance = random.Random(SEED)
    short = [(label, text.rstrip("?.! ")) for label, text in written if label in ASKING and len(text) <= SHORT]
    pairs = [chance.sample(short, 2) for _ in range(CHAINED)]
    return [
        (COMPOUND, chance.choice(JOINTS).format(a=one[1], b=other[1][:1].lower() + other[1][1:], c=other[1]))
        for one, other in pairs
        if one[0] != other[0]
    ]


def lowered(text: str) -> str:
    """A line as it is typed in haste."""
    return text.lower().rstrip("?.! ")


def embedded(texts: Sequence[str]) -> Floats:
    """Sentence vectors by the shipped embedder."""
    from rag.models.minilm import installed

    return np.array(installed().get_text_embedding_batch(texts))


def known_runs(seen: Sequence[Shown]) -> Known:
    """The runs of words and of letters that stand in lines enough, ascending."""
    words = Counter(run for one in seen for run in one.words.tolist())
    letters = Counter(run for one in seen for run in one.letters.tolist())
    return tuple(  # type: ignore[return-value]
        np.array(sorted(run for run, count in counts.items() if count >= least), dtype=np.uint32)
        for counts, least in zip((words, letters), LEAST, strict=True)
    )


def matrix(seen: Sequence[Shown], vectors: Floats, known: Sequence[NDArray[np.uint32]]) -> csr_matrix:
    """What the model sees of texts, as it weighs it: [n, words + letters + figures + vector + 1]."""
    blocks: list[Any] = []
    for runs, have in zip(([s.words for s in seen], [s.letters for s in seen]), known, strict=True):
        found = [places(one, have) for one in runs]
        ends = np.cumsum([0, *map(len, found)])
        length = [np.full(len(at), max(len(one), 1)) for at, one in zip(found, runs, strict=True)]
        values = np.concatenate(length) ** -0.5
        blocks.append(csr_matrix((values, np.concatenate(found), ends), shape=(len(seen), len(have))))
    figures = np.array([one.figures for one in seen]).reshape(-1, FIGURES)
    return hstack([*blocks, figures, VECTOR_SCALE * vectors, np.ones((len(seen), 1))], dtype=np.float32).tocsr()


def fit_kinds(seen: csr_matrix, labels: Ints, weights: Floats) -> Floats:
    """Multinomial logistic regression: [d, labels]; the constant, last, is not penalised."""
    n, d = seen.shape
    classes = len(LABELS)
    hot = np.zeros((n, classes), dtype=np.float32)
    hot[np.arange(n), labels] = 1
    turned, weights = seen.T.tocsr(), weights.astype(np.float32)

    def loss(flat: Floats) -> tuple[float, Floats]:
        held = flat.reshape(d, classes).astype(np.float32)
        logits = seen @ held
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(axis=1, keepdims=True)
        shrunk = held.copy()
        shrunk[-1] = 0
        gradient = turned @ ((chances - hot) * weights[:, None]) / weights.sum() + PENALTY * shrunk
        wrong = -(weights * np.log(chances[hot > 0] + 1e-12)).sum() / weights.sum()
        return float(wrong + PENALTY * (shrunk**2).sum() / 2), gradient.ravel().astype(np.float64)

    found = minimize(loss, np.zeros(d * classes), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return np.asarray(found.x).reshape(d, classes)


def fit_compound(seen: csr_matrix, compound: NDArray[np.bool_], weights: Floats) -> Floats:
    """Logistic regression: [d]; both classes weigh alike."""
    balanced = weights * np.where(compound, (weights * ~compound).sum() / (weights * compound).sum(), 1.0)
    signs, turned = np.where(compound, 1.0, -1.0), seen.T.tocsr()

    def loss(held: Floats) -> tuple[float, Floats]:
        margins = signs * (seen @ held)
        shrunk = np.append(held[:-1], 0.0)
        gradient = turned @ (-signs * balanced / (1 + np.exp(margins))) / balanced.sum() + PENALTY * shrunk
        wrong = (balanced * np.logaddexp(0, -margins)).sum() / balanced.sum()
        return float(wrong + PENALTY * shrunk @ shrunk / 2), gradient

    found = minimize(loss, np.zeros(seen.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return np.asarray(found.x)


def fit(seen: csr_matrix, labels: Sequence[str], weights: Floats) -> Fitted:
    """Fit both regressions."""
    compound = np.array([label == COMPOUND for label in labels])
    kinds = np.array([LABELS.index(label) for label in labels if label != COMPOUND])
    return Fitted(fit_kinds(seen[~compound], kinds, weights[~compound]), fit_compound(seen, compound, weights))


def folds_of(texts: Sequence[str]) -> Ints:
    """A fold for each line; lines that share most of their words stay together."""
    words = [set(hidden(text)) for text in texts]
    group = np.arange(len(texts))
    for n, mine in enumerate(words):
        for other in range(n):
            if len(mine & words[other]) >= ALIKE * len(mine | words[other]):
                group[group == group[n]] = group[other]
    numbers = np.random.default_rng(SEED).permutation(len(texts)) % FOLDS
    return numbers[group]


class Trainer:
    """The lines with what is seen of them; those written for this also in lower case, which the vector does not see."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        again = np.flatnonzero(lines.own)
        self.line = np.concatenate([np.arange(len(lines.texts)), again])
        self.seen = [shown(text) for text in (*lines.texts, *(lowered(lines.texts[n]) for n in again))]
        self.weights = (lines.weights * np.where(lines.own, LOWERED, 1.0))[self.line]
        self.vectors = embedded(lines.texts)[self.line]

    def fitted(self, chosen: NDArray[np.bool_], variant: str = VARIANTS[-1]) -> tuple[Fitted, Known]:
        """The regressions of some lines [n], and the runs that they know."""
        at = np.flatnonzero(chosen[self.line])
        seen = [self.seen[n] for n in at]
        known = known_runs(seen) if variant != "vector" else (np.array([], np.uint32), np.array([], np.uint32))
        held = matrix(seen, self._vectors(at, variant), known)
        return fit(held, [self.lines.labels[self.line[n]] for n in at], self.weights[at]), known

    def logits(self, fitted: Fitted, known: Known, chosen: NDArray[np.bool_], variant: str = VARIANTS[-1]) -> Floats:
        """Of some lines as written: [chosen, labels + 1]."""
        at = np.flatnonzero(chosen)
        held = matrix([self.seen[n] for n in at], self._vectors(at, variant), known)
        return np.asarray(np.column_stack([held @ fitted.kinds, held @ fitted.compound]))

    def out_of_fold(self, variant: str = VARIANTS[-1]) -> Floats:
        """Logits of the lines written for this, by fits that saw neither them nor their like: [own, labels + 1]."""
        own = self.lines.own
        folds = np.full(len(own), -1)
        folds[own] = folds_of([text for text, mine in zip(self.lines.texts, own, strict=True) if mine])
        found = np.zeros((len(own), len(LABELS) + 1))
        for fold in range(FOLDS):
            fitted, known = self.fitted(folds != fold, variant)
            found[folds == fold] = self.logits(fitted, known, folds == fold, variant)
        return np.asarray(found[own])

    def _vectors(self, at: Ints, variant: str) -> Floats:
        return np.asarray(self.vectors[at] * (variant != "words and letters"))


def packed(fitted: Fitted, known: Known, temperatures: tuple[float, float]) -> bytes:
    """The weights file."""
    held = io.BytesIO()
    weights = np.column_stack([fitted.kinds, fitted.compound]).astype(np.float16)
    np.savez_compressed(held, words=known[0], letters=known[1], weights=weights, temperatures=np.array(temperatures))
    return held.getvalue()


def main() -> None:
    """Cross-validate and, without ``--check``, write the weights of a fit to all lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare what the features bring, and write nothing")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    parser.add_argument(
        "--qa", type=Path, nargs="+", help="only say what shapes of these sets the shipped weights tell"
    )
    given = parser.parse_args()
    if given.qa:
        for file in given.qa:
            print(f"{file.stem}: {shapes(read_questions(file).questions)}")
        return
    trainer = Trainer(load_lines())
    own = [label for label, mine in zip(trainer.lines.labels, trainer.lines.own, strict=True) if mine]
    for variant in VARIANTS if given.check else VARIANTS[-1:]:
        found = checked(trainer.out_of_fold(variant), own)
        print(report(variant, found))
    if not given.check:
        everything = np.ones(len(trainer.lines.texts), dtype=np.bool_)
        content = packed(*trainer.fitted(everything), found.temperatures)
        (given.out / WEIGHTS).write_bytes(content)
        print(f"{len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
