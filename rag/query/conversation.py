"""Follow-ups: "and what data did they test on?" is about what was talked of before, "what is ColBERT?" is not.

A question that points back (a pronoun, "the second one", "and …?") or says nothing of its own continues the
conversation, unless it brings its own subject along first. It then borrows the content words of the reader's earlier
question and the papers that the last answer cited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from rag.papers.claims import Claim
from rag.query.entities import Named
from rag.query.kind import is_name
from rag.text.terms import STOP_WORDS, Analyzer
from rag.types import Turn

_OPENER = re.compile(
    r"^\W*(?:(?:(?:and|but|also|so|then|now|ok(?:ay)?|right|great|good|nice|cool|thanks?(?:\s+you)?|thx|hm+|well|yes"
    r"|no|sure"
    r"|alright|interesting|i\s+see|got\s+it)\b[\s,.!:;-]*)+(?=\S)|(?:what|how)\s+about\b)",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|but)\b[\s,]*)*(?:and\b|(?:what|how)\s+about\b|but\b|also\b)", re.IGNORECASE
)
_WHAT_ABOUT = re.compile(
    r"^\W*(?:(?:and|ok(?:ay)?|so|but)\b[\s,]*)*(?:what|how)\s+about\s+(?P<subject>[^,;:?!]+)", re.IGNORECASE
)
_EXPLETIVE = re.compile(
    r"\b(?:(?:is|was|does|would|could|can|will|has|isn't|doesn't)\s+it|it\s+(?:is|was|would\s+be|has\s+been|seems?)"
    r"|it's)\s+"
    r"(?:(?:really|actually|ever|still|also|even|be|been|generally|always)\s+)*(?:true|possible|worth|better|safe"
    r"|useful|known|clear"
    r"|necessary|enough|helpful|feasible|common|easy|hard|difficult|important|matter|make\s+sense|help|hurt"
    r"|pay\s+off|shown)\b"
    r"|\bit\s+(?:rains?|snows?|takes\s|comes\s+to|turns\s+out)|\bmakes?\s+it\s+\w+\s+to\b|\bto\s+whom\s+it\b",
    re.IGNORECASE,
)
_GENERIC_NOUN = (
    r"(?:papers?|authors?|models?|methods?|systems?|approach(?:es)?|stud(?:y|ies)|works?|frameworks?|benchmarks?"
    r"|datasets?"
    r"|results?|experiments?|tool|toolkit|idea|technique|paths?|gains?|scores?|improvements?|team|researchers|surveys?)"
)
_ANY_NOUN = r"[a-z][\w-]*(?:[^\Ws]|[sui]s)"
"""A word that is no plural and no verb of the third person."""
_BACK = re.compile(
    rf"\b(?:it|its|itself|they|their|theirs|them|themselves|he|she|his|her|the\s+(?:same|latter|former|others?|rest)"
    rf"|(?:this|these|those)\b|that\s+(?:one|{_GENERIC_NOUN})"
    # "does that app", "of that agent"; elsewhere "that" may begin a clause ("papers that scale", "that LLMs fail")
    rf"|(?:do|does|did|is|was|has|had|can|could|will|would|of|for|with|about|on|at|by|to|from)\s+that\s+{_ANY_NOUN}"
    rf"|(?:is|was|does|did|do|for|of|with|about|on|in|to|than"
    rf"|after|at|by|like|from"
    rf"|like)\s+that(?=\s*(?:[,.;?!]|$|\s(?:and|work|help|mean|compare|differ|matter|hold|exactly|mainly|too|also"
    rf"|happen|cost)))"
    rf"|the\s+(?:first|second|third|fourth|fifth|last|other)\s+(?:one|{_GENERIC_NOUN})"
    rf"|the\s+(?:paper|authors?|study|method|approach|system|benchmark|dataset|framework|gain|runner-?up|winners?)"
    r"(?=\s*(?:[,.;?!]|$|\s(?:use|propose|report|test|train|evaluat|do|does|did|say|claim|mention|compare|handle"
    r"|work|itself|open|release)\w*))"
    rf"|(?<!are\s)(?<!is\s)(?<!were\s)(?<!was\s)there(?=\s*(?:[,.;?!]|$))|which\s+ones?)\b",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(
    r"\b(?:on|for|with|to|against|than|versus|vs\.?|over|in|by|from|of|at|like|using)\s+(?:the\s+"
    r"|an?\s+)?(?-i:[A-Z][\w-]*\s+)*$",
    re.I,
)
_OTHERS = re.compile(
    r"\b(?:alternatives?|(?:any|some|what|which)\s+others?|others?\b(?!\s+than)|(?:something|anything|anyone|someone"
    r"|what|who)\s+else"
    r"|similar\s+(?:ones?|papers|work|works|approaches|tools|systems|to\s+(?:it|this|that|them))|runner-?up|besides"
    r"|apart\s+from"
    r"|(?:another|more)\s+(?:one|papers?|like))\b",
    re.IGNORECASE,
)
_SET = re.compile(
    r"\b(?:of|among)\s+(?:them|these|those)\b|\bwhich\s+ones?\b|\b(?:these|those)\s+papers\b|\bany\s+others?\b", re.I
)
_HOW_MANY = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?|but)\b[\s,]*)*how\s+many(?:\s+(?:of\s+(?:them|these|those)|such\s+papers|papers\s+is\s+that))?"
    r"(?:\s+(?:are|were|is|did|do|have)\s+(?:there|they|that|those|you|we)(?:\s+(?:find|found|have|know))?)?"
    r"(?:\s+(?:in\s+total|altogether|exactly|overall|all\s+together))?\W*$",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\bthe\s+(?P<n>first|second|third|fourth|fifth|last|former|latter)(?:\s+(?:one|{_GENERIC_NOUN})\b"
    rf"|(?=\s*(?:[,.;?!]|$))|(?=\s+(?:use|do|is|was|has)))",
    re.IGNORECASE,
)
_ORDINAL_ALONE = re.compile(
    r"(?:\b(?:do|does|did|has|have|had|can|could|will|would|should)|\b(?:when|where|why|how|by\s+whom)\s+(?:is|are|was|were)"
    r"|^\W*(?:(?:and|so|but|then)\s+)?(?:is|are|was|were))\s+the\s+(?P<n>first|second|third|fourth|fifth|last|former|latter)"
    r"(?=\s+\w+(?:\s+(?:in|on|at|by|to|for|from|with|as|than|about|anywhere|yet|too|also|the)\b.*)?\W*$)",
    re.IGNORECASE,
)
"""An ordinal that has no noun: what follows it is the question's only verb, "when was the first listed?"."""
_PLACES = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1, "latter": -1}
_GENERIC = frozenset(
    "data dataset datasets test tested testing evaluate evaluated evaluation experiment experiments result results"
    " gain gains improvement"
    " improvements score scores number numbers figure figures big large small much many model models method methods"
    " approach"
    " approaches paper papers author authors system systems baseline baselines code open source available release"
    " released limitation"
    " limitations conclusion conclusions main idea work works working train trained training size sizes compare"
    " compared comparison"
    " better best worse use used using accuracy performance metric metrics cost costs fast faster speed latency"
    " detail details tell know"
    " explain mean means happen find found finding findings report reported say said show showed shown propose"
    " proposed problem"
    " problems benchmark benchmarks example examples year runner winner won second third first last next why how"
    " exactly quick really like"
    " want look also something anything new need thing things ask question answer give please interesting language"
    " languages parameter"
    " parameters online offline publish published github link url limitation weakness drawback drawbacks"
    " contribution contributions"
    " component components add added help helps drop far come place alternative alternatives vein one two three".split()
)
_STOPS = frozenset(STOP_WORDS) | frozenset(
    "ok okay yes no thanks thank please could would should may might also get got let us tell show give anything"
    " something else someone"
    " work works paper papers research any anyone exist exists there much many want like know looking look list"
    " find wrote written listed first second third last one ones".split()
)
_TOKEN = re.compile(r"[^\W_]+(?:[-.@/+²][^\W_]+)*")
_CONTRACTION = re.compile(r"\b\w+n['’]t\b|['’](?:s|re|ve|ll|d|m)\b")
_ARXIV = re.compile(r"(?<![\d.])(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})(?:v\d+)?(?!\d)")
_BOLD = re.compile(r"\*\*(?P<title>(?:\\.|[^*\\]){8,}?)\*\*")
_LABEL = re.compile(r"^([^:]{2,40}):\s")
_OFFERING = re.compile(r"^Closest papers[^\n]*:\s*\n- ", re.MULTILINE)
"""Where a refusal of ours begins to name other papers."""
_WORDS = 16
"""Content words of the conversation that a search borrows at most."""
_NAMED = 3
"""A name that stands in more papers than this says nothing about which one is meant."""
_LOOKED_UP = 6
"""Names of one turn that are looked up."""

Find = Callable[[str], Named]
"""Resolves a name against the library."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How a question continues a conversation.

    Attributes:
        rest: The question without "And", "ok, so".
        words: Content words borrowed from the reader's earlier questions.
        others: It asks for other papers than those talked of.
    """

    rest: str
    words: tuple[str, ...]
    others: bool

    def completed(self, titles: Sequence[str]) -> tuple[str, str]:
        """The standalone question and what to search for; who asks for others does not search for the papers named.

        Args:
            titles: What the papers are called that the conversation is about.
        """
        subject = ", ".join(titles[:2])
        unnamed = [word for word in self.words if word not in subject]
        about = "; ".join(part for part in (subject, " ".join(unnamed)) if part)
        standalone = f"{self.rest} (about {about})" if about else self.rest
        borrowed = self.words if self.others else (subject, *unnamed)
        return standalone, " ".join([self.rest, *borrowed]).strip()


class Conversation:
    """The turns before a question, read for what they are about."""

    def __init__(self, history: Sequence[Turn], is_courtesy: Callable[[str], bool]) -> None:
        """Read the turns.

        Args:
            history: Oldest first.
            is_courtesy: Whether a reader's turn asked for nothing.
        """
        kept = _without_courtesies(history, is_courtesy)
        self.history = [_folded(turn) if turn.role == "user" else turn for turn in kept]
        self._analyzer = Analyzer()
        self.asked = [turn.content for turn in self.history if turn.role == "user"]

    def focus(
        self,
        find: Find,
        known: Callable[[Sequence[str]], Collection[str]],
        least: int = 1,
        *,
        offered: bool = False,
    ) -> tuple[tuple[str, ...], str]:
        """Papers that the last answer to name any is about, in the order in which it names them, and what was asked.

        Args:
            find: Looks up titles and names of systems.
            known: Those of some ids that the library holds.
            least: An earlier answer that names as many is preferred: "which of them" means several.
            offered: Whether the papers count that a refusal offers instead of an answer. It is about none of them, and
                nothing before it is talked of any longer where its question stood alone.
        """
        last: tuple[tuple[str, ...], str] = (), ""
        for n in range(len(self.history) - 1, -1, -1):
            turn = self.history[n]
            if turn.role != "assistant":
                continue
            question = self.history[n - 1].content if n and self.history[n - 1].role == "user" else ""
            refusal = None if offered else _OFFERING.search(turn.content)
            said = turn.content[: refusal.start()] if refusal else turn.content
            ids = dict.fromkeys(_ARXIV.findall(said))
            held = known(list(ids))
            found = [paper_id for paper_id in ids if paper_id in held] or self._by_title(said, find)
            if found := found or self._by_name(said, question, find, mentioned=not refusal):
                last = last if last[0] else (tuple(found), question)
                if len(found) >= least:
                    return tuple(found), question
            elif refusal and not _points_back(question):
                break
        return last

    def _by_title(self, answer: str, find: Find) -> list[str]:
        """Papers whose title stands in bold, as our own answers print it."""
        found: dict[str, None] = {}
        for match in _BOLD.finditer(answer):
            title = re.sub(r"\\(.)", r"\1", match["title"])
            found.update(dict.fromkeys(find(title).papers(Claim.CALLED)[:1]))
        return list(found)

    def _by_name(self, answer: str, question: str, find: Find, *, mentioned: bool) -> list[str]:
        """Papers called like the systems which a turn names, or the few that mention the first such name."""
        introduced: dict[str, None] = {}
        mentioning: list[str] = []
        names = [token for token in _TOKEN.findall(f"{answer} {question}") if is_name(token) and len(token) > 2]
        for name in list(dict.fromkeys(names))[:_LOOKED_UP]:
            hits = [one for one in find(name).namings if one.surface == name]
            introduced.update({one.paper_id: None for one in hits if one.claim is Claim.CALLED})
            if mentioned and not mentioning and len(hits) <= _NAMED:
                strong = [one.paper_id for one in hits if one.claim > Claim.MENTIONED]
                mentioning = strong or [one.paper_id for one in hits]
        return list(introduced) or mentioning

    def read(self, question: str, focus_text: str) -> FollowUp | None:
        """Tell whether a question continues the conversation; None where it changes the subject.

        Args:
            question: With its typing errors corrected.
            focus_text: Text of the papers talked of, to tell "What about latency?" from "What about patents?".
        """
        if not self.asked or not self._continues(question, focus_text):
            return None
        opener = _OPENER.match(question)
        rest = question[opener.end() :].strip() if opener and not re.search(r"about\s*$", opener[0], re.I) else question
        return FollowUp(
            rest[:1].upper() + rest[1:],
            self._words(question),
            bool(_OTHERS.search(question)),
        )

    def _continues(self, question: str, focus_text: str) -> bool:
        opener = bool(_OPENER.match(question))
        said = self._stems(" ".join(turn.content for turn in self.history[-6:]))
        back = next(_backward(question), None)
        if back is not None:
            before = question[: back.start()]
            if not opener and any(
                is_name(match[0]) and not _PREPOSITION.search(before[: match.start()]) and self._stems(match[0]) - said
                for match in _TOKEN.finditer(before)
            ):
                return False
            subject = _WHAT_ABOUT.match(question) if back[0].lower() == "there" else None
            if subject and (new := self._own(subject["subject"]) - said) and new.isdisjoint(self._stems(focus_text)):
                return False  # "What about malware, which one is best there?" points to its own subject
            return len(self._own(before) - said) <= (5 if opener else 2)
        own = self._own(question)
        new = own - said
        if not new:
            return True
        if _OTHERS.search(question) and not new - self._stems("alternatives others else similar runner-up besides"):
            return True
        return bool(_CONTINUES.match(question)) and len(new) <= 3 and new <= self._stems(focus_text)

    def _own(self, text: str) -> set[str]:
        """Stems of what a text itself talks about."""
        opener = _OPENER.match(text)
        return self._stems(" ".join(content_words(text[opener.end() :] if opener else text)))

    def _stems(self, text: str) -> set[str]:
        return set(self._analyzer.terms(text))

    def _words(self, question: str) -> tuple[str, ...]:
        """Content words of the last question that stood alone, as far as this one lacks them."""
        alone = next((earlier for earlier in reversed(self.asked) if not _points_back(earlier)), self.asked[0])
        seen = self._stems(question)
        words = []
        for word in _TOKEN.findall(_CONTRACTION.sub("", alone)):
            stems = self._stems(word)
            if word.lower() not in _STOPS and stems and not stems <= seen:
                words.append(word)
                seen |= stems
        return tuple(words[:_WORDS])


def _backward(question: str) -> Iterator[re.Match[str]]:
    """The words of a question that point back, without "is it true that" and its like."""
    dummies = [match.span() for match in _EXPLETIVE.finditer(question)]
    return (
        match
        for match in chain(_BACK.finditer(question), _ORDINAL_ALONE.finditer(question))
        if not any(start <= match.start() < end for start, end in dummies)
    )


def _points_back(question: str) -> bool:
    """Whether a question cannot stand alone, by its words."""
    return bool(_OPENER.match(question)) or next(_backward(question), None) is not None


def _without_courtesies(history: Sequence[Turn], is_courtesy: Callable[[str], bool]) -> list[Turn]:
    """The turns without those that asked for nothing, and what was said to them."""
    kept: list[Turn] = []
    courtesy = False
    for turn in history:
        courtesy = is_courtesy(turn.content) if turn.role == "user" else courtesy
        if not courtesy:
            kept.append(turn)
    return kept


def is_about_set(question: str) -> bool:
    """Whether a question picks among the papers of an earlier answer, whose restrictions stay in force."""
    return bool(_SET.search(question))


def asks_how_many(question: str) -> bool:
    """Whether a question asks for the number of what was talked of: "how many are there?", "how many did you find?"."""
    return bool(_HOW_MANY.match(question))


def picks(question: str) -> bool:
    """Whether a question picks one paper by its place: "the second one"."""
    return any(pattern.search(question) for pattern in (_ORDINAL, _ORDINAL_ALONE))


def chosen(question: str, focus: Sequence[str]) -> tuple[str, ...]:
    """The papers that "the second one" or "the former … the latter" pick, or all."""
    found = chain(_ORDINAL.finditer(question), _ORDINAL_ALONE.finditer(question))
    places = [_PLACES[match["n"].lower()] for match in sorted(found, key=lambda match: match.start("n"))]
    picked = dict.fromkeys(focus[place] for place in places if place < len(focus) > 1)
    return tuple(picked or focus)


def content_words(text: str) -> list[str]:
    """The words of a text that can tell one paper from another."""
    return [word for word in _TOKEN.findall(text) if word.lower() not in _GENERIC | _STOPS]


def label(title: str) -> str:
    """What a paper is called in short: what stands before its title's colon, or the title."""
    match = _LABEL.match(title)
    return match[1] if match else title


def _folded(turn: Turn) -> Turn:
    """A question with its white space folded, as questions are checked before they are read."""
    return turn.model_copy(update={"content": " ".join(turn.content.split())})
