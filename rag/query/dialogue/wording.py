"""When two questions are the same but for how they are put: case, marks, articles, politeness, inflection.

What is told apart is told conservatively: names, numbers, dates, negations, prepositions, comparisons and the order of
all words stay, so that "with" is never "without", and 2024 never 2025.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from rag.text.folding import fold, plain
from rag.text.names import is_name
from rag.text.terms import Analyzer

_WORD = re.compile(r"[^\W_]+(?:[-\u2010\u2011./@'\u2019+][^\W_]+)*\+*")
_CONTRACTED = re.compile(r"(?<=n)['\u2019]t\b|['\u2019](?:s|re|ve|ll|d|m)\b", re.IGNORECASE)
_ENDS = " \t?!.…,;:"
_SAYS_NOTHING = frozenset(
    "a an the is are was were be been am do does did has have had can could would should will please kindly tell me us"
    " show give explain want know like to i you we hi hello ok okay so now just really".split()
)
"""Words that only put a question. "May" is a month, and no word that tells two questions apart is among them."""
_AS_IT_IS = frozenset("paper papers work works author authors".split())
"""Words whose number says whether one or several are wanted."""
_DENIES = frozenset("no not without never none neither nor except excluding but only besides than".split())


@dataclass(frozen=True, slots=True)
class Wording:
    """How a question is put.

    Attributes:
        exact: It without case, marks at its ends and needless white space.
        near: The stems of its words in their order, without those that only put it; equal for the same question.
        firm: What another way to put it must keep: its numbers, what denies or excepts, and the made-up names in it.
        words: All its words, folded.
    """

    exact: str
    near: str
    firm: frozenset[str]
    words: frozenset[str]

    def is_kept_by(self, other: Wording) -> bool:
        """Whether another way to put it keeps what is firm, and denies or excepts nothing more."""
        return self.firm <= other.words and not (other.firm & _DENIES) - self.firm

    @classmethod
    def of(cls, question: str) -> Wording:
        """Read a question, or a text that stands for one."""
        text = " ".join(unicodedata.normalize("NFKC", question).split())
        words = [match[0] for match in _WORD.finditer(_CONTRACTED.sub(_apart, text))]
        kept = [word for word in words if plain(word) not in _SAYS_NOTHING] or words
        firm = {fold(word) for word in words if any(map(str.isdigit, word)) or is_name(word)}
        firm |= {plain(word) for word in words if plain(word) in _DENIES}
        said = frozenset(map(fold, words)) | firm
        return cls(plain(text).strip(_ENDS), " ".join(map(_stem, kept)), frozenset(firm), said)


def _apart(match: re.Match[str]) -> str:
    """A contraction as words: "don't" denies."""
    return " not" if match[0].lower().endswith("t") else " "


def _stem(word: str) -> str:
    """A word as it is compared: a name or a number in small letters and without marks, another by its stem."""
    folded = plain(word)
    if folded in _AS_IT_IS or folded in _DENIES or not word.isalpha() or is_name(word):
        return fold(word) or folded
    return _stemmed(folded)


@cache
def _analyzer() -> Analyzer:
    return Analyzer()


def _stemmed(word: str) -> str:
    terms = _analyzer().terms(word)
    return terms[0] if len(terms) == 1 else word
