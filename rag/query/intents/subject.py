"""What papers are to be about, and be: what remains of a question once the words that only ask are taken away.

"What changed in X", "any news on X", "papers about X" and "X" alone want the same papers, so that all of them are
searched for in the same words.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, cast

from rag.query.rules import load_rules
from rag.text.names import is_name

Sort = Literal["surveys", "resources", "tools", "reproductions"]

_NAME = re.compile(r"[^\W_][\w@.+-]{2,}\w")
"""A word that is long enough to tell papers apart as a name."""


class Subject(NamedTuple):
    """What papers are to be about, and whether the newest of them are wanted first."""

    text: str
    news: bool = False


def read_subject(search: str, question: str) -> Subject | None:
    """The subject of a question that asks for nothing but papers about it, or for what is new in it.

    Args:
        search: The question without the words that became filters.
        question: With them, for "new since May" is read as a date.
    """
    rules = load_rules("intent")
    changed, led = rules["changed"].at(search), rules["papers_about"].at(search)
    found = changed or led
    subject = (found["subject"] if found else search).strip(" ?.!")
    if rules["asks"](subject):
        return None
    return Subject(subject, bool(changed or (led and rules["news"](question.partition(subject)[0]))))


def names_subject(search: str) -> bool:
    """Whether news, reading or what is talked of is asked for in something: "what should I read on X?"."""
    return load_rules("intent")["subject"](search)


def read_phrase(search: str, *, named: bool = False) -> re.Pattern[str] | None:
    """What a list of papers is about, as their texts say it, where that is a phrase: "papers on query expansion".

    Args:
        search: The question without the words that became filters.
        named: Whether one word is enough where it is written as names are: "the newest papers on RAG".
    """
    match = load_rules("intent")["phrase"].find(search)
    words = [re.escape(word) for word in re.split(r"[\s-]+", match["subject"].removesuffix("s"))] if match else []
    if len(words) == 1 and named and is_name(words[0]):
        return re.compile(rf"(?<!\w){words[0]}s?(?!\w)")  # GEO is not Geo
    if len(words) < 2:
        return None
    return re.compile(rf"(?<!\w){'[- ]'.join(words)}s?(?!\w)", re.IGNORECASE)


def read_sort(question: str) -> Sort | None:
    """The sort of works that a list is to hold: "which survey papers", and not "which papers use benchmarks"."""
    rules = load_rules("demands")
    found = rules["sort"].find(question)
    return cast(Sort, rules.meaning("sorts", found["sort"])) if found else None


def read_names(question: str) -> tuple[str, ...]:
    """The words of a question that are written as systems are named."""
    return tuple(filter(is_name, _NAME.findall(question)))
