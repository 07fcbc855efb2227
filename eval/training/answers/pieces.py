"""Train what tells what a piece of a question does: ``python -m eval.training.answers.pieces``.

It writes ``rag/models/pieces/weights.json``, prints its digest, and what fits that have not seen a question (five
folds) tell of its pieces. The data, with licences: `eval/training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from eval.training.answers.splitter import DATA, FOLDS, OFTEN, Floats, fold
from rag.models.pieces import DOINGS, FOLDER, WEIGHTS, Doing, Piece, PieceModel, cut, seen
from rag.models.splitter import JOINTS
from rag.text.sentences import Span

PIECES = "pieces.txt"
DIGITS = 2
PENALTY = 1.0
"""Variance of the weights' prior."""


class Example(NamedTuple):
    """A question, its pieces, and what each does."""

    text: str
    pieces: list[Piece]
    doings: tuple[Doing, ...]


def examples(folder: Path = DATA) -> Iterator[Example]:
    """The questions whose pieces are marked; a piece begins behind its marks and coordinators, as the product cuts."""
    letters = {doing[0].upper(): doing for doing in DOINGS}
    for line in (folder / PIECES).read_text(encoding="utf-8").splitlines():
        text, spans, doings = "", list[tuple[int, int]](), list[Doing]()
        for said in line.split(" | "):
            letter, _, words = said.partition(": ")
            start = len(text) + 1 if text else 0
            text = f"{text} {words.strip()}".strip()
            spans.append((_behind_joint(text, start), len(text.rstrip(" ?!.;,:–—-"))))
            doings.append(letters[letter])
        yield Example(text, cut(text, spans), tuple(doings))
        if (joined := _joined(spans, doings)) != (spans, doings):
            yield Example(text, cut(text, joined[0]), tuple(joined[1]))


def _joined(spans: Sequence[Span], doings: Sequence[Doing]) -> tuple[list[Span], list[Doing]]:
    """The same question cut only where something further is asked: what leads into it or goes on stands with it."""
    made: list[tuple[Span, Doing]] = []
    for span, doing in zip(spans, doings, strict=True):
        if made and (doing != "asks" or made[-1][1] != "asks"):
            (start, _), before = made[-1]
            made[-1] = ((start, span[1]), "asks" if "asks" in (doing, before) else doing)
        else:
            made.append((span, doing))
    return [span for span, _ in made], [doing for _, doing in made]


def _behind_joint(text: str, start: int) -> int:
    """Where a piece's own words begin, behind the coordinators that join it to the one before; the first has none."""
    while start:
        first, blank, _ = text[start:].partition(" ")
        if not blank or first.lower().rstrip(",") not in JOINTS:
            break
        start += len(first) + 1
    return start


def fit(whole: Sequence[Example]) -> PieceModel:
    """A multinomial logistic regression over the features of all pieces."""
    found = [features for one in whole for features in seen(one.pieces)]
    counted = Counter(feature for features in found for feature in features)
    column = {name: n for n, name in enumerate(sorted(name for name, count in counted.items() if count >= OFTEN))}
    cells = [(row, column[name]) for row, features in enumerate(found) for name in features if name in column]
    rows, columns = np.array(cells).T
    matrix = csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(found), len(column)))
    turned = matrix.T.tocsr()
    wanted = np.eye(len(DOINGS))[[DOINGS.index(doing) for one in whole for doing in one.doings]]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(len(column) + 1, len(DOINGS))
        chances = matrix @ weights[:-1] + weights[-1]
        chances -= logsumexp(chances, axis=1, keepdims=True)
        penalty = weights[:-1] / PENALTY
        value = (weights[:-1] * penalty).sum() / 2 - (wanted * chances).sum()
        wrong = np.exp(chances) - wanted
        return float(value), np.vstack([turned @ wrong + penalty, wrong.sum(axis=0)]).ravel()

    begin = np.zeros((len(column) + 1) * len(DOINGS))
    flat = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    weights = flat.reshape(len(column) + 1, len(DOINGS)).round(DIGITS)
    return PieceModel(
        weights={name: tuple(weights[n].tolist()) for name, n in column.items() if np.abs(weights[n]).max() >= 0.05},
        intercepts=tuple(weights[-1].tolist()),
    )


def judged(whole: Sequence[Example]) -> tuple[Counter[tuple[Doing, Doing]], int]:
    """What fits that have not seen a question tell: pieces by what they do and what is told; questions told whole."""
    told, right = Counter[tuple[Doing, Doing]](), 0
    for n in range(FOLDS):
        model = fit([one for one in whole if fold(one.text) != n])
        for one in whole:
            if fold(one.text) == n:
                found = model.told(one.pieces)
                told.update(zip(one.doings, found, strict=True))
                right += tuple(found) == one.doings
    return told, right


def main() -> None:
    """Judge by folds, fit to everything and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER / WEIGHTS)
    options = parser.parse_args()
    whole = list(examples())
    told, right = judged(whole)
    print(f"{len(whole)} questions, {right} told whole")
    for doing in DOINGS:
        print(f"  {doing:10}", {found: told[doing, found] for found in DOINGS if told[doing, found]})
    content = json.dumps(fit(whole).model_dump(), ensure_ascii=False, sort_keys=True).encode()
    options.out.write_bytes(content)
    print(f"{options.out}: sha256 {hashlib.sha256(content).hexdigest()}, {len(content)} bytes")


if __name__ == "__main__":
    main()
