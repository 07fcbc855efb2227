"""What the fields of the library's page restrict to, for one reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rag.errors import ListNotFound
from rag.papers.readers.kept import Kept
from rag.types import Filters
from rag.types.filters import FIELDS
from ui.web.base.place import read_filters

KEPT: Mapping[str, Callable[[Kept, str], tuple[str, ...]]] = {
    "later": Kept.to_read,
    "starred": Kept.starred,
    "noted": Kept.noted,
}
"""By a value of the field ``keep``, which papers those are."""
UNREAD = "unread"
"""The value of ``keep`` that leaves out what was read."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """What the papers that are shown fulfil.

    Attributes:
        words: Stand in their titles and abstracts.
        filters: As everywhere.
        among: They are among these, in the reader's order; None where the reader's marks and lists restrict nothing.
        without: They are none of these.
    """

    words: str
    filters: Filters
    among: tuple[str, ...] | None
    without: frozenset[str] = frozenset()


def restriction(fields: Mapping[str, str], kept: Kept, owner: str) -> Restriction:
    """Read the fields.

    Raises:
        UsageError: a field does not hold what it should.
        ListNotFound: the reader has no such list, or nothing is kept so.
    """
    filters = read_filters({row.key: fields.get(row.key, "") for row in FIELDS})
    among = _kept(fields, kept, owner)
    without = kept.done(owner) if fields.get("keep") == UNREAD else frozenset()
    if month := fields.get("month", ""):
        span = read_filters({"from": month, "to": month})
        first = max(day for day in (filters.date_from, span.date_from) if day)
        last = min(day for day in (filters.date_to, span.date_to) if day)
        if first <= last:
            filters = replace(filters, date_from=first, date_to=last)
        else:
            among = ()  # no day lies in both
    return Restriction(" ".join(fields.get("words", "").split()), filters, among, without)


def _kept(fields: Mapping[str, str], kept: Kept, owner: str) -> tuple[str, ...] | None:
    among: tuple[str, ...] | None = None
    if name := fields.get("list"):
        among = kept.get_list(owner, name).papers
    mark = fields.get("keep")
    if mark and mark != UNREAD:
        read = KEPT.get(mark)
        if read is None:
            raise ListNotFound(f"Nothing is kept as {mark!r}.", f"There are {', '.join((*KEPT, UNREAD))}.")
        marked = read(kept, owner)
        among = marked if among is None else tuple(paper_id for paper_id in among if paper_id in set(marked))
    return among
