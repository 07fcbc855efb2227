"""Words and figures of a text, as the measures count them. Quotes, spans and answers all pass through here."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from rag.text.readable import readable

FUNCTION_WORDS = frozenset(
    "a about above after again against all also am an and any are as at be because been before being below "
    "between both but by can could did do does doing down during each few for from further had has have having he "
    "her here hers him his how i if in into is it its itself just may me might more most must my no nor not of "
    "off on once only or other our ours out over own same she should so some such than that the their theirs them "
    "then there these they this those through to too under until up upon us very via was we were what when where "
    "which while who whom why will with would you your yours".split()
)
"""English words that carry no content of their own."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_MARKER = re.compile(r"\[\d+(?:\s*,\s*\d+)*\]")
# Not part of a name or a cut-off: no letter, hyphenated letter, @ or digit before it ("GPT-4o", "top-1", "nDCG@10").
_FIGURE = re.compile(
    r"(?<![^\W\d_])(?<![^\W\d_][-\u2010\u2011])(?<![_@\d])(?<!\d[.,])"
    r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\w)\.\d+)"
    r"(?:\s?(thousand|million|billion|trillion)\b|([kKMB])\b)?"
)
_SCALES = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "million": 10**6, "b": 10**9, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip


@lru_cache(maxsize=8192)
def normalised(text: str) -> str:
    """The text without LaTeX and entities, in one Unicode form (NFKC)."""
    return unicodedata.normalize("NFKC", readable(text))


def without_markers(answer: str) -> str:
    """An answer without its `[1]` citation markers."""
    return _MARKER.sub(" ", answer)


def word_count(text: str) -> int:
    """Number of words: runs of anything but white space that hold a letter or a digit."""
    return sum(any(character.isalnum() for character in word) for word in text.split())


@lru_cache(maxsize=8192)
def content_tokens(text: str) -> frozenset[str]:
    """The distinct words and numbers of a text, in lower case, without function words."""
    return frozenset(_TOKEN.findall(normalised(text).casefold())) - FUNCTION_WORDS


Figure = frozenset[Decimal]
"""The readings of one figure: "21K" may stand for 21 and for 21,000."""


@lru_cache(maxsize=8192)
def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text, in order.

    A figure is a number that is not part of a name ("GPT-4o", "EBQ2D") or of a cut-off ("nDCG@10"). Its value counts
    and not its spelling: 1,000 = 1000, 0.90 = .9, 10M = 10 million = 10,000,000; signs and units are not compared. Both
    ends of a range are figures.
    """
    return tuple(_readings(match) for match in _FIGURE.finditer(normalised(text)))


def _readings(match: re.Match[str]) -> Figure:
    value = Decimal(match[1].replace(",", ""))
    scale = _SCALES.get((match[2] or match[3] or "").lower())
    return frozenset({value, value * scale}) if scale else frozenset({value})


def stands_in(figure: Figure, others: tuple[Figure, ...]) -> bool:
    """Whether one of the figures can be read as this one."""
    return any(figure & other for other in others)
