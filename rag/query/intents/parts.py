"""The parts of a question that asks several things, and everything that it asks.

Where a further thing is asked is learnt (`rag.models.splitter`); what stands before the first one leads into it. What
says nothing by itself ("by how much?") is a thing that is asked, and no part: it is answered with what it goes on from.
What asks nothing at all ("could you tell me, in plain words,", "only papers since May") is neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from rag.models.splitter import ASKING, OPENING, Place, load_splitter
from rag.query.intents.intent import KEPT, SHAPES, SURE, Intent
from rag.query.rules import load_rules
from rag.text.sentences import Span
from rag.text.terms import STOP_WORDS

FIRM = 0.8
"""Chance of an intent from which words that put no question are an order."""
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset((*STOP_WORDS, "much", "many", "long", "often", "far"))
"""Words of which an ellipsis consists: "and by how much?"."""
_MARKS = " ?!.;,:&/+–—-"
_RELATIVES = frozenset("when where which who whom whose".split())
"""Words that put a question or begin a subordinate clause."""
_SUBJECTS = frozenset("i you we he she it they there this these those one".split())
_ENDS = re.compile(r"[.?!;]")
_PARTS = re.compile(r"[.?!;]|\w")
"""What stands between two pieces that follow each other, and not between one and what it leads into."""
_JOINTS = re.compile(r"[,:;–—]")
MOST = 6
"""Parts up to which a question is answered part by part; a list of more is no conversation."""


def only_requests(piece: str) -> bool:
    """Whether a piece only asks to be told what follows it: "could you tell me, in plain words".

    Its first clause says so; how it is to be told, or for whom, may be said behind it.
    """
    closed = load_rules("intent").words
    tells, (first, *others) = closed["telling"], _clauses(piece)
    behind = [word for clause in others for word in clause]
    asks = (ASKING - tells - _RELATIVES).intersection(behind) or {one[0] for one in others} & ASKING
    return not (tells.isdisjoint(first) or asks) and (tells | closed["request"]).issuperset(first)


def leads_in(piece: str) -> bool:
    """Whether a piece only says of what, when or why that is asked which follows it.

    So does what takes something up ("what about PLUM"), and a clause or phrase that is subordinate and holds no
    question ("when two sources disagree", "in the papers where tools fail").
    """
    if load_rules("followups")["takes_up"](piece):
        return True
    clauses = _clauses(piece)
    words = [word for clause in clauses for word in clause]
    if len(words) < 2 or words[0] not in load_rules("intent").words["subordinates"] or words[1] in OPENING:
        return False
    inverted = any(one in OPENING and other in _SUBJECTS for one, other in pairwise(words))
    return not (inverted or {one[0] for one in clauses[1:]} & OPENING or (ASKING - _RELATIVES).intersection(words))


def _clauses(piece: str) -> list[list[str]]:
    """The words of a piece's clauses, in small letters; the first may have none."""
    first, *others = (_WORD.findall(clause) for clause in _JOINTS.split(piece.lower()))
    return [first, *filter(None, others)]


def read_parts(
    text: str,
    intent: Intent,
    read: Callable[[str], Intent],
    compared: Sequence[str] | None = None,
    *,
    named: bool = False,
    idle: Callable[[str], bool] = lambda _: False,
) -> tuple[str, ...]:
    """What a text asks or orders one after the other, in its own words.

    Args:
        text: The question, its typing errors corrected.
        intent: What it wants as a whole.
        read: Tells what a piece of it wants.
        compared: What it sets side by side, where it does.
        named: Whether it names a paper, which is no description then.
        idle: Tells whether a piece behind another asks nothing: it thanks, or only leaves some of the papers asked for.

    Returns:
        Two parts or more, in order; nothing where it is one thing, or it describes a paper or compares, which is one
        thing however many sentences it takes.
    """
    if intent.kind == "paraphrase" and not named:
        return ()
    found: list[tuple[int, int]] = []
    for start, end in _pieces(text, lambda piece: _lists(read(piece)), idle):
        if found and _is_elliptic(text[start:end]):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    parts = _said(text, found)
    one = compared is not None and not _each_alone(compared, parts) and any(map(_compares(read), parts))
    return parts if 1 < len(parts) <= MOST and not one else ()


def read_asks(text: str, idle: Callable[[str], bool] = lambda _: False) -> tuple[str, ...]:
    """Everything that a text asks, also what says nothing by itself: "does it help, and by how much?".

    Args:
        text: The question, its typing errors corrected.
        idle: As `read_parts`.

    Returns:
        Two or more, in order, each in its own words; nothing where it is one thing.
    """
    said = _said(text, _pieces(text, lambda _: False, idle))
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


def _pieces(text: str, orders: Callable[[str], bool], idle: Callable[[str], bool]) -> list[Span]:
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
    return _asking(text, list(zip(starts, ends, strict=True)), idle)


def _asking(text: str, pieces: Sequence[Span], idle: Callable[[str], bool]) -> list[Span]:
    """Pieces of which each asks something: what narrows one belongs to it, and so does what it is led into by.

    What only asks to be told what follows is left out. Behind the end of a sentence, or a coordinator, nothing is led
    into.
    """
    found: list[Span] = []
    led: int | None = None
    bounds = [(0, 0), *pieces, (len(text), len(text))]
    for (_, last), (start, end), (ahead, _) in zip(bounds, pieces, bounds[2:], strict=False):
        piece, joint = text[start:end], text[end:ahead]
        leads = bool(joint) and not (_ENDS.search(piece) or _PARTS.search(joint))
        if leads and only_requests(piece):
            continue
        if leads and leads_in(piece) and (not found or _PARTS.search(text, last, start)):
            led = start if led is None else led
        elif found and (idle(piece) or only_requests(piece)):
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
