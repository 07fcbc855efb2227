"""Letters folded to plain ones, so that one word's spellings meet: ``"Łukasz"`` → ``"lukasz"``."""

from __future__ import annotations

import unicodedata

_LETTERS = str.maketrans(dict(zip("łøđðħıŋŧƀɨʉə", "loddhintbiue", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"})
"""Letters of Latin scripts that Unicode does not take apart into a plain one and a mark."""


def plain(text: str) -> str:
    """A text in small letters without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in apart if not unicodedata.combining(char)).translate(_LETTERS)


def unmarked(text: str) -> str:
    """A text without accents, its capitals kept."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def fold(word: str) -> str:
    """A word without case, accents and separators: ``"Search-R1"`` → ``"searchr1"``."""
    return "".join(char for char in plain(word) if char.isalnum())
