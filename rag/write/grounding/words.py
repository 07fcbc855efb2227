"""A sentence as words: lower-cased, spelt one way, stemmed as the index stems, with what stands for what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.readable import readable
from rag.text.terms import STOP_WORDS
from rag.write.grounding.lexicon import stem

_WORD = re.compile(r"n['\u2019]t\b|[^\W_]+(?:['\u2019](?!t\b)[^\W_]+)*")
_SUPERSCRIPT = re.compile(r"(?<=[\d)])([\u207b\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)")
_STOPS = frozenset(STOP_WORDS)


@dataclass(frozen=True, slots=True)
class Word:
    """One word.

    Attributes:
        text: As written.
        key: Stem in one spelling; of a function word, the word in lower case.
        content: Whether it is neither a function word nor a number: figures are compared apart.
        start: Offset in the text that was read.
    """

    text: str
    key: str
    content: bool
    start: int

    @property
    def end(self) -> int:
        """Offset behind it."""
        return self.start + len(self.text)


def plain(text: str) -> str:
    """Readable text in one Unicode form, powers written with ``^``."""
    shown = _SUPERSCRIPT.sub(
        lambda match: "^" + unicodedata.normalize("NFKC", match[1]).replace("\u2212", "-"), readable(text)
    )
    return unicodedata.normalize("NFKC", shown)


def words(text: str) -> tuple[Word, ...]:
    """The words of a plain text in order; ``don't`` gives ``do`` and ``n't``."""
    return tuple(_word(match) for match in _WORD.finditer(re.sub(r"(?<=\w)(?=n['\u2019]t\b)", "", text)))


def _word(match: re.Match[str]) -> Word:
    lower = match.group().lower().replace("\u2019", "'")
    bare = lower.removesuffix("'s")
    if bare in _STOPS or lower == "n't":
        return Word(match.group(), bare, False, match.start())
    return Word(match.group(), stem(bare), not bare.isdigit(), match.start())


def initials(keys: Sequence[Word]) -> dict[str, int]:
    """Abbreviations that runs of two to six words spell, in lower case, with the place of the first word."""
    letters = "".join(word.text[0].lower() for word in keys)
    return {letters[i : i + n]: i for n in range(2, 7) for i in range(len(letters) - n + 1)}
