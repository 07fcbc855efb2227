"""What X is and how X works: questions that name a paper's system and nothing else, and the sentences that answer them.

Such a question has no words of its own that a sentence could match, so the cues decide by which abstracts announce what
they present (objective and method; Hirohata et al., "Identifying Sections in Scientific Abstracts using Conditional
Random Fields", IJCNLP 2008). Where nothing but a fact is asked for ("is it deployed?"), the sentence that states it is
worth most. All other questions are answered by the learnt score alone.
"""

from __future__ import annotations

import re
from typing import Literal

from rag.query.facts import Fact, read_fact
from rag.query.kind import is_name

Aim = Literal["definition", "workings"] | Fact

_LEAD = r"^\W*(?:(?:and|so|ok|please|but|then|now|well|(?:can|could)\s+you)\b[\s,]*)*"
_X = r"(?P<x>(?:[\w.+@²-]+\s*){1,4}?)"
_DEFINITION = tuple(
    re.compile(_LEAD + pattern + r"\W*$", re.IGNORECASE)
    for pattern in (
        rf"(?:what(?:['’]s|\s+is|\s+are|\s+was)|define|describe|introduce|summari[sz]e|(?:tell|teach)\s+me\s+(?:more\s+)?about"
        rf"|(?:the\s+)?(?:gist|idea)\s+of)\s+{_X}(?:\s+(?:all\s+about|about|exactly|for|in\s+(?:a\s+nutshell|short|brief)))*",
        rf"what\s+(?:does|do|did)\s+{_X}\s+(?:do|propose|present|introduce|contribute|offer)",
    )
)
_WORKINGS = tuple(
    re.compile(_LEAD + pattern + r"(?:\s+(?:exactly|internally|in\s+detail))?\W*$", re.IGNORECASE)
    for pattern in (
        rf"how\s+(?:does|do|did)\s+{_X}\s+(?:work|function|operate)",
        rf"explain(?:\s+(?:to\s+)?me)?\s+(?:how\s+)?{_X}(?:\s+works?)?",
    )
)
_NAMED = r"(?P<{}>(?:(?!(?:in|on|for|at|by|over|when|as|regarding|with|to)\b)[\w.+@²-]+\s*){{1,4}}?)"
_APART = r"\s+(?:differ(?:ent)?|compare)(?:\s+(?:from|to|with)\s+(?:one\s+another|each\s+other))?"
_COMPARISON = tuple(
    re.compile(_LEAD + pattern + r"(?:\s+(?:exactly|in\s+detail))?\W*$", re.IGNORECASE)
    for pattern in (
        rf"(?:compare|contrast)\s+{_NAMED.format('x')}\s+(?:and|with|to|against|vs\.?|versus)\s+{_NAMED.format('y')}",
        rf"how\s+(?:do|are)\s+{_NAMED.format('x')}\s+and\s+{_NAMED.format('y')}{_APART}",
        rf"how\s+(?:do|does|is)\s+{_NAMED.format('x')}\s+(?:differ(?:ent)?\s+from|compare\s+(?:to|with))\s+{_NAMED.format('y')}",
        rf"(?:what(?:['’]s|\s+is|\s+are)\s+)?(?:the\s+)?(?:main\s+|key\s+)?differences?\s+between\s+{_NAMED.format('x')}\s+and\s+{_NAMED.format('y')}",
        rf"{_NAMED.format('x')}\s+(?:vs\.?|versus)\s+{_NAMED.format('y')}",
    )
)
"""Two names and nothing on which to compare them: what each of them is and does."""
_PRESENTS = re.compile(
    r"\b(?:we|this\s+(?:paper|work|study|survey|article|demo\w*)|our\s+\w+)\b[^.]{0,60}?"
    r"\b(?:propos|introduc|present|develop|releas|describ|design|build|built|creat|construct|offer|provid)\w*",
    re.IGNORECASE,
)
_METHOD = re.compile(
    r"^\W*(?:specifically|concretely|first|second|third|then|next|finally|in\s+particular|technically|during\s)\b"
    r"|\b(?:consists?|composed|comprised)\s+of\b|\bcompris(?:es|ing)\b|\b(?:first|second),|\(i{1,3}\)|\([12]\)"
    r"|\b(?:stages?|modules?|components?|pipeline|mechanism)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\b(?:experiments?|experimental|outperform\w*|surpass\w*|findings|state-of-the-art)\b|\d\s?(?:%|\\%)"
    r"|\b(?:show|shows|demonstrate|demonstrates|reveal|reveals|indicate|indicates)\s+that\b"
    r"|https?://|\b(?:publicly|openly|freely)\s+(?:available|released)\b|\bavailable\s+at\b|\bcode\b.{0,40}\bavailable\b",
    re.IGNORECASE,
)
"""Results, and where to find the code."""


def read_aim(question: str) -> Aim | None:
    """What a question asks for and nothing else: a fact, what something is, or how it works; or how two things do."""
    if fact := read_fact(question):
        return fact
    aims: tuple[tuple[Aim, tuple[re.Pattern[str], ...]], ...] = (("definition", _DEFINITION), ("workings", _WORKINGS))
    for aim, patterns in aims:
        if any((match := pattern.match(question)) and _is_called(match["x"]) for pattern in patterns):
            return aim
    matches = (pattern.match(question) for pattern in _COMPARISON)
    return "workings" if any(match and all(map(_is_called, match.group("x", "y"))) for match in matches) else None


def fit_to(aim: Aim | None, sentence: str, name: str) -> float:
    """How a sentence fits: 1 if it says what is presented, or the fact; 0.5 if how that works; -1 if what came of it.

    Args:
        aim: What is asked; without one every sentence fits as well as any.
        sentence: In readable form.
        name: What the paper calls its own: "NAME is a …" defines it.
    """
    if aim is None:
        return 0.0
    if isinstance(aim, Fact):
        return float(bool(aim.stated.search(sentence)))
    says_what = rf"(?<!\w){re.escape(name)}(?:\s*\([^)]*\))?(?:\s+(?:is|are)|,)\s+(?:an?|the)\b"
    if _PRESENTS.search(sentence) or (name and re.search(says_what, sentence, re.IGNORECASE)):
        return 1.0
    if _ASIDE.search(sentence):
        return -1.0
    return 0.5 * (aim == "workings" and bool(_METHOD.search(sentence)))


def _is_called(words: str) -> bool:
    """Whether this can be what something is called: a single word, or words with a name among them."""
    return " " not in words.strip() or any(map(is_name, words.split()))
