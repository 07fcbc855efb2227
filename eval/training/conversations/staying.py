"""Train what tells who stays with a paper talked of: ``python -m eval.training.conversations.staying LIBRARY``.

The third to the fifth regression of ``rag/models/reference/weights.json``, over the first two as they are there: on
the turns of conversations over the daily reports, of which LIBRARY holds the papers. Each turn stands behind what was
asked before it and an answer from the papers that this was about, whatever the assistant would have said. The data,
with licences: `eval/training/README.md`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.training.conversations.followups import DATA, fold_of, logistic, out_of_fold, read_lines, standardised
from rag.config import Config
from rag.index.library import Library
from rag.models.reference import FOLDER, MORE, STAY, VECTOR_SCALE, WEIGHTS, words
from rag.query.dialogue.conversation import TalkReader
from rag.query.dialogue.nearness import Nearness
from rag.query.dialogue.reference import Reference
from rag.query.lexicon.knowledge import Known
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Turn

CONVERSATIONS = "conversations.jsonl.gz"
OF_ONE = ("lean", "absent", "return", "other")
"""Kinds of turns that are about one paper and stand behind others; the first three stay in the conversation."""
ABSENT, SMALL = "about none", "small"
"""The kinds of a turn to a paper that the library is taken not to hold, and of any where it holds no other at all."""
OFTEN = 5
"""Turns in which a word stands that is weighed."""
SELDOM = 0.3
"""What such a turn counts beside the others: readers mostly ask about what is there, and of many papers."""


@dataclass(frozen=True, slots=True)
class Row:
    """A turn of a conversation: what was measured of it, and whether it is about a paper that was talked of.

    Attributes:
        kind: One of `OF_ONE`, or `ABSENT`, or `SMALL`.
        group: The conversation, which is held out whole.
        stays: Whether it is about a paper that was talked of.
        found: Whether it is read so by the second regression alone.
        features: In the order of `STAY`.
    """

    kind: str
    group: str
    stays: bool
    found: bool
    features: tuple[float, ...]


class Measuring:
    """Puts turns behind what was said before them, and measures them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        known, self.nearness = Known(library), Nearness(library)
        self._reference = Reference(known, self.nearness)
        self._talks = TalkReader(known, self.nearness, self._reference.refers)

    def rows(self, conversation: dict[str, Any]) -> Iterator[Row]:
        """The turns of a conversation that are about one paper of the library."""
        history: list[Turn] = []
        for turn in conversation["turns"]:
            text, papers = " ".join(turn["ask"].split()), turn["papers"]
            talk = self._talks.read(history)
            if talk and turn["kind"] in OF_ONE and len(papers) == 1 and self._library.shelf.papers(papers):
                asked = self._reference.measure(text)
                best, odds = self._reference.likeliest(asked, talk)
                talked = {paper for one in talk for paper in one.papers}
                measured = (asked, odds, talk[best].papers)
                stays, found = papers[0] in talked, odds >= 0
                for kind, held in ((turn["kind"], True), (SMALL, False)):
                    without = talked if held else {*self._library.shelf.titles(), *talked}
                    features = self._reference.staying(*measured, talked, without)
                    yield Row(kind, conversation["id"], stays, found, features)
                if not stays:
                    features = self._reference.staying(*measured, talked, {*talked, *papers})
                    yield Row(ABSENT, conversation["id"], stays, found, features)
            history += [
                Turn(role="user", content=text),
                Turn(role="assistant", content=answer_from(self._library, turn)),
            ]


def answer_from(library: Library, turn: dict[str, Any]) -> str:
    """An answer from the papers that a turn is about, in the form of our own."""
    held = library.shelf.papers(turn["papers"])
    papers = [held[paper] for paper in turn["papers"] if paper in held]
    if papers and turn["kind"] == "absent":
        return f"“{readable(papers[0].title)}” [1] is about this, but its abstract does not tell."
    firsts = (readable(paper.abstract[slice(*sentences(paper.abstract)[0])]) for paper in papers)
    told = (
        f"**{readable(one.title)}** ({one.date})\n\n> {first} [{n}]"
        for n, (one, first) in enumerate(zip(papers, firsts, strict=True), 1)
    )
    return "\n\n".join(told) or "You are welcome."


def train(rows: Sequence[Row]) -> tuple[dict[str, float], float]:
    """Fit the regression, and print how right it is out of fold, beside the second one alone."""
    matrix = np.array([row.features for row in rows])
    truth = np.array([row.stays for row in rows], float)
    counts = np.array([SELDOM if row.kind in (ABSENT, SMALL) else 1.0 for row in rows])
    folds = np.array([fold_of(row.group) for row in rows])
    odds = out_of_fold(lambda chosen: standardised(matrix[chosen], truth[chosen], counts[chosen]), matrix, folds)
    print(f"{len(rows)} turns, share read rightly by the second regression → with the third")
    for kind in (*OF_ONE, ABSENT, SMALL):
        chosen = [n for n, row in enumerate(rows) if row.kind == kind]
        before = np.mean([rows[n].found == rows[n].stays for n in chosen])
        after = np.mean([(odds[n] >= 0) == rows[n].stays for n in chosen])
        print(f"  {kind:10} {before:.3f} → {after:.3f} of {len(chosen)}")
    coefficients, intercept = standardised(matrix, truth, counts)
    return {name: round(float(x), 4) for name, x in zip(STAY, coefficients, strict=True)}, round(intercept, 4)


def train_both(conversations: Sequence[dict[str, Any]], nearness: Nearness) -> tuple[list[float], float]:
    """Fit which turns are about two papers that were talked of, and print how right that is out of fold."""
    turns = [(one["id"], turn) for one in conversations for turn in one["turns"][1:]]
    matrix = np.array([VECTOR_SCALE * nearness.vector(" ".join(turn["ask"].split())) for _, turn in turns])
    truth, counts = np.array([turn["kind"] == "compare" for _, turn in turns], float), np.ones(len(turns))
    folds = np.array([fold_of(group) for group, _ in turns])
    odds = out_of_fold(lambda chosen: logistic(matrix[chosen], truth[chosen], counts[chosen]), matrix, folds)
    caught, wrongly = (int(((odds > 0) & (truth == one)).sum()) for one in (1, 0))
    print(f"  both       {caught} of {int(truth.sum())}, and {wrongly} of {int((1 - truth).sum())} others")
    coefficients, intercept = logistic(matrix, truth, counts)
    return [round(float(x), 4) for x in coefficients], round(intercept, 4)


def train_more(conversations: Sequence[dict[str, Any]]) -> tuple[dict[str, float], float]:
    """Fit which turns ask for more papers, and print how right that is out of fold."""
    turns = [(one["id"], turn) for one in conversations for turn in one["turns"]]
    read = [words(turn["ask"]) for _, turn in turns]
    counted = Counter(word for one in read for word in one)
    known = sorted(word for word, n in counted.items() if n >= OFTEN)
    matrix = np.array([[float(word in one) for word in known] for one in map(set, read)])
    truth, counts = np.array([turn["kind"] == "list" for _, turn in turns], float), np.ones(len(turns))
    folds = np.array([fold_of(group) for group, _ in turns])
    odds = out_of_fold(lambda chosen: logistic(matrix[chosen], truth[chosen], counts[chosen]), matrix, folds)
    caught, wrongly = (int(((odds > MORE) & (truth == one)).sum()) for one in (1, 0))
    print(f"  more       {caught} of {int(truth.sum())}, and {wrongly} of {int((1 - truth).sum())} others")
    coefficients, intercept = logistic(matrix, truth, counts)
    return {word: round(float(x), 3) for word, x in zip(known, coefficients, strict=True)}, round(intercept, 3)


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("library", type=Path, help="a library of the daily reports")
    parser.add_argument("--out", type=Path, default=FOLDER / WEIGHTS)
    chosen = parser.parse_args()
    with Library(Config(data_dir=chosen.library)) as library:
        measuring = Measuring(library)
        conversations = [json.loads(line) for line in read_lines(DATA / CONVERSATIONS)]
        weights, intercept = train([row for one in conversations for row in measuring.rows(one)])
        both, both_intercept = train_both(conversations, measuring.nearness)
    more, more_intercept = train_more(conversations)
    variants = json.loads(chosen.out.read_text(encoding="utf-8"))
    for one in variants:  # without vectors nobody knows which papers are near
        one |= {"more": more, "more_intercept": more_intercept}
        fitted = {"both": both, "both_intercept": both_intercept, "stay": weights, "stay_intercept": intercept}
        one |= fitted if one["embedder"] else {"both": [], "both_intercept": 0.0}
    chosen.out.write_text(json.dumps(variants) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
