"""Whether a right figure is attached to the right thing, and bounded from the right side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rag.write.grounding.contradictions import same
from rag.write.grounding.figures import Figure, bound
from rag.write.grounding.support import Said
from rag.write.grounding.words import Word

NEAR = 7
"""Words on either side that say what a figure is of."""
DECAY = 0.8
"""What such a word counts for, by the distance in words."""
MARGIN = 1.5
"""Another figure must fit by this factor better."""
LEAST = 2.0
"""Weight from which a better fit counts."""
MOST = 24
"""Figures of a sentence that are looked at: each is compared with each."""

Weights = Mapping[str, float]
Context = Mapping[str, float]


def misplaced(
    text: str, words: Sequence[Word], wanted: Sequence[Figure], said: Sequence[Said], weights: Weights
) -> str | None:
    """Say which figure of a sentence belongs to something else in its source.

    Args:
        text: The sentence, plain.
        words: Its words.
        wanted: Its figures, all of which stand in the source.
        said: All sentences of its sources.
        weights: The idf of its stems.

    Returns:
        A reason for a person, or None.
    """
    wanted = wanted[:MOST]
    contexts = [_context(words, figure, weights) for figure in wanted]
    fits = [[_fit(context, figure, said) for figure in wanted] for context in contexts]
    for i, figure in enumerate(wanted):
        if problem := _bounded(text, figure, said):
            return problem
        if problem := _end(text, figure, said):
            return problem
        if i and _is_range(text, wanted[i - 1], figure) and _reversed(wanted[i - 1], figure, said):
            return f"The source has {figure.text} before {wanted[i - 1].text}."
        for j in range(i):
            if exchangeable(figure, wanted[j]) and fits[i][j] + fits[j][i] > MARGIN * (fits[i][i] + fits[j][j]) + LEAST:
                return f"{wanted[j].text} and {figure.text} stand for one another."
        others = [
            o for one in said for o in one.figures if exchangeable(figure, o) and not any(o.same(w) for w in wanted)
        ]
        for other in others:
            if _fit(contexts[i], other, said) > MARGIN * fits[i][i] + LEAST:
                return f"{figure.text} belongs to something else; the source has {other.text} there."
    return None


def exchangeable(one: Figure, other: Figure) -> bool:
    """Whether two different figures could stand for one another."""
    return not one.same(other) and one.unit == other.unit and ("." in one.text) == ("." in other.text)


def _context(words: Sequence[Word], figure: Figure, weights: Weights) -> Context:
    """What the words around a figure weigh, less the farther they are."""
    before = [word for word in words if word.end <= figure.start][::-1]
    behind = [word for word in words if word.start >= figure.end]
    found: dict[str, float] = {}
    for side in (before, behind):
        for distance, word in enumerate(side[:NEAR], 1):
            if word.content:
                found[word.key] = max(found.get(word.key, 0.0), weights.get(word.key, 1.0) * DECAY**distance)
    return found


def _fit(context: Context, figure: Figure, said: Sequence[Said]) -> float:
    """How well a context fits the best place of a figure in the sources."""
    best = 0.0
    for one in said:
        for there in one.figures:
            if not figure.same(there):
                continue
            around = _context(one.words, there, {})
            best = max(
                best,
                sum(
                    w * max((d for key, d in around.items() if same(key, own)), default=0.0)
                    for own, w in context.items()
                ),
            )
    return best


_FROM = re.compile(r"\bfrom\s+(?:\w+\s+)?[~$]?$", re.IGNORECASE)
_TO = re.compile(r"\s*(?:(?:down|up)\s+)?to\s+(?:\w+\s+)?[~$]?", re.IGNORECASE)


def _is_range(text: str, first: Figure, second: Figure) -> bool:
    """Whether a text leads from one figure to another."""
    return bool(_FROM.search(text[: first.start]) and _TO.fullmatch(text[first.end : second.start]))


def _reversed(first: Figure, second: Figure, said: Sequence[Said]) -> bool:
    """Whether the sources lead from the second figure to the first."""
    return any(
        a.same(second) and b.same(first) and _is_range(one.text, a, b) for one in said for a, b in pairwise(one.figures)
    )


_ENDS = re.compile(
    r"\b(?P<word>from|by|(?<!compared )(?<!relative )(?<!close )(?<!up )(?<!next )to)\s+(?:\w+\s+)?[~$]?$",
    re.IGNORECASE,
)
"""What a figure is the beginning, the end or the size of; "compared to 40" says none of it."""


def _end(text: str, figure: Figure, said: Sequence[Said]) -> str | None:
    """Say that a figure is given as the end or the size of a change of which the source has it as the beginning."""
    match = _ENDS.search(text[: figure.start])
    stated: set[str] = set()
    for one in said:
        ranges = [(a, b) for a, b in pairwise(one.figures) if _is_range(one.text, a, b)]
        begins, ends = {a.start for a, _ in ranges}, {b.start for _, b in ranges}
        same_ones = [there for there in one.figures if figure.same(there)]
        stated |= {"from" if f.start in begins else "to" if f.start in ends else "" for f in same_ones}
    if match is None or len(stated) != 1 or stated <= {"", match["word"].lower()}:
        return None
    return f'The source has "{min(stated)} {figure.text}", not "{match["word"]} {figure.text}".'


def _bounded(text: str, figure: Figure, said: Sequence[Said]) -> str | None:
    own = bound(text, figure)
    stated = {bound(one.text, there) for one in said for there in one.figures if figure.same(there)}
    if own and stated == {-own}:
        return f"The source bounds {figure.text} from the other side."
    return None
