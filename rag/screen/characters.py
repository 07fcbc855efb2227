"""Characters that a reader does not see, or takes for others: what they hide is read by machines alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

Span = tuple[int, int]

_STEERING = re.compile(r"[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\U000e0100-\U000e01ef\x1b]+")
"""Changes of writing direction, tags and selectors that carry bytes, escapes: one is enough."""
_CARRYING = re.compile(r"[\U000e0000-\U000e007f\U000e0100-\U000e01ef]+")
_UNSEEN = re.compile(r"[\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0]+")
_MARKUP = re.compile(
    r"\\(?:text)?color\s*(?:\[[^\]]{0,20}\])?\s*\{\s*white\s*\}|\\phantom\s*\{|\\fontsize\s*\{\s*0?\.?\d?\s*\}"
    r"|<!--|<[^<>]{0,200}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|color\s*:\s*(?:white|\#fff))",
    re.IGNORECASE,
)
"""LaTeX and HTML that keep a text from being seen."""
_WORD = re.compile(r"[^\W\d_]{2,}")
STRAY, CLOSE = 3, 40
"""Unseen characters that an honest text may hold, left over from where it was copied; and how far apart others are,
in characters, that belong together."""
MIXED = 2
"""Words with letters of two scripts from which on it is no typing error."""
_DRAWN = 12
"""Letters in a row, spaces apart, that are drawn as mathematical signs from which on they are no formula."""
_FOREIGN = frozenset({"CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
_LOOKALIKES = frozenset(
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03b9\u03bd\u03c5"
)
"""Greek letters that look like Latin ones; between Latin letters they are no symbols."""
_SIGN = r"[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9]"
_MATHEMATICAL = re.compile(rf"{_SIGN}(?:\s?{_SIGN}){{{_DRAWN - 1},}}")


def carried(text: str) -> Iterator[Span]:
    """Spans of characters of which nothing is drawn and that can carry bytes."""
    if not text.isascii():
        yield from (match.span() for match in _CARRYING.finditer(text))


def hidden(text: str) -> Iterator[Span]:
    """Spans of a text in which something stands that is not seen."""
    yield from (match.span() for match in _MARKUP.finditer(text))
    yield from (match.span() for match in _STEERING.finditer(text))
    if text.isascii():
        return
    found = [match.span() for match in _UNSEEN.finditer(text) if not _joins(text, *match.span())]
    for group in _near(found):
        if sum(end - start for start, end in group) > STRAY:
            yield group[0][0], group[-1][1]


def disguised(text: str) -> Iterator[Span]:
    """Spans of words that are written with letters of another script which look alike."""
    if text.isascii():
        return
    mixed = [match.span() for match in _WORD.finditer(text) if not match[0].isascii() and _is_mixed(match[0])]
    for group in _near(mixed):
        if len(group) >= MIXED:
            yield group[0][0], group[-1][1]
    yield from (match.span() for match in _MATHEMATICAL.finditer(text))


def _joins(text: str, start: int, end: int) -> bool:
    """Whether unseen characters join signs that need them: emoji, and letters of scripts that are joined."""
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    return end - start == 1 and any(_joined_script(one) for one in beside)


@lru_cache(4096)
def _joined_script(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("So", "Sk", "Mn", "Mc") or (category == "Lo" and ord(character) < 0x2000)


def _near(spans: list[Span]) -> Iterator[list[Span]]:
    """Spans in groups of which each is close to the next."""
    group: list[Span] = []
    for span in spans:
        if group and span[0] - group[-1][1] > CLOSE:
            yield group
            group = []
        group.append(span)
    if group:
        yield group


@lru_cache(4096)
def _is_mixed(word: str) -> bool:
    """Whether a word has letters of two scripts which are taken for each other."""
    scripts = [unicodedata.name(letter, "").split(" ")[0] for letter in word]
    if "LATIN" not in scripts:
        return False
    if not _FOREIGN.isdisjoint(scripts):
        return True
    inner = zip(word[1:-1], scripts[:-2], scripts[2:], strict=True)
    return any(letter in _LOOKALIKES and before == after == "LATIN" for letter, before, after in inner)
