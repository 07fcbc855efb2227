"""Questions about the library itself: how many papers, who wrote one, when it was listed, which reports are covered.

The shelf answers them exactly, and no passage could. A question counts as one only where nothing else is left of it:
"how many papers did the survey review?" asks for a figure in a paper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.query.exclusions import is_negated
from rag.query.kind import is_name, is_title
from rag.query.parts import has_parts
from rag.query.rules import load_rules

AboutKind = Literal["count", "authors", "listed", "coverage", "help", "most", "days"]

_OPEN = (
    r"^\W*(?:(?:and|ok(?:ay)?|so|then|now|hi|hello|hey|please|just|but|i\s+want\s+to\s+know|i\s+wonder|do\s+you\s+know"
    r"|(?:can|could|would)\s+you\s+(?:please\s+)?(?:tell|say|give|show)(?:\s+me)?|tell\s+me|give\s+me|show\s+me)\b"
    r"[\s,:!]*)*"
)
_PAPERS = r"(?:papers?|preprints?|articles?|publications?|works?|abstracts?|documents?|entries|studies)"
_VAGUE = (
    r"(?:more|recent|latest|newest|similar|related|relevant|of|in|on|by|for|is|are|do|does|did|were|was|have|has)\b"
)
"""What tells no sort of papers: "how many recent papers" counts nothing that could be looked up."""
_COUNTED = re.compile(
    rf"{_OPEN}(?:how\s+many|(?:(?:what\s+is|what's)\s+)?the\s+(?:total\s+)?(?:number|count)\s+of|(?:total\s+)?number\s+of"
    rf"|count(?:\s+(?:all|the))*)\s+(?:(?:different|distinct|new|such|other|arxiv|research|scientific|of\s+the"
    rf"|(?:these|those|your))\s+)*(?P<sort>(?:(?!{_PAPERS}\b|{_VAGUE})[\w-]+\s+){{0,3}}?){_PAPERS}\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(rf"{_OPEN}(?:how\s+many|(?:the\s+)?(?:total\s+)?(?:number|count)\s+of|count)\b", re.IGNORECASE)
_HELD = re.compile(
    r"\s+(?:(?:do|does|did)\s+(?:you|we|it|the\s+\w+)|(?:are|is|were)\s+(?:there|here|in\s+(?:the|your|our))|have\s+you)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
"""What follows the subject of a count: "on RAG do you have"."""
_FILLER = frozenset(
    "do does did you we i they he she have has had got hold know are is be was were been there in on by of from for"
    " with at the this that these those your our its it here now currently total altogether all overall exist so far"
    " yet at first newly new listed appear appeared published released posted added came come out show showed shown up"
    " contain contains cover covers covered include includes included index indexed store stored search searched"
    " searchable available ingested loaded saved know write written wrote author authored co-author co-authored"
    " coauthored publish contribute contributed to library libraries collection corpus database index shelf system data"
    " arxiv report reports listing listings daily knowledge base memory me and or any please which who what"
    " as together find found can could ever also only just make made".split()
)
_TOPIC = re.compile(
    r"\b(?:(?:that|which)\s+)?(?:(?:is|are)\s+)?(?:about|on|regarding|concerning|mention(?:s|ing)?|discuss(?:es|ing)?"
    r"|deal(?:s|ing)?\s+with|treat(?:s|ing)?|contain(?:s|ing)?\s+the\s+(?:words?|terms?|phrase)|around|related\s+to)\s+"
    r"(?P<topic>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_THE_PAPER = (
    r"(?:the|this|that|an?)\s+(?:[\w-]+\s+){0,2}?(?:paper|preprint|article|study|work|survey|publication|benchmark"
    r"|dataset|system|method|model|framework|toolkit)\b"
)
_WRITES = (
    r"(?:wrote|writes|written|authored|authors|publish(?:ed|es)|created|made|propos(?:ed|es)|introduc(?:ed|es)|develop(?:ed|s)"
    r"|invented|present(?:ed|s)|built|(?:is|are|was|were)\s+behind|came\s+up\s+with|co-?wrote|co-?authored)"
)
_ROLE = r"(?:(?:first|last|lead|leading|senior|main|second|corresponding|other)\s+)*(?:co-?)?(?:authors?|writers?)"
_AUTHORS = tuple(
    re.compile(_OPEN + pattern + r"\W*$", re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"who\s+(?:(?:has|have|actually|first|originally|all|else)\s+)*{_WRITES}\s+(?P<x>\S.*?)",
        rf"who(?:['’]s|['’]re|\s+(?:is|are|were|was))\s+(?:the\s+)?(?:names?\s+of\s+the\s+)?{_ROLE}(?:\s+(?:of|on|for|behind)\s+(?P<x>\S.*?)|\s+here)?",
        rf"(?:(?:what|which)\s+(?:is|are|were|was)\s+|list\s+|name\s+|by\s+)?(?:all\s+)?(?:the\s+)?(?:names?\s+of\s+)?(?:the\s+)?{_ROLE}"
        rf"(?:\s+names?)?\s+(?:of|on|for|behind)\s+(?P<x>\S.*?)",
        r"(?:by\s+whom|whose)\s+(?:is|was|were|are)\s+(?P<x>\S.*?)(?:\s+(?:written|authored|by|published|proposed|introduced))?",
        r"whose\s+(?:paper|work|idea|system|method)\s+(?:is|was)\s+(?P<x>\S.*?)",
        r"(?:how\s+many|what|which)\s+(?:authors|people)\s+(?:does\s+(?P<x>\S.*?)\s+have|wrote\s+(?P<y>\S.*?))",
        r"(?P<x>\S[^?:]*?)\s*[:,–—-]\s*(?:who\s+(?:wrote|made|proposed|is\s+behind)\s+(?:it|this|that)|who\s+(?:is|are)\s+the\s+authors?)",
        r"(?:and\s+)?(?:the\s+|its\s+|their\s+)?authors",
    )
)
_OUT = (
    r"(?:listed|published|released|submitted|added|posted|announced|uploaded|included|indexed|appear(?:s|ed)?"
    r"|come\s+out|came\s+out|show(?:s|ed|n)?\s+up)"
)
_PLACE = (
    r"(?:\s+(?:here|on\s+arxiv|(?:in|to|into)\s+(?:the|your|our)\s+(?:library|reports?|collection|listings?)"
    rf"|in\s+{_PAPERS}))?"
)
_LISTED = tuple(
    re.compile(_OPEN + pattern + r"\W*$", re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"(?:when|(?:on|in)\s+(?:what|which)\s+(?:day|date|month|year|(?:daily\s+)?reports?)|since\s+when|how\s+long\s+ago)\s+"
        rf"(?:was|were|is|did|has|does)\s+(?P<x>the\s+first|\S.*?)\s+(?:been\s+)?(?:first\s+)?{_OUT}(?:\s+first)?{_PLACE}",
        r"(?:which|what)\s+(?:daily\s+)?(?:reports?|listings?|days?)\s+(?:first\s+)?(?:list(?:s|ed)?|includ(?:es|ed)|contain(?:s|ed)?|ha[ds])"
        r"\s+(?P<x>\S.*?)",
        r"(?:what(?:\s+is|'s)\s+)?the\s+(?:listing|publication|release|submission|arxiv)\s+(?:date|day|year)\s+of\s+(?P<x>\S.*?)",
        r"(?:what(?:\s+is|'s)\s+)the\s+date\s+of\s+(?P<x>\S.*?)",
        rf"how\s+(?:old|recent|new)\s+is\s+(?P<x>{_THE_PAPER}.*?|\S+)",
    )
)
_NEWEST = r"(?:newest|latest|most\s+recent|last|oldest|earliest|first)"
_SPAN = r"(?:reports?|period|dates?|date\s+range|time\s*(?:span|frame|period|range)|days?|months?|years?|time)"
_YOU = r"(?:you|the\s+library|it|this|we|the\s+(?:collection|corpus|reports?|index|database|data)|your\s+\w+)"
_COVERAGE = tuple(
    re.compile(_OPEN + pattern + r"\W*$", re.IGNORECASE)
    for pattern in (
        rf"(?:which|what)\s+(?:daily\s+|arxiv\s+)*{_SPAN}\s+(?:(?:is|are|were|was)\s+(?:covered|included|here|available|in\s+the\s+\w+"
        rf"|ingested|loaded|indexed|there)|(?:do|does|did|have|has)\s+{_YOU}\s+(?:cover|have|hold|include|span|contain|know|read|seen|got|ingested)\w*)"
        r"(?:\s+(?:by|in)\s+(?:the|this|your)\s+\w+|\s+(?:in\s+)?total)?",
        r"(?:what(?:\s+is|['’]s)\s+)?(?:the\s+|your\s+)(?:date\s+range|time\s+(?:span|range|period)|period|coverage)(?:\s+(?:of|covered|in)\b.*)?",
        rf"(?:what(?:\s+is|['’]s)|when\s+(?:is|was|were))\s+(?:the\s+|your\s+)?{_NEWEST}\s+(?:daily\s+|arxiv\s+)*(?:reports?|listings?|papers?)"
        r"(?:\s+(?:date|from|day))?(?:\s+(?:you\s+(?:have|know)|here|in\s+the\s+\w+|ingested|listed|published|added|covered))*",
        rf"how\s+(?:far\s+back|long\s+ago|up[\s-]+to[\s-]+date|current|recent|fresh)\s+(?:do|does|is|are)\s+{_YOU}(?:\s+(?:go|reach|cover|start|begin))?",
        rf"when\s+(?:was|were|is|did)\s+{_YOU}\s+(?:last\s+)?(?:updated|refreshed|start|begin|end)(?:\s+last)?",
        rf"how\s+many\s+(?:daily\s+|arxiv\s+|listing\s+)*(?:reports?|days|listings)\s*(?:(?:do|does|are|is|have|has)\s+)?"
        rf"(?:{_YOU}|there)?\s*(?:cover(?:ed)?|have|hold|include[ds]?|contain(?:ed)?|in\s+(?:the|your)\s+\w+|here)?",
        rf"(?:from\s+when\s+(?:to|until)\s+when|since\s+when\s+do\s+{_YOU}\s+\w+)",
        r"what(?:\s+is|['’]s)\s+in\s+(?:the|this|your)\s+(?:library|collection|corpus|index|database)",
        rf"(?:what\s+(?:do|does)\s+{_YOU}\s+(?:cover|hold|contain|include)|how\s+(?:big|large)\s+is\s+{_YOU})",
    )
)
_HELP = re.compile(
    r"\W*(?:(?:hello|hi|hey)\b(?:\s+there)?[\s,.!]*)?(?:help(?:\s+me)?|(?:hello|hi|hey)(?:\s+there)?|(?:who|what)\s+are\s+you"
    r"|what\s+(?:can|do)\s+you\s+do|what\s+can\s+(?:i|one|we)\s+(?:ask|do)(?:\s+(?:you|here|with\s+you))?"
    r"|how\s+(?:do|can)\s+(?:you\s+work|i\s+use\s+you)|how\s+can\s+you\s+help(?:\s+me)?|what\s+is\s+paperchat"
    r"|good\s+(?:morning|evening|afternoon|day))\W*",
    re.IGNORECASE,
)
_MOST = re.compile(
    _OPEN + r"(?:(?:who|which\s+(?P<a>authors?|researchers?|people|months?|days?|weeks?))\s+"
    r"(?:is|are|was|were|has|have|had|did|wrote|published"
    r"|(?:co-?)?authored|saw|listed|appears?\s+(?:on|in)|brought)\s+(?:(?:the|written|published|authored|listed)\s+)*(?:most|more\s+often)"
    rf"(?:\s+(?:{_PAPERS}|prolific|active|frequent|often|new|authors?|researchers?|publish(?:ed)?))*"
    r"|(?:the\s+)?most\s+(?:prolific|active|frequent)\s+(?P<b>authors?|researchers?|months?|days?)"
    r"|(?P<c>authors?|researchers?)\s+with\s+(?:the\s+)?most\s+"
    rf"{_PAPERS}|how\s+many\s+(?:(?:different|distinct|other)\s+)*(?P<d>authors|researchers|people))(?P<rest>[\w\s]*?)\W*$",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"(?:it|them|this|that|these|those|they|(?:this|that|the)\s+(?:paper|one|study|work|article|preprint|survey|system"
    r"|method|model|benchmark|dataset|framework|toolkit)|the\s+(?:first|second|third|last)(?:\s+(?:one|paper))?)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:the|this|that)\s+)?(?:(?:arxiv|original)\s+)?(?:papers?|preprint|article|study|work)\s+"
    r"(?:(?:called|titled|entitled|named|introducing|proposing|presenting)\s+)|^(?:the|this|that)\s+(?:paper|preprint|article|study|work)\s+(?=[\"“'‘A-Z\d])"
)
_TRAIL = re.compile(
    r"\s+(?:paper|preprint|article|study|work|publication)(?:\s+(?:please|here))?$|\s+please$", re.IGNORECASE
)
_DESCRIBED = re.compile(
    rf"^{_THE_PAPER}\s+(?:about|on|that|which|where|in\s+which|for|with|using|by|from|of)\s+\S", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class About:
    """A question that the shelf answers.

    Attributes:
        kind: ``count``: how many papers; ``authors``: who wrote one; ``listed``: when reports listed one; ``coverage``:
            what the library holds; ``help``: what can be asked here; ``most``: who wrote most, or when most was
            listed; ``days``: on which days anything was.
        subject: The paper that ``authors`` and ``listed`` ask about, as the question calls it, or what the papers
            of a ``count`` have to be about; empty where the conversation, an id or the filters say it. For ``most``:
            ``authors``, ``months``, ``weeks`` or ``days``.
        described: The paper is described ("the paper on query rewriting at Alibaba"), not named.
        titled: It is named in a way that only names are: as a title or a system's name is written, or quoted.
    """

    kind: AboutKind
    subject: str = ""
    described: bool = False
    titled: bool = False

    @property
    def needs_focus(self) -> bool:
        """Whether only the conversation can say which paper is meant."""
        return self.kind in ("authors", "listed") and not self.subject


def read_about(question: str, rest: str) -> About | None:
    """Recognise a question about the library, or return None.

    Args:
        question: With its typing errors corrected, its restrictions in place.
        rest: The same without the words that became filters.
    """
    if _HELP.fullmatch(question):
        return About("help")
    if any(pattern.match(question) for pattern in _COVERAGE):
        return About("coverage")
    if load_rules("dates")["listing_days"](rest):
        return About("days")
    if most := _MOST.match(rest):
        named = (most["a"] or most["b"] or most["c"] or most["d"] or "authors").lower().rstrip("s") + "s"
        if _says_nothing(most["rest"]):
            return About("most", named if named in ("months", "weeks", "days") else "authors")
    counted = _COUNTED.match(rest)
    if counted:
        return _count(counted["sort"].strip(), rest[counted.end() :])
    for kind, patterns in (("authors", _AUTHORS), ("listed", _LISTED)):
        for pattern in patterns:
            if match := pattern.match(question):
                found = next((group for group in match.groups() if group), "")
                return _paper("authors" if kind == "authors" else "listed", found)
    return None


def asks_for_count(question: str) -> bool:
    """Whether a question asks how many papers there are, of whatever sort."""
    return bool(_HOW_MANY.match(question))


def _count(sort: str, tail: str) -> About | None:
    """A count of papers of a sort, where what follows says nothing, or only what they are about."""
    subject = ""
    if not _says_nothing(tail):
        topic = _TOPIC.search(tail)
        if not topic or not _says_nothing(tail[: topic.start()]):
            return None
        subject = _HELD.sub("", topic["topic"]).strip(" ?.!\"“”'‘’")
        if _says_nothing(subject) or has_parts(f"how many on {subject}") or is_negated(subject):
            return None  # the shelf answers only the first part, and cannot tell what is not said
    return About("count", f"{sort} {subject}".strip())


def _says_nothing(text: str) -> bool:
    return all(word in _FILLER for word in re.findall(r"[\w-]+", text.lower()))


def _paper(kind: AboutKind, found: str) -> About:
    """What names the paper, without "the paper called", quotation marks and the like."""
    found = found.strip()
    if _BACK.fullmatch(found):
        return About(kind)
    named = _TRAIL.sub("", _LEAD.sub("", found)).strip()
    titled = is_title(named)
    if _DESCRIBED.match(found) and not titled:
        return About(kind, found, described=True)
    subject = re.sub(r"^the\s+(?=\S+$)", "", named.strip(" \"“”'‘’`"), flags=re.IGNORECASE)
    first = subject.split(":")[0]
    return About(kind, subject, titled=titled or (is_name(first) and " " not in first))
