"""Sentences that are the items of one enumeration: "The first challenge is …", "Second, …", "(3) …"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi")
_MARKED = re.compile(r"\W*\b(?P<n>[1-6]|iii|ii|iv|vi|v|i)\)", re.IGNORECASE)
_TOLD = re.compile(
    rf"\W*(?:and\s+)?(?P<the>the\s+)?(?:(?P<o>{'|'.join(_ORDINALS)})(?:ly)?|(?P<last>finally|lastly))\b(?!-)\s*(?P<of>\w*)",
    re.IGNORECASE,
)


def enumerated(sentences: Sequence[str]) -> list[list[int]]:
    """The places of sentences that enumerate, in groups of two or more, each counted from one on.

    Other sentences may stand between the items, which say more of them. Items are marked alike: with figures, with
    Roman ones, with ordinals alone, or with ordinals of the same thing ("the first challenge").
    """
    groups: list[list[int]] = []
    begun: dict[str, list[int]] = {}
    for place, sentence in enumerate(sentences):
        style, number = _item(sentence)
        group = begun.get(style)
        if number == 1:
            begun[style] = [place]
            groups.append(begun[style])
        elif group and (number == len(group) + 1 or (number < 0 and len(group) > 1)):
            group.append(place)
            if number < 0:
                del begun[style]
    return [group for group in groups if len(group) > 1]


def _item(sentence: str) -> tuple[str, int]:
    """How a sentence is marked as an item, and which it is, from 1; -1 for "finally", 0 where it is none."""
    if found := _MARKED.match(sentence):
        said = found["n"].lower()
        return ("figure", int(said)) if said.isdigit() else ("roman", _ROMAN.index(said) + 1)
    if found := _TOLD.match(sentence):
        style = f"the {found['of'].lower()}" if found["the"] else "ordinal"
        return style, _ORDINALS.index(found["o"].lower()) + 1 if found["o"] else -1
    return "", 0
