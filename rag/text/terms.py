"""Text → terms, the same for what is stored and what is asked.

Words are lower-cased, accents folded, English stop words dropped and the rest stemmed (Snowball). Besides its parts,
a name such as `GPT-4o`, `MRR@10` or `Qwen2.5` yields the form without separators (`gpt4o`), so that all its spellings
meet; `C++` and `C#` yield terms of their own; scripts written without spaces yield single characters and pairs.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

VERSION = 1
"""Raised whenever the same text yields other terms than before: an index of another version must be rebuilt."""

KEPT = 1024
"""Texts whose terms and words are kept for the next question, some 25 kB each: the same passages are found again."""

# English function words; the last line is what splitting at apostrophes leaves of contractions.
STOP_WORDS = """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers
    herself it its itself they them their theirs themselves what which who whom this that these those am is are
    was were be been being have has had having do does did doing would should could ought a an the and but if or
    because as until while of at by for with about against between into through during before after above below
    to from up down in out on off over under again further then once here there when where why how all any both
    each few more most other some such no nor not only own same so than too very can will just now
    don s t d ll m re ve
""".split()

_HELD = r"(?:[-\u2010\u2011./@_'\u2019][^\W_]+)"
_JOINED = re.compile(rf"(?<![^\W_])[^\W_]+{_HELD}+")
"""Two or more words held together by one separator each."""
_WORD = re.compile(rf"(?<!\w)(?:[cC]\+\+|[cCfF]#)(?!\w)|[^\W_]+{_HELD}*")
"""A word as a reader sees it: names held together by separators are one."""
_LANGUAGE = {"c++": "cplusplus", "c#": "csharp", "f#": "fsharp"}
_LANGUAGE_NAME = re.compile(r"(?<!\w)(?:c\+\+|[cf]#)(?!\w)", re.IGNORECASE)
# Kana, Han, Thai, Lao, Myanmar, Khmer: no spaces between words.
_UNSPACED = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)


class Analyzer:
    """The one way from text to terms; safe to share between threads."""

    name = f"paperchat-{VERSION}"
    """What the tokenizer is called in an index's schema."""

    def __init__(self) -> None:
        self.tokens: TextAnalyzer = (
            TextAnalyzerBuilder(Tokenizer.simple())
            .filter(Filter.lowercase())
            .filter(Filter.ascii_fold())
            .filter(Filter.custom_stopword(STOP_WORDS))
            .filter(Filter.stemmer("english"))
            .build()
        )
        self._terms = lru_cache(KEPT)(lambda text: tuple(self.tokens.analyze(expand(text))))
        self._terms_of_word = lru_cache(maxsize=65_536)(lambda word: frozenset(self.tokens.analyze(expand(word))))
        self._words = lru_cache(KEPT)(self._read_words)

    def terms(self, text: str) -> list[str]:
        """The terms of a text, repeated as often as they occur; not in the text's order."""
        return list(self._terms(text))

    def distinct(self, text: str) -> set[str]:
        """The terms of a text, each once: those of its words, which takes half as long where most words are known."""
        if not text.isascii():  # a mark may stand within a term that no word of the text is ("Fro\u0308be")
            return set(self._terms(text))
        return set().union(*(terms for _, terms in self._words(text)))

    def words(self, text: str) -> Iterator[tuple[str, frozenset[str]]]:
        """The words of a text as they stand there, in order, each with the terms it yields.

        A run of a script without spaces is no word: it yields its terms that stand in it, each with itself.
        """
        return iter(self._words(text))

    def _read_words(self, text: str) -> tuple[tuple[str, frozenset[str]], ...]:
        words = _WORD.findall(text)
        found = zip(words, map(self._terms_of_word, words), strict=True)
        if text.isascii() or not _UNSPACED.search(text):
            return tuple(found)
        return tuple(pair for word, terms in found for pair in _separate(word, terms))


def _separate(word: str, terms: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """A word with its terms, or the terms that stand in a run of a script without spaces."""
    if word.isascii() or not _UNSPACED.search(word):
        yield word, terms
    else:
        yield from ((term, frozenset((term,))) for term in sorted(terms) if term in word)


def expand(text: str) -> str:
    """Normalise Unicode and append the terms that splitting at non-letters would lose."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    extra = [re.sub(r"[\W_]", "", name) for name in _JOINED.findall(text) if any(map(str.isdigit, name))]
    extra += [_LANGUAGE[name.lower()] for name in _LANGUAGE_NAME.findall(text)]
    if not text.isascii():
        for run in _UNSPACED.findall(text):
            extra += run
            extra += map("".join, pairwise(run))
    return " ".join((text, *extra)) if extra else text


def coverage(weights: Mapping[str, float], terms: Collection[str]) -> float:
    """Share of the weight of all terms that falls on those in `terms`, 0…1, whatever the order of the weights."""
    total = math.fsum(weights.values())
    return math.fsum(weight for term, weight in weights.items() if term in terms) / total if total else 0.0
