"""What is written where a date would restrict the papers, and is none that can be read: "papers from 2025-04-31".

Such words are named to the reader, who would otherwise take the papers that follow for those of that time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.query.dates import DateReading, lead_start
from rag.query.periods import MONTH, YEAR, parse_point

_IN = r"(?:in|on|from|of|during|within|since|after|before|until|till|up\s+to|by)"
_PAPERS = (
    r"(?:papers?|reports?|listings?|preprints?|articles?|publications?|works?|studies|surveys?|anything|something|new"
    r"|listed|published|released|posted|announced|submitted|added|appear\w*|c[ao]me\s+out|dated|shown?\s+up)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_NUMBERS = (
    rf"{YEAR}[-/]\d{{1,2}}(?:[-/]\d{{1,2}})?|{YEAR}\.\d{{1,2}}\.\d{{1,2}}|\d{{1,2}}(?:[/-]\d{{1,2}}[/-]|\.\d{{1,2}}\.){YEAR}"
    rf"|{YEAR}-?W\d{{1,2}}|{_DAY}\s+(?:of\s+)?{MONTH}(?:\s*,?\s*{YEAR})?|{MONTH}\s*{_DAY}(?!\d)(?:\s*,?\s*{YEAR})?"
)
_WORDS = (
    rf"tomorrow|(?:the\s+)?(?:next|coming|following)\s+(?:day|week|fortnight|month|quarter|year|{MONTH})"
    r"|(?:the\s+)?(?:(?:early|mid|late)[\s-]+)?(?:(?:19|20)\d0s|(?<=the\s)\d0s)|(?:the\s+)?(?:\d{1,2}th|last)\s+century"
)
_UNREAD = re.compile(
    rf"(?:^\W*|\b(?:{_PAPERS}|{_IN})\s+)(?:the\s+)?(?P<numbers>{_NUMBERS})(?![\w@/-]|\.\d)"
    rf"|(?:\b{_PAPERS}\s+(?:in|from|since|after|before|until|till|during|within)\s+|^\W*(?:{_IN}\s+)?(?=(?:{_WORDS})\W*$))"
    rf"(?P<words>{_WORDS})(?![\w@-])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Unread:
    """Words for a time that could not be read, with what leads to them at `question[start:end]`."""

    start: int
    end: int
    text: str


def read_unread(question: str, dates: Sequence[DateReading], last: date) -> list[Unread]:
    """Find what stands for a time and is none: a day that does not exist, or that may be one of two.

    Args:
        question: As typed.
        dates: What was read.
        last: The newest report's day.
    """
    found = []
    for match in _UNREAD.finditer(question):
        start, end = match.span("numbers" if match["numbers"] else "words")
        text = question[start:end]
        if parse_point(text, last) is None and not any(one.start < end and start < one.end for one in dates):
            found.append(Unread(lead_start(question, start), end, text))
    return found
