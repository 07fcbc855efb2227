"""How right cards and tags are, on papers that somebody labelled: ``python -m eval.bench.description``.

The papers are put into a library of their own, as any are, and what is kept of them there is compared.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from eval.datasets.labelled import LabelledPaper, read_labelled
from rag.config import Config
from rag.index.library import Library
from rag.papers.descriptions import card_of, tags_of
from rag.types import SEPARATOR, Paper
from rag.types.card import Card, Span

STATED = ("task", "method", "result")


@dataclass(slots=True)
class Tally:
    """How often what is given agrees with what is right.

    Attributes:
        papers: In all.
        right: Papers on which both say the same, be it that there is nothing.
        empty: Papers that don't say it.
        filled: Of those, the ones where something is given.
        missed: Papers that say it, where nothing is given.
        hits: Values given that are right.
        given: Values given.
        wanted: Values that are right.
        words: Numbers of words of what is given.
    """

    papers: int = 0
    right: int = 0
    empty: int = 0
    filled: int = 0
    missed: int = 0
    hits: int = 0
    given: int = 0
    wanted: int = 0
    words: list[int] = field(default_factory=list)

    def add(self, right: bool, given: Sequence[str], wanted: Sequence[str], hits: int, found: int) -> None:
        """Count a paper; `found` of what is wanted were given."""
        self.papers += 1
        self.right += right
        self.empty += not wanted
        self.filled += bool(given) and not wanted
        self.missed += bool(wanted) and not given
        self.hits += min(hits, found)
        self.given += len(given)
        self.wanted += len(wanted)
        self.words += [len(text.split()) for text in given]

    @property
    def f1(self) -> float:
        """Micro F1 of the values."""
        return 2 * self.hits / max(self.given + self.wanted, 1)

    @property
    def accuracy(self) -> float:
        """Share of papers on which both say the same."""
        return self.right / max(self.papers, 1)

    def as_json(self) -> dict[str, Any]:
        """The counts with what follows from them."""
        counts = asdict(self) | {"words": median(self.words) if self.words else None}
        return counts | {"f1": round(self.f1, 3), "accuracy": round(self.accuracy, 3)}


def measured(papers: Sequence[LabelledPaper], library: Library) -> dict[str, Tally]:
    """Compare what a library holds of labelled papers, by ``tags`` and field of the card."""
    tallies = {name: Tally() for name in ("tags", *STATED, "data", "code")}
    for paper in papers:
        tags = [tag.tag for tag in tags_of(library.shelf, paper.paper_id) or ()]
        hits = len(set(tags) & set(paper.tags))
        tallies["tags"].add(set(tags) == set(paper.tags), tags, paper.tags, hits, hits)
        if not paper.with_card:
            continue
        card = card_of(library.shelf, paper.paper_id)
        assert card is not None, "a library describes what it ingests"
        _compare(paper, card, tallies)
    return tallies


def _compare(paper: LabelledPaper, card: Card, tallies: Mapping[str, Tally]) -> None:
    for name, spans in card.fields():
        given, wanted = [span.text for span in spans], getattr(paper, name)
        if name in STATED:
            hits = sum(any(_within(span, sentence, paper) for sentence in wanted) for span in spans)
            tallies[name].add(bool(hits) if wanted else not given, given, wanted[:1], hits, hits)
        else:
            same = str.__eq__ if name == "code" else _overlap
            found = sum(any(same(text, other) for text in given) for other in wanted)
            hits = sum(any(same(text, other) for other in wanted) for text in given)
            right = bool(given) == bool(wanted) if name == "data" else found == len(wanted) and hits == len(given)
            tallies[name].add(right, given, wanted, hits, found)


def _within(span: Span, sentence: str, paper: LabelledPaper) -> bool:
    start = len(paper.title) + len(SEPARATOR) + paper.abstract.index(sentence)
    return start <= span.start and span.end <= start + len(sentence)


def _overlap(one: str, other: str) -> bool:
    return one in other or other in one


def ingested(papers: Iterable[LabelledPaper], folder: Path) -> Library:
    """A library of these papers in a folder; the caller closes it."""
    library = Library(Config(data_dir=folder))
    day = date(2025, 1, 1)
    library.ingest(Paper(paper.paper_id, paper.title, paper.abstract, (), day, listed=(day,)) for paper in papers)
    return library


def main() -> None:
    """Measure a half, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    files = [Path("tests/quality", name) for name in ("cards.jsonl", "tags.jsonl")]
    parser.add_argument("--labelled", type=Path, nargs="+", default=files)
    parser.add_argument("--half", choices=["tune", "test"], default="test")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    papers = [paper for file in given.labelled for paper in read_labelled(file, [given.half])]
    with TemporaryDirectory() as folder, ingested(papers, Path(folder)) as library:
        found = {name: tally.as_json() for name, tally in measured(papers, library).items()}
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for name, row in found.items():
        says = row["papers"] - row["empty"]
        print(
            f"{name:<7} accuracy {row['accuracy']:.2f}  F1 {row['f1']:.2f}  filled falsely {row['filled']} of "
            f"{row['empty']}, missed {row['missed']} of {says}; {row['words']} words"
        )


if __name__ == "__main__":
    main()
