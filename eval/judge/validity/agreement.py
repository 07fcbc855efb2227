"""How far the judge agrees with people who labelled a part of its work by hand.

Agreement is shown label by label (Cohen's κ) and over systems (Kendall's τ): systems can be ranked alike while the
labels differ (Dietz et al. 2025, arXiv 2504.19076, trope 5: ignored label correlation).

The hand labels stand in a JSON-lines file, one object a line: `id` (question), `run`, `nugget` (its text) and
`label`; a line without a label is not counted. The judge writes such a sheet, without showing its own labels: people
who see them tend to follow them (trope 12: rubber-stamp effect).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eval.files import read_json_lines
from eval.judge.nuggets import CREDIT, SUPPORTS, Support
from rag.config import Section
from rag.errors import DatasetError

LabelKey = tuple[str, str, str]
"""(question id, run, nugget)."""
Labels = Mapping[LabelKey, Support | None]


class HandLabel(Section):
    """A line of the sheet; the text of question and answer may stand there for the reader."""

    id: str
    run: str
    nugget: str
    label: Support | None = None
    question: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The judge beside the hand labels.

    Attributes:
        n: Number of labels compared.
        unknown: Hand labels of something that was not judged here.
        kappa: Cohen's κ over all labels; None where it is undefined (both always say the same one thing).
        by_label: κ of each label against the others.
        tau: Kendall's τ-b between the systems' mean credit by the judge and by hand; None below two systems, or where
            one side does not tell them apart.
        systems: Mean credit of each system as (judge, hand), over the labels compared.
    """

    n: int
    unknown: int
    kappa: float | None
    by_label: Mapping[str, float | None]
    tau: float | None
    systems: Mapping[str, tuple[float, float]]

    def as_json(self) -> dict[str, Any]:
        """The agreement as the report holds it."""
        return {
            "n": self.n,
            "unknown": self.unknown,
            "kappa": self.kappa,
            "kappa_by_label": dict(self.by_label),
            "tau": self.tau,
            "systems": {name: {"judge": judge, "hand": hand} for name, (judge, hand) in self.systems.items()},
        }


def read_hand_labels(path: Path) -> dict[LabelKey, Support]:
    """Read the labels that people gave.

    Raises:
        DatasetError: the file cannot be read, a line is broken, or a label is given twice and differently.
    """
    labels: dict[LabelKey, Support] = {}
    for number, row in read_json_lines(path):
        try:
            if isinstance(row, str):
                raise ValueError(row)
            line = HandLabel.model_validate(row)
            key = (line.id, line.run, line.nugget)
            if line.label and labels.setdefault(key, line.label) != line.label:
                raise ValueError("this nugget has another label above")
        except (ValueError, ValidationError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            advice = f"Each line needs id, run, nugget and label, one of {', '.join(SUPPORTS)}."
            raise DatasetError(f"{path}, line {number}: {reason}.", advice) from None
    return labels


def agreement(judged: Labels, hand: Mapping[LabelKey, Support]) -> Agreement:
    """Compare the judge's labels with the hand's; a failed parse agrees with nothing."""
    shared = sorted(key for key in hand if key in judged)
    pairs = [(judged[key] or "failed", hand[key]) for key in shared]
    systems = {}
    for run in sorted({key[1] for key in shared}):
        of_run = [pair for key, pair in zip(shared, pairs, strict=True) if key[1] == run]
        systems[run] = (_mean(of_run, lambda pair: pair[0]), _mean(of_run, lambda pair: pair[1]))
    return Agreement(
        n=len(shared),
        unknown=len(hand) - len(shared),
        kappa=cohen_kappa(pairs),
        by_label={label: cohen_kappa([(str(a == label), str(b == label)) for a, b in pairs]) for label in SUPPORTS},
        tau=kendall_tau(list(systems.values())),
        systems=systems,
    )


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's κ = (p_o − p_e) / (1 − p_e) of two raters' labels; None where p_e is 1 or there are none.

    Source: Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement, 1960.
    """
    n = len(pairs)
    if not n:
        return None
    observed = sum(a == b for a, b in pairs) / n
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    expected = sum(first.count(label) * second.count(label) for label in set(first)) / n**2
    return (observed - expected) / (1 - expected) if expected < 1 else None


def kendall_tau(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Kendall's τ-b of two scorings; None below two items, or where a side gives all the same score."""
    if len(pairs) < 2:
        return None
    from scipy.stats import kendalltau  # takes a second

    if any(len(set(side)) == 1 for side in zip(*pairs, strict=True)):
        return None
    tau = float(kendalltau([a for a, _ in pairs], [b for _, b in pairs]).statistic)
    return None if math.isnan(tau) else tau


def _mean(pairs: Sequence[tuple[str, str]], side: Callable[[tuple[str, str]], str]) -> float:
    return sum(CREDIT.get(side(pair), 0.0) for pair in pairs) / len(pairs)
