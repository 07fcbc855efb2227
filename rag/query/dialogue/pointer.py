"""One of the papers that an earlier answer named, picked by what is said of it: "the one from August".

What may be said is closed: days, authors, a field of the card ("with code"), or words that stand in its text. Which of
the papers fit, the shelf says: one is what the question is about, of several the reader is asked which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from rag.query.dialogue.nearness import Nearness
from rag.query.lexicon.knowledge import Known
from rag.query.limits.constraints import Constraints
from rag.query.limits.dates import DateReading
from rag.query.limits.restrictions import Restrictions
from rag.query.rules import load_rules
from rag.types import Filters

_DATED = 4
"""Words behind "the one" within which its day is looked for."""
_ONE = "one"
_WORD = re.compile(r"[^\W_][\w'’+.-]*")


class Pointer(NamedTuple):
    """A place in a question that points at one of some papers.

    Attributes:
        start: Where it begins.
        end: Where it ends, all that is said of the paper included.
        fitting: The papers that fit, in their order; none where none does.
    """

    start: int
    end: int
    fitting: tuple[str, ...]


def read_pointer(
    question: str, found: Constraints, papers: Sequence[str], known: Known, restrictions: Restrictions, near: Nearness
) -> Pointer | None:
    """The first place in a question that points at one of some papers; None where there is none.

    Args:
        question: With its typing errors corrected.
        found: What it restricts.
        papers: Those of an earlier answer, at least two.
        known: The library.
        restrictions: Holds restrictions against it.
        near: Knows the words of its papers.
    """
    rules = load_rules("followups")
    found = found if found.dates else replace(found, dates=_dates_behind(question, restrictions))
    spans = [(one.start, one.end) for one in found.dates] + ([_span(found)] if found.people else [])
    for match in rules["the_one"].all(question):
        end, field = match.end(), ""
        while True:
            if with_field := rules["with_field"].at(question, end):
                field, end = rules.meaning("card_fields", with_field["field"]), with_field.end()
            elif follows := [stop for start, stop in spans if not question[end:start].strip(" ,") and start >= end]:
                end = follows[0]
            elif of := rules["of_whom"].at(question, end):
                end = of.end()
            else:
                break
        inside = [(start, stop) for start, stop in spans if match.start() < stop and start < end]
        words = _said(question, match, end, inside, field)
        if words is None or not (inside or field or (words and match["noun"].lower() in rules.words["for_papers"])):
            continue
        dates = tuple(one for one in found.dates if (one.start, one.end) in inside)
        people = found.people if found.people and _span(found) in inside else None
        filters, _ = restrictions.filters(Constraints(dates=dates, people=people), Filters(has=field or None))
        allowed = known.shelf.select(filters)
        fitting = tuple(one for one in papers if allowed is None or one in allowed)
        fitting = tuple(one for one in fitting if _holds(one, words, near))
        only = match["noun"].lower() == "one" and not words  # nothing but a paper named before can be meant
        if fitting or only:
            return Pointer(match.start(), end, fitting)
    return None


def _dates_behind(question: str, restrictions: Restrictions) -> tuple[DateReading, ...]:
    """The days in what points, read alone: in "which data does the one from May use" no listing seems to be meant.

    Whatever the paper is called there ("the system from May"), its day is read as that of a paper.
    """
    match = load_rules("followups")["the_one"].find(question)
    if not match:
        return ()
    led = f"{question[match.start() : match.start('noun')]}{_ONE}"
    words = list(_WORD.finditer(question, match.end()))[1:_DATED]
    read, begin = restrictions.read(led).dates, led
    for word in words:
        if not read:
            read, begin = restrictions.read(f"the {_ONE}{question[match.end() : word.end()]}").dates, f"the {_ONE}"

    def place(at: int) -> int:
        """Where in the question a place of the text is that was read in its stead."""
        behind = at - len(begin)
        return match.end() + behind if behind >= 0 else min(match.start() + at, match.end())

    return tuple(replace(one, start=place(one.start), end=place(one.end)) for one in read)


def _span(found: Constraints) -> tuple[int, int]:
    assert found.people
    return found.people.start, found.people.end


def _said(
    question: str, match: re.Match[str], end: int, inside: Sequence[tuple[int, int]], field: str
) -> list[str] | None:
    """The words that the paper's text must hold; None where what is said of it is closed and none of these."""
    rules = load_rules("followups")
    words = []
    for word in _WORD.finditer(question, match.start("before"), end):
        small = word[0].lower()
        if any(start <= word.start() < stop for start, stop in inside) or small in rules.words["of_place"]:
            continue
        if small in rules.words["other_order"] or rules["place"](f"the {small}"):
            return None
        words.append(word[0])
    return words if not field else [word for word in words if word.lower() not in rules.words["of_field"]]


def _holds(paper: str, words: Sequence[str], near: Nearness) -> bool:
    """Whether a paper's title or abstract holds all of some words."""
    if not words:
        return True
    wanted, held = near.terms([" ".join(words)])[0], near.terms(near.texts([paper]))
    return bool(wanted and held) and wanted <= held[0]
