"""Train what tells which paper a question means: ``python -m eval.training.conversations.known_item``.

It writes ``rag/models/known_item/weights.json``, prints its digest, and how questions that the fit has not seen (five
folds) are read: whether a paper is described, by which words, and how many things are asked. The data, with licences:
`eval/training/README.md`.
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

from eval.training.answers.chains import Chain, Fit, Shape, fold, places
from eval.training.answers.samples import read_rows
from rag.models.known_item import ALLOWED, FOLDER, LABELS, STARTS, WEIGHTS, KnownItemModel, seen
from rag.models.sides import Span, tokens

DATA = Path(__file__).parents[1] / "data"
KNOWN_ITEMS = "known_items.jsonl.gz"
FOLDS = 5
PENALTY = 1.0
"""Variance of the coefficients' prior."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question with what is seen around its words, where it says which paper is meant, and what is asked of it."""

    text: str
    chain: Chain
    which: tuple[Span, ...]
    asks: tuple[Span, ...]


def examples(folder: Path = DATA) -> Iterator[Example]:
    """The questions with both marked."""
    for row in read_rows(folder / KNOWN_ITEMS):
        text, found = row["q"], list(tokens(row["q"]))
        which = tuple((start, end) for start, end, _ in places(text, row["which"], "which"))
        asks = tuple((start, end) for start, end, _ in places(text, row["asks"], "ask"))
        marked = [*((one, "which") for one in which), *((one, "ask") for one in asks)]
        states = []
        for start, end in found:
            span, name = next(
                ((a, b), name) for (a, b), name in [*marked, ((start, end), "other")] if a < end and start < b
            )
            states.append(LABELS.index(name if name == "other" or span[0] == start else f"in {name}"))
        yield Example(text, Chain(tuple(seen(text, found)), ((),) * len(found), tuple(states)), which, asks)


def fitted(chosen: Sequence[Example]) -> KnownItemModel:
    """The model of some examples."""
    shape = Shape(np.arange(len(LABELS)), ALLOWED, STARTS, np.ones(len(LABELS), bool))
    found = Fit([one.chain for one in chosen], shape, PENALTY).weights()
    return KnownItemModel(labels=found.labels, steps=found.steps, starts=found.starts)


def judged(whole: Sequence[Example], show: bool) -> Counter[str]:
    """How questions are read by fits that have not seen them."""
    told = Counter[str]()
    for n in range(FOLDS):
        model = fitted([one for one in whole if fold(one.text, FOLDS) != n])
        for one in whole:
            if fold(one.text, FOLDS) != n:
                continue
            found = model.read(one.text)
            kind = "describes" if one.which else "no paper"
            told[kind] += 1
            told[f"{kind}, told right"] += bool(found.which) == bool(one.which)
            told["describes, by most of the same words"] += (
                bool(one.which) and shared(one.text, found.which, one.which) > 0.5
            )
            told["as many things asked"] += len(found.asks) == len(one.asks)
            if show and found.which != one.which:
                texts = [[one.text[a:b] for a, b in spans] for spans in (found.which, one.which)]
                print(f"{texts[0]} not {texts[1]} | {one.text}")
    return told


def shared(text: str, found: Sequence[Span], wanted: Sequence[Span]) -> float:
    """Share of the words in either of some spans that are in both."""
    one, other = (
        {n for n, (a, b) in enumerate(tokens(text)) if any(x <= a and b <= y for x, y in spans)}
        for spans in (found, wanted)
    )
    return len(one & other) / max(len(one | other), 1)


def main() -> None:
    """Judge by folds, fit to everything and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER / WEIGHTS)
    parser.add_argument("--show", action="store_true", help="print what is read wrongly")
    parser.add_argument("--quick", action="store_true", help="fit without judging first")
    options = parser.parse_args()
    whole = list(examples())
    print(f"{len(whole)} questions, {sum(len(one.chain.states) for one in whole)} words and marks")
    for name, count in sorted(judged(whole, options.show).items() if not options.quick else ()):
        print(f"  {name}: {count}")
    content = json.dumps(fitted(whole).model_dump(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    options.out.write_bytes(content)
    print(f"{options.out}: sha256 {hashlib.sha256(content).hexdigest()}, {len(content)} bytes")


if __name__ == "__main__":
    main()
