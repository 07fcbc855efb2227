"""What cross-validation says of the intent model: accuracy, reliability, and where it errs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from eval.datasets import Question
from rag.models.intent import LABELS, Label
from rag.models.minilm import installed
from rag.query.intents.intent import SURE, Intents

COMPOUND = "compound"
"""The label of lines that ask several things."""
SERVED: Mapping[Label, Label] = {"paraphrase": "single", "define": "single", "temporal": "list"}
"""Labels that the same answer serves as another: to take one for the other costs nothing."""

WANTED = {"numeric": "single", "typo": "single", "paraphrase": "single", "temporal": "list"}
"""The shape of answer to questions of some types; of the others it is called as they are."""
SHAPED = ("single", "numeric", "typo", "paraphrase", "compare", "list", "temporal", "topic")
"""Types of questions that are answered in one shape."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Checked:
    """What cross-validation says.

    Attributes:
        labels: The right one of each line that asks one thing.
        found: The likeliest.
        chance: Its probability, at `temperatures`.
        compound: Precision and recall of compound at one half.
    """

    labels: Ints
    found: Ints
    chance: Floats
    compound: tuple[float, float]
    temperatures: tuple[float, float]

    @property
    def accuracy(self) -> float:
        """Share of lines whose likeliest label is right."""
        return float((self.labels == self.found).mean())

    @property
    def served(self) -> float:
        """Share of lines that get the right answer: their likeliest label is right, or served alike."""
        return float(np.mean([_answer(a) == _answer(b) for a, b in zip(self.labels, self.found, strict=True)]))

    def confusions(self) -> Ints:
        """Lines by right label (row) and found label (column)."""
        table = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
        np.add.at(table, (self.labels, self.found), 1)
        return table

    def reliability(self) -> list[tuple[float, float, int]]:
        """Mean probability, share right and number of the lines in each tenth of probability."""
        tenth = np.minimum((10 * self.chance).astype(int), 9)
        right = self.labels == self.found
        return [
            (float(self.chance[tenth == n].mean()), float(right[tenth == n].mean()), int((tenth == n).sum()))
            for n in range(10)
            if (tenth == n).any()
        ]


def _answer(place: int) -> Label:
    return SERVED.get(LABELS[place], LABELS[place])


def checked(logits: Floats, labels: Sequence[str]) -> Checked:
    """Compare out-of-fold logits [n, labels + 1] with the right labels."""
    compound = np.array([label == COMPOUND for label in labels])
    right = np.array([LABELS.index(label) for label in labels if label != COMPOUND])
    kinds = logits[~compound, :-1]
    warm = temperature(kinds, right)
    both = temperature(np.column_stack([np.zeros(len(logits)), logits[:, -1]]), compound.astype(np.int64))
    chances = np.exp(kinds / warm - np.logaddexp.reduce(kinds / warm, axis=1)[:, None])
    seen = logits[:, -1] > 0
    hits = float((seen & compound).sum())
    rates = hits / max(float(seen.sum()), 1.0), hits / max(float(compound.sum()), 1.0)
    return Checked(right, chances.argmax(axis=1), chances.max(axis=1), rates, (warm, both))


def temperature(logits: Floats, labels: Ints) -> float:
    """What logits of unseen lines are to be divided by, so that their likelihood is highest (Guo et al., ICML 2017)."""

    def loss(value: float) -> float:
        scaled = logits / value
        return float(-(scaled[np.arange(len(labels)), labels] - np.logaddexp.reduce(scaled, axis=1)).mean())

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)


def report(name: str, found: Checked) -> str:
    """Figures of a cross-validation, and where it errs."""
    table = found.confusions()
    precision, recall = found.compound
    rows = [
        f"{name}: {found.accuracy:.3f} right, {found.served:.3f} served; "
        f"compound {precision:.2f} precision, {recall:.2f} recall"
    ]
    rows += [f"  said {said:.2f}, right {right:.2f}, n {n}" for said, right, n in found.reliability()]
    for n, label in enumerate(LABELS):
        others = [(int(table[n, m]), LABELS[m]) for m in np.argsort(-table[n]) if m != n and table[n, m]]
        recall = table[n, n] / max(table[n].sum(), 1)
        rows.append(f"  {label:10} {recall:.2f}  " + ", ".join(f"{other} {count}" for count, other in others[:6]))
    return "\n".join(rows)


def shapes(questions: Sequence[Question]) -> str:
    """In how many questions of a set, which nothing was trained on, the shipped weights tell the shape of answer."""
    intents = Intents(installed)
    right: dict[str, list[bool]] = defaultdict(list)
    for one in questions:
        if one.type in SHAPED:
            found = intents.read(one.question, continues=bool(one.history))
            compares = found.chance("compare") >= SURE
            shape = "compare" if compares else found.shape(restricted=one.type == "temporal")
            right[one.type].append(shape == WANTED.get(one.type, one.type))
    every = [hit for hits in right.values() for hit in hits]
    rows = [f"{name} {sum(hits)} of {len(hits)}" for name, hits in right.items()]
    return f"{np.mean(every):.3f} of {len(every)} right: {', '.join(rows)}"
