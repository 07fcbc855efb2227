"""Questions that name dates and a subject and ask nothing else: "what changed in X", "any news on X", "X in reports".

All of them want the papers about X within those dates, so that all of them are searched for in the same words.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ON = (
    r"(?:\s+there)?\s+(?:in|on|about|with|for|of|around|regarding|concerning|related\s+to|dealing\s+with)"
    r"\s+(?P<x>\S.*)$"
)
_LEAD = (
    r"^\W*(?:(?:please|so|and|ok|can\s+you|could\s+you|i\s+(?:want|need)|give\s+me|show(?:\s+me)?|find(?:\s+me)?|list"
    r"|tell\s+me|is\s+there|are\s+there|(?:have|has)\s+there\s+been|any|some|all|the|new|recent|latest|newest|main"
    r"|major|important)\b\s*)*"
)
_NEWS = (
    r"(?:what(?:['’]s|\s+(?:is|are|were|was))\s+(?:(?:the|new|recent|latest|newest|main|major|important)\s+)*)?"
    r"(?:progress|advance(?:s|ments?)?|developments?|news|updates?|changes|breakthroughs?|innovations?|trends"
    r"|(?:any|some)thing\s+(?:new|recent))"
)
_CHANGED = r"(?:new|changed|chang(?:es|ing)|different|happen(?:ed|ing)|improved|going\s+on)"
_ASKS_FOR_NEWS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"{_LEAD}{_NEWS}(?:\s+(?:made|been|happened))?{_ON}",
        rf"{_LEAD}what(?:['’]s|\s+(?:is|are|has|have|was|were))?\s+(?:been\s+)?{_CHANGED}{_ON}",
        r"^\W*(?:and\s+)?how\s+(?:has|have|did)\s+(?P<x>\S.*?)\s+(?:been\s+)?"
        r"(?:chang|evolv|develop|progress|advanc|improv)\w*\W*$",
    )
)
_OPENS_WITH_NEW = re.compile(
    r"^\W*(?:(?:is|are)\s+there\s+)?(?:what(?:['’]s|\s+(?:is|was))?|anything|something)\s+new\b", re.IGNORECASE
)
_NEW_IS_GONE = re.compile(
    rf"^\W*(?:(?:is|are)\s+there\s+)?(?:what(?:['’]s|\s+(?:is|was))?|anything|something){_ON}",
    re.IGNORECASE | re.DOTALL,
)
"""What is left of "what was new last month on X" without its dates, which "new" was read with."""
_ASKS_FOR_PAPERS = re.compile(
    rf"{_LEAD}(?:papers?|works?|research|articles?|studies|preprints?|publications?){_ON}"
    rf"|^\W*(?:please\s+)?tell\s+me\s+(?:more\s+)?about\s+(?P<y>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_ASKS = re.compile(
    r"\b(?:how|why|when|where|who|whose|whom|what|which|does|do|did|is|are|was|were|has|have|had|can|could|should"
    r"|would|will)\b|^\W*(?:explain|describe|define|tell|give|show|list|summari[sz]e|compare|contrast)\b",
    re.IGNORECASE,
)
"""Words without which there is no question but only a subject."""

_ABOUT = re.compile(
    r"\b(?:papers?|works?|studies|articles|preprints|anything|everything|something)\s+"
    r"(?:(?:that|which|there|are|is|new|recent)\s+)*(?:(?:works?|focus(?:es|ed)?|deal(?:s|ing)?)\s+)?"
    r"(?:about|on|regarding|concerning|with|us(?:e|es|ing)|treat(?:s|ing)?|cover(?:s|ing)?|address(?:es|ing)?"
    r"|stud(?:y|ies))\s+(?P<x>[\w-]+(?:[\s-]+[\w-]+){1,3}?)"
    r"(?:\s+(?:(?:are|is|were|was|have|has)\s+)?(?:new|came\s+out|come\s+out|appeared|(?:been\s+)?(?:published|listed)))?\W*$",
    re.IGNORECASE,
)
"""A list whose subject is a phrase of two to four words and nothing else."""


class Subject(NamedTuple):
    """What papers are to be about, and whether the newest of them are wanted first."""

    text: str
    news: bool = False


def read_subject(search: str, question: str) -> Subject | None:
    """The subject of a question that asks for nothing but papers about it, or for what is new in it.

    Args:
        search: The question without the words that became filters.
        question: With them.
    """
    opened = (_NEW_IS_GONE,) if _OPENS_WITH_NEW.match(question) else ()
    for pattern in (*_ASKS_FOR_NEWS, *opened):
        if match := pattern.match(search):
            return Subject(match["x"].strip(" ?.!"), news=True)
    named = _ASKS_FOR_PAPERS.match(search)
    text = ((named["x"] or named["y"]) if named else search).strip(" ?.!")
    return None if _ASKS.search(text) else Subject(text)


def read_phrase(search: str) -> re.Pattern[str] | None:
    """What a list of papers is about, as their texts say it, where that is a phrase: "papers on query expansion".

    Args:
        search: The question without the words that became filters.
    """
    match = _ABOUT.search(search)
    if not match:
        return None
    words = [re.escape(word) for word in re.split(r"[\s-]+", match["x"].removesuffix("s"))]
    return re.compile(rf"(?<!\w){'[- ]'.join(words)}s?(?!\w)", re.IGNORECASE)
