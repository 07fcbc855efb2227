"""Train what tells where a further thing is asked: ``python -m eval.training.answers.splitter``.

It writes ``rag/models/splitter/weights.json``, prints its digest, and how often a question that the fit has not seen
(five folds, by paper) is parted into as many things as it asks. The data, with licences: `eval/training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit

from eval.training.answers.samples import read_rows
from rag.models.splitter import FOLDER, WEIGHTS, Place, SplitterModel, places

DATA = Path(__file__).parents[1] / "data"
COMPOUNDS, PARTED = "compounds.jsonl.gz", "parted.jsonl"
FOLDS = 5
PENALTY = 0.3
"""Variance of the coefficients' prior."""
OFTEN = 2
"""Places at which a feature must stand to get a weight."""
DIGITS = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the features of its places, which of them begin something asked, and whose questions share a fold."""

    text: str
    features: tuple[tuple[str, ...], ...]
    begins: tuple[bool, ...]
    things: int
    group: str


def examples(folder: Path = DATA) -> Iterator[Example]:
    """The questions with their parts marked; of a part that begins at no place, nothing is learnt."""
    for name in (COMPOUNDS, PARTED):
        for row in read_rows(folder / name):
            spans = row.get("spans") or [part["span"] for part in row["parts"]]
            found = tuple(places(row["q"]))
            begun, at = set[int](), 0
            for span in spans:
                at = row["q"].index(span, at)
                within = [place.start for place in found if at <= place.start < at + len(span)]
                begun |= set(within[:1])
                at += len(span)
            last: Place | None = None
            seen: list[tuple[str, ...]] = []
            for place in found:
                seen.append(place.behind(last))
                last = place if place.start in begun else last
            begins = tuple(place.start in begun for place in found)
            yield Example(row["q"], tuple(seen), begins, len(spans), row.get("paper", row["q"]))


def fit(seen: Sequence[Example]) -> SplitterModel:
    """A logistic regression over the features of all places."""
    counted = Counter(feature for one in seen for features in one.features for feature in features)
    column = {name: n for n, name in enumerate(sorted(name for name, count in counted.items() if count >= OFTEN))}
    found = [features for one in seen for features in one.features]
    wanted = np.array([begins for one in seen for begins in one.begins], dtype=np.float64)
    cells = [(row, column[name]) for row, features in enumerate(found) for name in features if name in column]
    rows, columns = np.array(cells).T
    matrix = csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(found), len(column)))
    turned = matrix.T.tocsr()

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = matrix @ weights[:-1] + weights[-1]
        penalty = weights[:-1] / PENALTY
        value = np.logaddexp(0, -(2 * wanted - 1) * logits).sum() + weights[:-1] @ penalty / 2
        wrong = expit(logits) - wanted
        return float(value), np.append(turned @ wrong + penalty, wrong.sum())

    weights = minimize(loss, np.zeros(len(column) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    rounded = {name: round(float(weights[n]), DIGITS) for name, n in column.items()}
    return SplitterModel(
        weights={name: weight for name, weight in rounded.items() if weight},
        intercept=round(float(weights[-1]), DIGITS),
    )


def fold(group: str) -> int:
    """Which fold the questions of a group are in."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def judged(whole: Sequence[Example]) -> Counter[tuple[str, str]]:
    """How questions are parted by fits that have not seen them: by what they ask, whether right, over or under."""
    told = Counter[tuple[str, str]]()
    for n in range(FOLDS):
        model = fit([one for one in whole if fold(one.group) != n])
        for one in whole:
            if fold(one.group) == n:
                found = max(1, len(model.starts(one.text)))
                verdict = "right" if found == one.things else "over" if found > one.things else "under"
                told[("one" if one.things == 1 else "several", verdict)] += 1
    return told


def main() -> None:
    """Judge by folds, fit to everything and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER / WEIGHTS)
    options = parser.parse_args()
    whole = list(examples())
    print(f"{len(whole)} questions, {sum(len(one.features) for one in whole)} places")
    for (asks, verdict), count in sorted(judged(whole).items()):
        print(f"  asks {asks:8} parted {verdict:6} {count}")
    content = json.dumps(fit(whole).model_dump(), ensure_ascii=False, sort_keys=True, indent=0).encode()
    options.out.write_bytes(content)
    print(f"{options.out}: sha256 {hashlib.sha256(content).hexdigest()}, {len(content)} bytes")


if __name__ == "__main__":
    main()
