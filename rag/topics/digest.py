"""A digest: what a span of days brought, by theme, with a line a paper, and which texts changed how."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from threading import Event

from rag.errors import Stopping
from rag.index.library import Library, Progress
from rag.papers.browse.days import ReportDays, Revision
from rag.text.differences import Difference, compare
from rag.text.readable import readable
from rag.text.sentences import Span
from rag.themes.plan import NEIGHBOURS, Plan, Planner, others
from rag.topics.lines import lines
from rag.types import Paper

MOST_GROUPED = 2000
"""Papers that are grouped by theme; more are grouped by month, since the time of clustering grows with their square."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper with the span of its stored text that speaks for it; None where there is no abstract."""

    paper: Paper
    span: Span | None

    @property
    def line(self) -> str | None:
        """The exact slice of the stored text."""
        return self.paper.text[slice(*self.span)] if self.span else None


@dataclass(frozen=True, slots=True)
class Part:
    """Papers of one theme."""

    theme: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A paper whose text changed, with both texts told apart word by word, as a person reads them.

    Attributes:
        revision: Both versions and the day.
        title: The title's stretches.
        abstract: The abstract's.
    """

    revision: Revision
    title: tuple[Difference, ...]
    abstract: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What the days from `since` to `until` brought: papers listed for the first time, and new texts of others."""

    since: date
    until: date
    parts: tuple[Part, ...]
    changed: tuple[Changed, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All new papers, theme by theme."""
        return tuple(entry for part in self.parts for entry in part.entries)

    @property
    def of_earlier(self) -> tuple[Changed, ...]:
        """New texts of papers that were listed before these days."""
        new = {entry.paper.paper_id for entry in self.entries}
        return tuple(one for one in self.changed if one.revision.new.paper_id not in new)

    def changes(self, entry: Entry) -> tuple[Changed, ...]:
        """What changed in a new paper within these days."""
        return tuple(one for one in self.changed if one.revision.new.paper_id == entry.paper.paper_id)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a digest is made of before a line of each paper is chosen, which takes longest.

    Attributes:
        themes: Names and papers, theme by theme.
    """

    since: date
    until: date
    themes: tuple[tuple[str, tuple[Paper, ...]], ...]
    changed: tuple[Changed, ...]

    @property
    def papers(self) -> tuple[Paper, ...]:
        """All new papers, theme by theme."""
        return tuple(paper for _, of in self.themes for paper in of)


def outline(
    library: Library,
    since: date,
    until: date,
    plans: Sequence[Plan] | None = None,
    most: int | None = None,
    ended: Event | None = None,
) -> Outline:
    """Read which papers a span of days brought, by theme; both days are inclusive.

    Args:
        library: Holds the papers.
        since: The first day.
        until: The last one.
        plans: How the papers were grouped before; they are grouped anew where that does not hold all of them.
        most: Papers that are read, the newest; None reads all.
        ended: Nothing is grouped once it is set.

    Raises:
        EmptyLibrary: there are no papers.
        Stopping: the papers were to be grouped, and the event is set.
    """
    library.require_papers()
    days = ReportDays(library.shelf)
    try:
        papers, revisions = days.first_listed(since, until, most), days.revisions(since, until)
        known = {paper.paper_id: paper for paper in papers}
        if plans is None or {i for plan in plans for i in plan.papers} != set(known):
            plans = _themes(library, papers, since, days, ended)
    finally:
        days.close()
    themes = ((plan.name, tuple(known[i] for i in plan.papers)) for plan in plans)
    return Outline(since, until, tuple(themes), tuple(map(_changed, revisions)))


def make_digest(library: Library, since: date, until: date, progress: Progress | None = None) -> Digest:
    """Read what a span of days brought; both days are inclusive.

    Raises:
        EmptyLibrary: there are no papers.
    """
    found = outline(library, since, until)
    papers = found.papers
    entries: dict[str, Entry] = {}
    for paper, span in zip(papers, lines(papers, library.config.embedding.threads), strict=True):
        entries[paper.paper_id] = Entry(paper, span)
        if progress:
            progress("choosing lines", len(entries), len(papers))
    parts = (Part(name, tuple(entries[paper.paper_id] for paper in of)) for name, of in found.themes)
    return Digest(since, until, tuple(parts), found.changed)


def _themes(
    library: Library, papers: Sequence[Paper], since: date, days: ReportDays, ended: Event | None
) -> list[Plan]:
    """The papers by theme, or by month where there are very many; those that are not indexed yet come last."""
    if len(papers) > MOST_GROUPED:
        months = groupby(papers, key=lambda paper: f"{paper.date:%Y-%m}")
        return [Plan(month, tuple(paper.paper_id for paper in group)) for month, group in months]
    indexed = {row.paper_id for row in library.shelf.chunks(paper.paper_id for paper in papers)}
    known = [paper for paper in papers if paper.paper_id in indexed]
    rest = [paper for paper in papers if paper.paper_id not in indexed]
    if not known:
        return others(rest)
    before = date.fromordinal(since.toordinal() - 1) if since > date.min else date.max
    near = days.first_listed(date.min, before, NEIGHBOURS)
    with library.indexes():  # opening them takes longest: a server that is told to end meanwhile goes no further
        if ended and ended.is_set():
            raise Stopping("The newest papers were not grouped, as the server is being stopped.")
    return _together([*Planner(library).by_similarity("", known, near), *others(rest)])


def _together(plans: Iterable[Plan]) -> list[Plan]:
    """Plans of one name as one, in the place of the first."""
    found: dict[str, tuple[str, ...]] = {}
    for plan in plans:
        found[plan.name] = (*found.get(plan.name, ()), *plan.papers)
    return [Plan(name, ids) for name, ids in found.items()]


def _changed(revision: Revision) -> Changed:
    old, new = revision.old, revision.new
    return Changed(revision, _compared(old.title, new.title), _compared(old.abstract, new.abstract))


def _compared(old: str, new: str) -> tuple[Difference, ...]:
    """What changed, as a person reads it; as it was written where only that differs."""
    before, after = readable(old), readable(new)
    return tuple(compare(old, new) if before == after and old != new else compare(before, after))
