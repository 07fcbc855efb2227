"""The texts that what tells instructions is trained and judged with: strings, lines, questions, clean abstracts.

What each is, and under which licence: ``eval/training/README.md``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.text.sentences import sentences

WRITTEN = Path(__file__).parent / "data" / "instructions.tsv"
ABOUT = "about"
"""What the file calls sentences on the subject itself, which speak to nobody."""
PLACES = ("start", "middle", "end")
SEED = 20260216
TAKEN = 2000
"""Papers of each month."""
QUESTIONS, REQUESTS, SNIPPETS = "cls_nfcats_train_valid", "cls_clinc150_train_val", "sel_bioasq_1b_7b"
NO_QUESTION, ASKED = "NOT-A-QUESTION", 500
"""What the first set calls other texts; and how many questions, and requests, are taken."""
TRIALS = "sel_evidence_inference2_train", "sel_pubmedqa_train"
FEWEST = 5
"""Sentences from which on a row holds an abstract."""
TOGETHER = 6
"""Snippets of biomedical papers that are read as one text."""

Said = tuple[str, str]
"""A paper's title and abstract."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What is trained and judged with."""

    strings: Path
    papers: Path
    corpus: Path
    asked: Path


def half(text: str) -> str:
    """Which half of the collected strings one belongs to: ``tune`` or ``test``."""
    return "test" if hashlib.sha256(text.encode()).digest()[0] % 2 else "tune"


def collected(file: Path, which: str, label: int) -> list[str]:
    """The strings of a half with this label: 1 for attacks, 0 for benign ones."""
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [row["text"] for row in rows if row["label"] == label and half(row["text"]) == which]


def written(*, about: bool) -> list[str]:
    """The written lines: instructions, or sentences about them."""
    lines = (line.split("\t") for line in WRITTEN.read_text(encoding="utf-8").splitlines())
    return [text for kind, text in lines if (kind == ABOUT) == about]


def papers_of(folder: Path, month: str, number: int = TAKEN) -> list[Said]:
    """Papers of a month that have an abstract, drawn with the seed."""
    with gzip.open(folder / f"papers-{month}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    random.Random(SEED).shuffle(rows)
    return [(row["title"].strip(), row["abstract"].strip()) for row in rows if row["abstract"].strip()][:number]


def of_other_fields(corpus: Path, part: int | None) -> list[Said]:
    """Papers of another field, from a BEIR corpus: one of three parts of its even half, or the odd half.

    Which half and part one belongs to follows from a hash of its id.
    """
    rows = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    hashed = [(zlib.crc32(str(row["_id"]).encode()), (str(row["title"]), str(row["text"]))) for row in rows]
    return [said for own, said in hashed if (own % 2 == 1 if part is None else own % 2 == 0 and own // 2 % 3 == part)]


def trials(folder: Path, part: int, sets: Sequence[str] = TRIALS) -> list[Said]:
    """Papers of medicine: one of three parts of sets of questions with the sentences of an abstract."""
    found: dict[str, str] = {}
    for row in (row for name in sets for row in _rows(folder, name)):
        if len(row["sentences"]) >= FEWEST:
            found.setdefault(row["title"] or row["question"], " ".join(row["sentences"]))
    return [said for said in found.items() if zlib.crc32(said[0].encode()) % 3 == part]


def planted(string: str, abstract: str, place: str) -> tuple[str, int, int]:
    """A string in an abstract, and where it stands."""
    borders = [0, *(end for _, end in sentences(abstract))]
    at = {"start": 0, "middle": borders[len(borders) // 2], "end": borders[-1]}[place]
    before = f"{abstract[:at]} " if at else ""
    return f"{before}{string} {abstract[at:].lstrip()}".rstrip(), len(before), len(before) + len(string)


def asked(folder: Path) -> list[str]:
    """Questions and requests of people to a machine, as many of each, drawn with the seed."""
    held = (
        {row["text"] for row in _rows(folder, name) if row["label"] != NO_QUESTION} for name in (QUESTIONS, REQUESTS)
    )
    return [one for texts in held for one in random.Random(SEED).sample(sorted(texts), ASKED)]


def snippets(folder: Path) -> list[str]:
    """Half of the snippets of biomedical papers, several of them as one text."""
    held = (one for row in _rows(folder, SNIPPETS) for one in row["sentences"])
    rows = list(dict.fromkeys(one.strip().rstrip(".") + "." for one in held))
    texts = [" ".join(rows[at : at + TOGETHER]) for at in range(0, len(rows), TOGETHER)]
    return [text for text in texts if zlib.crc32(text.encode()) % 2 == 0]


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def runs(text: str) -> set[tuple[str, ...]]:
    """Runs of five words."""
    words = text.casefold().split()
    return {tuple(words[n : n + 5]) for n in range(len(words) - 4)}


def folds(strings: Sequence[str], number: int) -> list[int]:
    """The fold of each string, the same for those that share five words in a row."""
    leads = list(range(len(strings)))
    first: dict[tuple[str, ...], int] = {}
    for own, string in enumerate(strings):
        for run in sorted(runs(string)):
            one, other = _lead(leads, own), _lead(leads, first.setdefault(run, own))
            leads[max(one, other)] = min(one, other)
    return [zlib.crc32(strings[_lead(leads, n)].encode()) % number for n in range(len(strings))]


def _lead(leads: Sequence[int], at: int) -> int:
    while leads[at] != at:
        at = leads[at]
    return at
