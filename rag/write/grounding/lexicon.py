"""Words that paraphrase one another, and words that contradict one another, as papers' summaries use them.

The tables `alike.txt` and `opposed.txt` were written by hand for the vocabulary of abstracts. Matching is by stem, so
one form of a word is enough. `measures.txt`, which is matched by name, says which measures are not one another.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources

from rag.text.terms import Analyzer

_SPELLING = (
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|es|ed|ing|er|ers|ation|ations|able)$)"), "iz"),
    (re.compile(r"(?<=[a-z]{2})ys(?=(?:e|es|ed|ing)$)"), "yz"),
    (re.compile(r"(?<=[a-z]{2})our(?=(?:$|s$|ed$|ing$|al$|ite$|able$|s?$))"), "or"),
    (re.compile(r"ll(?=(?:ing|ed|er|ers)$)"), "l"),
    (re.compile(r"tre(?=s?$)"), "ter"),
    (re.compile(r"judgement"), "judgment"),
    (re.compile(r"ogue(?=s?$)"), "og"),
)
_NOT_IZE = re.compile(
    r"(?:prom|prec|conc|expert|exerc|surpr|compr|adv|rev|superv|dev|ra|no|prom|prem|enterpr|otherw|likew|w|r|ar)is"
)

NEGATORS = frozenset("not no never none neither nor cannot without n't nobody nothing hardly".split())
"""Words that deny what follows them."""
DENYING = NEGATORS | frozenset(
    "zero fail lack unable instead rather avoid eliminate remove free bypass exclude absent miss few rarely seldom "
    "unless skip prevent less discard ignore impossible struggle limited insufficient unlike barely fewer drop "
    "minimal non un little stop contrary disprove refute neglect omit prohibit forego forgo".split()
)
"""Words with which a paraphrase may deny something that follows."""
FAILING = NEGATORS | frozenset("fail unable lack neglect".split())
"""Words with which a source denies what follows them."""
DENYING_BEHIND = frozenset("not n't never cannot fail lack absent miss unable unavailable".split())
"""Words that may deny what stands before them."""


def table(name: str) -> list[str]:
    """The lines of a table beside this module, without comments."""
    text = resources.files("rag.write.grounding").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def _analyzer() -> Analyzer:
    return Analyzer()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The index's stem of a word in its American spelling; of a function word, itself."""
    spelt = american(word)
    terms = _analyzer().terms(spelt)
    return min(terms, key=len) if terms else spelt


def american(word: str) -> str:
    """A lower-case word in American spelling."""
    if len(word) < 5 or not word.isascii():
        return word
    for pattern, replacement in _SPELLING:
        if replacement == "iz" and _NOT_IZE.match(word):
            continue
        word = pattern.sub(replacement, word)
    return word


@cache
def alike() -> dict[str, frozenset[str]]:
    """For each stem all that may paraphrase it, itself included."""
    found: dict[str, frozenset[str]] = {}
    for line in table("alike.txt"):
        group = frozenset(stem(word) for word in line.split())
        for one in group:
            found[one] = found.get(one, frozenset({one})) | group
    return found


@cache
def opposed() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Pairs of poles: the words of one contradict those of the other."""
    pairs = (line.split("|") for line in table("opposed.txt"))
    return tuple((_poles(left), _poles(right)) for left, right in pairs)


def _poles(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())
