"""Papers counted by who wrote them, or by when they were first listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from rag.text.readable import readable
from rag.types import Paper

_SPANS: Mapping[str, Callable[[date], str]] = {
    "days": date.isoformat,
    "weeks": lambda day: f"the week of {day - timedelta(days=day.weekday())}",
    "months": lambda day: f"{day:%Y-%m}",
}


def tally(papers: Iterable[Paper], what: str) -> list[tuple[str, int]]:
    """Count papers.

    Args:
        papers: Each counts once for each of its authors, or for the span in which it was first listed.
        what: ``authors``, ``days``, ``weeks`` or ``months``.

    Returns:
        Names or spans with their papers, the most first.
    """
    if what == "authors":
        counted = Counter(readable(name) for paper in papers for name in dict.fromkeys(paper.authors))
    else:
        counted = Counter(_SPANS[what](paper.date) for paper in papers)
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))
