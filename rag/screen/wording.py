"""Texts that are no sentences: words in a row to be found by, characters that say nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from rag.text.sentences import sentences

Span = tuple[int, int]

LISTED, BARE = 10, 16
"""Words from which on a sentence can be told to be a list; and from which on it is one where no word joins others."""
SAID_AGAIN, JOINED, PARTED = 0.6, 0.1, 0.25
"""Share of different words in a sentence below which it is a list of words; and below which share of words that join
others, from which number of commas a word, it is one too."""
OFTEN, DENSE = 12, 0.14
"""How often a word that joins none may be said, and in which share of a text's words."""
STUFFED, REPEATED, SPOKEN = (12, 18, 20), 0.45, 0.7
"""Words from which on a list is stuffed: where fewer than this share differ; where commas part them; where no word
joins others. Of the last two so many must be words, not figures."""
ENOUGH, KNOWN = 25, 0.04
"""Words of a text from which on at least this share must be such as join others, in whatever language we know."""
_NAMED = re.compile(r"\W*(?:(?:IEEE|author)\s+)?(?:key\s?-?words?|index\s+terms)\b", re.IGNORECASE)
"""What an abstract calls its keywords."""
_WORD = re.compile(r"[^\W_]+")
_JOINING = frozenset(
    "a an the of and or to in on for with by from at as is are was were be been this that these those we our it its "
    "their which while when where how can may than into over between through via using not but such both each".split()
)
_ELSEWHERE = frozenset(
    "der die das und ist nicht ein eine mit von auf für den dem des im zu wir sie es als el la los las un una y en por "
    "para con del que se lo le les et est une dans pour du au il gli e di della per o os da do em um uma het een van "
    "de w z na i się".split()
)
_ENCODED = re.compile(r"(?<![\w/.:-])(?=[A-Za-z+/]*\d)(?=[\w+/]*[A-Za-z])[A-Za-z0-9+/]{48,}={0,2}(?![\w/.-])")
_SAME = re.compile(r"([^\W\d_])\1{23,}|([^\s.\-=_*#~0])\2{23,}|([.\-=_*#~0])\3{59,}")
_SAME_WORD = re.compile(r"\b([^\W\d_]\w*)(?:\W+\1\b){4,}", re.IGNORECASE)


def words(text: str) -> list[str]:
    """The words of a text in small letters."""
    return [word.lower() for word in _WORD.findall(text)]


def word_spans(text: str) -> list[Span]:
    """Where those words stand."""
    return [match.span() for match in _WORD.finditer(text)]


def is_list(text: str) -> bool:
    """Whether words stand in a row that no sentence holds together, or again and again."""
    own = words(text)
    if len(own) < LISTED:
        return len(own) > 3 and len(set(own)) <= len(own) / 2
    joining = sum(word in _JOINING for word in own) / len(own)
    parted = sum(map(text.count, ",;|/")) / len(own)
    return (
        len(set(own)) / len(own) < SAID_AGAIN
        or (joining < JOINED and parted >= PARTED)
        or (joining == 0 and len(own) >= BARE)
    )


def stuffed(text: str) -> Iterator[Span]:
    """Spans in which keywords stand in a row; all of a text that says one word too often."""
    yield from (span for span in sentences(text) if _is_stuffed(text[slice(*span)]))
    own = [word for word in words(text) if word not in _JOINING]
    if own:
        ((_, times),) = Counter(own).most_common(1)
        if times > OFTEN and times > DENSE * len(own):
            yield 0, len(text)


def _is_stuffed(text: str) -> bool:
    """Whether a sentence is a longer list than an honest abstract enumerates in one."""
    own = words(text)
    if len(own) < STUFFED[0] or not is_list(text) or _NAMED.match(text):
        return False
    joining = sum(word in _JOINING for word in own) / len(own)
    spoken = sum(map(str.isalpha, own)) / len(own)
    parted = sum(map(text.count, ",;|/")) / len(own)
    return len(set(own)) < REPEATED * len(own) or (
        spoken >= SPOKEN
        and (
            (len(own) >= STUFFED[1] and joining < JOINED / 2 and parted >= PARTED)
            or (len(own) >= STUFFED[2] and joining == 0)
        )
    )


def garbled(text: str) -> Iterator[Span]:
    """Spans that are no language: encoded bytes, one character or word over and over; all of a text without grammar."""
    for pattern in (_ENCODED, _SAME, _SAME_WORD):
        yield from (match.span() for match in pattern.finditer(text))
    own = words(text)
    latin = sum(word.isascii() and word.isalpha() for word in own)
    if latin >= max(ENOUGH, len(own) / 2):
        known = sum(word in _JOINING or word in _ELSEWHERE for word in own)
        if known < KNOWN * len(own):
            yield 0, len(text)
