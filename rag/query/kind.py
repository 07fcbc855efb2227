"""What shape of answer a question wants, told from its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from rag.text.names import is_name as is_name
from rag.text.terms import STOP_WORDS

Kind = Literal["single", "compare", "list", "topic"]

_WORKS = r"(?:papers|works|studies|articles|surveys|publications|preprints|benchmarks|datasets|toolkits|frameworks)"
_POLITE = (
    r"^\W*(?:(?:please|can\s+you|could\s+you|would\s+you|i\s+(?:want|need|would\s+like|am\s+looking\s+for)"
    r"|i'd\s+like|to\s+see"
    r"|give\s+me|show(?:\s+me)?|find(?:\s+me)?|get\s+me|write(?:\s+me)?|and|ok|tell\s+me)\b[\s,]*)*"
)

_UP_TO_FOUR = r"(?:[\w()/-]+\s+){0,4}?"
_AFTER_WORKS = (
    "on|about|by|of|from|with|that|which|using|first|listed|in|between|since|after|before|where|for|related|dealing"
    "|concerning|published|released|new"
)
_READ_WORKS = (
    r"(?:papers|studies|works|literature|research(?:ers)?|audits|evidence|reports|authors|surveys"
    r"|(?:recent|current|latest|new|prior|previous|related)\s+work)"
)
_FOUND = "say|sa(?:id|ys)|show|shown|find|found|reported|suggest|agree|conclude|tell|learned|revealed"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


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

_LIST = _any(
    _POLITE + r"(?:a\s+list\s+of|list|enumerate|name\s+(?:all|the|some))",
    _POLITE + rf"(?:all|any|every|other)\s+{_UP_TO_FOUR}{_WORKS}",
    # "table retrieval papers?", "multimodal papers on …"
    _POLITE + rf"(?:\S+\s+){{0,10}}?{_WORKS}(?:\W*$|\s+(?:{_AFTER_WORKS})\b)",
    rf"\b(?:which|what)\s+{_UP_TO_FOUR}(?!works){_WORKS}\b(?!\s+(?:say|do\s+say))",
    r"\b(?:which|what)\s+papers?\W*$",
    # "anything new on cold start?", "what's new about agents"
    r"^\W*(?:(?:is|are)\s+there\s+)?(?:anything|something|any\s+news?|what(?:['’]s|\s+is))\s+(?:new|recent)\s+(?:on|about|in|for|with"
    r"|regarding)\s+\S",
    r"\blist\s+(?:them|the\s+papers|all)\b",
    rf"\b(?:are|is)\s+there\s+{_UP_TO_FOUR}{_WORKS}\b",
    rf"\b(?:any|all|how\s+many)\s+{_UP_TO_FOUR}papers\b",
    rf"\bwhich\s+of\s+{_UP_TO_FOUR}(?:\w+['’]s?\s+)?papers\b",
)
_OF_ONE = re.compile(
    r"^\W*(?:how|why|when|where|who|does|do|did|is|are|can|should|in|according|explain|describe|define)\b"
    rf"(?!\s+(?:many\s+(?:[\w-]+\s+){{0,3}}?{_WORKS}|there|you))|^\W*(?:(?:can|could)\s+you\s+)?(?:tell|show|explain\s+to)\s+me\s+(?:how|why)\b",
    re.IGNORECASE,
)
_OF_A_PAPER = re.compile(
    rf"\b(?:which|what)\s+{_UP_TO_FOUR}(?:benchmarks|datasets|toolkits|frameworks)\s+(?:was|were|do|does|did|has|have|is|are)\b"
    r"(?!.*\b(?:similar|like|related|comparable|there)\b)",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"^\W*what\s+(?:else\s+)?(?:did|has|have|does|is|was|were)\b", re.IGNORECASE)
_NEW = re.compile(
    r"\b(?:new|listed|published|appear\w*|added|arrived|c[ao]me\s+(?:out|in)|shown?\s+up|any|anything|everything)\b",
    re.IGNORECASE,
)

_TOPIC = _any(
    _POLITE + r"(?:an?\s+)?(?:(?:short|brief|quick)\s+)?(?:overview|summary\s+of|synthesi\w+|state\s+of\s+the\s+art)\b",
    _POLITE + r"(?:trends?|(?:survey|review)\s+(?:of\s+)?(?:the|what))\b",
    _POLITE + r"summari[sz]e(?!\s+(?:the\s+)?(?:paper|abstract)\b)(?!\s+\S+$)",  # one paper is no topic
    r"\boverview\s+(?:of|over|on|please)\b",
    rf"\bwhat\s+(?:do|does|did|have|has)\s+{_UP_TO_FOUR}{_READ_WORKS}\s+(?:[\w-]+\s+){{0,7}}?(?:{_FOUND})\b",
    rf"\bwhat\s+(?:have|has)\s+(?:\S+\s+){{0,8}}?been\s+(?:proposed|done|tried|written|published|{_FOUND})\b",
    r"\bwhat\s+have\s+we\s+learned\b",
    r"^\W*how\s+(?:are|is)\s+(?:\S+\s+){1,5}?(?:being|currently|now)\s+\w+ed\b",
    # "what is being done about cold start?", "how do people deal with …", "what approaches exist for …"
    r"\bwhat\s+is\s+(?:\w+\s+)?being\s+done\b|\bwhat\s+are\s+(?:people|researchers|others)\s+doing\b",
    r"^\W*how\s+(?:do|are|have|can)\s+(?:people|researchers|practitioners|others)\b",
    r"\b(?:what|which)\s+(?:[\w-]+\s+)?(?:approaches|methods|techniques|strategies|solutions|ways)\s+(?:exist|are\s+there)\b",
    r"\b(?:main|current|recent|key|major|emerging)\s+(?:research\s+)?(?:trends|directions|themes|ideas|developments)\b",
    # in "fewer than the state of the art" it is a baseline
    r"(?<!than )(?<!than the )(?<!beat the )(?<!over the )(?<!with the )(?<!to the )\bstate\s+of\s+(?:the\s+art\b"
    r"|(?:the\s+)?research\b)|\blandscape\s+of\b|\bwhat\s+is\s+known\s+about\b",
    r"\bwhat(?:'s|\s+is)\s+(?:happening|going\s+on)\s+(?:in|with|around)\b|\bbring\s+me\s+up\s+to\s+(?:date|speed)\b",
)

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


def read_kind(question: str, *, restricted: bool) -> Kind:
    """Classify a question.

    Args:
        question: As typed.
        restricted: Whether it names an author or dates: what was written or new is then a list.
    """
    if _compares(question):
        return "compare"
    if _TOPIC.search(question):
        return "topic"
    if _LIST.search(question) and not _OF_ONE.search(question):
        return "list"
    if re.search(
        rf"\b(?:are|is)\s+there\b.*\b{_WORKS}\b|\bwhich\s+papers\b|\blist\s+the\s+papers\b", question, re.IGNORECASE
    ):
        return "list"
    if (
        restricted
        and (_PERSONAL.search(question) or _NEW.search(question))
        and not re.match(r"\W*how\b", question, re.I)
    ):
        return "list"
    return "single"


def asks_what_it_uses(question: str) -> bool:
    """Whether the list that is wanted may be one within a paper: "which datasets was FLoC evaluated on?"."""
    return bool(_OF_A_PAPER.search(question))


def opposes(question: str) -> bool:
    """Whether a question sets things against each other at all."""
    return bool(_OPPOSED.search(question))


def _compares(question: str) -> bool:
    """Whether two systems, or two papers, are set against each other; a name against a baseline is not enough."""
    subjects = read_subjects(question)
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


def _names_a_system(word: str) -> bool:
    return is_name(word) and word.lower() not in _COMMON_NAMES


def is_title(words: str) -> bool:
    """Whether words inside a sentence are written as a title: quoted, or all that say something with a capital."""
    telling = [word for word in _TITLE_WORD.findall(words) if word.lower() not in STOP_WORDS]
    return words.startswith(_QUOTES) or (bool(telling) and not any(word[0].islower() for word in telling))
