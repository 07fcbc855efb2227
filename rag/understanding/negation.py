"""What a question does not want: "papers on agents, but not about shopping", "excluding surveys", "not by Jimmy Lin".

Only what is plainly a subject or an author is left out. "Without labels" says how a method works, and a paper that does
without labels mentions them: there the reader is told that nothing was left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OUT = (
    r"(?:(?:but\s+|and\s+|that\s+|which\s+|who\s+)*(?:(?:are|is|were|do|does|did)\s+)?(?:not|never)|(?:aren|isn|weren|don|doesn|didn)['’]t"
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
_TOPIC = re.compile(
    rf"[\s,;(]+(?:(?:that|which|but|and|they)\s+)*{_OUT}\s+{_WORKS}(?:{_ABOUT})\s+{_SUBJECT}{_END}", re.IGNORECASE
)
_BARE = re.compile(
    rf"[\s,;(]+(?:(?:but|and)\s+)*(?:exclud(?:e|ing)|except(?:\s+for)?|leav(?:e|ing)\s+out|but\s+not|apart\s+from)\s+"
    rf"(?:the\s+|any\s+|all\s+)?{_SUBJECT}{_END}",
    re.IGNORECASE,
)
_BEFORE_AUTHOR = re.compile(
    rf"[\s,;(]*\b{_OUT}\s+{_WORKS}(?:(?:co-?)?(?:authored|written|wrote|published)\s+)?$", re.IGNORECASE
)
_UNHEARD = re.compile(
    r"\bwithout\b|\b(?:do|does|did|that|which)(?:\s+not|n['’]t)\s+(?:us|need|requir|rely|involv|includ|depend|train)\w*"
    r"|\bnot\s+(?:using|requiring|needing|relying|involving|including|about|on|by)\b|\b(?:excluding|except)\b",
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
    for pattern in (_TOPIC, _BARE):
        for match in pattern.finditer(question):
            if not any(one.start < match.end() and match.start() < one.end for one in found):
                found.append(Unwanted(match.start(), match.end(), match["x"].strip(" \"“”'‘’")))
    return found


def unwanted_from(question: str, start: int) -> int | None:
    """Where "not (written)" begins if it stands directly before `start`, None where it does not."""
    match = _BEFORE_AUTHOR.search(question, 0, start)
    return match.start() if match and match.end() == start else None


def is_negated(question: str) -> bool:
    """Whether a question still says "not" or "without" somewhere."""
    return bool(_UNHEARD.search(question))
