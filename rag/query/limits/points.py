"""Points in time as people write them, and the days that they are: "16 June", "the first week of May", "last week".

The other half of the grammar of dates (``rules/dates.yaml``): each rule of a point has a reader that gives its days
from the rule's groups, a year, and what the point is counted from. Whether such a point restricts anything, `dates`
decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta, weekdays

from rag.query.rules import RuleSet, load_rules

_RELATIVE = frozenset("span ago calendar whole today weekday day_alone newest".split())
"""Points that are counted from the newest report."""
_DEEPEST = 3
"""Parts that may be named of a point, each of the next."""
DAY = timedelta(days=1)


class Period(NamedTuple):
    """Days from `first` to `last`, both included."""

    first: date
    last: date


class Point(NamedTuple):
    """A point in time up to `end`: its days in a given year, None where there are none, and the year if written."""

    sort: str
    end: int
    days: Callable[[int], Period] | None
    year: int | None = None
    relative: bool = False


def grammar() -> RuleSet:
    """The grammar."""
    return load_rules("dates")


def joined(text: str, point: Point | None, between: bool, last: date) -> tuple[tuple[Point, ...], tuple[bool, ...]]:
    """A point with those that are joined to it, and for each joiner whether it makes a list, not a range."""
    points, joins = list[Point](), list[bool]()
    while point:
        points.append(point)
        if not (joiner := grammar()["joiner"].at(text, point.end)):
            break
        joins.append(bool(joiner["list"]) and not between)
        point = point_at(text, joiner.end(), last)
        if not point and not joins[-1] and (now := grammar()["now"].at(text, joiner.end())):
            point = Point("now", now.end(), lambda _: Period(last, last), relative=True)
    return tuple(points), tuple(joins)


def periods_of(points: tuple[Point, ...], joins: tuple[bool, ...], last: date) -> tuple[Period, ...]:
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
        if joins[n - 1] and found[-1].last + DAY != periods[n].first:
            found.append(periods[n])
        else:
            found[-1] = Period(found[-1].first, periods[n].last)
    return tuple(found)


def _resolved(point: Point, last: date, after: date | None = None) -> Period:
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


def point_at(text: str, at: int, last: date, parts: int = 0) -> Point | None:
    """The longest point in time at an offset, if any; one without days if it is no day, or may be one of two.

    Args:
        text: What is read.
        at: Where the point begins.
        last: The newest report's day.
        parts: How many parts of the point are named before it: "the first week of the second half of".
    """
    best: Point | None = None
    for sort, read in _READERS.items():
        if (sort == "whole" and not parts) or not (match := grammar()[sort].at(text, at)):
            continue
        inner = point_at(text, match.end(), last, parts + 1) if sort in _COMPOSED and parts < _DEEPEST else None
        end = inner.end if inner else 0 if sort in _COMPOSED else match.end()
        if end > (best.end if best else 0):
            best = _read(sort, end, match, inner, read, last)
    return best


def _read(sort: str, end: int, match: re.Match[str], inner: Point | None, read: _Reader, last: date) -> Point:
    """A point of a sort, which `inner` may follow."""
    f = {name: text.lower() for name, text in match.groupdict().items() if text}
    written = f.get("year") or f.get("before")
    year = inner.year if inner else int(written.replace("'", "20").replace("’", "20")) if written else None
    relative = inner.relative if inner else (sort in _RELATIVE or "ended" in f or "this" in f)

    def days(year: int) -> Period:
        return read(f, year, inner.days(year) if inner and inner.days else Period(last, last))

    point = Point(sort, end, days, year, relative)
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
        month, count = map(int, grammar().meaning(f"{table}s", f[table]).split())
    begin = date(year, month, 1)
    if "day" in f:
        first, last = (int(re.sub(r"\D", "", f.get(name, f["day"]))) for name in ("day", "last"))
        return Period(begin.replace(day=first), begin.replace(day=last))
    period = Period(begin, begin + relativedelta(months=count, days=-1))
    return _written(f, year - 1, base) if "ended" in f and period.last >= base.last else period


def _named(f: Mapping[str, str], year: int, base: Period) -> Period:
    """A day with a name, or its week: a count of days from Easter, or what the grammar reads."""
    written = grammar().meaning("named_days", f["name"])
    if written.startswith("easter"):
        return _whole(easter(year) + timedelta(days=int(written.split()[1])), f)
    point = point_at(written, 0, base.last)
    return _whole(point.days(year).first, f) if point and point.days else base


def _counted(f: Mapping[str, str], _: int, base: Period) -> Period:
    """The day or calendar unit of the newest report, or one before it."""
    back = f.get("back") or f.get("twice") or ("" if "unit" in f else "this")
    return _whole(base.last - (int(grammar().meaning("back", back)) if back else 1) * _step(f), f)


def _weekday(f: Mapping[str, str], _: int, base: Period) -> Period:
    """The latest day of a name, of a number in its month, or of both."""
    begin = base.last - DAY * ("ended" in f)
    for day in (begin - timedelta(days=back) for back in range(366)):
        name, number = f"{day:%A}".lower(), re.sub(r"\D", "", f.get("day", f"{day.day}"))
        if f.get("weekday", name) == name and int(number) == day.day:
            return Period(day, day)
    raise ValueError("no such day")


def _nth(f: Mapping[str, str], _: int, base: Period) -> Period:
    """One or several units of a period, from its beginning or its end: "the last ten days of June"."""
    nth = int(re.sub(r"\D", "", f["nth"])) if f["nth"][0].isdigit() else int(grammar().meaning("ordinals", f["nth"]))
    if "part" in f:
        return _share(base, nth, int(grammar().meaning("parts", f["part"])))
    if "weekday" in f or "weekend" in f:
        weekday = weekdays[int(grammar().meaning("weekdays", f.get("weekday", "saturday")))]
        day = (base.first if nth > 0 else base.last) + relativedelta(weekday=weekday(nth))
        return Period(day, day + DAY * ("weekend" in f))
    begin = base.first + (nth - 1) * _step(f) if nth > 0 else base.last - _step(f) + DAY
    return Period(begin, min(begin + _step(f) - DAY, base.last))


def _shift(f: Mapping[str, str], _: int, base: Period) -> Period:
    """The days next to a period: "the week before 3 May"; "two days after 3 May" is the second of them."""
    first, last = base.first - _step(f), base.last + _step(f)
    if f["unit"].startswith("day") and "the" not in f:
        return Period(last, last) if "later" in f else Period(first, first)
    return Period(base.last + DAY, last) if "later" in f else Period(first, base.first - DAY)


def _never(_: Mapping[str, str], year: int, base: Period) -> Period:
    raise ValueError("no report is of then")


def _step(f: Mapping[str, str]) -> relativedelta:
    """So many units; without a number one, or a few: "the last weeks"."""
    unit, months = grammar().meaning("units", f.get("unit", "day")).split()
    count = f.get("count", "few" if f.get("unit", "").endswith("s") else "1")
    return relativedelta(**{unit.replace("weekend", "week"): int(months) * grammar().number(count)})


def _whole(day: date, f: Mapping[str, str]) -> Period:
    """The calendar week, weekend, month, quarter or year that a day is in; the day itself where no unit is told."""
    unit, n = grammar().meaning("units", f.get("unit", "day")).split()
    if unit.startswith("week"):
        monday = day - timedelta(days=day.weekday())
        return Period(monday + timedelta(days=5 * (unit == "weekends")), monday + timedelta(days=6))
    if unit == "months":
        begin = date(day.year, (day.month - 1) // int(n) * int(n) + 1, 1)
        return Period(begin, begin + relativedelta(months=int(n), days=-1))
    return Period(day, day)


def _share(whole: Period, nth: int, of: int) -> Period:
    """One of equal parts of a period, by months where these can be shared out, else by days."""
    first, after = whole.first, whole.last + DAY
    months = 12 * (after.year - first.year) + after.month - first.month if first.day == after.day == 1 else 0
    step = relativedelta(months=months // of) if months and months % of == 0 else (after - first) // of
    n = nth - 1 if nth > 0 else of + nth
    return Period(first + step * n, (first + step * (n + 1) if n + 1 < of else after) - DAY)


_Reader = Callable[[Mapping[str, str], int, Period], Period]
_CALENDAR = "iso_day day_first month_first iso_month month_year week day_month month_day month year quarter season"
_READERS: dict[str, _Reader] = {
    **dict.fromkeys(_CALENDAR.split(), _written),
    **dict.fromkeys("ago calendar whole today newest".split(), _counted),
    **dict.fromkeys("weekday day_alone".split(), _weekday),
    **dict.fromkeys("either never".split(), _never),
    "named_day": _named,
    "span": lambda f, _, base: Period(min(base.last - _step(f) + DAY, base.last), base.last),
    "third": lambda f, _, base: _share(base, int(grammar().meaning("thirds", f["nth"])), 3),
    "around": lambda f, _, base: _whole(base.first, f),
    "nth": _nth,
    "shift": _shift,
}
"""Rules of points, and what gives their days from the rule's groups, a year, and what they are counted from."""
_COMPOSED = frozenset("third nth around shift".split())
"""Points that another follows, of which they are a part or a neighbour."""
