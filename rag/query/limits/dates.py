"""Dates read from a question: "in reports from May 2025", "the week of 16 June", "since the day after Christmas".

A small grammar (``rules/dates.yaml``) of points in time, their parts, the ranges between them, and the words that make
one a restriction ("since", "before", "… reports"). General date parsers find a date in "may", "March of progress" or
"TREC 2024"; here a date counts only where the words around it say that the *papers* are meant, and never where they
say something else is dated: a data set, a model, a competition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from rag.query.lexicon.words import edited, has_content
from rag.query.limits.points import DAY, Period, Point, grammar, joined, periods_of, point_at
from rag.query.rules import load_rules

_COMMON = frozenset("ago today weekday day_alone".split())
"""Points too common to mean the reports unless those are spoken of."""
_EXACT = frozenset(
    "iso_day day_first month_first either week day_month month_day named_day around nth third shift".split()
)
"""Points that hardly anything but a date is written like."""
_WORD = re.compile(r"(?<![\w@./-])\w")
_GOES_ON = re.compile(r"\w|@|-\w|[./]\d")
_NEAR = 60
"""Characters around a date in which the words that decide about it are looked for."""
_OLDEST = timedelta(days=366)
"""A date that lies further before the first report restricts the papers only where the question speaks of papers."""
_AROUND = timedelta(days=3)
"""What "around" adds on both sides of a day."""


@dataclass(frozen=True, slots=True)
class DateReading:
    """A restriction read from `question[start:end]`, or words for a time that is none.

    Attributes:
        date_from: First day; None where it is open.
        date_to: Last day, included; None where it is open.
        relative: It was counted from the newest report: "last week".
        unread: Words that would restrict the papers and name no day ("2025-04-31"). They are told to the reader, who
            would otherwise take the papers that follow for those of that time.
    """

    start: int
    end: int
    date_from: date | None = None
    date_to: date | None = None
    relative: bool = False
    unread: str = ""


class _Found(NamedTuple):
    """Points joined to periods at `text[start:end]`; the operator that leads to them begins at `op_start`."""

    text: str
    start: int
    end: int
    points: tuple[Point, ...]
    periods: tuple[Period, ...]
    op: str
    op_start: int


def read_dates(question: str, first: date, last: date) -> list[DateReading]:
    """Find what a question says about the days of the reports.

    Args:
        question: As typed.
        first: Earliest day the library holds.
        last: The newest report's day: "last week" and months without a year are read as seen from it.

    Returns:
        Readings in the question's order; what contradicts itself (an empty range) is left out.
    """
    readings = list[DateReading]()
    for found in _ranges(question, last):
        if not _restricts(found, Period(first, last)):
            continue
        start, end = _lead(found), _end(found)
        if not found.periods:
            readings.append(DateReading(start, found.end, unread=question[found.start : found.end]))
        relative = any(point.relative for point in found.points)
        for n, period in enumerate(found.periods):
            since, until = _bounds(found, period)
            if since is None or until is None or since <= until:
                readings.append(DateReading(end if n else start, end, since, until, relative))
    return readings


def _lead(found: _Found) -> int:
    """Where the words begin that lead to a date: "that were first listed in"."""
    lead = grammar()["lead"].find(found.text, max(0, found.op_start - 2 * _NEAR), found.op_start)
    return lead.start() if lead else found.op_start


def _end(found: _Found) -> int:
    """Where a date ends with what goes with it: "(May) onwards", "last week's", "(June) reports", "…, what came in"."""
    at = found.end
    if tail := grammar()["report_tail"].at(found.text, at) or grammar()["open_end"].at(found.text, at):
        at = tail.end()
    elif grammar()["tail"].at(found.text, at):
        at += 2 * (found.text[at] in "'’")
    after = grammar()["listing_after"].at(found.text, at)
    return after.end() if after else at


def _bounds(found: _Found, period: Period) -> tuple[date | None, date | None]:
    """The first and the last day that a period with its operator allows."""
    if found.op == "since" or grammar()["open_end"].at(found.text, found.end):
        return period.first, None
    if found.op == "after":
        return period.last + DAY, None
    if found.op == "before" and not grammar()["to_the_end"].at(found.text, found.start):
        return None, period.first - DAY
    if found.op in ("before", "until", "by"):
        return None, period.last
    if found.op == "around" and period.first == period.last:
        return period.first - _AROUND, period.last + _AROUND
    return period


def _restricts(found: _Found, held: Period) -> bool:
    """Tell a restriction on the papers, which are `held` from a first to a last day, from a date of something else."""
    rules, text, point, op, start = grammar(), found.text, found.points[0], found.op, _lead(found)
    before, after = text[max(0, found.op_start - _NEAR) : found.op_start], text[found.end :]
    tail = rules["tail"].at(after)
    if rules["event_after"].at(after) or (rules["dated_otherwise"](before) and not tail):
        return False
    rest = edited(text, [(start, _end(found), " ")])
    if point.sort == "newest" or not has_content(rest) or load_rules("followups")["bare"](rest):
        return True  # the report is asked for, or the date is all that the question says: "only from May"
    if point.sort == "never":
        return bool(op) and rules["listing_before"](before)
    if tail or rules["report_before"](text[max(0, found.start - _NEAR) : found.start]):
        # "the May 2025 reports"; but in "SIGIR 2025 papers" the year belongs to the venue
        return bool(op) or not (point.sort == "year" and rules["venue_before"](before))
    opens = not re.search(r"\w", text[:start])
    about_papers = rules["about_papers"](before + text[found.op_start : found.start] + after[:_NEAR])
    at_once = bool(rules["subject_or_end"](after))  # what follows is the subject, or nothing
    if point.sort in _COMMON:
        # "What is new today (on agents)?"; but in "models that are used today" nothing was listed
        said = op != "within" or about_papers if op else opens and rules["told_after"](after)
        return bool(said or (rules["listing_before"](before) and at_once))
    if _is_of_something(found, opens or rules["listing_before"](before), at_once, about_papers):
        return False
    if about_papers and (op or point.relative or point.sort in _EXACT or len(found.points) > 1):
        return True
    closes = not re.search(r"\w", after)
    if point.relative:
        return opens or closes
    return _stands_apart(found, held, before, after, opens, closes, about_papers)


def _is_of_something(found: _Found, listed: bool, at_once: bool, about_papers: bool) -> bool:
    """Whether a date without a year is no day of the reports, or a year none that they are of."""
    point = found.points[0]
    fixed = point.relative or point.year is not None
    if not (fixed or at_once) and (not found.op or point.sort == "season"):  # "autumn leaves", "Christmas shopping"
        return True
    alone = point.sort == "season" and not fixed and len(found.points) == 1
    if alone and not listed:  # "which papers say how bees keep warm in winter?"
        return True
    return point.sort == "year" and not (found.op and about_papers)


def _stands_apart(
    found: _Found, held: Period, before: str, after: str, opens: bool, closes: bool, about_papers: bool
) -> bool:
    """Whether a date that no word ties to the papers stands where only one of theirs does."""
    rules, op = grammar(), found.op
    if rules["quantity"](found.text) or not found.periods:
        return False
    if opens or rules["set_apart_before"](before):  # "papers on hashing (October 2025)", "May 2025: …", "May on RAG"
        overlaps = any(one.first <= held.last and one.last >= held.first for one in found.periods)
        if rules["set_apart_after" if opens else "set_apart_end"](after) and (about_papers or overlaps):
            return True
    if not op or found.periods[0].last < held.first - _OLDEST:
        return False
    # "RAG since October": such a month closes or opens the question, and is not inside a sentence about something else
    edge = (opens or closes) and (op not in ("within", "around") or len(found.points) > 1)
    return edge or found.points[0].year is not None


def _ranges(text: str, last: date) -> Iterator[_Found]:
    """All points that are joined, from left to right, with the operators that stand before them."""
    end = 0
    for word in _WORD.finditer(text):
        at = word.start()
        if at < end or not (point := point_at(text, at, last)):
            continue
        operator = grammar()["operator"].find(text, max(end, at - _NEAR), at)
        op = grammar().meaning("operators", operator["op"]) if operator else ""
        if op == "by" and point.sort not in _EXACT:  # "papers by April"
            operator, op = None, ""
        points, joins = joined(text, point, op == "between", last)
        if not _GOES_ON.match(text, points[-1].end):
            end = points[-1].end
            periods = periods_of(points, joins, last) if all(one.days for one in points) else ()
            yield _Found(text, at, end, points, periods, op, operator.start("op") if operator else at)
