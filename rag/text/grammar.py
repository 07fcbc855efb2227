"""Numbers and lists in words."""

from __future__ import annotations

from collections.abc import Sequence


def plural(count: int, noun: str) -> str:
    """A number with its noun: ``1 paper``, ``2,000 papers``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def joined(items: Sequence[str]) -> str:
    """Items as a sentence lists them: ``a, b and c``."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def all_words_of(phrase: str) -> str:
    """What a text holds that holds all words of a phrase, before the phrase: ``the word`` where it is only one."""
    return "the word" if phrase.isalnum() else "all the words of"


def word_count(text: str) -> int:
    """How many words a text has, told apart by white space."""
    return len(text.split())
