"""Dates read from a question: "in reports from May 2025", "since October", "between 1 and 15 October 2025".

A small grammar of points in time (a day, a month, a quarter, "last week") and of the words that make one a restriction
("since", "before", "… reports"). General date parsers find a date in "may", "March of progress" or "TREC 2024"; here a
date counts only where the words around it say that the *papers* are meant, and never where they say something else is
dated: a data set, a model, a competition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from rag.query.periods import POINT, Period, Point, parse_point, resolve

_NOUN = (
    r"(?:reports?|listings?|papers|preprints|articles|publications|studies|works|surveys?|benchmarks|datasets?"
    r"|issues?|digests?|batch|editions?|submissions)"
)
_REPORT = r"(?:(?:daily|weekly|arxiv)\s+)*(?:reports?|listings?|issues?|digests?)"
_SINCE = r"since|starting(?:\s+(?:in|from|on|with|at))?|beginning\s+(?:in|from|on|with)|as\s+of|no\s+earlier\s+than"
_AFTER = r"after|later\s+than|newer\s+than|more\s+recent\s+than"
_BEFORE = r"before|prior\s+to|earlier\s+than|older\s+than"
_UNTIL = r"up\s+(?:to|until|till)|until|till|through|no\s+later\s+than|by(?=\s+(?:the\s+)?end\s+of)|not\s+after"
_WITHIN = r"in|on|from|of|during|within|throughout|over|for|dated|between|across"
_CONSTRAINT = re.compile(
    rf"(?:(?<![\w-])(?P<op>(?P<since>{_SINCE})|(?P<after>{_AFTER})|(?P<before>{_BEFORE})|(?P<until>{_UNTIL})"
    rf"|(?P<within>{_WITHIN}))\s+(?:the\s+(?:{_REPORT}\s+(?:of|from|for|on)\s+)?)?)?"
    rf"(?<![\w@./-])(?P<first>{POINT})"
    rf"(?:\s*(?P<join>\bto\b|\band\b|\bor\b|\buntil\b|\btill\b|\bthrough\b|\bup\s+to\b|\.{{2,3}}|–|—|-)\s*(?P<second>{POINT}))?"
    rf"(?![\w@-])(?P<open>,?\s+(?:on(?=\s*(?:[,.;:?!)]|$))|onwards?|and\s+later|or\s+later|and\s+after|forward)\b)?"
    rf"(?P<tail>(?:['’]s)?\s+(?:daily\s+|arxiv\s+|new\s+)*{_NOUN}\b)?",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:,?\s*\b(?:that|which|who)\s+)?(?:\b(?:were|was|are|is|have|has|had|been)\s+)*(?:\b(?:first|newly|new)\s+)*"
    r"(?:\b(?:listed|appear(?:ed|ing|s)?|show(?:ed|n|ing|s)?\s+up|published|released|posted|announced|c[ao]me\s+(?:out|in)"
    r"|submitted|uploaded|added|arrived)\s+)?(?:\b(?:in|from|of|within|across|among|on)\s+)?(?:\b(?:the|our|your|my|all)\s+)*"
    rf"(?:\b{_REPORT}\s*)?$",
    re.IGNORECASE,
)
_ABOUT_PAPERS = re.compile(
    rf"\b(?:{_NOUN}|paper|new|newest|newly|latest|listed|appear\w*|sho(?:w|wed|wn)\s+up|publish\w*|released?"
    r"|c[ao]me\s+(?:out|in)"
    r"|posted|announced|submitted|uploaded|added|co-?author\w*|wrote|written|research|work|literature|progress"
    r"|advances|developments|updates|what(?:['’]s|\s+(?:is|has|have))?\s+(?:changed|different)"
    r"|proposed?|introduced?|happened|arxiv|done|anything|everything)\b",
    re.IGNORECASE,
)
_DATED_OTHERWISE = re.compile(
    r"\b(?:data(?:sets?)?|dumps?|snapshots?|versions?|cut-?offs?|wikipedia|crawl\w*|logs?|tweets|posts|news|reviews"
    r"|conversations|interactions|records|patients|elections?|collected|recorded|gathered|logged|scraped|sampled"
    r"|trained|conducted|held|ran|run|running|launched|deployed|took\s+place|taken|observed|tested|dating|born"
    r"|founded|not|except|excluding|other\s+than|besides|outside(?:\s+of)?|apart\s+from)"
    r"(?:\s+(?:spanning|ranging|covering|was|were|is|are|only|just|all|the|new|those|ones|papers?|reports?|listed))*"
    r"\s*$",
    re.IGNORECASE,
)
_NEWS_OF_PAPERS = re.compile(
    r"\W*(?:(?:is|are|there|what['’]s|what|any|some|the|latest|recent|new)\s+)*news\s+$", re.IGNORECASE
)
"""The beginning of "any news since May on agents", where the news itself is not dated."""
_EVENT_AFTER = re.compile(
    r"\s*,?\s*(?:(?:rag|web|deep|shared)\s+)?(?:tracks?|tasks?|challenges?|workshops?|conferences?|competitions?|dumps?"
    r"|snapshots?|versions?|elections?|models?|checkpoints?|cut-?offs?|editions?\s+of|data(?:sets?)?|season|crawl"
    r"|release|world\s+cup|olympics|pandemic)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"\s*(?:by\s+)?how\s+(?:much|many|far|fast|long|large|big|often|well)\b", re.IGNORECASE)
_AMBIGUOUS = re.compile(r"(?:may|march|mar|sun|fall|spring|second)\b", re.IGNORECASE)
_LISTED = re.compile(
    r"\b(?:new|newest|listed|appear\w*|published|released|posted|announced|submitted|added|arrived|c[ao]me\s+(?:out|in)"
    r"|papers)\s*$",
    re.IGNORECASE,
)
"""What may stand before "today" in a question about the reports."""
_SUBJECT_OR_END = re.compile(r"\s+(?:on|about|in|regarding|for)\s|[\s?.!]*$", re.IGNORECASE)
_NEAR = 60
"""Characters before a date in which the words that decide about it are looked for."""
_OLDEST = timedelta(days=366)
"""A date that lies further before the first report restricts the papers only where the question speaks of papers."""


@dataclass(frozen=True, slots=True)
class DateReading:
    """A restriction read from `question[start:end]`; `date_from` and `date_to` are inclusive, None is open.

    `relative` tells that it was counted from the newest report: "last week".
    """

    start: int
    end: int
    date_from: date | None
    date_to: date | None
    relative: bool = False


def read_dates(question: str, first: date, last: date) -> list[DateReading]:
    """Find what a question says about the days of the reports.

    Args:
        question: As typed.
        first: Earliest day the library holds.
        last: The newest report's day: "last week" and months without a year are read as seen from it.

    Returns:
        Readings in the question's order; what contradicts itself (an empty range) is left out.
    """
    readings = []
    for match in _CONSTRAINT.finditer(question):
        points = _points(match, last)
        if points is None or not _restricts(question, match, points, first):
            continue
        date_from, date_to = _bounds(match, points)
        if date_from and date_to and date_from > date_to:
            continue
        tail = match.end("open") if match["open"] else match.end("second" if match["second"] else "first")
        if match["tail"]:
            tail = match.end("tail") if re.search(_REPORT + "$", match["tail"], re.I) else _possessive_end(match)
        readings.append(DateReading(lead_start(question, match.start()), tail, date_from, date_to, points[0].relative))
    return readings


def lead_start(question: str, start: int) -> int:
    """Where the words begin that lead to a date at `start`: "that were first listed in"."""
    lead = _LEAD.search(question, 0, start)
    return lead.start() if lead else start


def _possessive_end(match: re.Match[str]) -> int:
    """Where the date ends in "last week's papers": after the 's, before the noun that stays in the search."""
    return match.start("tail") + (2 if match["tail"][:1] in "'’" else 0)


def _points(match: re.Match[str], last: date) -> tuple[Point, Period] | None:
    """The first point and the period from it to the second, or None where they make no sense together."""
    point = parse_point(match["first"], last)
    if point is None:
        return None
    if not match["second"]:
        return point, resolve(point, last)
    other = parse_point(match["second"], last)
    if other is None:
        return None
    if point.year is not None and other.year is None and not other.relative:
        begin = resolve(point, last)
        end = next(
            (found for year in (point.year, point.year + 1) if (found := other.period(year)).last >= begin.last), None
        )
    else:
        end = resolve(other, last)
        begin = resolve(point, end.first)
    if end is None or (match["join"].lower() in ("and", "or") and not _range_meant(match, begin, end)):
        return None
    return point, Period(begin.first, end.last)


def _range_meant(match: re.Match[str], begin: Period, end: Period) -> bool:
    """Tell ranges: "between April and June" one, "in April and May" too, "in April and June" is not."""
    return (match["op"] or "").lower() == "between" or begin.last + timedelta(days=1) == end.first


def _bounds(match: re.Match[str], points: tuple[Point, Period]) -> tuple[date | None, date | None]:
    period = points[1]
    if match["since"] or match["open"]:
        return period.first, None if not match["second"] else period.last
    if match["after"]:
        return period.last + timedelta(days=1), None
    if match["before"]:
        to_the_end = re.match(r"(?:the\s+)?end\s+of\b", match["first"], re.IGNORECASE)
        return None, period.last if to_the_end else period.first - timedelta(days=1)
    if match["until"]:
        return None, period.last
    return period.first, period.last


def _restricts(question: str, match: re.Match[str], points: tuple[Point, Period], first: date) -> bool:
    """Tell a restriction on the papers from a date that belongs to something else."""
    point, period = points
    before = question[max(0, match.start() - _NEAR) : match.start()]
    after = question[match.end() :]
    news = _NEWS_OF_PAPERS.fullmatch(question, 0, match.start())
    dated_otherwise = _DATED_OTHERWISE.search(before) and not news
    if _EVENT_AFTER.match(after) or (dated_otherwise and not match["tail"]):
        return False
    if point.needs_noun and not (match["tail"] or _ends_in_report(before)):
        # "What is new today (on agents)?"; but in "models that are used today" nothing was listed.
        listed = _LISTED.search(before) and _SUBJECT_OR_END.match(after)
        return point.relative and bool(match["op"] or listed)
    if point.relative:
        return True
    if not match["op"] and not match["second"]:
        # "the May 2025 reports"; but in "SIGIR 2025 papers" the year belongs to the venue.
        if match["tail"]:
            return not (point.bare_year and re.search(r"[A-Z][\w-]*\s+$", before))
        # "agent papers, Nov 2025", "papers on hashing (October 2025)"
        set_apart = re.search(r"[,(]\s*$", before) and re.match(r"\s*(?:[).?!]|$)", after)
        return bool(set_apart and _ABOUT_PAPERS.search(before)) and not point.bare_year
    about_papers = bool(
        match["tail"] or news or _ABOUT_PAPERS.search(before + question[match.start() : match.start("first")])
    )
    if not match["op"]:
        return about_papers and not point.bare_year
    if about_papers:
        return True
    if point.bare_year or period.last < first - _OLDEST or _QUANTITY.match(question):
        return False
    if point.year is not None:
        return True
    # "RAG since October": such a month closes or opens the question, and is not inside a sentence about something else.
    at_the_edge = (
        not before.strip() or not after.strip(" ?.!") or (before.rstrip()[-1:] == "," and after.lstrip()[:1] == ",")
    )
    named = not match["first"].islower() or not _AMBIGUOUS.match(match["first"])
    return at_the_edge and named and not (match["within"] and not match["second"])


def _ends_in_report(before: str) -> bool:
    return bool(re.search(rf"\b{_REPORT}\s+(?:of|from|for|on)?\s*$", before, re.IGNORECASE))
