"""What a question restricts: days, authors, ids, and what it does not want."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from rag.query.authors import PeopleReader, PeopleReading
from rag.query.dates import DateReading, read_dates
from rag.query.exclusions import Unwanted, read_not_by, read_unwanted
from rag.query.ids import IdentifierReading, read_identifiers


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a text restricts, with the spans that say so.

    Attributes:
        not_by: Authors whose papers are not wanted.
        not_about: Subjects that are not wanted.
        unread: Words for a time that could not be read.
    """

    dates: tuple[DateReading, ...] = ()
    people: PeopleReading | None = None
    identifiers: tuple[IdentifierReading, ...] = ()
    not_by: tuple[PeopleReading, ...] = ()
    not_about: tuple[Unwanted, ...] = ()
    unread: tuple[DateReading, ...] = ()

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where the text says so: what is to be cut out of it before it is searched for."""
        found = [(one.start, one.end) for one in self.dates]
        found += [(one.start, one.end) for one in self.identifiers if one.restricts]
        found += [(one.start, one.end) for one in self.unread]
        found += [(one.start, one.end) for one in self.not_about]
        people = (*self.not_by, self.people) if self.people else self.not_by
        return found + [(one.start, one.end) for one in people]

    @property
    def period(self) -> tuple[date | None, date | None]:
        """Where all dates hold; where they exclude each other ("in May or in July"), from the first to the last.

        Nowhere is restricted where they leave a gap ("before May or after July").
        """
        begins = [one.date_from for one in self.dates if one.date_from]
        ends = [one.date_to for one in self.dates if one.date_to]
        begin, end = max(begins, default=None), min(ends, default=None)
        if begin and end and begin > end:
            begin, end = min(begins), max(ends)
            return (begin, end) if begin <= end and len(begins) == len(ends) == len(self.dates) else (None, None)
        return begin, end

    def __bool__(self) -> bool:
        return bool(self.dates or self.people or self.identifiers)


def read_constraints(
    text: str, first: date, last: date, people_reader: PeopleReader, wants_several: Callable[[], bool]
) -> Constraints:
    """Find what a text restricts.

    Args:
        text: A question, as typed.
        first: Earliest day the library holds.
        last: The newest report's day.
        people_reader: Knows the library's authors.
        wants_several: Whether several papers are wanted, of which some can be left out.
    """
    identifiers = tuple(read_identifiers(text))
    read = [
        one
        for one in read_dates(text, first, last)
        if not any(other.start < one.end and one.start < other.end for other in identifiers)
    ]
    dates = tuple(one for one in read if not one.unread)
    undated = _blanked(text, dates)
    not_by = tuple(read_not_by(undated, lambda begin: people_reader.at(undated, begin)))
    not_about = tuple(read_unwanted(_blanked(undated, not_by)))
    not_about = not_about if not_about and wants_several() else ()
    people = people_reader.read(_blanked(undated, not_by))
    unread = tuple(one for one in read if one.unread and not identifiers)
    return Constraints(dates, people, identifiers, not_by, not_about, unread)


def _blanked(text: str, readings: Sequence[DateReading | PeopleReading]) -> str:
    """The text with what was read overwritten by dots, so that "May" is nobody's name."""
    for one in readings:
        text = text[: one.start] + "." * (one.end - one.start) + text[one.end :]
    return text
