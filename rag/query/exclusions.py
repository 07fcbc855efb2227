"""What a question does not want: "papers on agents, but not about shopping", "excluding surveys", "not by Jimmy Lin".

Only what is plainly a subject or an author is left out. "Without labels" says how a method works, and a paper that does
without labels mentions them: there the reader is told that nothing was left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from rag.query.authors import PeopleReading

_OUT = (
    r"(?:(?:but\s+|and\s+|that\s+|which\s+|who\s+|they\s+)*(?:(?:are|is|were|do|does|did)\s+)?(?:not|never)|(?:aren|isn|weren|don|doesn|didn)['’]t"
    r"|exclud(?:e|es|ing)|except(?:ing)?(?:\s+for)?|leav(?:e|ing)\s+out|ignor(?:e|ing)|other\s+than|apart\s+from|besides)"
)
_WORKS = r"(?:(?:the\s+|any\s+|all\s+)?(?:ones|those|papers|works|anything|surveys(?=\s+(?:on|about|by)))\s+)?"
_ABOUT = (
    r"(?:about|on|mention(?:ing|s|ed)?|discuss(?:ing|es|ed)?|deal(?:ing|s)?\s+with|cover(?:ing|s)?|treat(?:ing|s)?|related\s+to"
    r"|concern(?:ing|ed\s+with)|focus(?:ed|ing|ed)?\s+on|regarding)"
)
_SUBJECT = r"(?P<x>[^,.;:?!()]+?)"
_END = (
    r"(?=\s*(?:$|[,.;:?!)]|\b(?:and|but)\s+(?:that|which|are|is|only|since|from|in|by)\b"
    r"|\b(?:since|from|in|before|after)\s+\d))"
)
_TOPIC = re.compile(rf"[\s,;(]+{_OUT}\s+{_WORKS}(?:{_ABOUT})\s+{_SUBJECT}{_END}", re.IGNORECASE)
_BARE = re.compile(
    rf"[\s,;(]+(?:(?:but|and)\s+)*(?:exclud(?:e|ing)|except(?:\s+for)?|leav(?:e|ing)\s+out|but\s+not|apart\s+from)\s+"
    rf"(?:the\s+|any\s+|all\s+)?{_SUBJECT}{_END}",
    re.IGNORECASE,
)
_OF_SUBJECT = r"(?!(?:that|which|who|is|are|was|were|do|does|can|using|not)\b)[^\s,.;:?!()]+"
_BESIDE = re.compile(
    rf"\b{_ABOUT}\s+{_OF_SUBJECT}(?:\s+{_OF_SUBJECT}){{0,7}}?"
    r"(?P<out>(?:\s*,\s*(?:and\s+|but\s+)?|\s+(?:and|but)\s+)not\s+"
    rf"(?!(?:only|just|merely|simply|necessarily|yet|all|to|by|in)\b)(?:the\s+|any\s+)?{_SUBJECT}){_END}",
    re.IGNORECASE,
)
"""What stands beside a subject is a subject: "about A and not B"."""
_EXCLUDES = (
    r"exclud(?:e|es|ing)|except(?:ing)?(?:\s+for)?|leav(?:e|ing)\s+out|ignor(?:e|ing)|other\s+than|apart\s+from|besides"
    r"|without"
)
_NOT_BY = re.compile(
    rf"\b(?:(?:(?:but|and)\s+)*(?P<excludes>{_EXCLUDES})|{_OUT})\s+{_WORKS}"
    r"(?:(?:co-?)?(?:authored|written|wrote|published)\s+)?(?P<by>(?:by|from|of|with)\s+)?",
    re.IGNORECASE,
)
_OWNED = re.compile(
    r"(?:['’]s|(?<=s)['’])(?:\s+(?:own\s+)?(?:papers?|works?|ones?|publications?|preprints?))?", re.IGNORECASE
)
_BY = re.compile(r"(?:(?:those|ones|papers|works)\s+)?(?:written\s+)?by\b", re.IGNORECASE)
"""Begins an author who could not be read, and no subject."""
_UNHEARD = re.compile(
    r"\bwithout\b|\b(?:do|does|did|that|which)(?:\s+not|n['’]t)\s+(?:us|need|requir|rely|involv|includ|depend|train)\w*"
    r"|(?:\b(?:and|but)|,)\s+not\b|\bnot\s+(?:using|requiring|needing|relying|involving|including|about|on|by)\b|\b(?:excluding|except)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A subject to be left out, read from `question[start:end]`."""

    start: int
    end: int
    subject: str


def read_unwanted(question: str) -> list[Unwanted]:
    """Find the subjects that a list of papers is to leave out."""
    found: list[Unwanted] = []
    for pattern, cut in ((_TOPIC, 0), (_BARE, 0), (_BESIDE, "out")):
        for match in pattern.finditer(question):
            start, end = match.span(cut)
            overlaps = any(one.start < end and start < one.end for one in found)
            if not (overlaps or _BY.match(match["x"])):
                found.append(Unwanted(start, end, match["x"].strip(" \"“”'‘’")))
    return found


def read_not_by(question: str, people_at: Callable[[int], PeopleReading | None]) -> list[PeopleReading]:
    """Find the authors whose papers are not wanted: "not by NAME", "except those by NAME", "excluding NAME's".

    Args:
        question: As typed.
        people_at: Reads the people whose names begin at an offset.
    """
    found: list[PeopleReading] = []
    for match in _NOT_BY.finditer(question):
        people = people_at(match.end())
        if people is None:
            continue
        owned = _OWNED.match(question, people.end)
        full = all(people.known) and " " in people.names[0]
        if (match["by"] and (full or match["by"].lower().startswith("by"))) or owned or (match["excludes"] and full):
            end = owned.end() if owned else people.end
            found.append(replace(people, start=match.start(), end=end, alternatives=True))
    return found


def is_negated(question: str) -> bool:
    """Whether a question still says "not" or "without" somewhere."""
    return bool(_UNHEARD.search(question))
