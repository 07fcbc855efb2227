"""A selection's papers, page by page from the newest version back to a day; goes on where another reading stopped."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from rag.errors import FetchError
from rag.sources.arxiv.connection import Connection, Reply, Unusable
from rag.sources.arxiv.feed import Feed, read_feed
from rag.sources.arxiv.positions import Position, Positions, Record
from rag.sources.arxiv.selection import Selection
from rag.types import Paper, Rejected

DEEPEST = 30_000
"""arXiv's API shows no entry behind this one."""
_OVERLAP = 10
"""Entries read again where a reading goes on: a paper that was taken away moves those behind it forward."""
_REPEATS = 3
"""Pages in a row without anything new after which a server is taken to repeat itself."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing.

    Attributes:
        rows: Papers of the window that this reading has not yielded before, and entries that could not be read.
        read: Entries read so far.
        total: How many match, as arXiv says.
    """

    rows: tuple[Paper | Rejected, ...]
    read: int
    total: int


class Listing:
    """Reads a selection.

    A page's place is noted when the next page is asked for: what a consumer has not taken is read again.
    """

    def __init__(self, connection: Connection, selection: Selection, *, key: str = "") -> None:
        """Make ready.

        Args:
            connection: To arXiv.
            selection: What is wanted.
            key: Added to the selection's own key, where readings of one selection do different things.
        """
        self._connection = connection
        self._query = selection.search_query
        self._key = f"{selection.key}{key}"
        self._positions = Positions(connection.folder)

    def since(self) -> date:
        """The day that is read back to where none is given: some days before the last reading that came to its end.

        Some days, because arXiv announces papers days after the time that it sorts them by.
        """
        finished = self._positions.load(self._key).finished or datetime.now(UTC)
        return (finished - timedelta(days=self._connection.settings.since_days)).date()

    def pages(self, since: date) -> Iterator[Page]:
        """Yield the pages down to a day.

        Raises:
            FetchError: arXiv fails, or gives fewer papers than it says there are; what was yielded before is whole.
        """
        record = self._positions.load(self._key)
        begun, before = datetime.now(UTC), record.position
        newest = before.newest if before else None
        start, seen, repeats = 0, set[tuple[str, int]](), 0
        while True:
            size = min(self._connection.settings.page_size, DEEPEST - start)
            feed = self._ask(start, size, seen)
            fresh = [entry for entry in feed.entries if entry.key not in seen]
            seen.update(entry.key for entry in fresh)
            repeats = 0 if fresh or not feed.size else repeats + 1
            if repeats == _REPEATS:
                raise FetchError(
                    f"arXiv gives the same papers again and again behind entry {start}.",
                    "Run the same command again later: it goes on where it stopped.",
                )
            within = [entry for entry in fresh if entry.updated.date() >= since]
            start += feed.size
            yield Page(
                (*(entry.paper for entry in within), *feed.rejected),
                start,
                feed.total or start,
            )
            times = [entry.updated for entry in feed.entries]
            newest = max(times if newest is None else [*times, newest], default=None)
            if _is_last(feed, start, size) or (times and times[-1].date() < since):
                # A reading of a few days only says nothing of what lies between them and the reading before.
                finished = begun if record.finished is None or since <= self.since() else record.finished
                self._positions.save(self._key, Record(None, finished))
                return
            if before and times and times[-1] <= before.newest:  # the front is read: on with what was left
                start, before = max(start, before.read - _OVERLAP), None
            if newest and not before:
                self._positions.save(self._key, replace(record, position=Position(newest, start, datetime.now(UTC))))

    def _ask(self, start: int, size: int, seen: Collection[tuple[str, int]]) -> Feed:
        """A page; one that looks wrong is asked for again, and taken where it stays so.

        An entry that is left out of a page, or a page that is given in another's place, would be read over.
        """
        if size <= 0:
            raise FetchError(
                f"More than {DEEPEST:,} papers match, and arXiv shows no more of them.",
                "What was read is in the library. Ask for less at once: a later --since, one category, more words.",
            )
        doubted = False

        def read(reply: Reply) -> Feed:
            nonlocal doubted
            feed = read_feed(reply)
            if not feed.size and (feed.total is None or start < feed.total):
                raise Unusable(f"a page without papers, of {feed.total or 'no number of'} papers")
            if feed.start not in (None, start):
                raise Unusable(f"the page from {feed.start} instead of that from {start}")
            is_short = feed.size < size and start + feed.size < (feed.total or 0)
            is_known = feed.size > 0 and all(entry.key in seen for entry in feed.entries)
            if (is_short or is_known) and not doubted:
                doubted = True
                raise Unusable(
                    "a page with fewer papers than were asked for" if is_short else "a page for the second time"
                )
            return feed

        parameters = {
            "search_query": self._query,
            "start": str(start),
            "max_results": str(size),
            "sortBy": "lastUpdatedDate",
            "sortOrder": "descending",
        }
        return self._connection.ask(self._connection.settings.api_url, parameters, read)


def _is_last(feed: Feed, read: int, asked: int) -> bool:
    """Whether nothing can follow a page.

    A total alone ends nothing, for it is wrong at times: a full page is followed by another question, a page of which
    more has been read than there should be as well.
    """
    return not feed.size or (feed.total == read and feed.size < asked)
