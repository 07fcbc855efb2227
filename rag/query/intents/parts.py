"""The parts of a question that asks several things: where it may be parted, and whether each piece asks by itself.

Where a further question may begin is closed: marks, coordinators, and the words that open a question in English.
Whether a piece asks or orders anything ("In the paper on bees", "Remind me", "Describe IterQR") is told from a
question's own words, and where it has none, from how sure the intent model is of what it wants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from rag.models.intent import Label
from rag.query.intents.intent import SURE, Intent
from rag.query.rules import load_rules
from rag.text.sentences import sentences
from rag.text.terms import STOP_WORDS

FIRM = 0.8
"""Chance of an intent from which words that put no question are an order, or name what is wanted."""
_NO_ORDER: tuple[Label, ...] = ("compare", "courtesy", "offtopic", "trending")
"""Intents that a piece without a question shows as well where it only leads into one: "both attack recommenders"."""
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset((*STOP_WORDS, "much", "many", "long", "often", "far"))
"""Words of which an ellipsis consists: "and by how much?"."""
_MARKS = " ?!.;,"
MOST = 6
"""Parts up to which a question is answered part by part; a list of more is no conversation."""


def read_parts(
    text: str, intent: Intent, read: Callable[[str], Intent], compared: Sequence[str] | None = None
) -> tuple[str, ...]:
    """What a text asks or orders one after the other, in its own words.

    Args:
        text: The question, its typing errors corrected.
        intent: What it wants as a whole.
        read: Tells what a piece of it wants.
        compared: What it sets side by side, where it does.

    Returns:
        Two parts or more, in order; nothing where it is one thing, nothing parts it, or it describes a paper
        or compares, which is one thing however many sentences it takes.
    """
    if not intent.several(text) or intent.kind == "paraphrase":
        return ()
    member = load_rules("intent")["member"]
    found: list[str] = []
    lead = ""
    pieces = _pieces(text)
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        whole = f"{lead}{piece}"
        if found and not lead and _is_elliptic(piece):
            found[-1] += piece
        elif _puts(piece) or (not member.at(following) and _orders(piece, read)):
            found.append(whole)
            lead = ""
        else:
            lead = whole
    if lead and found and read(_bare(lead)).kind != "courtesy":
        found[-1] += lead
    parts = tuple(part for part in map(_bare, found) if part)
    one = compared is not None and not _each_alone(compared, parts) and any(map(_compares(read), parts))
    return parts if 1 < len(parts) <= MOST and not one else ()


def read_asks(text: str) -> tuple[str, ...]:
    """Everything that a text asks, also what says nothing by itself: "does it help, and by how much?".

    Args:
        text: The question, its typing errors corrected.

    Returns:
        Two or more, in order, each in its own words; nothing where it is one thing.
    """
    asks: list[str] = []
    lead = ""
    for piece in _pieces(text):
        if _puts(piece):
            asks.append(lead + piece)
            lead = ""
        elif asks:
            asks[-1] += piece
        else:
            lead += piece
    said = tuple(filter(None, map(_bare, asks)))
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


def _pieces(text: str) -> list[str]:
    """A text cut before each joint; together they are the text."""
    rules = load_rules("intent")
    joints = [match.start() for match in rules["joint"].all(text)]
    # "…, who wrote them, and what for": a relative clause closes no list
    members = [match.start() for match in rules["member"].all(text) if _goes_on(text, match.end(), joints)]
    borders = {*joints, *members, *(start for start, _ in sentences(text)[1:])}
    return [text[start:end] for start, end in pairwise(sorted({0, len(text), *borders}))]


def _goes_on(text: str, place: int, joints: Sequence[int]) -> bool:
    """Whether a list goes on behind a place: another joint follows in its sentence."""
    following = next((joint for joint in joints if joint >= place), None)
    return following is not None and text[following] not in "?!.;"


def _is_elliptic(piece: str) -> bool:
    """Whether a piece says nothing by itself: it belongs to what stands before it."""
    return all(word.lower() in _EMPTY for word in _WORD.findall(piece))


def _puts(piece: str) -> bool:
    """Whether a piece puts a question, or begins as an order does."""
    return load_rules("intent")["puts"](_bare(piece))


def _orders(piece: str, read: Callable[[str], Intent]) -> bool:
    """Whether a piece that puts no question plainly wants something: "Describe IterQR", "papers on bees"."""
    said = _bare(piece)
    wants = read(said) if said else None
    return wants is not None and wants.kind not in _NO_ORDER and wants.probability >= FIRM


def _bare(piece: str) -> str:
    """A piece without its marks and what leads into it."""
    said = piece.strip(_MARKS)
    led = load_rules("intent")["lead"].at(said)
    return (said[led.end() :] if led else said).strip(_MARKS)
