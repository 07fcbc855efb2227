"""The sides of a comparison, which names or descriptions tell, and what is asked of each.

Where they stand is learnt (`rag.models.sides`). A side that is nothing but a name means the paper of that name; of one
that says more, its names restrict which papers it may mean, and so do those that stand beside all sides. Days and
authors that stand in a side restrict it alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rag.models.sides import COMPARES, Compared, load_sides
from rag.papers.entities import Entities
from rag.query.intents.intent import KEPT, SURE, Intent
from rag.query.intents.shape import Shape, names_system
from rag.query.lexicon.entities import Named, names_in, resolve
from rag.query.lexicon.vocabulary import Vocabulary
from rag.query.lexicon.words import edited
from rag.query.rules import load_rules
from rag.text.sentences import Span
from rag.text.terms import STOP_WORDS
from rag.types import Filters, Note

BORNE_OUT = 0.1
"""Chance from which a text is taken to compare where its sides say so too: two names, or nothing but works. Of 1,670
questions and turns 26 have two sides from it on that are nothing but the names of two papers; all compare these."""
HARDLY = 0.02
"""Chance from which it does where each side is a name, and one of them has a day or an author to it."""
FIRM = 0.98
"""Chance from which it does where the intent hardly says so, or a list or a topic is wanted."""
POSSIBLE = 0.05
"""Chance that a comparison is wanted from which the intent does not speak against it. Of some 330 questions of other
kinds 5 are taken for one with it, instead of 15, and of 57 comparisons 39, instead of 42."""
HELD = 20
"""Papers up to which a name restricts what a side may mean; one that more hold is an everyday one."""
MOST = 4
"""Sides up to which a comparison is shown side by side."""
JOINT = 12
"""Letters up to which what stands between two sides only joins them: " and with "."""
_WORD = re.compile(r"[^\W_]+")
_APPOSING = ' ,:(–—"“”'
"""Marks behind which the same thing may be told in other words."""
_MARKS = " ,;:.?!()\"“”'‘’–—-"
_KINDS = "paper papers study work article preprint model method system framework approach benchmark one"
_OF_ANY = frozenset((*STOP_WORDS, *_KINDS.split()))
"""Words that say nothing of a work beside its name."""
_PUTS = _OF_ANY | frozenset(
    "compare compares compared contrast differ differs difference differences versus vs".split()
)
"""Words that put a comparison: nothing is searched for by them."""


class Own(NamedTuple):
    """What a side restricts.

    Attributes:
        rest: The words that are left of it.
        filters: The restrictions.
        papers: Those within them; None where there are none.
        notes: What to tell the reader of them.
    """

    rest: str
    filters: Filters = Filters()
    papers: frozenset[str] | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the works that are set side by side.

    Attributes:
        text: As it is named or described.
        search_text: What to search for: that, with what is said of all sides.
        papers: The papers that hold the names which it gives, or which stand beside all sides; None: there are none,
            and any may be meant.
        is_named: Whether it gives such a name itself, or one paper is left by what it restricts: then the first that
            is found is meant, however far its wording.
        filters: In force for it alone; those of the question stand beside them.
        words: What the wording of papers is compared with; empty where that is all of its text.
    """

    text: str
    search_text: str
    papers: frozenset[str] | None = None
    is_named: bool = False
    filters: Filters = field(default_factory=Filters)
    words: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared.

    Attributes:
        subjects: The names of its sides, where each has one that means one paper.
        sides: Its sides, where they have to be looked for.
        asks: What is asked of each, in order; none where nothing but the difference is.
        put: The question as it is put to each side alone, in their order.
        own: The texts of sides that restrict themselves alone: what they name restricts nothing else.
        notes: What was read of them.
    """

    subjects: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    asks: tuple[str, ...] = ()
    put: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_within_one(self) -> bool:
        """Whether all sides stand in the same one paper, which tells of each: "users and LoRAs in ImageGem"."""
        papers = {side.papers if side.is_named else None for side in self.sides}
        return len(self.sides) > 1 and len(papers) == 1 and len(papers.pop() or ()) == 1

    def shared(self, text: str) -> str:
        """A text without what restricts one side alone, which dots stand for."""
        for side in self.own:
            text = text.replace(side, "." * len(side), 1)
        return text

    def called(self, stand_in: str, name: str) -> Comparison:
        """This comparison with a name in the place of what stood for it."""

        def put(text: str) -> str:
            return text.replace(stand_in, name)

        sides = (
            replace(one, text=put(one.text), search_text=put(one.search_text), words=put(one.words))
            for one in self.sides
        )
        asks, said = tuple(map(put, self.asks)), tuple(map(put, self.put))
        return replace(self, subjects=tuple(map(put, self.subjects)), sides=tuple(sides), asks=asks, put=said)

    def of_names(self, names: Sequence[str], *, are_papers: bool = False) -> Comparison:
        """This comparison without sides, where the names given tell what is compared and no other side is a work.

        Of "compare X and Y, which tune LLMs with GFlowNets" two words are no works; in "X and Y both cut LLM calls.
        Set side by side, …" none is.

        Args:
            names: The names.
            are_papers: Whether they mean two papers at least: then only what reads as one ("the model for trams") is
                another work.
        """
        called = [is_called(side.text, names) for side in self.sides]
        others = [side.text for side, one in zip(self.sides, called, strict=True) if not one]
        bare, work = not any(" " in one for one in others), load_rules("followups")["the_one"]
        by_names = sum(called) > 1 and (bare or (are_papers and not any(map(work, others))))
        if not self.sides or not (by_names or (are_papers and bare and not any(called))):
            return self
        put = tuple(one for one, known in zip(self.put, called, strict=True) if known)
        return replace(self, sides=(), put=put)


def read_comparison(
    text: str,
    intent: Intent,
    shape: Shape,
    entities: Entities,
    vocabulary: Vocabulary,
    *,
    restricted: Callable[[str], Own] = Own,
    told: Mapping[str, str] | None = None,
) -> Comparison | None:
    """What a text compares; None where it likelier compares nothing.

    Args:
        text: The question, its typing errors corrected.
        intent: What it wants.
        shape: Of the answer, as its names tell it.
        entities: What the library's papers are called.
        vocabulary: The library's words.
        restricted: Reads what a side restricts.
        told: Papers of the conversation by what stands for them in the text: one of them is set beside something.
    """
    found, told, compares = compared(text), told or {}, intent.chance("compare")
    if found.chance < (HARDLY if len(shape.subjects) > 1 else BORNE_OUT) or not 1 < len(found.sides) <= MOST:
        return None
    said = [text[start:end].strip(_MARKS) for start, end in found.sides]
    if not all(said) or "?" in text[found.sides[0][0] : found.sides[-1][1]]:  # another question ends between them
        return None
    own = list(map(restricted, said))
    owners = [told.get(one) or _owner(entities, of.rest) for one, of in zip(said, own, strict=True)]
    apart = all(owners) and len(set(owners)) == len(owners)  # names of papers, and of a different one each
    borne_out = apart or len(shape.subjects) > 1 or told or (compares >= SURE and are_works(said, owners))
    possible = compares >= POSSIBLE and shape.kind not in ("list", "topic")
    least = BORNE_OUT if borne_out else COMPARES if possible else FIRM
    if found.chance < least and not (all(owners) and any(of.filters for of in own)):
        return None
    beside = " ".join(_beside(text, found))
    common = _holders(beside, entities, vocabulary)
    said_of_all = " ".join(word for word in _WORD.findall(beside) if word.lower() not in _PUTS)
    held = [
        frozenset([owner]) if owner else None if _says_nothing(of.rest) else _holders(of.rest, entities, vocabulary)
        for of, owner in zip(own, owners, strict=True)
    ]
    # "compare X with Y from May" where Y is of another month, or "the papers from May …": what may answer at all
    own = [of if _may_be(one, of) else Own(of.rest) for one, of in zip(held, own, strict=True)]
    kept = [(one, of) for one, of in zip(said, own, strict=True) if of.filters]
    whole = Comparison(
        asks=tuple(text[start:end].strip(_MARKS) for start, end in found.asks),
        put=tuple(_put_to(text, found.sides, n) for n in range(len(said))),
        own=tuple(one for one, _ in kept),
        notes=tuple(note for _, of in kept for note in of.notes),
    )
    if apart:
        return replace(whole, subjects=tuple(of.rest.strip(_MARKS) for of in own))
    sides = (_side(*one, common, (said_of_all, " ".join(whole.asks))) for one in zip(said, own, held, strict=True))
    return replace(whole, sides=tuple(sides))


def _side(
    said: str, own: Own, held: frozenset[str] | None, common: frozenset[str] | None, beside: tuple[str, str]
) -> Side:
    """A side, with the papers that hold its own names, and those that hold what is named beside all sides.

    It is searched for by what is said of it and of all; where it says nothing itself, also by all else that is asked.
    """
    papers = (held & common if held and common else None) or held or common
    of_all, beyond = beside
    words = (beyond or said) if _says_nothing(own.rest) else own.rest
    one = own.papers is not None and len(own.papers) == 1
    return Side(said, f"{words} {of_all}".strip(), papers, held is not None or one, own.filters, words)


def _may_be(held: frozenset[str] | None, own: Own) -> bool:
    """Whether what a side restricts may tell which paper it means: one that it names, or one and not several."""
    if held is None:
        return not (_says_nothing(own.rest) and load_rules("intent")["several_papers"](own.rest))
    return len(held) > 1 or own.papers is None or held <= own.papers


def are_apposed(text: str, sides: Sequence[Side]) -> bool:
    """Whether of two sides the second may only say more of the first, which a name gives: marks alone part them.

    "MSPA, the recommender of authors: what is it trained on?" may be about one work.
    """
    if len(sides) != 2 or not sides[0].is_named:
        return False
    begin = text.find(sides[0].text)
    end = begin + len(sides[0].text)
    start = text.find(sides[1].text, end)
    return begin >= 0 and start >= 0 and not text[end:start].strip(_APPOSING)


def only_puts(text: str, names: Sequence[str]) -> bool:
    """Whether a text says nothing but that some names are set side by side: "compare X with Y"."""
    for name in names:
        text = text.replace(name, " ")
    return all(word.lower() in _PUTS for word in _WORD.findall(text))


def are_works(said: Sequence[str], owners: Sequence[str]) -> bool:
    """Whether each side is a paper's name, or one work that is described: "the paper on trams"."""
    one = load_rules("followups")["the_one"]
    return all(owner or one.at(side) for side, owner in zip(said, owners, strict=True))


@lru_cache(KEPT)
def compared(text: str) -> Compared:
    """What the model says of a text; one is read several times on its way."""
    return load_sides().read(text)


def _beside(text: str, found: Compared) -> Iterator[str]:
    """The words of a text that are neither of a side nor what is asked of it."""
    at = 0
    for start, end in sorted((*found.sides, *found.asks)):
        yield text[at:start]
        at = end
    yield text[at:]


def _put_to(text: str, sides: Sequence[Span], n: int) -> str:
    """A question without all sides but one, and without what joins two of them."""
    joints = [(end, start) for (_, end), (start, _) in pairwise(sides) if start - end <= JOINT]
    cut = sorted([*(side for k, side in enumerate(sides) if k != n), *joints])
    return " ".join(edited(text, [(start, end, "") for start, end in cut]).split())


def _owner(entities: Entities, said: str) -> str:
    """The one paper that a side means by its name alone; empty: it says more, or several are called so."""
    words = said.split()
    for n in range(len(words)):
        for name in (" ".join(words[n:]), " ".join(words[: len(words) - n])):
            if _says_nothing(said.replace(name, " ", 1)) and not _says_nothing(name):
                owners = resolve(entities, name.strip(_MARKS)).owners
                if len(owners) == 1:
                    return owners[0]
    return ""


def is_called(side: str, names: Sequence[str]) -> bool:
    """Whether a side is one of some names, and says no more."""
    rests = (side.replace(name, " ", 1) for name in names if name in side)
    return any(map(_says_nothing, rests))


def _says_nothing(text: str) -> bool:
    """Whether a text says nothing of a work: "the paper by"."""
    return all(word.lower() in _OF_ANY for word in _WORD.findall(text))


def _holders(text: str, entities: Entities, vocabulary: Vocabulary) -> frozenset[str] | None:
    """The papers that hold the names of a text; None where it has none that picks papers."""
    names = [one for one in names_in(text, entities, vocabulary) if picks(one)]
    held = [frozenset(naming.paper_id for naming in one.namings) for one in names]
    both = frozenset.intersection(*held) if held else None
    return both or (held[0] if held else None)


def picks(name: Named) -> bool:
    """Whether a name is written as a system's is, and few papers hold it."""
    return names_system(name.text) and 0 < len(name.namings) <= HELD
