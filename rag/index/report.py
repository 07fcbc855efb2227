"""What a write to the library did, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.types import Rejected, Remark

Progress = Callable[[str, int, int], None]
"""Called with a stage (`waiting`, `reading`, `embedding`), the number done and the total (0 when unknown)."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest or a removal did, counted in distinct papers.

    Attributes:
        titles_only: Of the papers read, those of which the library knows no more than the title.
        unkept: By paper, the names of what its source says of it and the library has no place for.
        flagged: By paper that is held for review since, what its text was flagged for (`papers.flags.KINDS`).
    """

    papers_new: int
    papers_updated: int
    papers_unchanged: int
    chunks_added: int
    chunks_removed: int
    rejected: tuple[Rejected, ...]
    seconds: float
    remarks: tuple[Remark, ...] = ()
    titles_only: int = 0
    unkept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flagged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The report as the contract prints it."""
        return {
            "papers_new": self.papers_new,
            "papers_updated": self.papers_updated,
            "papers_unchanged": self.papers_unchanged,
            "chunks_added": self.chunks_added,
            "chunks_removed": self.chunks_removed,
            "rejected": [row.as_json() for row in self.rejected],
            "remarks": [remark.as_json() for remark in self.remarks],
            "titles_only": self.titles_only,
            "unkept": [{"paper_id": paper_id, "fields": list(names)} for paper_id, names in self.unkept.items()],
            "papers_flagged": len(self.flagged),
            "flagged": [{"paper_id": paper_id, "reasons": list(kinds)} for paper_id, kinds in self.flagged.items()],
            "seconds": round(self.seconds, 3),
        }
