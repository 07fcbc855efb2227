"""The parts of a question that asks several things, and everything that it asks.

Where a further thing is asked is learnt (`rag.models.splitter`), and so is what each piece between such places does
(`rag.models.pieces`): "when two sources disagree," leads into what follows, "could you tell me, in plain words," only
asks to be told it, and "only papers since May" narrows what was asked. What says nothing by itself ("by how much?") is
a thing that is asked, and no part: it is answered with what it goes on from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from rag.models.pieces import cut, load_pieces
from rag.models.splitter import Place, load_splitter
from rag.query.intents.intent import KEPT, SHAPES, SURE, Intent
from rag.text.sentences import Span
from rag.text.terms import STOP_WORDS

FIRM = 0.8
"""Chance of an intent from which words that put no question are an order."""
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset((*STOP_WORDS, "much", "many", "long", "often", "far"))
"""Words of which an ellipsis consists: "and by how much?"."""
_MARKS = " ?!.;,:&/+–—-"
MOST = 6
"""Parts up to which a question is answered part by part; a list of more is no conversation."""


def read_parts(
    text: str,
    intent: Intent,
    read: Callable[[str], Intent],
    compared: Sequence[str] | None = None,
    *,
    named: bool = False,
) -> tuple[str, ...]:
    """What a text asks or orders one after the other, in its own words.

    Args:
        text: The question, its typing errors corrected.
        intent: What it wants as a whole.
        read: Tells what a piece of it wants.
        compared: What it sets side by side, where it does.
        named: Whether it names a paper, which is no description then.

    Returns:
        Two parts or more, in order; nothing where it is one thing, or it describes a paper or compares, which is one
        thing however many sentences it takes.
    """
    if intent.kind == "paraphrase" and not named:
        return ()
    found: list[tuple[int, int]] = []
    for start, end in _pieces(text, lambda piece: _lists(read(piece))):
        if found and _is_elliptic(text[start:end]):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    parts = _said(text, found)
    one = compared is not None and not _each_alone(compared, parts) and any(map(_compares(read), parts))
    return parts if 1 < len(parts) <= MOST and not one else ()


def read_asks(text: str) -> tuple[str, ...]:
    """Everything that a text asks, also what says nothing by itself: "does it help, and by how much?".

    Args:
        text: The question, its typing errors corrected.

    Returns:
        Two or more, in order, each in its own words; nothing where it is one thing.
    """
    said = _said(text, _pieces(text, lambda _: False))
    return said if 1 < len(said) <= MOST else ()


def _compares(read: Callable[[str], Intent]) -> Callable[[str], bool]:
    """Tells whether a part compares by itself: "what does PLUM do instead of GRAM, and how well?" only names two."""
    return lambda part: read(part).chance("compare") >= SURE


def _each_alone(names: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether things that seem to be compared are asked about one by one: no part names two of them."""
    named = [[name for name in names if name in part] for part in parts]
    return (
        len(names) > 1
        and max(map(len, named), default=0) == 1
        and len({name for one in named for name in one}) == len(names)
    )


def _pieces(text: str, orders: Callable[[str], bool]) -> list[Span]:
    """A text cut before each thing that is asked but the first, without what leads into it.

    What stands before the first question and puts none itself names what it is about ("PLUM at YouTube: what are the
    stages?"), unless it orders something ("papers on bees; what do they find?").
    """
    begun = list(_starts(text))
    if len(begun) > 1:
        first, second = begun[:2]
        piece = text[first.start : second.joint]
        puts = first.opens or second.opened > first.opened or "?" in text[first.start : second.start]
        if not puts and second.opens and not orders(piece):
            del begun[0]
    begun = begun[1:]
    starts, ends = (0, *(place.start for place in begun)), (*(place.joint for place in begun), len(text))
    return _asking(text, list(zip(starts, ends, strict=True)))


def _asking(text: str, pieces: Sequence[Span]) -> list[Span]:
    """Pieces of which each asks something: what narrows one belongs to it, and so does what it is led into by.

    What only asks to be told what follows is left out.
    """
    found: list[Span] = []
    led: int | None = None
    told = load_pieces().told(cut(text, pieces)) if len(pieces) > 1 else ["asks"]
    for n, ((start, end), doing) in enumerate(zip(pieces, told, strict=True)):
        last = n + 1 == len(pieces)
        if doing == "requests" and not last:
            continue
        if doing == "leads" and not last:
            led = start if led is None else led
        elif found and led is None and doing != "asks":
            found[-1] = (found[-1][0], end)
        else:
            found.append((start if led is None else led, end))
            led = None
    return found


@lru_cache(KEPT)
def _starts(text: str) -> tuple[Place, ...]:
    return tuple(load_splitter().starts(text))


def _lists(intent: Intent) -> bool:
    """Whether words that put no question plainly want papers."""
    return intent.kind in SHAPES and intent.probability >= FIRM


def _said(text: str, pieces: Sequence[Span]) -> tuple[str, ...]:
    """The words of pieces, without the marks around them; those without words are left out."""
    return tuple(filter(None, (text[start:end].strip(_MARKS) for start, end in pieces)))


def _is_elliptic(piece: str) -> bool:
    """Whether a piece says nothing by itself ("by how much?", "how fast?"): it belongs to what stands before it."""
    words = [word.lower() for word in _WORD.findall(piece)]
    return all(word in _EMPTY for word in words) or (len(words) == 2 and words[0] == "how")
