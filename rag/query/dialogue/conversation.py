"""The conversation before a question: what was asked, what was answered, and which papers each answer is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from rag.papers.claims import Claim
from rag.query.dialogue.nearness import Nearness
from rag.query.lexicon.entities import resolve
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.words import content_words
from rag.query.rules import load_rules
from rag.sources.identifiers import ids_in
from rag.text.folding import fold
from rag.text.markdown import unescape
from rag.text.readable import readable
from rag.text.terms import coverage
from rag.types import Turn

_BOLD = re.compile(r"\*\*(?P<title>(?:\\.|[^*\\]){8,}?)\*\*")
_LACKING = re.compile(r"^“(?P<title>[^”\n]{8,})” \[\d+\]", re.MULTILINE)
"""The paper that does not tell a detail, as our own answers name it."""
_QUOTE = re.compile(r"^> (?P<text>.+?)(?:\s\[\d+\])?$", re.MULTILINE)
_OFFERING = re.compile(r"^Closest papers[^\n]*:\s*(?:\n- .*)+", re.MULTILINE)
"""Where a refusal of ours names other papers; further parts of an answer may follow it."""
_TOLD = 0.5
"""An answer that names no paper is about the one that holds at least this share of its words' weight."""
_AGREED = 0.25
"""The share that is enough where that paper is also the nearest of the library in meaning."""
_LOOKED_AT = 5
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_NUMERALS = "1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th".split()
_PLACES = {name: n for names in (_ORDINALS, _NUMERALS, ["former"]) for n, name in enumerate(names)} | {
    "last": -1,
    "latter": -1,
}

ASKED = "Which one do you mean?"
"""How a question that is asked back ends; its numbered choices follow."""
_OFFERED = re.compile(r"^\d+\. (?P<title>.+) \((?P<id>[^\s()]+)\)$", re.MULTILINE)
_NUMBER = re.compile(r"\W*(?:no\.?|number|#)?\s*(\d)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer, and further ones that name no other papers.

    Attributes:
        asked: The first question.
        text: All that was asked and said.
        papers: What it is about, in the order in which it was named; empty where nothing was found.
        offered: Papers that a refusal names instead of an answer.
    """

    asked: str
    text: str
    papers: tuple[str, ...]
    offered: tuple[str, ...] = ()


class TalkReader:
    """Reads conversations against a library; safe to share between threads."""

    def __init__(self, known: Known, nearness: Nearness, refers: Callable[[str], bool]) -> None:
        """Make one.

        Args:
            known: The library.
            nearness: Measures texts against it.
            refers: Whether a question cannot stand alone, by its words.
        """
        self._known = known
        self._nearness = nearness
        self._refers = refers

    def read(self, history: Sequence[Turn]) -> list[Exchange]:
        """The exchanges of a conversation, oldest first; what was only polite is left out."""
        found: list[Exchange] = []
        for asked, said in _exchanges(history, self._known.intents.is_courtesy):
            refusal = _OFFERING.findall(said)
            told = _OFFERING.sub("", said)
            papers = self._papers(told, asked, refused=bool(refusal))
            offered = self._printed("\n".join(refusal))
            text = f"{asked} {told}"
            goes_on = not papers and (not refusal or self._refers(asked))
            if found and (goes_on or papers == found[-1].papers):
                found[-1] = replace(found[-1], text=f"{found[-1].text} {text}", offered=offered)
            else:
                found = [one for one in found if one.papers != papers or not papers]
                found.append(Exchange(asked, text, papers, offered))
        return found

    def _papers(self, said: str, asked: str, *, refused: bool) -> tuple[str, ...]:
        """The papers that an answer is about: by id or title, by what they are called, by what it tells of them.

        A name may be an everyday one ("a profile-aware LLM-as-a-judge"): what is told comes before one such.
        """
        if printed := self._printed(said):
            return printed
        named = self._known.named(said) or self._known.named(asked)
        told = () if refused or len(named) > 1 else self._told(f"{asked} {said}")
        return told or tuple(named)

    def _printed(self, said: str) -> tuple[str, ...]:
        """Papers whose id stands in a text, or whose title in bold, as our own answers print it."""
        ids = ids_in(said)
        held = self._known.shelf.papers(ids)
        return tuple(i for i in ids if i in held) or tuple(dict.fromkeys(self._titled(said)))

    def _titled(self, said: str) -> Iterable[str]:
        for match in chain(_BOLD.finditer(said), _LACKING.finditer(said)):
            yield from resolve(self._known.entities, unescape(match["title"])).papers(Claim.CALLED)[:1]

    def _told(self, text: str) -> tuple[str, ...]:
        """The one paper that holds most of the words of an answer, which other programs may write without a name."""
        near = self._nearness.worded(text)[:_LOOKED_AT]
        weights, _ = self._nearness.idf(text)
        covered = [coverage(weights, terms) for terms in self._nearness.terms(self._nearness.texts(near))]
        best = max(range(len(near)), key=lambda n: covered[n], default=None)
        if best is None or covered[best] < _AGREED:
            return ()
        agreed = covered[best] >= _TOLD or self._nearness.means(text) == near[best]
        return (near[best],) if agreed else ()


def quoted(history: Sequence[Turn]) -> tuple[str, ...]:
    """What the last answer quotes, as our own answers print it."""
    last = history[-1] if history else None
    if last is None or last.role != "assistant":
        return ()
    return tuple(readable(unescape(match["text"])) for match in _QUOTE.finditer(last.content))


def picked(question: str, papers: Sequence[str]) -> tuple[str, ...]:
    """The papers that "the second one" or "the former … the latter" pick, in the question's order."""
    rules = load_rules("followups")
    found = chain(rules["place"].all(question), rules["place_alone"].all(question))
    places = [_PLACES[match["n"].lower()] for match in sorted(found, key=lambda match: match.start("n"))]
    return tuple(dict.fromkeys(papers[place] for place in places if -len(papers) <= place < len(papers)))


def put_to(text: str, names: Sequence[str], label: str) -> str:
    """A question put to another paper: in place of the names of those that it was put to stands its own, once."""
    if not names:
        return text
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    asked = re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)")
    again = asked.sub(lambda _: label, text)
    joint = rf"{re.escape(label)}(?:(?:\s*,|\s+(?:and|or|with|to|from|vs\.?|versus))+\s+{re.escape(label)})+"
    return re.sub(joint, lambda _: label, again)


def _exchanges(history: Sequence[Turn], is_courtesy: Callable[[str], bool]) -> Iterable[tuple[str, str]]:
    """Questions with their answers; white space is folded as in a question before it is read."""
    asked = ""
    for turn in history:
        if turn.role == "user":
            asked = " ".join(turn.content.split())
        elif not is_courtesy(asked):
            yield asked, turn.content


def resumed(question: str, history: Sequence[Turn]) -> tuple[str, tuple[Turn, ...], bool]:
    """Read a choice as the answer to the question that was asked back.

    Args:
        question: What the reader says now.
        history: Earlier turns, oldest first.

    Returns:
        The earlier question with the chosen paper's id, the turns before it, and True; the arguments as they are and
        False, where nothing was asked back or none of the choices is meant.
    """
    if len(history) < 2 or history[-1].role != "assistant" or history[-2].role != "user":
        return question, tuple(history), False
    chosen = _chosen(question, history[-1].content) if ASKED in history[-1].content else None
    if chosen is None:
        return question, tuple(history), False
    return f"{history[-2].content.strip()} ({chosen})", tuple(history[:-2]), True


def _chosen(question: str, asked: str) -> str | None:
    """The id of the choice that a reader names: by number, by id, or by words of its title that no other has."""
    offered = {match["id"]: match["title"] for match in _OFFERED.finditer(asked)}
    ids = list(offered)
    named = [paper_id for paper_id in ids if paper_id in question]
    if len(named) == 1:
        return named[0]
    if number := _NUMBER.fullmatch(question):
        return ids[int(number[1]) - 1] if 0 < int(number[1]) <= len(ids) else None
    by_order = picked(question, ids)
    if len(by_order) == 1:
        return by_order[0]
    words = {fold(word) for word in content_words(question)}
    titles = {paper_id: {fold(word) for word in content_words(title)} for paper_id, title in offered.items()}
    fitting = [paper_id for paper_id, title in titles.items() if words and words <= title]
    return fitting[0] if len(fitting) == 1 else None
