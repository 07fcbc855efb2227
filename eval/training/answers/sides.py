"""Train what tells the sides of a comparison: ``python -m eval.training.answers.sides``.

It writes ``rag/models/sides/weights.json``, prints its digest, and how requests that the fit has not seen (five folds)
are read: whether as comparisons, with which sides, and with what is asked of them. The data, with licences:
`eval/training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from eval.training.answers.chains import Chain, Fit, Shape, fold, places
from eval.training.answers.samples import read_rows
from rag.models.sides import (
    ALLOWED,
    COMPARES,
    ENDS,
    FOLDER,
    LABEL_OF,
    STARTS,
    STATES,
    WEIGHTS,
    Compared,
    SidesModel,
    observed,
    tokens,
)

DATA = Path(__file__).parents[1] / "data"
SIDES = "sides.jsonl"
PHRASINGS = ("intents.tsv", "intents_near.tsv")
MAY_COMPARE = ("compare", "compound", "age", "change")
"""Labels of phrasings of which some compare works, or ask of several: nothing is learnt of them."""
ONE_IN = 3
"""Of the phrasings and questions that compare nothing one in so many is read."""
FOLDS = 5
PENALTY = 0.5
"""Variance of the coefficients' prior."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text with what is seen around its words and the state of each, its sides, and what is asked of them."""

    text: str
    chain: Chain
    sides: tuple[str, ...]
    asks: tuple[str, ...]


def examples(folder: Path = DATA) -> Iterator[Example]:
    """The requests with their sides marked; phrasings that compare nothing, and questions about one abstract each."""
    for row in read_rows(folder / SIDES):
        yield _example(row["q"], row["sides"], row["asks"])
    for name in PHRASINGS:
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            label, text, *_ = line.split("\t")
            if label not in MAY_COMPARE and not fold(text, ONE_IN):
                yield _example(text, (), ())
    for file in sorted(chain(folder.glob("questions*.jsonl.gz"), folder.glob("compounds.jsonl.gz"))):
        for row in read_rows(file):
            if not fold(row["q"], ONE_IN):
                yield _example(row["q"], (), ())


def _example(text: str, sides: Sequence[str], asks: Sequence[str]) -> Example:
    found = list(tokens(text))
    marked = sorted([*places(text, sides, "side"), *places(text, asks, "ask")])
    begun, states = 0, []
    for start, end in found:
        label = next((name for first, last, name in marked if first < end and start < last), "other")
        first = any(place == start for place, _, _ in marked)
        if label == "side" and first:
            begun = min(begun + 1, 2)
        state = ("none", 0) if not sides else (label if first or label == "other" else f"in {label}", begun)
        states.append(STATES.index(state))
    far, near = zip(*observed(text, found), strict=True)
    return Example(text, Chain(far, near, tuple(states)), tuple(sides), tuple(asks))


def fitted(seen: Sequence[Example]) -> SidesModel:
    """The model of some examples."""
    found = Fit([one.chain for one in seen], Shape(LABEL_OF, ALLOWED, STARTS, ENDS), PENALTY).weights()
    return SidesModel(labels=found.labels, states=found.states, steps=found.steps, starts=found.starts)


def judged(whole: Sequence[Example], show: bool, folds: int = FOLDS) -> Counter[str]:
    """How texts are read by fits that have not seen them."""
    told = Counter[str]()
    for n in range(folds):
        model = fitted([one for one in whole if fold(one.text, FOLDS) != n])
        for one in whole:
            if fold(one.text, FOLDS) != n:
                continue
            found = model.read(one.text)
            found = found if found.chance >= COMPARES else Compared()
            sides = [one.text[start:end] for start, end in found.sides]
            asks = [one.text[start:end] for start, end in found.asks]
            kind = "compares" if one.sides else "no comparison"
            told[kind] += 1
            told[f"{kind}, told right"] += bool(sides) == bool(one.sides)
            told["compares, as many sides"] += bool(one.sides) and len(sides) == len(one.sides)
            told["compares, each side with its words"] += bool(one.sides) and _alike(sides, one.sides)
            told["compares, exactly these sides"] += bool(one.sides) and tuple(sides) == one.sides
            told["compares, asks as many things"] += bool(one.sides) and len(asks) == len(one.asks)
            told["compares, exactly these asked"] += bool(one.sides) and tuple(asks) == one.asks
            if show and (tuple(sides) != one.sides):
                print(f"{found.chance:.2f} {sides} {asks} | {one.text}")
    return told


def _alike(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether spans share most of their words, one by one."""
    pairs = zip(found, wanted, strict=False)
    words = [(set(one.lower().split()), set(other.lower().split())) for one, other in pairs]
    return len(found) == len(wanted) and all(2 * len(a & b) > max(len(a), len(b)) for a, b in words)


def main() -> None:
    """Judge by folds, fit to everything and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER / WEIGHTS)
    parser.add_argument("--show", action="store_true", help="print what is read wrongly")
    parser.add_argument("--folds", type=int, default=FOLDS, help="how many of the folds are judged")
    options = parser.parse_args()
    whole = list(examples())
    print(f"{len(whole)} texts, {sum(len(one.chain.states) for one in whole)} words and marks")
    for name, count in sorted(judged(whole, options.show, options.folds).items()):
        print(f"  {name}: {count}")
    content = json.dumps(fitted(whole).model_dump(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    options.out.write_bytes(content)
    print(f"{options.out}: sha256 {hashlib.sha256(content).hexdigest()}, {len(content)} bytes")


if __name__ == "__main__":
    main()
