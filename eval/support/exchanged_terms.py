"""Errors of the right words in the wrong places: who does what to whom, and what a figure is of.

What is put in stands in the same source or is a sibling of what it replaces, so that words alone give nothing away. An
exchange is made only where it makes the sentence false: what the source says of both ("recall and precision by 8%") is
left alone.
"""

from __future__ import annotations

import random
import re

_MEASURES = (
    "precision/recall/accuracy/F1/AUC/specificity/sensitivity",
    "nDCG/MRR/MAP/hit rate/recall/precision",
    "latency/throughput/memory usage/training time/storage",
    "diversity/novelty/coverage/fairness/serendipity",
    "click-through rate/conversion rate/GMV/revenue/retention/dwell time/CTR/CVR",
    "BLEU/ROUGE/METEOR/BERTScore",
    "faithfulness/completeness/fluency/coherence",
    "success rate/failure rate",
)
"""Measures that a writer may mistake for one another, a group a line."""
_SIBLINGS: dict[str, frozenset[str]] = {}
for _line in _MEASURES:
    for _name in _line.split("/"):
        _SIBLINGS[_name.lower()] = _SIBLINGS.get(_name.lower(), frozenset()) | frozenset(_line.split("/")) - {_name}
_ONE_THING = ({"memory usage", "storage"}, {"click-through rate", "ctr"}, {"conversion rate", "cvr"},
              {"recall", "sensitivity", "hit rate"}, {"gmv", "revenue"})  # fmt: skip
"""Names that may mean the same: none replaces another."""
_MEASURE = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, _SIBLINGS), key=len, reverse=True))})(?![\w-])", re.IGNORECASE
)
_FIGURE = re.compile(r"(?<![\w.,@-])\d[\d,]*(?:\.\d+)?(?![\d]*[-\w]*[A-Z])")
_BETWEEN = re.compile(rf"{_FIGURE.pattern}|\.\s+[A-Z]|;")
"""What between two terms says that a figure of the one is not the other's."""

_OUTDOING = (
    r"(?:significantly |consistently |substantially |also )?"
    r"(?:outperform(?:s|ed)?|beats?|surpass(?:es|ed)?|exceed(?:s|ed)?"
    r"|(?:improve[sd]?|gain(?:s|ed)?) (?:up)?on|improve[sd]? over|replace[sd]?|guide[sd]?|supervise[sd]?|teach(?:es)?"
    r"|(?:is|are|was|were|achieves?|works?|performs?|reach(?:es)?|has|have)(?: \w+){0,2} "
    r"(?:better|worse|faster|slower|cheaper|smaller|larger|higher|lower|more \w+|less \w+)(?: \w+){0,2} than)"
)
_ROLES = re.compile(
    rf"(?P<who>[^\W_][^,;:()]*?) (?P<does>{_OUTDOING}) "
    r"(?P<whom>.+?)(?=(?: (?:by|on|in|at|for|with|when|while|across|and|but|to|under|using|without|from)\b.*)?$|[,;:(])"
)
_USING = re.compile(
    r"(?P<who>[A-Z][\w-]*[A-Z\d][\w-]*) (?P<does>adapts|adds|builds on|calls|extends|feeds|needs|trains|uses) "
    r"(?P<whom>[A-Z][\w-]*[A-Z\d][\w-]*)(?![\w-])"
)
"""Two names of which one does something with the other."""
_NO_ACTOR = re.compile(
    r"\b(?:to|they|it|we|which|that|this|these|can|cannot|not|n['\u2019]t|will|may|still|than)\b", re.IGNORECASE
)
_ADVERB = re.compile(r" (?:often|also|even|always|\w+ly)$")
_PLACE = re.compile(
    r"(?<![\w-])(?P<before>on|for|in|across)\s+(?:the\s+)?(?P<name>[A-Za-z][\w+-]*(?:[ -][A-Za-z\d][\w+-]*){0,2}?)"
    r"(?=\s*(?:[,.;:()]|$|and\b|by\b|with\b|over\b|on\b|in\b|for\b|across\b|of\b|compared\b|while\b|respectively\b|datasets?\b|benchmarks?\b))"
)
"""What a figure may be of: a data set, a domain, a task, a condition."""
_IDLE = frozenset(
    "a an average addition total general terms this these both all each order particular contrast test set".split()
)


def exchanged_roles(text: str, rng: random.Random) -> str | None:
    """Let the one that something is done to do it."""
    places = [*_ROLES.finditer(text), *_USING.finditer(text)]
    rng.shuffle(places)
    for place in places:
        who, whom = _ADVERB.sub("", place["who"].strip()), place["whom"].strip()
        if max(len(who.split()), len(whom.split())) <= 8 and not (_NO_ACTOR.search(who) or _NO_ACTOR.search(whom)):
            changed = f"{text[: place.start()]}{whom} {place['does']} {who}{text[place.end() :]}"
            return changed[:1].upper() + changed[1:]
    return None


def exchanged_measure(text: str, source: str, rng: random.Random) -> str | None:
    """Name another measure: one that the source gives with another figure, else one that it doesn't have."""
    stated = {match.group().lower() for match in _MEASURE.finditer(source)}
    places = [place for place in _MEASURE.finditer(text) if place.group().lower() in stated]
    rng.shuffle(places)
    for place in places:
        old = place.group().lower()
        same = next((group for group in _ONE_THING if old in group), {old})
        new = [name for name in sorted(_SIBLINGS[old]) if name.lower() not in same and name.lower() not in text.lower()]
        apart = [name for name in new if _FIGURE.search(text) and _told_apart(source, old, name)]
        foreign = [name for name in new if name.lower() not in source.lower()]
        if chosen := apart or foreign:
            return _put(text, place.start(), place.end(), rng.choice(chosen))
    return None


def exchanged_place(text: str, source: str, rng: random.Random) -> str | None:
    """Let a figure be of another data set or domain, or two figures of each other's."""
    if not _FIGURE.search(text):
        return None
    stated = {match["name"]: match["before"] for match in _PLACE.finditer(source)}
    stated = {name: before for name, before in stated.items() if _IDLE.isdisjoint(name.lower().split())}
    places = [match for match in _PLACE.finditer(text) if match["name"] in stated]
    rng.shuffle(places)
    for place in places:
        old = place["name"]
        new = [
            name
            for name, before in stated.items()
            if before == place["before"] and name[0].isupper() == old[0].isupper()
            and not _overlap(name, old) and _told_apart(source, old, name)
        ]  # fmt: skip
        if new:
            name, (start, end) = rng.choice(new), place.span("name")
            if name not in text:
                return text[:start] + name + text[end:]
            at = text.index(name)
            (a, b), (c, d) = sorted(((start, end), (at, at + len(name))))
            return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
    return None


def _overlap(one: str, other: str) -> bool:
    return bool(set(one.lower().split()) & set(other.lower().split()))


def _told_apart(source: str, old: str, new: str) -> bool:
    """Whether a source gives two terms apart: a figure, a stop or "respectively" between them."""
    at = [m.start() for m in re.finditer(rf"(?<![\w-]){re.escape(old)}(?![\w-])", source, re.IGNORECASE)]
    others = [m.start() for m in re.finditer(rf"(?<![\w-]){re.escape(new)}(?![\w-])", source, re.IGNORECASE)]
    if not at or not others:
        return False
    _, one, other = min((abs(a - b), a, b) for a in at for b in others)
    low, high = sorted((one, other))
    return bool(_BETWEEN.search(source[low:high]) or re.match(r"[^.]*\brespectively\b", source[high:]))


def _put(text: str, start: int, end: int, new: str) -> str:
    new = new[:1].upper() + new[1:] if text[start].isupper() and (start == 0 or new.islower()) else new
    return text[:start] + new + text[end:]
