"""Facts about a work that readers ask for by "is it …?": its use in practice, its code, its money, its people.

Each fact has words that a question asks for it by and words that an abstract states it by. What no sentence states is
said to be missing, instead of quoting sentences about something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LEAD = r"^\W*(?:(?:and|so|ok|but|also)\b[\s,]*)*"
_YES_NO = rf"{_LEAD}(?:is|are|was|were|has|have|had|do|does|did|where|when|by\s+whom)\b"
_SHORT = 12
"""Words up to which a question asks for nothing but the fact."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that an abstract states or leaves out.

    Attributes:
        missing: The fact in words that follow "gives no".
        asked: How questions ask for it.
        stated: How abstracts state it.
    """

    missing: str
    asked: re.Pattern[str]
    stated: re.Pattern[str]


def _fact(missing: str, asked: str, stated: str) -> Fact:
    return Fact(missing, re.compile(asked, re.IGNORECASE | re.DOTALL), re.compile(stated, re.IGNORECASE))


_FACTS = (
    _fact(
        "word on its being deployed",
        rf"{_YES_NO}.*\b(?:deploy(?:ed|ment)|(?:in|into|to)\s+production|productioni[sz]ed|rolled\s+out|launched"
        r"|in\s+(?:real|practical|industrial|daily)\s+use|a/b[\s-]+test(?:ed|s)?|tested\s+(?:online|live)|live\s+traffic)\b",
        r"\bdeploy(?:ed|ment|ments|ing|s)?\b|\b(?:in|into|to)\s+production\b|\bproduction\s+(?:system|environment|traffic|data)"
        r"|\b(?:launched|rolled\s+out)\b|\bA/B\b|\bonline\s+(?:tests?|experiments?|evaluations?|results?|metrics?|A/B)\b"
        r"|\blive\s+(?:traffic|tests?|systems?|experiments?)\b|\b(?:daily|monthly)\s+active\s+users\b"
        r"|\bserv(?:es|ing|ed)\s+(?:[\w,.]+\s+){0,4}(?:users|customers)\b"
        r"|\b(?:million|billion)s?\s+(?:of\s+)?(?:[\w-]+\s+){0,3}(?:users|customers)\b",
    ),
    _fact(
        "word on its code or data being available",
        rf"{_YES_NO}.*(?:\bopen[\s-]?sourced?\b|\b(?:publicly|freely|openly)\s+(?:available|accessible|released)\b"
        r"|\b(?:code|implementation|weights|checkpoints?|data|dataset|corpus|benchmark|models?)"
        r"\b.{0,30}\b(?:available|released?|public(?:ly)?|published|online|open|downloadable|shared)\b)",
        r"https?:|\bgithub\b|\bwww\.|\b(?:publicly|freely|openly)\s+(?:available|accessible|released)\b|\bopen[\s-]?sourc\w+"
        r"|\b(?:code|implementation|data|datasets?|models?|weights|checkpoints|benchmark|resources?|materials?|codebase)\b"
        r"[^.]{0,60}\b(?:available|released|accessible|online|published|shared)\b"
        r"|\b(?:releas|open-sourc)(?:e|es|ed|ing)\b[^.]{0,60}\b(?:code|data|datasets?|models?|weights|benchmark|toolkit)",
    ),
    _fact(
        "word on the data used",
        r"\b(?:what|which)\s+(?:kinds?\s+of\s+)?(?:data|data\s?sets?|benchmarks?|corpus|corpora|test\s+collections?)\s+"
        r"(?:(?:do|does|did|is|are|was|were|has|have)\b.*\b(?:use[ds]?|using|train(?:ed|s)?|test(?:ed|s)?|evaluat(?:e|ed|es)"
        r"|run|ran|experiment(?:ed|s)?)\b|(?:used|tested|evaluated)\b)",
        r"\bdata\s?sets?\b|\bbenchmark(?!ing)s?\b|\bcorp(?:us|ora)\b|\b(?:test|document)\s+collections?\b|\btest\s?beds?\b"
        r"|\b(?:movielens|msmarco|ms\s+marco|beir|trec)\b|\b(?:train|test|evaluat|experiment|appl|us)\w*\s+(?:[\w,-]+\s+){0,3}"
        r"(?:on|with|of|from|using)?\s*(?:[\w,-]+\s+){0,5}(?:data|logs?|records)\b(?!-)",
    ),
    _fact(
        "word on who paid for it",
        r"\bwho\s+(?:has\s+|have\s+)?(?:fund(?:s|ed)|sponsor(?:s|ed)|financ(?:es|ed)|pa(?:id|ys)\s+for)\b"
        r"|\b(?:fund(?:ed|ing)|financed|sponsored)\s+(?:by|source|agency)\b",
        r"\bfund(?:ed|ing)\b|\bsponsor|\bfinanc(?:ed|ially\s+supported)\b|\bsupported\s+by\s+(?:the|an?)\s+(?:[\w-]+\s+){0,4}(?:grant"
        r"|foundation|council|agency)",
    ),
    _fact(
        "word on where its authors work",
        r"\bwhere\s+(?:do|does|did|are|is|were)\b.*\bauthors?\b.*\b(?:work|based|from|employed|affiliated)\b"
        r"|\b(?:which|what)\s+(?:university|universities|institut\w+|compan\w+|labs?)\b.*\bauthors?\b|\baffiliations?\s+of\b"
        r"|\bauthors?['’]?\s+affiliations?\b",
        r"\baffiliat",
    ),
)


def read_fact(question: str) -> Fact | None:
    """The fact that a question asks for and nothing else, or None."""
    if len(question.split()) > _SHORT:
        return None
    return next((fact for fact in _FACTS if fact.asked.search(question)), None)
