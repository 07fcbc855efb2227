"""Facets: how many papers of a selection fall to each month, category, tag and field of the card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.types import Filters
from rag.types.card import Tag

if TYPE_CHECKING:
    from rag.papers.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts of papers; a count is what the filter of that value, added to those given, leaves.

    Attributes:
        papers: In all.
        described: Of them, those whose card and tags are known (`paperchat cards` makes them).
        months: By ``YYYY-MM`` of `Paper.date`, in order; undated papers are in none.
        categories: By category, the most first.
        tags: By subject, the most first; a paper counts for the broader ones too.
        has: By field of the card that isn't empty: ``task``, ``method``, ``data``, ``result``, ``code``.
    """

    papers: int
    described: int
    months: Mapping[str, int]
    categories: Mapping[str, int]
    tags: Mapping[Tag, int]
    has: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The facets as `papers --facets --json` prints them."""
        return {
            "papers": self.papers,
            "described": self.described,
            "months": dict(self.months),
            "categories": dict(self.categories),
            "tags": [tag.as_json() | {"papers": count} for tag, count in self.tags.items()],
            "has": dict(self.has),
        }


def facets(shelf: Shelf, filters: Filters | None = None) -> Facets:
    """Count the papers that the filters leave; without any, all."""
    allowed = shelf.select(filters or Filters())
    selection = "SELECT paper_id FROM papers" if allowed is None else "SELECT value FROM json_each(?)"
    values = [] if allowed is None else [json.dumps(sorted(allowed))]
    names = ("papers", "described", "month", "category", "tag", "has")
    found = shelf.descriptions.counts(names, selection, values)
    labels = shelf.descriptions.labels()
    return Facets(
        papers=found["papers"][0][1],
        described=found["described"][0][1],
        months=dict(reversed(found["month"])),
        categories=dict(found["category"]),
        tags={Tag(tag, labels.get(tag, tag)): count for tag, count in found["tag"]},
        has=dict(found["has"]),
    )
