"""What a question sets side by side, told from its words; and which words are written as names or titles."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.text.names import is_name as is_name
from rag.text.terms import STOP_WORDS

_OPPOSED = re.compile(
    r"\bvs\b\.?|\bversus\b|\bcompar(?:e|es|ed|ing|ison)\b|\bcontrast\b|\bdifferences?\b|\bdiffer(?:ent|s)?\b"
    r"|\bdistinguish\w*|\bsimilarit\w+|\bhave\s+in\s+common\b|\bbetter\b|\bbigger\b|\bwhich\s+(?:one|of\s+(?:them"
    r"|these|the\s+two))\b",
    re.IGNORECASE,
)
_TWO_WORKS = re.compile(
    r"\b(?:two|both)\s+(?:[\w-]+\s+){0,4}(?:papers|works|studies|systems|models|methods|approaches|benchmarks"
    r"|surveys)\b"
    r".*\b(?:differ\w*|contrast\w*|compar\w*|disagree\w*)\b"
    r"|\bdifferences?\s+between\s+the\s+[\w\s-]+\b(?:one|paper|model|approach|method)\s+and\s+the\s",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN_TWO = re.compile(
    r"^\W*(?:please\s+)?(?:compare|contrast)\s+\S.*\b(?:and|with|to|against|vs\.?|versus)\s"
    r"|^\W*(?:(?:(?:what(?:'s|\s+is|\s+are)|tell\s+me|explain)\s+)?(?:the\s+)?(?:main\s+|key\s+)?differences?\s+between|how\s+(?:do|does|are"
    r"|is)\s+(?!they|it|this|these)[^,.?]{3,60}?"
    r"(?:\bdiffer(?:ent)?\b|\bcompare\s+(?:to|with|against)\b))"
    r"|\bhow\s+(?:do|does)\s+(?!it|this|they|that|these)[^,.?]*\bcompare\s+(?:to|with"
    r"|against)\s+(?:the\s+)?(?-i:[A-Z])",
    re.IGNORECASE,
)
_EACH = re.compile(r"\b(?:each|both|respectively|they|their|two)\b", re.IGNORECASE)

_NAME = r"[^\W_][\w²³+.-]*[\w²³+]|[A-Z]"
_PAIR = re.compile(
    rf"(?<![\w-])(?P<a>{_NAME})(?:['’]s)?(?:\s*\([^)]*\))?\s*(?:,|\s(?:vs\.?|versus|and|or|with|to|from|than"
    rf"|against)\s)\s*(?P<b>{_NAME})(?![\w-])"
    rf"(?:(?:,|\s(?:and|or|vs\.?)\s)\s*(?:and\s+)?(?P<c>{_NAME})(?![\w-]))?",
)
_APART = re.compile(
    rf"(?<![\w-])(?P<a>{_NAME})(?:['’]s)?\s[^.?!]*?\b(?:compared?\s+(?:with|to|against)|differ(?:ent|s)?\s+from"
    rf"|better\s+than|versus|vs\.?)\s+(?:the\s+)?"
    rf"(?P<b>{_NAME})(?![\w-])"
)
_TITLE_WORD = re.compile(r"[^\W_][\w'’-]*")
_QUOTES = ('"', "“", "'", "‘", "`")
_NUMBERED = re.compile(r"[a-z][a-z.+-]*\d[\w.+-]*")
_COMMON_NAMES = frozenset(
    "llm llms rag ai ml nlp api apis sft rl ctr seo qa ir gpu gpus ndcg mrr f1 auc us uk eu ocr".split()
)


def opposes(question: str) -> bool:
    """Whether a question sets things against each other at all."""
    return bool(_OPPOSED.search(question))


def sets_side_by_side(question: str, subjects: Sequence[str]) -> bool:
    """Whether two systems, or two papers, are set against each other; a name against a baseline is not enough.

    Args:
        question: As it is understood.
        subjects: The systems that it names (`read_subjects`).
    """
    if len(subjects) > 1:
        return bool(_OPPOSED.search(question) or len(_EACH.findall(question)) > 1)
    return bool(_TWO_WORKS.search(question) or _BETWEEN_TWO.search(question))


def read_subjects(question: str) -> tuple[str, ...]:
    """The systems that a question sets side by side: "GenSAR vs GenSR", "Compare Flower and GFlowGR"."""
    asked = re.match(r"\W*(?:please\s+)?(?:compare|contrast)\s", question, re.IGNORECASE)
    for pattern in (_PAIR, _APART):
        at = asked.end() if asked else 0
        while match := pattern.search(question, at):
            at = match.end("a")
            names = [name.rstrip(".") for name in match.groups() if name]
            if _pairs(names[:2], _names_a_system):
                return tuple(
                    dict.fromkeys(name for name in names if _names_a_system(name) or _NUMBERED.fullmatch(name))
                )
            if asked and at < asked.end() + 40 and _pairs(names[:2], lambda name: name[0].isupper()):
                return tuple(names[:2])
    return ()


def _pairs(names: Sequence[str], is_one: Callable[[str], bool]) -> bool:
    """Whether all names are of systems; beside one that surely is, a number in it does: "jina-embeddings-v4"."""
    return any(map(is_one, names)) and all(is_one(name) or _NUMBERED.fullmatch(name) for name in names)


def names_system(question: str) -> bool:
    """Whether a word of a question is written as systems are named."""
    return any(map(_names_a_system, re.findall(r"[^\W_][\w@.+-]*\w", question)))


def _names_a_system(word: str) -> bool:
    return is_name(word) and word.lower().split("-")[0] not in _COMMON_NAMES


def is_title(words: str) -> bool:
    """Whether words inside a sentence are written as a title: quoted, or all that say something with a capital."""
    telling = [word for word in _TITLE_WORD.findall(words) if word.lower() not in STOP_WORDS]
    return words.startswith(_QUOTES) or (bool(telling) and not any(word[0].islower() for word in telling))
