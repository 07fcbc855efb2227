"""Questions about the library itself, and those that no paper is to answer: what exactly they ask.

What is wanted the intent model tells; here the words that only ask are taken away, so that the paper that is meant, or
what is counted, remains. A count is one only where nothing else is left of it: "how many papers did the survey
review?" asks for a figure in a paper.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from rag.models.intent import CONTINUES, Label
from rag.query.intents.intent import LIKELY, SURE, Intent
from rag.query.intents.subject import names_subject
from rag.query.lexicon.words import content_words
from rag.query.limits.constraints import read_identifiers
from rag.query.rules import load_rules
from rag.text.names import is_name
from rag.text.terms import STOP_WORDS

AboutKind = Literal[
    "count",
    "authors",
    "listed",
    "versions",
    "category",
    "cite",
    "age",
    "length",
    "coverage",
    "themes",
    "help",
    "most",
    "days",
    "news",
    "recommend",
    "trending",
    "courtesy",
    "offtopic",
    "unmentioned",
]


@dataclass(frozen=True, slots=True)
class About:
    """A question that the shelf answers, or nothing does.

    Attributes:
        kind: ``count``: how many papers; ``authors``: who wrote one; ``listed``: when reports listed one; ``versions``:
            which versions of it there are; ``category``: where its archive puts it; ``cite``: how to refer to it;
            ``age``: which of some papers is newer; ``length``: how long one is; ``coverage``: what the library holds;
            ``themes``: on which subjects; ``help``: what can be asked here; ``most``: who wrote most, or when most was
            listed; ``days``: on which days anything was; ``news``: what was listed last; ``recommend``: something to
            read; ``trending``: what is talked of; ``courtesy``: nothing is asked; ``offtopic``: what no paper would
            say; ``unmentioned``: papers of a company or the like that no text names.
        subject: The paper that ``authors`` and ``listed`` ask about, as the question calls it, or what the papers
            of a ``count`` have to be about; empty where the conversation, an id, the filters or the names in the
            question say it. For ``most``: ``authors``, ``months``, ``weeks`` or ``days``. For ``unmentioned``: whom
            the papers were to be of.
        described: The paper is described ("the paper on query rewriting at Alibaba"), not named.
        titled: It is named in a way that only names are: as a title or a system's name is written, or quoted.
        several: All papers that were talked of are meant, and not the first of them.
        place: Which of the authors is asked for: ``first``, ``second``, ``third`` or ``last``.
    """

    kind: AboutKind
    subject: str = ""
    described: bool = False
    titled: bool = False
    several: bool = False
    place: str = ""

    @property
    def needs_focus(self) -> bool:
        """Whether only the conversation can say which paper is meant, unless the question names it elsewhere."""
        return self.kind in OF_PAPERS and not self.subject


def read_about(intent: Intent, question: str, rest: str, *, restricted: bool = False) -> About | None:
    """What a question asks of the library, or None where papers are to answer it.

    Args:
        intent: What it wants.
        question: With its typing errors corrected, its restrictions in place.
        rest: The same without the words that became filters.
        restricted: Whether it names authors, dates or papers: these are then asked for.
    """
    if load_rules("dates")["listing_days"](rest):
        return About("days")
    for label, chance in intent.ranked:
        if label in CONTINUES:  # what was talked of is rather asked about
            return None
        least, read = _READERS.get(label, (2.0, None))
        if read and chance >= least and (found := read(question, rest)) and not (restricted and found.kind in OPEN):
            return found
    return None


def _count(question: str, rest: str) -> About | None:
    """A count of papers, perhaps of a sort, where what follows says nothing, or only what they are about."""
    if most := _most(question, rest):
        return most
    rules, restricted = load_rules("intent"), rest != question
    counted = rules["counted"].find(rest)
    if not counted:
        rest = rules["counting"].without(rest)
        counted = rules["works"].find(rest)
        if not counted:  # "how many did NAME write?" has no word for papers
            return About("count") if restricted and _says_nothing(rest) else None
        if not _says_nothing(rest[: counted.start()]):
            return None
    sort, tail, subject = counted["sort"].strip(), rest[counted.end() :], ""
    if not _says_nothing(tail):
        about = rules["counted_subject"].find(tail)
        if not about or not _says_nothing(tail[: about.start()]):
            return None
        subject = rules["held"].without(about["subject"], "").strip(" ?.!\"“”'‘’")
        if _says_nothing(subject) or rules["asks"](subject) or load_rules("exclusions")["unheard"](subject):
            return None  # the shelf answers only the first part, and cannot tell what is not said
    return About("count", f"{sort} {subject}".strip())


def _most(question: str, rest: str) -> About | None:
    """Who wrote most, or when most was listed."""
    match = load_rules("intent")["most"].find(rest)
    if not match:
        return None
    if match["c"] and not _says_nothing(rest[: match.start()] + rest[match.end() :]):
        return None  # "how many authors does OneRec have?" asks of one paper
    named = (match["a"] or match["b"] or match["c"] or "authors").lower().rstrip("s") + "s"
    return About("most", named if named in ("months", "weeks", "days") else "authors")


def _says_nothing(text: str) -> bool:
    return all(word in load_rules("intent").words["count"] for word in re.findall(r"[\w-]+", text.lower()))


def _paper(kind: Literal["authors", "listed"], asks: str) -> Callable[[str, str], About | None]:
    """Reads what names the paper, without the words that ask, "the paper called", quotation marks and the like."""

    def read(question: str, rest: str) -> About | None:
        rules = load_rules("intent")
        if rules["picked_paper"](question):
            question, rest = (rules["picked_paper"].without(text, "it") for text in (question, rest))
        found, left = (stripped(text, rules.words[asks] | rules.words["polite"]) for text in (question, rest))
        if found and not left and not read_identifiers(found):
            return None  # "what did NAME co-author?" names no paper
        place = _place_of_author(question) if kind == "authors" else ""
        if rules["pointing"](found):
            return About(kind, several=rules["of_several"](question), place=place)
        named = rules["trailing"].without(rules["called"].without(found, ""), "").strip()
        titled = is_title(named)
        if rules["described"](found) and not titled:
            return About(kind, found, described=True, place=place)
        subject = re.sub(r"^the\s+(?=\S+$)", "", named.strip(" \"“”'‘’`"), flags=re.IGNORECASE)
        first = subject.split(":")[0]
        if rules["asks"](subject) and not titled:
            return None
        if not content_words(subject):  # "may I ask who wrote it?"
            return About(kind, several=rules["of_several"](question), place=place)
        return About(kind, subject, titled=titled or (is_name(first) and " " not in first), place=place)

    return read


def _place_of_author(question: str) -> str:
    """Which of a paper's authors is asked for; empty where all are."""
    rules = load_rules("intent")
    found = rules["which_author"].find(question)
    return rules.meaning("author_places", found["place"]) if found else ""


def _of_papers(kind: AboutKind) -> Callable[[str, str], About | None]:
    """Of an intent that the papers serve which the question names, or else those that were talked of."""
    of_all = kind in ("age", "length")

    def read(question: str, rest: str) -> About | None:
        rules = load_rules("intent")
        if kind == "cite" and rules["of_code"](question):
            return None  # the abstract says where that lies
        return About(kind, several=of_all or rules["of_several"](question))

    return read


def is_title(words: str) -> bool:
    """Whether words inside a sentence are written as a title: quoted, or all that say something with a capital."""
    telling = [word for word in _WORD.findall(words) if word.lower() not in STOP_WORDS and word not in _QUOTES]
    return words.startswith((*_QUOTES, "'", "‘", "`")) or (bool(telling) and not any(w[0].islower() for w in telling))


def stripped(text: str, asking: Collection[str]) -> str:
    """A text without the words at its ends that only ask; nothing is taken from within quotation marks."""
    words = list(_WORD.finditer(text))
    telling = [n for n, word in enumerate(words) if word[0].lower() not in asking]
    if not telling:
        return ""
    first, after = telling[0], telling[-1] + 1
    while first and words[first - 1][0].lower() in ("the", "a", "an", "this", "that"):
        first -= 1
    start = words[first - 1].end() if first else 0
    end = words[after].start() if after < len(words) else len(text)
    return text[start:end].strip(" ?!.,:;–—-")


def _unsaid(kind: AboutKind) -> Callable[[str, str], About | None]:
    """Of an intent that a list serves as soon as a subject is named."""
    return lambda question, rest: _most(question, rest) or (None if names_subject(rest) else About(kind))


_QUOTES = ('"', "“", "”")
_WORD = re.compile(r"[^\W_][\w'’-]*|[\"“”]")
PLAIN = 0.75
"""Chance of an intent from which the shelf answers, or nothing is looked for, although a paper may tell it."""
_READERS: Mapping[Label, tuple[float, Callable[[str, str], About | None]]] = {
    "count": (LIKELY, _count),
    "who": (LIKELY, _paper("authors", "who")),
    "when": (LIKELY, _paper("listed", "when")),
    **{kind: (PLAIN, _of_papers(kind)) for kind in ("versions", "category", "cite", "age", "length")},
    "coverage": (SURE, lambda question, rest: _count(question, rest) or About("coverage")),
    "days": (SURE, lambda question, rest: _most(question, rest) or About("days")),
    "themes": (SURE, lambda question, rest: _most(question, rest) or About("themes")),
    "help": (SURE, lambda question, rest: About("help")),
    "news": (SURE, _unsaid("news")),
    "recommend": (SURE, _unsaid("recommend")),
    "trending": (SURE, _unsaid("trending")),
    "courtesy": (SURE, lambda question, rest: About("courtesy")),
    "offtopic": (PLAIN, lambda question, rest: About("offtopic")),
}
"""Least chance of an intent, and how its question is read. Where that looks for a paper or a sort of papers, its being
there bears the intent out."""
OF_PAPERS = ("authors", "listed", "versions", "category", "cite", "age", "length")
"""What is asked of papers that the question, or the conversation, has to name."""
OPEN = ("news", "recommend", "trending", "coverage", "courtesy", "offtopic", "help")
"""What nobody asks with an author, a date or a paper in the question."""
