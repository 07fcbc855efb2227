"""Dates read from a question: "in reports from May 2025", "the week of 16 June", "since the day after Christmas".

A small grammar (``rules/dates.yaml``) of points in time, their parts, the ranges between them, and the words that make
one a restriction ("since", "before", "… reports"). General date parsers find a date in "may", "March of progress" or
"TREC 2024"; here a date counts only where the words around it say that the *papers* are meant, and never where they
say something else is dated: a data set, a model, a competition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta, weekdays

from rag.query.rules import RuleSet, load_rules
from rag.query.words import edited, has_content

_COMMON = frozenset("ago today weekday day_alone".split())
"""Points too common to mean the reports unless those are spoken of."""
_EXACT = frozenset(
    "iso_day day_first month_first either week day_month month_day named_day around nth third shift".split()
)
"""Points that hardly anything but a date is written like."""
_RELATIVE = frozenset("span ago calendar whole today weekday day_alone newest".split())
"""Points that are counted from the newest report."""
_WORD = re.compile(r"(?<![\w@./-])\w")
_GOES_ON = re.compile(r"\w|@|-\w|[./]\d")
_NEAR = 60
"""Characters around a date in which the words that decide about it are looked for."""
_OLDEST = timedelta(days=366)
"""A date that lies further before the first report restricts the papers only where the question speaks of papers."""
_AROUND = timedelta(days=3)
"""What "around" adds on both sides of a day."""
_DAY = timedelta(days=1)
_DEEPEST = 3
"""Parts that may be named of a point, each of the next."""


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


class Period(NamedTuple):
    """Days from `first` to `last`, both included."""

    first: date
    last: date


class _Point(NamedTuple):
    """A point in time up to `end`: its days in a given year, None where there are none, and the year if written."""

    sort: str
    end: int
    days: Callable[[int], Period] | None
    year: int | None = None
    relative: bool = False


class _Found(NamedTuple):
    """Points joined to periods at `text[start:end]`; the operator that leads to them begins at `op_start`."""

    text: str
    start: int
    end: int
    points: tuple[_Point, ...]
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


def _rules() -> RuleSet:
    return load_rules("dates")


def _lead(found: _Found) -> int:
    """Where the words begin that lead to a date: "that were first listed in"."""
    lead = _rules()["lead"].find(found.text, max(0, found.op_start - 2 * _NEAR), found.op_start)
    return lead.start() if lead else found.op_start


def _end(found: _Found) -> int:
    """Where a date ends with what goes with it: "(May) onwards", "last week's", "(June) reports", "…, what came in"."""
    at = found.end
    if tail := _rules()["report_tail"].at(found.text, at) or _rules()["open_end"].at(found.text, at):
        at = tail.end()
    elif _rules()["tail"].at(found.text, at):
        at += 2 * (found.text[at] in "'’")
    after = _rules()["listing_after"].at(found.text, at)
    return after.end() if after else at


def _bounds(found: _Found, period: Period) -> tuple[date | None, date | None]:
    """The first and the last day that a period with its operator allows."""
    if found.op == "since" or _rules()["open_end"].at(found.text, found.end):
        return period.first, None
    if found.op == "after":
        return period.last + _DAY, None
    if found.op == "before" and not _rules()["to_the_end"].at(found.text, found.start):
        return None, period.first - _DAY
    if found.op in ("before", "until", "by"):
        return None, period.last
    if found.op == "around" and period.first == period.last:
        return period.first - _AROUND, period.last + _AROUND
    return period


def _restricts(found: _Found, held: Period) -> bool:
    """Tell a restriction on the papers, which are `held` from a first to a last day, from a date of something else."""
    rules, text, point, op, start = _rules(), found.text, found.points[0], found.op, _lead(found)
    before, after = text[max(0, found.op_start - _NEAR) : found.op_start], text[found.end :]
    tail = rules["tail"].at(after)
    if rules["event_after"].at(after) or (rules["dated_otherwise"](before) and not tail):
        return False
    if point.sort == "newest" or not has_content(edited(text, [(start, _end(found), " ")])):
        return True  # the report is asked for, or the date is all that the question says
    if point.sort == "never":
        return bool(op) and rules["listing_before"](before)
    if tail or rules["report_before"](text[max(0, found.start - _NEAR) : found.start]):
        # "the May 2025 reports"; but in "SIGIR 2025 papers" the year belongs to the venue
        return bool(op) or not (point.sort == "year" and rules["venue_before"](before))
    opens, closes = not re.search(r"\w", text[:start]), not re.search(r"\w", after)
    about_papers = rules["about_papers"](before + text[found.op_start : found.start] + after[:_NEAR])
    at_once = rules["subject_or_end"](after)  # what follows is the subject, or nothing
    if point.sort in _COMMON:
        # "What is new today (on agents)?"; but in "models that are used today" nothing was listed
        said = op != "within" or about_papers if op else opens and rules["told_after"](after)
        return bool(said or (rules["listing_before"](before) and at_once))
    fixed = point.relative or point.year is not None
    if not (fixed or at_once) and (not op or point.sort == "season"):  # "autumn leaves", "Christmas shopping"
        return False
    alone = point.sort == "season" and not fixed and len(found.points) == 1
    if alone and not (opens or rules["listing_before"](before)):  # "which papers say how bees keep warm in winter?"
        return False
    if point.sort == "year" and not (op and about_papers):
        return False
    if about_papers and (op or point.relative or point.sort in _EXACT or len(found.points) > 1):
        return True
    if point.relative:
        return opens or closes
    if rules["quantity"](text) or not found.periods:
        return False
    if opens or rules["set_apart_before"](before):  # "papers on hashing (October 2025)", "May 2025: …", "May on RAG"
        overlaps = any(one.first <= held.last and one.last >= held.first for one in found.periods)
        if rules["set_apart_after" if opens else "set_apart_end"](after) and (about_papers or overlaps):
            return True
    if not op or found.periods[0].last < held.first - _OLDEST:
        return False
    # "RAG since October": such a month closes or opens the question, and is not inside a sentence about something else
    edge = (opens or closes) and (op not in ("within", "around") or len(found.points) > 1)
    return edge or point.year is not None


def _ranges(text: str, last: date) -> Iterator[_Found]:
    """All points that are joined, from left to right, with the operators that stand before them."""
    end = 0
    for word in _WORD.finditer(text):
        at = word.start()
        if at < end or not (point := _point(text, at, last)):
            continue
        operator = _rules()["operator"].find(text, max(end, at - _NEAR), at)
        op = _rules().meaning("operators", operator["op"]) if operator else ""
        if op == "by" and point.sort not in _EXACT:  # "papers by April"
            operator, op = None, ""
        points, joins = _joined(text, point, op == "between", last)
        if not _GOES_ON.match(text, points[-1].end):
            end = points[-1].end
            periods = _periods(points, joins, last) if all(one.days for one in points) else ()
            yield _Found(text, at, end, points, periods, op, operator.start("op") if operator else at)


def _joined(text: str, point: _Point | None, between: bool, last: date) -> tuple[tuple[_Point, ...], tuple[bool, ...]]:
    """A point with those that are joined to it, and for each joiner whether it makes a list, not a range."""
    points, joins = list[_Point](), list[bool]()
    while point:
        points.append(point)
        if not (joiner := _rules()["joiner"].at(text, point.end)):
            break
        joins.append(bool(joiner["list"]) and not between)
        point = _point(text, joiner.end(), last)
        if not point and not joins[-1] and (now := _rules()["now"].at(text, joiner.end())):
            point = _Point("now", now.end(), lambda _: Period(last, last), relative=True)
    return tuple(points), tuple(joins)


def _periods(points: tuple[_Point, ...], joins: tuple[bool, ...], last: date) -> tuple[Period, ...]:
    """The periods that joined points make: "April to June" one, "April and May" too, "April and June" two."""
    fixed = [n for n, point in enumerate(points) if point.relative or point.year is not None]
    start = fixed[0] if fixed else 0
    periods = {start: _resolved(points[start], last)}
    for n in range(start - 1, -1, -1):
        periods[n] = _resolved(points[n], periods[n + 1].first)
    for n in range(start + 1, len(points)):
        alone = joins[n - 1] and not fixed  # each of a list is the latest
        periods[n] = _resolved(points[n], last, None if alone else periods[n - 1].last)
    found = [periods[0]]
    for n in range(1, len(points)):
        if joins[n - 1] and found[-1].last + _DAY != periods[n].first:
            found.append(periods[n])
        else:
            found[-1] = Period(found[-1].first, periods[n].last)
    return tuple(found)


def _resolved(point: _Point, last: date, after: date | None = None) -> Period:
    """The days of a point; one without a year is the latest that has begun on `last`, or the first to end `after`.

    Raises:
        ValueError: there are none.
    """
    fixed = point.relative or point.year is not None
    years = [point.year or last.year] if fixed else range(last.year, last.year - 9, -1)
    for year in years if fixed or not after else range(after.year - 1, after.year + 9):
        try:
            period = point.days(year) if point.days else Period(last, date.min)
        except ValueError:  # a 29th of February
            continue
        begun = fixed or (period.last >= after if after else period.first <= last)
        if begun and period.first <= period.last:
            return period
    raise ValueError("no such day")


def _point(text: str, at: int, last: date, parts: int = 0) -> _Point | None:
    """The longest point in time at an offset, if any; one without days if it is no day, or may be one of two.

    Args:
        text: What is read.
        at: Where the point begins.
        last: The newest report's day.
        parts: How many parts of the point are named before it: "the first week of the second half of".
    """
    best: _Point | None = None
    for sort, read in _READERS.items():
        if (sort == "whole" and not parts) or not (match := _rules()[sort].at(text, at)):
            continue
        inner = _point(text, match.end(), last, parts + 1) if sort in _COMPOSED and parts < _DEEPEST else None
        end = inner.end if inner else 0 if sort in _COMPOSED else match.end()
        if end > (best.end if best else 0):
            best = _read(sort, end, match, inner, read, last)
    return best


def _read(sort: str, end: int, match: re.Match[str], inner: _Point | None, read: _Reader, last: date) -> _Point:
    """A point of a sort, which `inner` may follow."""
    f = {name: text.lower() for name, text in match.groupdict().items() if text}
    written = f.get("year") or f.get("before")
    year = inner.year if inner else int(written.replace("'", "20").replace("’", "20")) if written else None
    relative = inner.relative if inner else (sort in _RELATIVE or "ended" in f or "this" in f)

    def days(year: int) -> Period:
        return read(f, year, inner.days(year) if inner and inner.days else Period(last, last))

    point = _Point(sort, end, days, year, relative)
    try:
        _resolved(inner if inner and not inner.days else point, last)
    except ValueError:
        return point._replace(days=None)
    return point


def _written(f: Mapping[str, str], year: int, base: Period) -> Period:
    """A year, some months or days of it, or numbered weeks."""
    if "week" in f:
        first, last = int(f["week"]), int(f.get("last", f["week"]))
        return Period(date.fromisocalendar(year, first, 1), date.fromisocalendar(year, last, 7))
    month, count = int(f.get("number", 1)), 1 if "number" in f else 12
    for table in {"month", "quarter", "season"} & f.keys():
        month, count = map(int, _rules().meaning(f"{table}s", f[table]).split())
    begin = date(year, month, 1)
    if "day" in f:
        first, last = (int(re.sub(r"\D", "", f.get(name, f["day"]))) for name in ("day", "last"))
        return Period(begin.replace(day=first), begin.replace(day=last))
    period = Period(begin, begin + relativedelta(months=count, days=-1))
    return _written(f, year - 1, base) if "ended" in f and period.last >= base.last else period


def _named(f: Mapping[str, str], year: int, base: Period) -> Period:
    """A day with a name, or its week: a count of days from Easter, or what the grammar reads."""
    written = _rules().meaning("named_days", f["name"])
    if written.startswith("easter"):
        return _whole(easter(year) + timedelta(days=int(written.split()[1])), f)
    point = _point(written, 0, base.last)
    return _whole(point.days(year).first, f) if point and point.days else base


def _counted(f: Mapping[str, str], _: int, base: Period) -> Period:
    """The day or calendar unit of the newest report, or one before it."""
    back = f.get("back") or f.get("twice") or ("" if "unit" in f else "this")
    return _whole(base.last - (int(_rules().meaning("back", back)) if back else 1) * _step(f), f)


def _weekday(f: Mapping[str, str], _: int, base: Period) -> Period:
    """The latest day of a name, of a number in its month, or of both."""
    begin = base.last - _DAY * ("ended" in f)
    for day in (begin - timedelta(days=back) for back in range(366)):
        name, number = f"{day:%A}".lower(), re.sub(r"\D", "", f.get("day", f"{day.day}"))
        if f.get("weekday", name) == name and int(number) == day.day:
            return Period(day, day)
    raise ValueError("no such day")


def _nth(f: Mapping[str, str], _: int, base: Period) -> Period:
    """One or several units of a period, from its beginning or its end: "the last ten days of June"."""
    nth = int(re.sub(r"\D", "", f["nth"])) if f["nth"][0].isdigit() else int(_rules().meaning("ordinals", f["nth"]))
    if "part" in f:
        return _share(base, nth, int(_rules().meaning("parts", f["part"])))
    if "weekday" in f or "weekend" in f:
        weekday = weekdays[int(_rules().meaning("weekdays", f.get("weekday", "saturday")))]
        day = (base.first if nth > 0 else base.last) + relativedelta(weekday=weekday(nth))
        return Period(day, day + _DAY * ("weekend" in f))
    begin = base.first + (nth - 1) * _step(f) if nth > 0 else base.last - _step(f) + _DAY
    return Period(begin, min(begin + _step(f) - _DAY, base.last))


def _shift(f: Mapping[str, str], _: int, base: Period) -> Period:
    """The days next to a period: "the week before 3 May"; "two days after 3 May" is the second of them."""
    first, last = base.first - _step(f), base.last + _step(f)
    if f["unit"].startswith("day") and "the" not in f:
        return Period(last, last) if "later" in f else Period(first, first)
    return Period(base.last + _DAY, last) if "later" in f else Period(first, base.first - _DAY)


def _never(_: Mapping[str, str], year: int, base: Period) -> Period:
    raise ValueError("no report is of then")


def _step(f: Mapping[str, str]) -> relativedelta:
    """So many units; without a number one, or a few: "the last weeks"."""
    unit, months = _rules().meaning("units", f.get("unit", "day")).split()
    count = f.get("count", "few" if f.get("unit", "").endswith("s") else "1")
    return relativedelta(**{unit.replace("weekend", "week"): int(months) * _rules().number(count)})


def _whole(day: date, f: Mapping[str, str]) -> Period:
    """The calendar week, weekend, month, quarter or year that a day is in; the day itself where no unit is told."""
    unit, n = _rules().meaning("units", f.get("unit", "day")).split()
    if unit.startswith("week"):
        monday = day - timedelta(days=day.weekday())
        return Period(monday + timedelta(days=5 * (unit == "weekends")), monday + timedelta(days=6))
    if unit == "months":
        begin = date(day.year, (day.month - 1) // int(n) * int(n) + 1, 1)
        return Period(begin, begin + relativedelta(months=int(n), days=-1))
    return Period(day, day)


def _share(whole: Period, nth: int, of: int) -> Period:
    """One of equal parts of a period, by months where these can be shared out, else by days."""
    first, after = whole.first, whole.last + _DAY
    months = 12 * (after.year - first.year) + after.month - first.month if first.day == after.day == 1 else 0
    step = relativedelta(months=months // of) if months and months % of == 0 else (after - first) // of
    n = nth - 1 if nth > 0 else of + nth
    return Period(first + step * n, (first + step * (n + 1) if n + 1 < of else after) - _DAY)


_Reader = Callable[[Mapping[str, str], int, Period], Period]
_CALENDAR = "iso_day day_first month_first iso_month month_year week day_month month_day month year quarter season"
_READERS: dict[str, _Reader] = {
    **dict.fromkeys(_CALENDAR.split(), _written),
    **dict.fromkeys("ago calendar whole today newest".split(), _counted),
    **dict.fromkeys("weekday day_alone".split(), _weekday),
    **dict.fromkeys("either never".split(), _never),
    "named_day": _named,
    "span": lambda f, _, base: Period(min(base.last - _step(f) + _DAY, base.last), base.last),
    "third": lambda f, _, base: _share(base, int(_rules().meaning("thirds", f["nth"])), 3),
    "around": lambda f, _, base: _whole(base.first, f),
    "nth": _nth,
    "shift": _shift,
}
"""Rules of points, and what gives their days from the rule's groups, a year, and what they are counted from."""
_COMPOSED = frozenset("third nth around shift".split())
"""Points that another follows, of which they are a part or a neighbour."""
