"""Points in time as people write them, and the days they cover."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
YEAR = r"(?:19|20)\d\d(?!\d)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?!\d)(?:st|nd|rd|th)?"
_OF_YEAR = rf"(?:\s*,?\s*(?:of\s+)?(?:{YEAR}))?"
_TO = r"\s*(?:-|–|—|\bto\b|\band\b|\bthrough\b|\buntil\b)\s*"
_ORDINAL = r"(?:first|second|third|fourth|last|1st|2nd|3rd|4th)"
_COUNT = r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|few|couple\s+of)"
_NUMBERS = {w: n for n, w in enumerate("one two three four five six seven eight nine ten".split(), 1)} | {
    "twelve": 12, "few": 3, "couple": 2,
}  # fmt: skip
_UNIT = r"(?:days?|weeks?|fortnights?|months?|years?)"
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}

_ISO = r"(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])[-/](?:0[1-9]|[12]\d|3[01])(?!\d)"
_PATTERNS = {
    "iso_day": _ISO,
    "iso_month": r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?![-\d])",
    "numeric_day": rf"(?<![\d/.-])\d{{1,2}}(?:/\d{{1,2}}/|-\d{{1,2}}-|\.\d{{1,2}}\.){YEAR}",
    "month_of_year": r"(?<![\d/.])(?:0[1-9]|1[0-2])[/.](?:19|20)\d\d(?![\d/.])",
    "days": rf"(?:the\s+)?(?:{_DAY}{_TO}(?:the\s+)?{_DAY}\s+(?:of\s+)?{MONTH}|{MONTH}\s*{_DAY}{_TO}{_DAY}){_OF_YEAR}",
    "week": rf"(?:the\s+)?week\s+(?:of|from|starting(?:\s+on)?|beginning(?:\s+on)?)\s+(?:the\s+)?"
    rf"(?:{_ISO}|{_DAY}\s+(?:of\s+)?{MONTH}{_OF_YEAR}|{MONTH}\s*(?:the\s+)?{_DAY}{_OF_YEAR})",
    "day": rf"(?:the\s+)?(?:{_DAY}\s+(?:of\s+)?{MONTH}|{MONTH}\s*(?:the\s+)?{_DAY}){_OF_YEAR}",
    "part": rf"(?:early|mid|late|(?:the\s+)?(?:beginning|start|middle|end|first\s+half|second\s+half)\s+of)[\s-]+"
    rf"{MONTH}{_OF_YEAR}",
    "which_month": rf"(?:this|last)\s+{MONTH}(?!\s*\d)",
    "month": rf"(?:the\s+month\s+of\s+)?{MONTH}(?:\s*,?\s*(?:of\s+)?{YEAR})?",
    "half": rf"(?:the\s+)?(?:(?:first|second)\s+half\s+of\s+(?:{YEAR}|(?:the|this)\s+year)|H[12]{_OF_YEAR}"
    rf"|{YEAR}\s*H[12])",
    "quarter": rf"(?:the\s+)?(?:Q[1-4]{_OF_YEAR}|{YEAR}\s*-?\s*Q[1-4]"
    rf"|{_ORDINAL}\s+quarter(?:\s+of\s+(?:{YEAR}|(?:the|this)\s+year))?)",
    "season": rf"(?:the\s+)?(?:spring|summer|autumn|fall|winter)(?:\s+of)?\s+{YEAR}"
    r"|(?:this|last|past|previous)\s+(?:spring|summer|autumn|fall|winter)\b",
    "span": rf"(?:the\s+)?(?:last|past|previous|preceding)\s+{_COUNT}\s+{_UNIT}|(?:the\s+(?:last|past)|past)\s+{_UNIT}",
    "ago": rf"(?:an?|{_COUNT})\s+{_UNIT}\s+ago\b",
    "calendar": r"(?:this|last|previous)\s+(?:week|month|quarter|year)|today|yesterday",
    "weekday": r"(?:(?:this|last|past|previous)\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
    "newest": r"(?:the\s+)?(?:latest|newest|most\s+recent|last)(?:\s+(?:daily|arxiv))?"
    r"\s+(?:report|listing|issue|digest)\b",
    "year": YEAR,
}
POINT = "(?:" + "|".join(f"(?:{pattern})" for pattern in _PATTERNS.values()) + ")"
"""Regular expression of every point that `parse_point` reads; case is ignored."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Point:
    """A point in time that may lack its year.

    Attributes:
        period: Gives the days in a year.
        year: The year that is written, None where none is.
        relative: Counted from the newest report; its year is not asked for.
        bare_year: Nothing but a year is written.
        needs_noun: Too common a word ("today") to mean the reports unless they are named.
    """

    period: Callable[[int], Period]
    year: int | None = None
    relative: bool = False
    bare_year: bool = False
    needs_noun: bool = False


def resolve(point: Point, not_after: date) -> Period:
    """The days of a point; one without a year is the latest that does not begin after `not_after`."""
    if point.relative or point.year is not None:
        return point.period(point.year or not_after.year)
    period = point.period(not_after.year)
    return period if period.first <= not_after else point.period(not_after.year - 1)


def parse_point(text: str, last: date) -> Point | None:
    """Read one point in time.

    Args:
        text: Something that `POINT` matches.
        last: The newest report's day.

    Returns:
        None where it names a day that does not exist, or that cannot be told from another.
    """
    folded = " ".join(text.lower().split()).removeprefix("the ")
    for kind, pattern in _PATTERNS.items():
        if re.fullmatch(pattern, text, re.IGNORECASE):
            try:
                point = _READERS[kind](folded, last)
                resolve(point, last)
            except ValueError:
                return None
            return point
    return None


def month_of(year: int, month: int) -> Period:
    """A calendar month; months beyond December run into the next year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return Period(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _months(year: int, first: int, count: int) -> Period:
    return Period(month_of(year, first).first, month_of(year, first + count - 1).last)


def _year_in(text: str) -> int | None:
    found = re.search(YEAR, text)
    return int(found[0]) if found else None


def _month_in(text: str) -> int:
    found = re.search(MONTH, text)
    assert found
    return _MONTHS.index(found[0][:3]) + 1


def _iso(text: str, _: date) -> Point:
    year, month, day = map(int, re.split("[-/]", text))
    exact = date(year, month, day)
    return Point(lambda _: Period(exact, exact), year)


def _numeric_day(text: str, _: date) -> Point:
    """Read "31.10.2025" and "10/31/2025"; with slashes or hyphens, "10/11/2025" can be of October or of November."""
    first, second, year = map(int, re.split("[./-]", text))
    if "." not in text and first != second and max(first, second) <= 12:
        raise ValueError("two days are possible")
    day, month = (second, first) if "." not in text and second > 12 else (first, second)
    exact = date(year, month, day)
    return Point(lambda _: Period(exact, exact), year)


def _iso_month(text: str, _: date) -> Point:
    year, month = map(int, text.split("-"))
    return Point(lambda y: month_of(y, month), year)


def _days(text: str, _: date) -> Point:
    month = _month_in(text)
    numbers = [int(n) for n in re.findall(r"(?<!\d)\d{1,2}(?!\d)", text)]
    low, high = numbers[0], numbers[-1]
    return Point(lambda year: Period(date(year, month, low), date(year, month, high)), _year_in(text))


def _week(text: str, last: date) -> Point:
    """Read "the week of 5 May": Monday to Sunday around that day."""
    written = re.search(rf"{_ISO}|{_DAY}\s+(?:of\s+)?{MONTH}.*|{MONTH}.*", text)
    assert written
    day = (_iso if re.match(_ISO, written[0]) else _days)(written[0], last)

    def around(year: int) -> Period:
        found = day.period(year).first
        monday = found - timedelta(days=found.weekday())
        return Period(monday, monday + timedelta(days=6))

    return Point(around, day.year)


def _part(text: str, _: date) -> Point:
    month = _month_in(text)
    shares = {
        "early": (1, 10), "mid": (11, 20), "late": (21, 31), "beg": (1, 10), "sta": (1, 10), "middle": (11, 20),
        "end": (21, 31), "first": (1, 15), "second": (16, 31),
    }  # fmt: skip
    low, high = next(days for word, days in shares.items() if text.startswith(word))
    return Point(
        lambda year: Period(date(year, month, low), date(year, month, min(high, monthrange(year, month)[1]))),
        _year_in(text),
    )


def _month_of_year(text: str, _: date) -> Point:
    period = month_of(int(text[-4:]), int(text[:2]))
    return Point(lambda _: period, period.first.year)


def _month(text: str, _: date) -> Point:
    month = _month_in(text)
    return Point(lambda year: month_of(year, month), _year_in(text))


def _half(text: str, last: date) -> Point:
    second = "second" in text or "h2" in text
    return Point(lambda year: _months(year, 7 if second else 1, 6), _this_year(text, last))


def _quarter(text: str, last: date) -> Point:
    digit = re.search(r"q([1-4])", text)
    words = ("first", "second", "third", "fourth")
    if text.startswith("last quarter") and "of" not in text:
        return _calendar("last quarter", last)
    spelt = next((n for n, word in enumerate(words, 1) if text.startswith((word, str(n)))), 4)
    number = int(digit[1]) if digit else spelt
    return Point(lambda year: _months(year, 3 * number - 2, 3), _this_year(text, last))


def _this_year(text: str, last: date) -> int | None:
    return last.year if text.endswith(("the year", "this year")) else _year_in(text)


def _season(text: str, last: date) -> Point:
    """Read "summer 2025", or "this autumn" and "last autumn" seen from the newest report; winter ends in February."""
    first = next(month for name, month in _SEASONS.items() if name in text)
    if (written := _year_in(text)) is not None:
        return Point(lambda year: _months(year, first, 3), written)
    period = _months(last.year - (first > last.month), first, 3)
    if not text.startswith("this") and period.last >= last:
        period = _months(period.first.year - 1, first, 3)
    return Point(lambda _: period, relative=True)


def _span(text: str, last: date) -> Point:
    """Read "the past two weeks": that long, up to the newest report's day."""
    words = text.split()
    count = next((int(w) if w.isdigit() else _NUMBERS[w] for w in words if w.isdigit() or w in _NUMBERS), 1)
    unit = words[-1].rstrip("s")
    if unit in _DAYS:
        begin = last - timedelta(days=count * _DAYS[unit] - 1)
    else:
        then = month_of(last.year, last.month - count * (12 if unit == "year" else 1))
        begin = min(then.first.replace(day=min(last.day, then.last.day)) + timedelta(days=1), last)
    return Point(lambda _: Period(begin, last), relative=True)


def _ago(text: str, last: date) -> Point:
    """Read "three weeks ago", seen from the newest report: the day, or the calendar week, month or year."""
    words = text.split()
    count = next((int(w) if w.isdigit() else _NUMBERS[w] for w in words if w.isdigit() or w in _NUMBERS), 1)
    unit = words[-2].rstrip("s")
    if unit in _DAYS:
        day = last - timedelta(days=count * _DAYS[unit])
        first = day if unit == "day" else day - timedelta(days=day.weekday())
        period = Period(first, first + timedelta(days=0 if unit == "day" else 6))
    elif unit == "month":
        period = month_of(last.year, last.month - count)
    else:
        period = Period(date(last.year - count, 1, 1), date(last.year - count, 12, 31))
    return Point(lambda _: period, relative=True, needs_noun=True)


def _calendar(text: str, last: date) -> Point:
    """Read "last week", the calendar week before the newest report's, Monday to Sunday."""
    if text in ("today", "yesterday"):
        day = last - timedelta(days=text == "yesterday")
        return Point(lambda _: Period(day, day), relative=True, needs_noun=True)
    back = 0 if text.startswith("this") else 1
    unit = text.split()[1]
    if unit == "week":
        monday = last - timedelta(days=last.weekday() + 7 * back)
        period = Period(monday, monday + timedelta(days=6))
    elif unit == "month":
        period = month_of(last.year, last.month - back)
    elif unit == "quarter":
        period = _months(last.year, 3 * ((last.month - 1) // 3 - back) + 1, 3)
    else:
        period = _months(last.year - back, 1, 12)
    return Point(lambda _: period, relative=True)


def _weekday(text: str, last: date) -> Point:
    """Read "last Tuesday", "Monday": the latest such day up to the newest report's; "last …" lies before it."""
    wanted = _WEEKDAYS.index(text.split()[-1][:3])
    back = (last.weekday() - wanted) % 7
    day = last - timedelta(days=back or 7 * text.startswith(("last", "past", "previous")))
    return Point(lambda _: Period(day, day), relative=True, needs_noun=True)


def _newest(_: str, last: date) -> Point:
    return Point(lambda _: Period(last, last), relative=True)


def _year(text: str, _: date) -> Point:
    return Point(lambda year: _months(year, 1, 12), int(text), bare_year=True)


_READERS: dict[str, Callable[[str, date], Point]] = {
    "iso_day": _iso,
    "iso_month": _iso_month,
    "numeric_day": _numeric_day,
    "month_of_year": _month_of_year,
    "days": _days,
    "week": _week,
    "day": _days,
    "part": _part,
    "which_month": _month,
    "month": _month,
    "half": _half,
    "quarter": _quarter,
    "season": _season,
    "span": _span,
    "ago": _ago,
    "calendar": _calendar,
    "weekday": _weekday,
    "newest": _newest,
    "year": _year,
}
