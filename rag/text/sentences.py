"""Where the sentences of a scientific text begin and end.

A short rule of our own. On 893 abstracts it and NLTK's punkt differ at 28 places, nearly all of them punkt's mistakes
(a border after "(e.g.", "w.r.t.", "etc.)", "Upadhyay et al."). pysbd, last released in 2021, breaks sentences at "(i)"
and takes 50 times as long.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from rag.text.months import SHORT

Span = tuple[int, int]
"""Start and end offsets, in code points."""

_STOP = re.compile(
    r"""(?<![.!?…])(?P<stop>[.!?…]+) ["'”’»)\]}$*_⁰¹²³⁴⁵⁶⁷⁸⁹]* (?P<gap>\s+) (?P<next>\S+)  # behind it a quote may end
      | [\u3002\uff01\uff1f]+ [\u300d\u300f\u201d\u2019\uff09]*   # Chinese and Japanese put no space after a stop
    """,
    re.VERBOSE,
)
_OPENERS = "\"'“‘«([{$*_`¿¡"
_BEFORE = 100
"""Characters before a stop that are looked at: no abbreviation and no list mark is longer."""
_LAST_WORD = re.compile(r"[^\s~(\[{]*$")
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n|\n[^\S\n]+$")
_LIST_MARK = re.compile(r"[(\[]?(?:\d{1,2}|[ivx]{1,4}|[a-zA-Z])[.)\]]$")
_ROMAN = re.compile(r"[IVX]+\b")

_NEVER_LAST = frozenset("e.g eg i.e ie cf c.f vs viz approx resp ca w.r.t s.t a.k.a dr mr mrs prof".split())
"""Words whose full stop ends no sentence."""
_BEFORE_NUMBERS = frozenset(
    "fig figs eq eqs eqn eqns sec secs sect tab tabs ref refs def thm lem prop app ch chap vol no nos p pp art "
    "sept".split()
) | (frozenset(SHORT) - {"may"})
"""Words whose full stop ends none before a number."""
_RARELY_LAST = frozenset("al inc ltd co corp u.s u.k u.s.a e.u ph.d a.m p.m jr sr st".split())
"""Words whose full stop, like that of an initial, ends one only before a word that begins sentences."""
_BEGINNERS = frozenset(
    "A After Although An And As At Because Both But By Code Despite Due Each Experiments Extensive Finally First For "
    "From Furthermore Given Hence How However If In Instead It Its Many Meanwhile More Moreover Most Nevertheless No "
    "On One Our Recent Recently Results Second Several Since Some Specifically Such That The Their Then There "
    "Therefore These They Third This Those Thus To Two Under Unlike Using We What When Where Whether Which While With "
    "Yet".split()
)


def sentences(text: str) -> list[Span]:
    """Find the sentences of a scientific text.

    Returns:
        Spans in order, without white space at their ends; together they hold every other character of the text.
    """
    borders = [0]
    position = 0
    while match := _STOP.search(text, position):
        # The next word may itself be a sentence, so the search goes on before it.
        position = match.end() if match["stop"] is None else match.start("gap")
        before = text[max(borders[-1], match.start() - _BEFORE) : match.start()]
        if match["stop"] is None or _ends_sentence(before, *match.group("stop", "gap", "next")):
            borders.append(position)
    return [span for a, b in pairwise([*borders, len(text)]) if (span := stripped(text, a, b))]


@lru_cache(4096)
def _ends_sentence(before: str, stop: str, gap: str, word: str) -> bool:
    """Whether a stop that white space follows ends the sentence whose last characters stand before it.

    A text that streams in is read again with each word, so that its stops are remembered.
    """
    if _PARAGRAPH.search(gap):
        return True
    following = word.lstrip(_OPENERS)
    # "t-SNE", "mixtral-8x7b" and "(ii)" may begin a sentence, "and" may not.
    if not any(c.isalnum() for c in following):
        return False
    ordinary = following[:1].islower() and not any(c.isupper() or c.isdigit() for c in following)
    if ordinary and not _LIST_MARK.match(word):
        return False
    if stop != ".":
        return True
    last = _LAST_WORD.search(before)[0].lstrip(_OPENERS + "\\")  # type: ignore[index]  # it always matches
    if last.lower() in _NEVER_LAST or _LIST_MARK.match(before.strip() + "."):
        return False
    if last.lower() in _BEFORE_NUMBERS and (not following[:1].isalpha() or _ROMAN.match(following)):
        return False
    if last.lower() in _RARELY_LAST or (len(last) == 1 and last.isupper()):
        return following.rstrip(",:") in _BEGINNERS
    return True


def stripped(text: str, start: int, end: int) -> Span | None:
    """Return the span without white space at its ends; None where nothing else is in it."""
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    return (start + left, start + len(inner.rstrip())) if left < len(inner) else None
