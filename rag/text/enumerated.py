"""Sentences that are the items of one enumeration: "The first challenge is …", "Second, …", "(3) …"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi")
_ITEM = re.compile(
    rf"\W*(?:and\s+)?(?:the\s+)?(?:\(?(?P<n>[1-6]|{'|'.join(reversed(_ROMAN))})\)|(?P<o>{'|'.join(_ORDINALS)})(?:ly)?\b)",
    re.IGNORECASE,
)


def enumerated(sentences: Sequence[str]) -> list[list[int]]:
    """The places of sentences that enumerate, in groups of two or more, each counted from one on.

    Other sentences may stand between the items, which say more of them.
    """
    groups: list[list[int]] = []
    for place, sentence in enumerate(sentences):
        number = _number(sentence)
        if number == 1:
            groups.append([place])
        elif number and groups and number == len(groups[-1]) + 1:
            groups[-1].append(place)
    return [group for group in groups if len(group) > 1]


def _number(sentence: str) -> int:
    """Which item a sentence is, from 1; 0 where it is none."""
    found = _ITEM.match(sentence)
    if not found:
        return 0
    if word := found["o"]:
        return _ORDINALS.index(word.lower()) + 1
    said = found["n"].lower()
    return int(said) if said.isdigit() else _ROMAN.index(said) + 1
