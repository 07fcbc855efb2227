"""Papers whose tags and cards somebody wrote down by hand: ``cards.jsonl``, ``tags.jsonl`` in ``tests/quality``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

Half = str
"""``tune``, which weights may be fitted to, or ``test``, which judges."""


@dataclass(frozen=True, slots=True)
class LabelledPaper:
    """A line.

    Attributes:
        paper_id: Of arXiv.
        source: ``reports``, or ``arxiv`` for one drawn from all of computer science.
        split: `Half`.
        title: As its source wrote it.
        abstract: Likewise.
        tags: Subjects that it is about, one to five.
        task: Sentences of the abstract any of which states the task, the best first; empty where none does.
        method: The same for the method.
        data: The data that it names, each as it is written first.
        result: As for the task.
        code: Addresses of code, data or models.
        with_card: All of this was labelled, not the tags alone.
    """

    paper_id: str
    source: str
    split: Half
    title: str
    abstract: str
    tags: tuple[str, ...]
    task: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    with_card: bool = True


_LINE = TypeAdapter(LabelledPaper)


def read_labelled(file: Path, halves: Sequence[Half] = ("tune", "test")) -> list[LabelledPaper]:
    """The papers of some halves, in the file's order."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [paper for paper in map(_LINE.validate_json, lines) if paper.split in halves]
