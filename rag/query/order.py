"""How many papers a question wants, and in which order: "the three latest papers on …", "give me 2 papers about …"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Order = Literal["newest", "oldest"]

_NUMBERS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
_NUMBER = rf"(?:[1-9]\d?(?![\d.,%-])|{'|'.join(_NUMBERS)})"
_ONE = r"(?:paper|preprint|article|publication|survey|study|work)"
_MANY = r"(?:papers|preprints|articles|publications|surveys|studies|works)"
_MOST = r"(?:latest|newest|most\s+recent|oldest|earliest)"
_BETWEEN = r"(?:(?!and\b|or\b|of\b|on\b|in\b)[\w-]+\s+){0,3}?"
_ORDERED = re.compile(
    rf"\b(?:the\s+|your\s+)?(?:(?P<before>{_NUMBER})\s+)?(?P<most>{_MOST})\s+(?:(?P<after>{_NUMBER})\s+)?"
    rf"(?={_BETWEEN}(?:(?P<one>{_ONE})|{_MANY})\b)",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:give|show|get|list|find|name|need|want|recommend|suggest|top|best)\s+(?:(?:me|us|the|up\s+to|at\s+most|only|just|any|top"
    rf"|best|about)\s+)*(?P<count>{_NUMBER})\s+(?=(?:[\w-]+\s+){{0,4}}?{_MANY}\b)",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^(?:top|best)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many papers are wanted, and in which order; `spans` of the question say so.

    Attributes:
        order: By date; None for the nearest first.
        limit: Papers to name at most; None for all that belong.
    """

    order: Order | None = None
    limit: int | None = None
    spans: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.order or self.limit)


def read_wanted(question: str) -> Wanted:
    """Find the number and the order of the papers that a question wants."""
    match = _ORDERED.search(question)
    if match:
        old = match["most"].lower() in ("oldest", "earliest")
        number = match["before"] or match["after"]
        limit = _value(number) if number else (1 if match["one"] else None)
        return Wanted("oldest" if old else "newest", limit, (match.span(),))
    match = _COUNTED.search(question)
    if match:
        begin = match.start() if _LEADING.match(match[0]) else match.start("count")
        return Wanted(None, _value(match["count"]), ((begin, match.end()),))
    return UNBOUNDED


def _value(number: str) -> int:
    return _NUMBERS.get(number.lower()) or int(number)


UNBOUNDED = Wanted()
"""All papers that belong, the nearest first."""
