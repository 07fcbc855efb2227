"""Papers counted by who wrote them, or by when they were first listed; days put together by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

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


def trend(days: Iterable[date], until: date, months: int) -> list[tuple[date, int]]:
    """Count days in the last months.

    Args:
        days: Each counts once in its month; earlier and later ones are left out.
        until: In the last month.
        months: How many.

    Returns:
        The first of each month, ascending, with its days.
    """
    counted = Counter(_month(day) for day in days)
    last = _month(until)
    return [(date(n // 12, n % 12 + 1, 1), counted[n]) for n in range(last - months + 1, last + 1)]


def _month(day: date) -> int:
    """Months since the year 0."""
    return 12 * day.year + day.month - 1


def by_month(days: Sequence[date]) -> list[tuple[date, list[str]]]:
    """Days of each month as runs.

    Args:
        days: Ascending, each once.

    Returns:
        The first of each month with its runs of days: ``1-3``, ``7``.
    """
    found: list[tuple[date, list[str]]] = []
    for month, some in groupby(days, key=lambda day: day.replace(day=1)):
        runs: list[list[date]] = []
        for day in some:
            if runs and day - runs[-1][-1] == timedelta(days=1):
                runs[-1].append(day)
            else:
                runs.append([day])
        found.append((month, [f"{run[0].day}-{run[-1].day}" if len(run) > 1 else str(run[0].day) for run in runs]))
    return found
