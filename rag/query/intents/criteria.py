"""Criteria: what the best paper is to be, read from a request, and from what a reader types to add or change one.

What is asked for in a fixed expression (code, an online test, a user study, a survey …) has a kind of its own; whatever
else the request says is a criterion in the reader's words. Nothing of a request is left out: it is read as what the
paper is about, what that is applied to, or as something that it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from rag.query.lexicon.phrases import Phrase
from rag.query.lexicon.words import has_content
from rag.query.rules import RuleSet, load_rules

Kind = Literal["subject", "domain", "sort", "code", "online", "study", "free"]
KINDS: tuple[Kind, ...] = ("subject", "domain", "sort", "code", "online", "study", "free")
MOST, LONGEST = 8, 120
"""Criteria of one request, and characters of one."""
Knows = Callable[[str], Phrase | None]
"""Tells the phrase of a text that a library knows best (`Phrases.best`)."""
BETTER = 0.05
"""By how much a phrase of a clause has to be known better than the head's to be what the paper is about."""
_LEAST = 2
"""Words of a clause that can stand alone."""
_LEADS: Mapping[Kind, str] = {"subject": "about", "domain": "for"}
_FACTS: Mapping[Kind, tuple[str, str]] = {
    "code": ("code available", "Is the code available?"),
    "online": ("online test", "Was it tested online?"),
    "study": ("user study", "Was there a user study?"),
}
"""What is asked for in fixed expressions: how it is shown, and what sentences are judged by."""
_SORTS = {
    "survey": "Is it a survey?",
    "introduction": "Is it a survey?",
    "dataset": "What dataset does it introduce?",
    "benchmark": "What benchmark does it introduce?",
    "reproducibility study": "Is it a reproducibility study?",
    "demo": "Is there a demo?",
    "position paper": "Is it a position paper?",
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a paper is to be or to have.

    Attributes:
        text: In words, as shown.
        must: Whether a paper that does not meet it comes behind all that do; else it only counts.
    """

    kind: Kind
    text: str
    must: bool = False

    @property
    def shown(self) -> str:
        """The criterion as a reader is shown it: "about RAG", "for hiring", "code available"."""
        return f"{_LEADS[self.kind]} {self.text}" if self.kind in _LEADS else self.text

    @property
    def question(self) -> str:
        """What a paper's sentences are judged by."""
        if self.kind in _FACTS:
            return _FACTS[self.kind][1]
        if self.kind == "sort" and self.text in _SORTS:
            return _SORTS[self.text]
        return f"What does it say about {self.text}?"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as it was read.

    Attributes:
        criteria: In the order in which they are shown.
        newest: Whether a recent paper is wanted: of equals the newer ones come first.
    """

    criteria: tuple[Criterion, ...]
    newest: bool = False


class _Clause(NamedTuple):
    """The head of a request, or a clause behind it.

    Attributes:
        must: Whether it is required.
        led: Whether it is a sentence that the head leads to: "for convincing her that …", "which explains …".
    """

    text: str
    must: bool
    led: bool = False


def read_wish(text: str, knows: Knows | None = None) -> Wish:
    """Read a request for the best paper.

    Args:
        text: Without the words that became filters (`Question.search_text`).
        knows: Tells what of a request is a subject of the library, and what whom it is for, or why; without it all of
            the head is taken for the subject.
    """
    rules = load_rules("criteria")
    newest = rules["newest"](text)
    lead = rules["lead"].find(text)
    rest = text[lead.end() :] if lead else text
    noun = rules["noun"].at(rest)
    wanted = [_sort(rules, one[0]) for one in rules["named_sort"].all((noun and noun["sorts"]) or "")]
    rest = rest[noun.end() :] if noun else rest
    led = rules["about"].at(rest)
    rest = rules["about"].without(rest, "")
    beginner = rules["beginner"](rest) or bool(lead and rules["beginner"](lead[0]))
    if beginner:
        wanted.append(Criterion("sort", "introduction"))
        rest = rules["about"].without(rules["beginner"].without(rest).strip(), "")
    head, *clauses = _clauses(rules, rest)
    whom = _read(rules, (lead and lead["whom"]) or "", False) if not beginner else []
    if knows and not (led and led["firm"]):
        found = _chosen(rules, [head, *clauses], knows, wanted)
    else:
        found = _and_clauses(rules, _topic(rules, head, led=bool(led)) + wanted, clauses)
    return Wish(distinct([*found, *whom])[:MOST], newest)


def read_criteria(text: str) -> tuple[Criterion, ...]:
    """Read what a reader typed as one criterion, which may hold several; none where it says nothing."""
    return tuple(_read(load_rules("criteria"), " ".join(text.split())[:LONGEST], False))


def asks_for_best(text: str) -> bool:
    """Whether a question is a request for the best paper."""
    return load_rules("criteria")["best"](text)


def distinct(criteria: Iterable[Criterion]) -> tuple[Criterion, ...]:
    """Each criterion once, at its first place; required where one of its like is."""
    kept: dict[tuple[str, str], Criterion] = {}
    for one in criteria:
        key = (one.kind, one.text.lower())
        held = kept.get(key, one)
        kept[key] = replace(held, must=held.must or one.must)
    return tuple(kept.values())


def denied(criterion: Criterion) -> bool:
    """Whether a criterion, in the reader's words, denies what it says: "without code"."""
    return criterion.kind == "free" and load_rules("criteria")["denies"](criterion.text)


def _clauses(rules: RuleSet, text: str) -> Iterator[_Clause]:
    """The head of a request and what is said behind it, each with whether it is required.

    "And" parts nothing in the head, unless what follows it is asked for in a fixed expression and no bare noun ("text
    and code"); "with" nothing that has only begun: "built with real queries".
    """
    begin, parted, must, led = 0, False, False, False
    for match in rules["joint"].all(text):
        clause = text[begin : match.start()]
        in_head = match["and"] and not parted
        if in_head and not (match["led"] and _fact(rules, _until_next(rules, text, match.end()))):
            continue
        if match["word"] and parted and len(clause.split()) < _LEAST:
            continue
        if match["tested"] and rules["denies"](clause):
            continue
        must = rules["must"](clause) or (must and parted)
        yield _Clause(clause, must, led)
        must = must and bool(match["and"])  # "it must have code and a demo"
        begin, parted, led = match.end(), True, (match["word"] or "").split()[:1] in (["that"], ["which"])
    yield _Clause(text[begin:], must or rules["must"](text[begin:]), led)


def _until_next(rules: RuleSet, text: str, start: int) -> str:
    """What stands between a place and what may part it from the next criterion."""
    following = rules["joint"].find(text, start)
    return text[start : following.start() if following else len(text)]


def _chosen(rules: RuleSet, parts: Sequence[_Clause], knows: Knows, wanted: Sequence[Criterion]) -> list[Criterion]:
    """What a request says of which it isn't plain what it is about: the phrase that is known best is.

    Args:
        rules: Of criteria.
        parts: The head and the clauses, in their order.
        knows: Tells the phrase of a text that is known best.
        wanted: The sorts of work that are wanted.
    """
    head, *clauses = parts
    texts = [_plain(rules, one.text) for one in parts]
    may_tell = [n for n, one in enumerate(parts) if n == 0 or (one.led and not rules["denies"](one.text))]
    said = [n for n in may_tell if has_content(texts[n]) and not _is_fixed(rules, texts[n])]
    phrases = {n: found for n in said if (found := knows(texts[n]))}
    if not phrases:
        return _and_clauses(rules, [*_topic(rules, head, led=False), *wanted], clauses)
    best = max(phrases, key=lambda n: (phrases[n].score + BETTER * (n == 0), -n))
    if 0 in phrases and texts[0] == texts[0][phrases[0].start : phrases[0].end]:
        best = 0
    text, found = texts[best], phrases[best]
    subject, behind = text[found.start : found.end], text[found.end :]
    topic = [Criterion("subject", subject, must=True)]
    parted = rules["domain"].find(subject + behind)
    if parted and parted["subject"] == subject:
        topic.append(Criterion("domain", parted["domain"]))
        behind = ""
    before = " … ".join(one for one in (texts[0] if best else "", text[: found.start].strip()) if has_content(one))
    aside = " … ".join(one.strip(" ,") for one in (before, behind) if has_content(one))
    topic += [Criterion("free", aside[:LONGEST])] if aside else []
    return _and_clauses(rules, [*topic, *wanted], [one for n, one in enumerate(parts) if n not in (0, best)])


def _and_clauses(rules: RuleSet, found: Sequence[Criterion], clauses: Iterable[_Clause]) -> list[Criterion]:
    """Criteria, and those of the clauses behind them."""
    return [*found, *(one for clause in clauses for one in _read(rules, clause.text, clause.must))]


def _is_fixed(rules: RuleSet, text: str) -> bool:
    """Whether a clause asks for something in a fixed expression."""
    return bool(rules["sort"].find(text) or _fact(rules, text))


def _topic(rules: RuleSet, head: _Clause, *, led: bool) -> list[Criterion]:
    """What the paper is to be about, and what that is applied to.

    Args:
        rules: Of criteria.
        head: What stands before the clauses, and whether it is required.
        led: Whether it stands behind "on", "about" and the like: then it is a subject, whatever else is asked for so.
    """
    text = _plain(rules, head.text)
    if not has_content(text):
        return []
    if not led and _fact(rules, text, whole=True):
        return _read(rules, text, head.must)
    parted = rules["domain"].find(text)
    subject = Criterion("subject", parted["subject"] if parted else text, must=True)
    return [subject, Criterion("domain", parted["domain"])] if parted else [subject]


def _read(rules: RuleSet, clause: str, must: bool) -> list[Criterion]:
    """The criteria of one clause: what it asks for in a fixed expression, and whatever else it says.

    An expression asks for what it names where the clause begins with it. Behind other words it may be denied, or be
    part of what they say: then the clause stays whole, in the reader's words.
    """
    must = (must or rules["must"](clause)) and not rules["nice"](clause)
    text = _plain(rules, clause)
    if sort := rules["sort"].find(text):
        return [replace(_sort(rules, sort["sort"]), must=must)]
    if fact := _fact(rules, text):
        criterion, end = fact
        return [replace(criterion, must=must), *_read(rules, text[end:], must)]
    return [Criterion("free", text, must)] if has_content(text) else []


def _fact(rules: RuleSet, text: str, *, whole: bool = False) -> tuple[Criterion, int] | None:
    """What a text that begins with a fixed expression, or is one, asks for, and where the expression ends."""
    for kind, (shown, _) in _FACTS.items():
        if (match := rules[kind].at(text)) and not (whole and text[match.end() :].strip(" .?!")):
            return Criterion(kind, shown), match.end()
    return None


def _sort(rules: RuleSet, text: str) -> Criterion:
    return Criterion("sort", rules.meaning("sorts_wanted", text))


def _plain(rules: RuleSet, text: str) -> str:
    """A clause without what says how much it is wanted, and without the words around it."""
    text = rules["nice"].without(rules["must"].without(text))
    return " ".join(rules["glue"].without(" ".join(text.split()), "").split())[:LONGEST]
