"""Words that a line's end cuts: which hyphen belongs to the word, and which to the line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

VOCABULARY = Path(__file__).parents[2] / "models" / "vocab.txt"
"""The words of the shipped tokenizer (`rag.models.vocabulary`, which what reads papers does not import): 21,000 whole
English ones."""
_CUT = re.compile(r"([^\W\d_]+(?:[-\u00ad][^\W\d_]+)*)[-\u00ad]$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@cache
def _common() -> frozenset[str]:
    with VOCABULARY.open(encoding="utf-8") as file:
        return frozenset(word for line in file if (word := line.strip()).isalpha())


class Hyphens:
    """Joins the lines of one document, whose own words decide first."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Learn the words that stand whole in these lines."""
        self._whole: set[str] = set()
        cut = False
        for line in lines:
            words = _WORD.findall(line.lower())
            begun, cut = cut, line.rstrip().endswith(("-", "\u00ad"))
            self._whole.update(words[begun : len(words) - cut])

    def joined(self, lines: Sequence[str]) -> tuple[str, tuple[int, ...]]:
        """Put lines together.

        Returns:
            The text, a space between two lines, and for each line where it begins in the text.
        """
        text = ""
        begins: list[int] = []
        for line in lines:
            if not text:
                glue = ""
            elif text.endswith(("-", "\u00ad", "–", "—", "/")) and _CUT.search(text) and line[:1].isalnum():
                text, glue = self._cut(text, line), ""
            else:
                glue = "" if text.endswith(("/", "—")) else " "
                text = text.removesuffix("\u00ad")
            begins.append(len(text) + len(glue))
            text += glue + line
        return text.replace("\u00ad", "-"), tuple(begins)

    def _cut(self, text: str, line: str) -> str:
        """A text whose last word goes on in the next line: with its hyphen, or without."""
        match = _CUT.search(text)
        assert match is not None
        head = match[1].replace("\u00ad", "-").lower()
        tail_match = _WORD.match(line.lower())
        tail = tail_match[0] if tail_match else ""
        stem = text[:-1]
        if line[:1].isupper() or line[:1].isdigit():  # "BERT-Large", but "SciBERT" goes on in small letters
            return f"{stem}-" if f"{head}{tail}" not in self._whole else stem
        if head + tail in self._whole:
            return stem
        if f"{head}-{tail}" in self._whole:
            return f"{stem}-"
        last, first = head.rsplit("-", 1)[-1], tail.split("-", 1)[0]
        if last + first in self._whole or last + first in _common():
            return stem
        known = self._whole | _common()
        both = len(last) > 2 and len(first) > 2 and last in known and first in known
        return f"{stem}-" if both else stem
