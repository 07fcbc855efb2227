"""What Today shows of a library, kept for as long as the library stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from itertools import islice

from rag.errors import Stopping
from rag.index.library import Library
from rag.models.cache import Recent
from rag.papers.browse.days import ReportDays, today
from rag.themes.plan import Plan
from rag.topics.digest import Outline, outline
from rag.topics.line_store import LineStore
from rag.types import Paper
from ui.foryou import shown_since
from ui.web.drawn.today import STRIP, DayCount, Edition

MOST = 600
"""Papers that are shown at once: who was away for longer goes back by the days."""
_CHOSEN = 12
"""Lines chosen in one go."""
_PREPARED = 3
"""The same where nobody waits for them: whoever comes meanwhile waits for these."""


class News:
    """Reads editions of a library; safe from many threads."""

    def __init__(self, library: Library) -> None:
        """Read from this library."""
        self._library = library
        self._days = ReportDays(library.shelf)
        self._store = LineStore(library.folder)
        self._outlines: Recent[tuple[int, date, date], Outline] = Recent(16)
        self._counts: Recent[int, dict[date, int]] = Recent(1)
        self._guard = threading.Lock()
        self._readings: dict[tuple[int, date, date], threading.Lock] = {}

    def newest(self) -> date | None:
        """The newest day with new papers, none that lies in the future; None in an empty library."""
        return max((day for day in self.counts() if day <= today()), default=None)

    def counts(self) -> dict[date, int]:
        """Papers by the day on which they appeared."""
        generation = self._library.shelf.generation()
        found = self._counts.known([generation])
        if not found:
            found = {generation: self._days.counts()}
            self._counts.keep(found)
        return found[generation]

    def span(self, seen: date | None) -> tuple[date, date]:
        """The days to show to a reader who has seen all up to a day: what came after it, else the newest.

        Args:
            seen: None for a reader who is here for the first time.
        """
        newest = self.newest()
        assert newest is not None, "the library holds papers"
        return shown_since(self.counts(), newest, seen, MOST), newest

    def edition(self, since: date, until: date, seen: date | None = None) -> Edition:
        """What a span of days brought, both inclusive; lines that were not chosen yet are left out."""
        found = self._outline(since, until)
        days = sorted(self.counts())
        last = max((n for n, day in enumerate(days) if day <= until), default=len(days) - 1)
        end = min(len(days), max(last + STRIP // 2, STRIP))
        start = max(0, end - STRIP)
        return Edition(
            found,
            self.known_lines(found.papers),
            tuple(DayCount(day, self.counts()[day]) for day in days[start:end]),
            days[start - 1] if start else None,
            days[end] if end < len(days) else None,
            seen,
            is_idle=seen is not None and until <= seen,
            total=sum(count for day, count in self.counts().items() if since <= day <= until),
        )

    def lines(self, paper_ids: Iterable[str]) -> Mapping[str, str]:
        """Choose the lines of some papers; of at most a few in one go."""
        papers = list(self._library.shelf.papers(islice(paper_ids, _CHOSEN)).values())
        with self._guard:  # the model is one, and two who wait for the same lines need them once
            found = self._store.chosen(papers, self._library.config.embedding.threads)
        return {paper_id: line or "" for paper_id, line in found.items()}

    def group(self, ended: threading.Event | None = None) -> None:
        """Have ready by theme what the first visitor sees; no further once the event is set."""
        with suppress(Stopping):
            if self.newest() is not None:
                self._outline(*self.span(None), ended)

    def prepare(self, goes_on: Callable[[], bool] = lambda: True, most: int = 4 * _CHOSEN) -> None:
        """Have ready all that the first visitor sees, its lines too; step by step, as long as it is told to go on."""
        if self.newest() is None or not goes_on():
            return
        papers = self._outline(*self.span(None)).papers[:most]
        for start in range(0, len(papers), _PREPARED):
            if not goes_on():
                return
            self.lines(paper.paper_id for paper in papers[start : start + _PREPARED])

    def _read(self, since: date, until: date, generation: str, ended: threading.Event | None) -> Outline:
        days = f"{since} {until}"
        known = self._store.themes(days, generation)
        found = outline(self._library, since, until, known, MOST, ended)
        if known is None:
            plans = [Plan(name, tuple(one.paper_id for one in papers)) for name, papers in found.themes]
            self._store.keep_themes(days, generation, plans)
        return found

    def known_lines(self, papers: Sequence[Paper]) -> dict[str, str]:
        """The lines of some papers that were chosen before, by id."""
        return {paper_id: line or "" for paper_id, line in self._store.known(papers).items()}

    def _outline(self, since: date, until: date, ended: threading.Event | None = None) -> Outline:
        key = (self._library.shelf.generation(), since, until)
        found = self._outlines.known([key])
        if not found:
            reading = self._readings.setdefault(key, threading.Lock())
            try:
                with reading:  # it takes a processor: who comes meanwhile waits for it instead of doing it again
                    found = self._outlines.known([key]) or {key: self._read(since, until, str(key[0]), ended)}
                    self._outlines.keep(found)
            finally:
                self._readings.pop(key, None)
        return found[key]
