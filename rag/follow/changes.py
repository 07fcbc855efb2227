"""What differs between two answers to one question: papers cited anew, papers cited no longer, other quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.types import Citation


@dataclass(frozen=True, slots=True)
class Cited:
    """A paper with what an answer quotes of it."""

    paper_id: str
    version: int
    title: str
    url: str
    quotes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As `follow --json` prints it."""
        return {
            "paper_id": self.paper_id,
            "version": self.version,
            "title": self.title,
            "url": self.url,
            "quotes": list(self.quotes),
        }


@dataclass(frozen=True, slots=True)
class Change:
    """How an answer differs from an earlier one.

    Attributes:
        new: Papers that only the later one cites.
        dropped: Papers that only the earlier one cites.
        changed: Papers of which they quote different sentences: as it was, as it is.
    """

    new: tuple[Cited, ...] = ()
    dropped: tuple[Cited, ...] = ()
    changed: tuple[tuple[Cited, Cited], ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.new or self.dropped or self.changed)

    def as_json(self) -> dict[str, Any]:
        """As `follow --json` prints it."""
        return {
            "new": [paper.as_json() for paper in self.new],
            "dropped": [paper.as_json() for paper in self.dropped],
            "changed": [{**after.as_json(), "quotes_before": list(before.quotes)} for before, after in self.changed],
        }


def cited(citations: Sequence[Citation]) -> dict[str, Cited]:
    """The papers of an answer by id, in the order in which it cites them."""
    quotes: dict[str, list[Citation]] = {}
    for one in citations:
        quotes.setdefault(one.paper_id, []).append(one)
    return {
        paper_id: Cited(paper_id, of[0].version, of[0].title, of[0].url, tuple(one.quote for one in of))
        for paper_id, of in quotes.items()
    }


def difference(before: Sequence[Citation], after: Sequence[Citation]) -> Change:
    """Tell two answers apart; the order of papers and quotes makes no difference."""
    old, new = cited(before), cited(after)
    both = ((old[i], new[i]) for i in new if i in old)
    return Change(
        new=tuple(paper for i, paper in new.items() if i not in old),
        dropped=tuple(paper for i, paper in old.items() if i not in new),
        changed=tuple((was, now) for was, now in both if sorted(was.quotes) != sorted(now.quotes)),
    )
