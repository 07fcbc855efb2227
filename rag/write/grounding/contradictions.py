"""Whether a sentence turns round what its sources say: directions, negations, and who is compared with whom.

All three tests look at the words around a place, because an abstract may raise one thing and lower another in one
sentence. They say nothing where the source has no counterpart: a missing word is a matter of coverage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rag.write.grounding.lexicon import DENYING, DENYING_BEHIND, FAILING, NEGATORS, alike, opposed, stem
from rag.write.grounding.words import Word

WINDOW = 6
"""Words on either side of a place that are its context."""
DECAY = 0.85
"""What a context word counts for, by the distance in words."""
MARGIN = 1.15
"""The opposite must fit by this factor better than the same."""
SCOPE = 4
"""Content words that a negation reaches."""

ITSELF = 1.6
"""What the sources' own use of a word counts for, against that of another on its side."""

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What a sentence turns round: the kind of test, its own word and the source's."""

    kind: str
    said: str
    stated: str


def find(claim: Sequence[Word], sources: Sequence[Sequence[Word]], weights: Weights) -> Contradiction | None:
    """Look for a contradiction.

    Args:
        claim: Words of the sentence.
        sources: Words of the sentences that support it.
        weights: The idf of the claim's stems.
    """
    return (
        _turned(claim, sources, weights)
        or _denied(claim, sources)
        or _undenied(claim, sources)
        or _swapped(claim, sources)
    )


def _turned(claim: Sequence[Word], sources: Sequence[Sequence[Word]], weights: Weights) -> Contradiction | None:
    """A direction in the claim whose opposite stands around the same words in the sources."""
    keys = {word.key for word in claim}
    for i, word in enumerate(claim):
        for pole, opposite in _poles(word.key):
            context = _context(claim, i, pole | opposite)
            if not context or not keys.isdisjoint(opposite):
                continue  # where the claim names both, the words around them do not tell them apart
            agree = max((fit for _, fit in _fits(pole, context, sources, weights)), default=0.0)
            itself = max((fit for _, fit in _fits(frozenset({word.key}), context, sources, weights)), default=0.0)
            fits = _fits(opposite, context, sources, weights)
            stated, disagree = max(fits, key=lambda found: found[1], default=("", 0.0))
            if disagree > MARGIN * max(agree, ITSELF * itself):
                return Contradiction("direction", word.text, stated)
    return None


def _poles(key: str) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    for one, other in opposed():
        if key in one and key not in other:
            yield one, other
        if key in other and key not in one:
            yield other, one


def moves(key: str) -> bool:
    """Whether a stem tells a direction or a comparison: "improves", "outperform", "less"."""
    return key in _COMPARING or any(key in one or key in other for one, other in opposed())


_DEGREES = frozenset(map(stem, "more less fewer most least much few all some many little several numerous".split()))
"""Words that say something of what follows them only."""


def _around(place: int, key: str, width: int, length: int) -> range:
    """The places near one."""
    if key in _DEGREES:
        return range(place + 1, min(length, place + 4))
    return range(max(0, place - width), min(length, place + width + 1))


def _context(claim: Sequence[Word], place: int, poles: frozenset[str]) -> dict[str, int]:
    """Content stems near a place, with their distance."""
    found: dict[str, int] = {}
    for j in _around(place, claim[place].key, WINDOW, len(claim)):
        word = claim[j]
        if j != place and word.content and word.key not in poles:
            found[word.key] = min(found.get(word.key, 99), abs(j - place))
    return found


def _fits(
    pole: frozenset[str], context: Mapping[str, int], sources: Sequence[Sequence[Word]], weights: Weights
) -> Iterator[tuple[str, float]]:
    """Words of a pole in the sources, with how much of the context stands around them."""
    for said in sources:
        for i, word in enumerate(said):
            if word.key not in pole:
                continue
            total = 0.0
            around = _around(i, word.key, WINDOW + 2, len(said))
            for key, distance in context.items():
                near = [DECAY ** abs(j - i) * _joined(said, i, j) for j in around if same(said[j].key, key)]
                total += weights.get(key, 1.0) * DECAY**distance * max(near, default=0.0)
            yield word.text, total


_CONTRAST = frozenset(("but", "while", "whereas", "although", "though", "yet"))
APART = 0.5
"""What a word counts for on the other side of a "but"."""


def _joined(read: Sequence[Word], one: int, other: int) -> float:
    """How far two places belong together."""
    low, high = sorted((one, other))
    return APART if any(word.text.lower() in _CONTRAST for word in read[low:high]) else 1.0


def same(one: str, other: str) -> bool:
    """Whether two stems may name one thing: equal, derived, or paraphrases."""
    return other in alike().get(one, ()) or derived(one, other)


def derived(one: str, other: str) -> bool:
    """Whether two stems are equal or share their beginning."""
    if one == other:
        return True
    short = min(len(one), len(other))
    return short >= 5 and one[: max(5, math.ceil(0.7 * short))] == other[: max(5, math.ceil(0.7 * short))]


_DENYING = frozenset(stem(word) for word in DENYING) | DENYING
_BEHIND = frozenset(stem(word) for word in DENYING_BEHIND) | DENYING_BEHIND
_IDLE = frozenset(("only", "just", "merely", "necessarily", "surprisingly"))
"""Words behind ``not`` that take its force away."""
_NOT_PRIVATIVE = (
    "under", "uni", "inter", "int", "inc", "inf", "ins", "inp", "ind", "inv", "inn", "imp", "ima", "dist", "disc", 
    "inh", "until", "item", "iter", "incl", "div",
)  # fmt: skip


_FAILING = frozenset(stem(word) for word in FAILING) | FAILING


def _negations(read: Sequence[Word], table: frozenset[str] = NEGATORS) -> Iterator[int]:
    for i, word in enumerate(read):
        if word.key in table and not (i + 1 < len(read) and read[i + 1].text.lower() in _IDLE):
            yield i


def _reach(read: Sequence[Word], place: int, most: int) -> list[Word]:
    """The content words behind a negation."""
    return [word for word in read[place + 1 : place + 2 + 2 * most] if word.content][:most]


def _denies(read: Sequence[Word], place: int, explained: Sequence[Word] = (), before: int = 9, behind: int = 4) -> bool:
    """Whether something near a place denies it, and is not one of the words that the other side has as well."""
    for j in range(max(0, place - before), min(len(read), place + behind + 1)):
        word = read[j]
        table = _DENYING if j <= place else _BEHIND
        if word.key not in table and word.text.lower() not in table and not _privative(word.text):
            continue
        if j + 1 < len(read) and word.key == "not" and read[j + 1].text.lower() in _IDLE:
            continue
        if not any(same(word.key, other.key) for other in explained):
            return True
    return False


def _privative(word: str) -> bool:
    lower = word.lower()
    return (
        len(lower) > 5
        and lower.startswith(("un", "in", "non", "dis", "im", "ir"))
        and not lower.startswith(_NOT_PRIVATIVE)
    )


def _denied(claim: Sequence[Word], sources: Sequence[Sequence[Word]]) -> Contradiction | None:
    """A negation in the claim of something that the sources state."""
    for i in _negations(claim):
        reach = _reach(claim, i, SCOPE)
        best: tuple[float, int, Sequence[Word]] | None = None
        for said in sources:
            for j, word in enumerate(said):
                if not any(same(word.key, other.key) for other in reach):
                    continue
                near = said[j : j + 2 * SCOPE]
                held = sum(
                    (1.5 if n == 0 else 1.0) * any(same(o.key, w.key) for w in near) for n, o in enumerate(reach)
                )
                if best is None or held > best[0]:
                    best = (held, j, said)
        if best and not _denies(best[2], best[1], [*claim[:i], *claim[i + 1 :]]):
            return Contradiction("negation", claim[i].text, best[2][best[1]].text)
    return None


def _undenied(claim: Sequence[Word], sources: Sequence[Sequence[Word]]) -> Contradiction | None:
    """A negation in the sources of something that the claim states."""
    for said in sources:
        for i in _negations(said, _FAILING):
            reach = _reach(said, i, 3)
            places = [j for j, word in enumerate(claim) if any(same(word.key, other.key) for other in reach)]
            if not any(same(claim[j].key, reach[0].key) for j in places) or len(places) < min(2, len(reach)):
                continue
            if not any(_denies(claim, j, (), len(claim), len(claim)) for j in places):
                return Contradiction("negation", claim[places[0]].text, f"{said[i].text} {reach[0].text}")
    return None


_COMPARING = frozenset(
    stem(word)
    for word in "outperform beat surpass exceed better superior faster higher more cheaper trail underperform worse "
    "lower slower fewer less lag smaller larger stronger weaker prefer preferred favoured".split()
) | {"more", "fewer", "less"}
_OUTDOING = frozenset(stem(word) for word in "outperform beat surpass exceed trail underperform".split())
"""Verbs whose object follows them at once."""
_GAINING = frozenset(stem(word) for word in "improve improvement gain advance".split())
"""What compares only with one of `_OVER` behind it: "improves nDCG over BM25"."""
_OVER = frozenset("over upon versus against compared".split())
_ABOVE = _GAINING | {stem(word) for word in ("outperform", "beat", "surpass", "exceed", "better", "superior")}
"""Comparisons whose subject is the better one."""
_THAN = frozenset("than over to compared versus vs against beyond above".split())


_ENDING = frozenset("on in for by at under with while when across and but which that if where".split())
"""Words that end what a comparison is made with."""


def _sides(read: Sequence[Word], place: int, width: int) -> tuple[set[str], set[str]]:
    """Content stems of what stands before a comparison and of what it is made with."""
    left = {word.key for word in read[max(0, place - width) : place] if word.content}
    than = next((j for j in range(place + 1, min(len(read), place + 12)) if read[j].key in _THAN), place)
    direct = read[place + 1].text.lower() not in _ENDING if place + 1 < len(read) else False
    if read[place].key in _OUTDOING and direct:
        than = place
    behind = list(takewhile(lambda word: word.text.lower() not in _ENDING, read[than + 2 : than + 9]))
    right = {word.key for word in [*read[than + 1 : than + 2], *behind] if word.content}
    if read[place + 1 : place + 2] and read[place + 1].key == "by":
        left, right = right, left
    return left - right, right - left


def _swapped(claim: Sequence[Word], sources: Sequence[Sequence[Word]]) -> Contradiction | None:
    """What the claim compares in one order and the sources in the other."""
    for i, word in enumerate(claim):
        if not _compares(claim, i):
            continue
        left, right = _sides(claim, i, 8)
        if not left or not right:
            continue
        straight = crossed = 0
        for said in sources:
            for j, other in enumerate(said):
                if not _compares(said, j) or not _one_way(word.key, other.key):
                    continue
                before, behind = _sides(said, j, 24)
                if _shared(left, behind) and _shared(right, before) and not _shared(right, behind):
                    return Contradiction("swapped", word.text, other.text)
                straight = max(straight, _shared(left, before) + _shared(right, behind))
                if _shared(left, behind) > _shared(right, behind):
                    crossed = max(crossed, _shared(left, behind) + _shared(right, before))
        if crossed > straight:
            return Contradiction("swapped", word.text, word.text)
    return None


def _compares(read: Sequence[Word], place: int) -> bool:
    """Whether a word compares what stands before it with what stands behind."""
    key = read[place].key
    reach = read[place + 1 : place + 8]
    return key in _COMPARING or (key in _GAINING and any(word.text.lower() in _OVER for word in reach))


def _one_way(one: str, other: str) -> bool:
    """Whether two comparisons put the same side above."""
    return same(one, other) or (one in _ABOVE and other in _ABOVE)


def _shared(one: set[str], other: set[str]) -> int:
    return sum(any(derived(a, b) for b in other) for a in one)
