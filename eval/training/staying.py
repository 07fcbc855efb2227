"""Train what tells whether a question stays with the paper talked of: ``python -m eval.training.staying``.

The third regression of ``rag/models/reference/weights.json``, over the first two as they are there. A question whose
paper is known is put behind a conversation about that paper, or about another one. Only papers are asked about that the
answer scorer was not trained on: of others it knows too well what they tell. The first two regressions saw none of
these questions either. The data, with licences: `eval/training/README.md`.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from eval.training.answers.samples import part
from eval.training.followups import (
    DATA,
    FINDS,
    POINTS,
    Conversations,
    fold_of,
    out_of_fold,
    read_lines,
    read_papers,
    standardised,
)
from rag.config import Config
from rag.index.library import Library
from rag.models.reference import DOUBT, EVEN, FOLDER, STAY, WEIGHTS
from rag.query.dialogue.conversation import Exchange
from rag.query.dialogue.reference import Reference
from rag.query.lexicon.knowledge import Known
from rag.text.folding import fold
from rag.text.names import is_name

SEED = 17
QUESTIONS, PAPERS = "questions_2.jsonl.gz", ("abstracts.jsonl.gz", "abstracts_2.jsonl.gz")
ASKED = 400
"""Examples: for four weights they are enough."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question behind a conversation: what was measured of it, and whether it stays with the last paper.

    Attributes:
        kind: What it is an example of.
        group: What is held out with it.
        stays: Whether it is about the paper of the last answer.
        features: In the order of `STAY`.
    """

    kind: str
    group: str
    stays: bool
    features: tuple[float, ...]


class Measuring:
    """Puts questions behind conversations, and measures them."""

    def __init__(self, library: Library) -> None:
        self._made = Conversations(library, [], SEED)
        self._random = random.Random(SEED)
        self._model = Reference(Known(library), self._made.nearness)

    def rows(self, questions: Sequence[dict[str, str]]) -> Iterator[Row]:
        """The examples, in the order of the questions."""
        for one in questions:
            paper, text = one["paper"], one["q"]
            stays = one["kind"] == "followup" or (not self._names(text, paper) and self._random.random() < 0.5)
            about = paper if stays else self._made.other(paper)
            told = "" if one["a"] else ", not told"
            kind = f"a follow-up{told}" if one["kind"] == "followup" else f"its own paper{told}"
            talk = self._made.talk(about)
            if stays:
                yield from self._row(kind, paper, text, talk, stays=True)
            elif not POINTS.search(text) and all(paper not in exchange.papers for exchange in talk):
                yield from self._row("another paper", paper, text, talk, stays=False, finds=paper)

    def _row(
        self, kind: str, group: str, text: str, talk: Sequence[Exchange], *, stays: bool, finds: str = ""
    ) -> Iterator[Row]:
        """A row; none where the question doesn't find its paper, or an earlier answer is the likelier one."""
        asked = self._model.measure(text)
        anywhere = self._model.anywhere(asked)
        if finds and finds not in list(anywhere)[:FINDS]:
            return
        model = self._model.model()
        odds = [model.about(features) for features in self._model.pairs(asked, talk, anywhere)]
        if stays and max(odds) > odds[-1]:
            return
        best = max(range(len(odds)), key=lambda n: odds[n])
        talked = {paper for exchange in talk for paper in exchange.papers}
        others = [paper for paper in anywhere if paper not in talked]
        yield Row(kind, group, stays, self._model.staying(asked, odds[best], talk[best].papers, others))

    def _names(self, question: str, paper: str) -> bool:
        """Whether a question names something that its paper tells of."""
        said = {fold(word.strip("?!.,:;()'\"")) for word in self._made.papers[paper].text.split()}
        words = [word.strip("?!.,:;()'\"") for word in question.split()]
        return any(is_name(word) and fold(word) in said for word in words)


def train(rows: Sequence[Row]) -> tuple[dict[str, float], float]:
    """Fit the regression, and print how right it is out of fold where it is asked, beside the second one alone."""
    matrix = np.array([row.features for row in rows])
    truth, counts = np.array([row.stays for row in rows], float), np.ones(len(rows))
    folds = np.array([fold_of(row.group) for row in rows])
    odds = out_of_fold(lambda chosen: standardised(matrix[chosen], truth[chosen], counts[chosen]), matrix, folds)
    print(f"{len(rows)} questions, share right by the second regression → with the third")
    for kind in dict.fromkeys(row.kind for row in rows):
        chosen = [n for n, row in enumerate(rows) if row.kind == kind]
        second, third = matrix[chosen, 0], odds[chosen]
        read = (second, np.where((second > -DOUBT) & (second < 0), third - EVEN, second))
        before, after = (((one >= 0) == truth[chosen]).mean() for one in read)
        print(f"  {kind:24} {before:.3f} → {after:.3f} of {len(chosen)}")
    coefficients, intercept = standardised(matrix, truth, counts)
    return {name: round(float(x), 4) for name, x in zip(STAY, coefficients, strict=True)}, round(intercept, 4)


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path, help="keep the library of the papers here, to train again sooner")
    parser.add_argument("--rows", type=Path, help="keep what was measured here, to fit again at once")
    parser.add_argument("--out", type=Path, default=FOLDER / WEIGHTS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = chosen.rows or Path(folder) / "rows.jsonl"
        if not kept.exists():
            with Library(Config(data_dir=chosen.library or Path(folder))) as library:
                measure(library, kept)
        rows = [Row(**{**row, "features": tuple(row["features"])}) for row in map(json.loads, read_lines(kept))]
    weights, intercept = train(rows)
    variants = json.loads(chosen.out.read_text(encoding="utf-8"))
    for one in variants:  # without vectors nobody knows which papers are near
        one |= {"stay": weights, "stay_intercept": intercept} if one["embedder"] else {}
    chosen.out.write_text(json.dumps(variants) + "\n", encoding="utf-8")


def measure(library: Library, kept: Path) -> None:
    """Measure the examples over a library of their papers, and write them down."""
    if not library.shelf.has_papers():
        library.ingest(paper for name in PAPERS for paper in read_papers(DATA / name))
    asked = [one for one in map(json.loads, read_lines(DATA / QUESTIONS)) if part(one["paper"]) != "train"]
    random.Random(SEED).shuffle(asked)
    with kept.open("w", encoding="utf-8") as out:
        for row in islice(Measuring(library).rows(asked), ASKED):
            print(json.dumps({name: getattr(row, name) for name in Row.__slots__}), file=out, flush=True)


if __name__ == "__main__":
    main()
