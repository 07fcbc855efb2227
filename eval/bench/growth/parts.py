"""In which parts the papers are taken in, and what their ingest adds up to."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from eval.bench.growth.side import OURS, THEIRS
from rag.errors import DatasetError
from rag.types import Paper

SEED = 16
PART = 1000
"""Papers that one side takes in before it is the other's turn."""
SIDES = (OURS, THEIRS)


@dataclass(frozen=True, slots=True)
class Part:
    """Papers that are taken in at once: from `begin` to `end` in the order drawn; `real` ones are embedded."""

    begin: int
    end: int
    real: bool

    @property
    def name(self) -> str:
        """As it is called in files."""
        return f"{self.begin:06}-{self.end:06}"


def drawn(source: Path, number: int) -> list[Paper]:
    """So many papers of a source in an order that is always the same.

    Raises:
        DatasetError: it has too few.
    """
    from rag.sources import discover, read_source

    rows = (row for file in discover([source]).files for row in read_source(file))
    papers = {row.paper_id: row for row in rows if isinstance(row, Paper)}
    if len(papers) < number:
        raise DatasetError(f"{source} holds {len(papers)} papers, not {number}.", "Name smaller --sizes.")
    order = sorted(papers)
    random.Random(SEED).shuffle(order)
    return [papers[one] for one in order[:number]]


def parts_of(sizes: Sequence[int], embedded: int, begun: int = 0) -> list[Part]:
    """The parts in which libraries grow to sizes, ascending; the last one before a size is whole where there is room.

    Args:
        sizes: Where both are measured.
        embedded: So many of the first papers are embedded, and the last part before each size.
        begun: Papers that are there already.
    """
    found = []
    for low, high in pairwise([begun, *(size for size in sizes if size > begun)]):
        borders = [high, *(end for end in range(high - PART, low, -PART)), low][::-1]
        for begin, end in pairwise(borders):
            found.append(Part(begin, end, end <= embedded or end == high))
    return found


def ingested(parts: Mapping[str, Any], size: int) -> dict[str, dict[str, float]]:
    """What each side's ingest of so many papers took: measured, and reckoned where vectors were replayed.

    Args:
        parts: As growth.json has them.
        size: Number of papers.

    Returns:
        By side ``seconds`` and ``cpu_s`` of the whole, ``reckoned_papers`` of it whose embedding was not measured,
        ``last_papers_per_second`` of the last part, and ``to_embedding``, the processor's time of what was measured
        whole as a multiple of that of the embedding in it.
    """
    rows = [row for name, row in parts.items() if int(name.partition("-")[2]) <= size]
    return {name: _ingested(rows, name) for name in SIDES}


def _ingested(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, float]:
    def total(key: str, some: Sequence[Mapping[str, Any]]) -> float:
        return float(sum(row[name][key] for row in some))

    embedded = [row for row in rows if row["embedded"]]
    replayed = sum(row["papers"] for row in rows if not row["embedded"])
    share = replayed / sum(row["papers"] for row in embedded)
    last = rows[-1]
    return {
        "seconds": total("seconds", rows) + share * total("embedding_s", embedded),
        "cpu_s": total("cpu_s", rows) + share * total("embedding_cpu_s", embedded),
        "reckoned_papers": replayed,
        "last_papers_per_second": last["papers"] / last[name]["seconds"],
        "to_embedding": total("cpu_s", embedded) / total("embedding_cpu_s", embedded),
    }
