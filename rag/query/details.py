"""Which detail a question asks for, and whether it stands in a paper's text; until the answer scorer decides both.

Answer typing as in early question answering (Li & Roth, "Learning Question Classifiers", COLING 2002), for the few
types that an abstract often leaves out: a count, a measured value, any figure, the name of something, a link, a fact
("is it deployed?"). A question that asks for none of these demands nothing, and nothing is missing. The tables prefer
to miss a demand: what they claim is missing is said to the reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rag.query.kind import is_name
from rag.query.rules import load_rules
from rag.text.sentences import sentences

DetailKind = Literal["count", "measure", "figure", "name", "link", "fact", "means"]
Fact = Literal["deployed", "available", "data", "funding", "affiliation"]

MISSING: dict[Fact, str] = {
    "deployed": "word on its being deployed",
    "available": "word on its code or data being available",
    "data": "word on the data used",
    "funding": "word on who paid for it",
    "affiliation": "word on where its authors work",
}
"""Facts in words that follow "gives no"."""
_SHORT = 12
"""Words up to which a question asks for nothing but a fact."""
_AMOUNTS = ("money", "memory", "energy", "data")
_NAMES = ("model", "dataset", "tool", "body", "venue", "licence")
_KNOWN = frozenset(("model", "venue", "licence"))
"""Names known by what they look like; of the others any capitalised word in a sentence about them may be one."""
_CLAUSE = re.compile(r"(?<=[?!;])\s+|(?<=[a-z)]\.)\s+(?=[A-Z])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[$€%]|[^\W_]+")
_NEAR = 6
"""Words between a number and what it counts."""


@dataclass(frozen=True, slots=True)
class Detail:
    """Something definite that a question wants to be told.

    Attributes:
        kind: What would satisfy it: a number beside a noun, a number beside a measure, any number, a name, an address,
            a statement of a fact, a word of what it is said to use.
        noun: As the question words it: ``participants``, ``web search API``.
        words: Stems, one of which must stand near the number or name; empty where anything does.
        fact: The fact whose statement would satisfy it; None for the other kinds.
    """

    kind: DetailKind
    noun: str
    words: frozenset[str] = frozenset()
    fact: Fact | None = None

    @property
    def missing(self) -> str:
        """The detail in words that follow "gives no": ``number of participants``."""
        if self.fact:
            return MISSING[self.fact]
        if self.kind == "means":
            return f"word on {self.noun}"
        if self.kind == "count":
            return f"number of {self.noun}"
        if self.noun.lower() in ("percentage", "fraction", "share", "factor"):
            return self.noun.lower()
        if self.kind == "measure":
            return f"figure for the {self.noun}"
        return {"figure": "figure for it", "link": "link to it"}.get(self.kind) or f"name of the {self.noun}"


def read_details(question: str) -> tuple[Detail, ...]:
    """The definite details that a question asks for, in its order; most questions ask for none."""
    if fact := read_fact(question):
        return (Detail("fact", "", fact=fact),)
    clauses = (clause for clause in _CLAUSE.split(question) if not load_rules("details")["yes_no"](clause))
    return tuple(detail for clause in clauses for detail in _read(clause))


def read_fact(question: str) -> Fact | None:
    """The fact that a question asks for and nothing else, or None."""
    if len(question.split()) > _SHORT:
        return None
    rules = load_rules("facts")
    return next((fact for fact in MISSING if rules[f"{fact}_asked"](question)), None)


def states(sentence: str, fact: Fact) -> bool:
    """Whether a text states a fact."""
    return load_rules("facts")[f"{fact}_stated"](sentence)


def _read(question: str) -> list[Detail]:
    rules = load_rules("details")
    counted = [_fold(match["a"] or match["b"]) for match in rules["count"].all(question)]
    found = [Detail("count", noun, near(noun)) for noun in counted if "times" not in noun]
    if not found:
        for match in rules["measure"].all(question):
            # A bare "score" may be any figure.
            anything = match["head"].lower() in ("score", "scores") and match["noun"].lower() == match["head"].lower()
            found.append(Detail("figure" if anything else "measure", _fold(match["noun"]), near(match["head"])))
    for name in _AMOUNTS:
        if amount := rules[f"amount_{name}"].find(question):
            found.append(Detail("measure", _fold(amount["noun"]), rules.words[f"amount_{name}"]))
    for name in _NAMES:
        for match in rules[f"name_of_{name}"].all(question):
            if not any(_fold(match["noun"]) in detail.noun for detail in found):
                found.append(Detail("name", _fold(match["noun"]), frozenset({name}) | near(match["noun"])))
    if not found and rules["figure"](question):
        found.append(Detail("figure", ""))
    if not found and rules["duration"](question):
        found.append(Detail("count", "seconds, hours or days", rules.words["times"]))
    if not found and (means := rules["means"].find(question)) and is_name(means["name"]):
        found.append(Detail("means", _fold(means["noun"]), _roots(means["noun"])))
    if not found and rules["link"](question):
        found.append(Detail("link", ""))
    return found


def stands_in(detail: Detail, text: str) -> bool:
    """Whether a text holds something that could be the detail.

    Args:
        detail: What is asked for.
        text: A paper's title and abstract in readable form.
    """
    if detail.fact:
        return states(text, detail.fact)
    if detail.kind == "link":
        return load_rules("details")["address"](text)
    if detail.kind == "means":
        return not detail.words or any(word.startswith(tuple(detail.words)) for word in _stems(text))
    return any(_in_sentence(detail, text[start:end]) for start, end in sentences(text))


def near(noun: str) -> frozenset[str]:
    """The stem of a phrase's last word with those that stand for it."""
    stem = _stems(noun)[-1]
    return frozenset({stem}).union(*(group for group in _synonyms() if stem in group))


@cache
def _synonyms() -> tuple[frozenset[str], ...]:
    """Words that stand for one another beside a number or a name."""
    return tuple(words for name, words in load_rules("details").words.items() if name.startswith("alike_"))


def _in_sentence(detail: Detail, sentence: str) -> bool:
    if detail.kind == "name":
        return _names(detail, sentence)
    rules = load_rules("details")
    numbers = [match for match in rules["number"].all(sentence) if not _YEAR.fullmatch(match.group())]
    if detail.kind == "figure" or not numbers:
        return not all(rules["in_a_word"].at(sentence, match.end()) for match in numbers)
    if detail.kind == "measure":
        return not detail.words.isdisjoint(_stems(sentence))
    return any(
        not detail.words.isdisjoint(_stems(sentence[match.end() :])[:_NEAR])
        or not detail.words.isdisjoint(_stems(sentence[: match.start()])[-2:])
        for match in numbers
    )


def _names(detail: Detail, sentence: str) -> bool:
    if any(load_rules("details")[f"known_{name}"](sentence) for name in detail.words & _KNOWN):
        return True
    if not detail.words.isdisjoint(_KNOWN):
        return False
    capital = re.search(r"(?<=[\s(])[A-Z][\w-]*", sentence)
    return bool(capital) and not detail.words.isdisjoint(_stems(sentence))


def _fold(phrase: str) -> str:
    return " ".join(phrase.split())


def _stems(text: str) -> list[str]:
    """Words in order, lower-cased, without a plural's ending."""
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _roots(noun: str) -> frozenset[str]:
    """What the words of a phrase begin with in all their forms, roughly; without heads that stand for anything."""
    return frozenset(
        stem[: max(5, len(stem) * 6 // 10)] for stem in _stems(noun) if stem not in load_rules("details").words["heads"]
    )


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
