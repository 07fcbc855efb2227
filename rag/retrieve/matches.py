"""Why a passage was found: the question's words that stand in it, and the part of it around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

Span = tuple[int, int]
ELLIPSIS = "…"


def matched_words(weights: Mapping[str, float], words: Iterable[tuple[str, frozenset[str]]]) -> tuple[str, ...]:
    """The words of a text that a question asks for, as they stand there, the rarest first.

    Where a term stands in several words, the first that holds nothing else is shown, else the first: for "e-commerce"
    rather "E-commerce" than "e-bike".

    Args:
        weights: The question's terms with their inverse document frequency.
        words: The text's words with the terms each yields (`LexicalIndex.words`), in its order.
    """
    whole: dict[str, str] = {}
    partly: dict[str, str] = {}
    asked = frozenset(weights)
    for word, terms in words:
        if terms.isdisjoint(asked):
            continue
        standing = whole if terms <= asked else partly
        for term in terms & asked:
            standing.setdefault(term, word)
    best = partly | whole
    found: dict[str, str] = {}
    for term in sorted(best, key=lambda term: (-weights[term], term)):
        found.setdefault(best[term].casefold(), best[term])
    return tuple(found.values())


def places(text: str, words: Sequence[str]) -> list[Span]:
    """Where words stand in a text, in order; not inside longer words."""
    if not words:
        return []
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]


def snippet(text: str, words: Sequence[str], width: int = 240) -> str:
    """The part of a text in which most of the words stand, cut at white space; an ellipsis marks each cut.

    Args:
        text: Readable text.
        words: Words that stand in it, such as `Passage.matched`; the first such part where several hold as many.
        width: Most characters, ellipses not counted.
    """
    if len(text) <= width:
        return text
    spans = places(text, words)
    held = [{text[a:b].casefold() for a, b in spans if begin <= a and b <= begin + width} for begin, _ in spans]
    most = max(range(len(spans)), key=lambda n: len(held[n]), default=None)
    if most is None:
        start = 0
    else:
        last = max(b for _, b in spans[most:] if b <= spans[most][0] + width) if held[most] else spans[most][1]
        margin = max(0, width - (last - spans[most][0])) // 2
        start = min(max(0, spans[most][0] - margin), len(text) - width)
    return _cut(text, start, start + width)


def _cut(text: str, start: int, end: int) -> str:
    """The slice, shortened to whole words where it has white space."""
    part = text[start:end]
    if start > 0 and not text[start - 1].isspace() and (gap := re.search(r"\s", part)):
        part = part[gap.end() :]
    if end < len(text) and not text[end].isspace() and (gap := re.search(r"\s\S*$", part)):
        part = part[: gap.start()]
    before, after = ELLIPSIS if start > 0 else "", ELLIPSIS if end < len(text) else ""
    return f"{before}{part.strip()}{after}"
