"""What a question restricts: days, authors, ids, and what it does not want.

Papers are named by their arXiv id or address ("arXiv 2503.09516", "arxiv.org/pdf/2503.09516"). Only what is plainly a
subject or an author is left out: "without labels" says how a method works, and a paper that does without labels
mentions them; there the reader is told that nothing was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.query.lexicon.words import has_content
from rag.query.limits.authors import People, PeopleReading
from rag.query.limits.dates import DateReading, read_dates
from rag.query.rules import load_rules
from rag.sources.identifiers import bare_id, month_of


@dataclass(frozen=True, slots=True)
class IdentifierReading:
    """An id read from `question[start:end]`; `restricts` is False in "papers similar to 2503.09516"."""

    start: int
    end: int
    paper_id: str
    restricts: bool


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A subject to be left out, read from `question[start:end]`."""

    start: int
    end: int
    subject: str


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a text restricts, with the spans that say so.

    Attributes:
        not_by: Authors whose papers are not wanted.
        not_about: Subjects that are not wanted.
        unread: Words for a time that could not be read.
        field: What the papers' abstracts have to name, as a field of the card.
    """

    dates: tuple[DateReading, ...] = ()
    people: PeopleReading | None = None
    identifiers: tuple[IdentifierReading, ...] = ()
    not_by: tuple[PeopleReading, ...] = ()
    not_about: tuple[Unwanted, ...] = ()
    unread: tuple[DateReading, ...] = ()
    field: str = ""

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where the text says so: what is to be cut out of it before it is searched for."""
        found: list[DateReading | IdentifierReading | Unwanted | PeopleReading] = [*self.dates, *self.unread]
        found += [*(one for one in self.identifiers if one.restricts), *self.not_about, *self.not_by]
        return [(one.start, one.end) for one in found + ([self.people] if self.people else [])]

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
        return bool(self.dates or self.people or self.identifiers or self.field)


def read_constraints(
    text: str, first: date, last: date, people: Callable[[str], People], wants_several: Callable[[], bool]
) -> Constraints:
    """Find what a text restricts.

    Args:
        text: A question, as typed.
        first: Earliest day the library holds.
        last: The newest report's day.
        people: Finds the library's authors in a text.
        wants_several: Whether several papers are wanted, of which some can be left out.
    """
    identifiers = tuple(read_identifiers(text))
    read = [one for one in read_dates(text, first, last) if not _overlaps(one.start, one.end, identifiers)]
    dates = tuple(one for one in read if not one.unread)
    undated = _blanked(text, dates)
    named = people(undated)
    not_by = tuple(read_not_by(undated, lambda begin: named.people(begin, begin)))
    wanted = _blanked(undated, not_by)
    not_about = tuple(read_unwanted(wanted))
    not_about = not_about if not_about and wants_several() else ()
    unread = tuple(one for one in read if one.unread and not identifiers)
    return Constraints(dates, people(wanted).read(), identifiers, not_by, not_about, unread)


def read_identifiers(question: str) -> list[IdentifierReading]:
    """Find the arXiv ids in a question.

    The old form (``cs.IR/0112017``, which is the paper ``cs/0112017``) counts after "arXiv" or its address, or where it
    begins with one of arXiv's archives; the new form also alone: its first four digits are a year and a month, which
    hardly any other number with five decimals has. Where they are not, no paper can have the id, and still it is meant
    as one if "arXiv" stands before it or the question says nothing else: "summarize 9999.99999".
    """
    readings, rules = [], load_rules("ids")
    for match in rules["identifier"].all(question):
        paper_id = bare_id(match["id"])
        archive, old, _ = paper_id.rpartition("/")
        telling = archive in rules.words["archives"] if old else len(paper_id) == 10
        rest = question[: match.start()] + question[match.end() :]
        alone = (telling and month_of(paper_id)) or not (old or has_content(rest))
        if match["address"] or match["word"] or alone:
            related = rules["related"].find(question, 0, match.start())
            start = match.start() + (len(match["lead"]) if related else 0)
            readings.append(IdentifierReading(start, match.end(), paper_id, related is None))
    return readings


def read_unwanted(question: str) -> list[Unwanted]:
    """Find the subjects that a list of papers is to leave out: "papers on agents, but not about shopping"."""
    found: list[Unwanted] = []
    rules = load_rules("exclusions")
    for name in ("topic", "bare", "beside"):
        for match in rules[name].all(question):
            start, end = match.span("out" if name == "beside" else 0)
            if not (_overlaps(start, end, found) or rules["by"](match["x"])):
                found.append(Unwanted(start, end, match["x"].strip(" \"“”'‘’")))
    return found


def read_not_by(question: str, people_at: Callable[[int], PeopleReading | None]) -> list[PeopleReading]:
    """Find the authors whose papers are not wanted: "not by NAME", "except those by NAME", "excluding NAME's".

    Args:
        question: As typed.
        people_at: Reads the people whose names begin at an offset.
    """
    found: list[PeopleReading] = []
    rules = load_rules("exclusions")
    for match in rules["not_by"].all(question):
        if people := people_at(match.end()):
            owned = rules["owned"].at(question, people.end)
            full = all(people.known) and " " in people.names[0]
            by = match["by"] and (full or match["by"].lower().startswith("by"))
            if by or owned or (match["excludes"] and full):
                end = owned.end() if owned else people.end
                found.append(replace(people, start=match.start(), end=end, alternatives=True))
    return found


def _overlaps(start: int, end: int, readings: Sequence[IdentifierReading | Unwanted]) -> bool:
    return any(one.start < end and start < one.end for one in readings)


def _blanked(text: str, readings: Sequence[DateReading | PeopleReading]) -> str:
    """The text with what was read overwritten by dots, so that "May" is nobody's name."""
    for one in readings:
        text = text[: one.start] + "." * (one.end - one.start) + text[one.end :]
    return text
