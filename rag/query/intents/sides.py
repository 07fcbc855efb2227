"""The sides of a comparison, which names or descriptions tell, and what is asked of each.

Where they stand is learnt (`rag.models.sides`). A side that is nothing but a name means the paper of that name; of one
that says more, its names restrict which papers it may mean, and so do those that stand beside all sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.models.sides import COMPARES, Compared, load_sides
from rag.papers.entities import Entities
from rag.query.intents.intent import KEPT, Intent
from rag.query.intents.shape import Shape, names_system
from rag.query.lexicon.entities import Named, names_in, resolve
from rag.query.lexicon.vocabulary import Vocabulary
from rag.query.lexicon.words import edited
from rag.text.sentences import Span
from rag.text.terms import STOP_WORDS

BORNE_OUT = 0.1
"""Chance from which a text is taken to compare where two names of papers say so too."""
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
_MARKS = " ,;:.?!()\"“”'‘’–—-"
_KINDS = "paper papers study work article preprint model method system framework approach benchmark one"
_OF_ANY = frozenset((*STOP_WORDS, *_KINDS.split()))
"""Words that say nothing of a work beside its name."""
_PUTS = _OF_ANY | frozenset(
    "compare compares compared contrast differ differs difference differences versus vs".split()
)
"""Words that put a comparison: nothing is searched for by them."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the works that are set side by side.

    Attributes:
        text: As it is named or described.
        search_text: What to search for: that, with what is said of all sides.
        papers: The papers that hold the names which it gives, or which stand beside all sides; None: there are none,
            and any may be meant.
        is_named: Whether it gives such a name itself: then one of `papers` is meant, however far its wording.
    """

    text: str
    search_text: str
    papers: frozenset[str] | None = None
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared.

    Attributes:
        subjects: The names of its sides, where each has one that means one paper.
        sides: Its sides, where they have to be looked for.
        asks: What is asked of each, in order; none where nothing but the difference is.
        put: The question as it is put to each side alone, in their order.
    """

    subjects: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    asks: tuple[str, ...] = ()
    put: tuple[str, ...] = ()

    def of_names(self, names: Sequence[str]) -> Comparison:
        """This comparison without sides, where two or more are the names given, and any other is a bare word.

        Of "compare X and Y, which tune LLMs with GFlowNets" two words are no works; the names tell the papers.
        """
        called = [is_called(side.text, names) for side in self.sides]
        bare = all(one or " " not in side.text for side, one in zip(self.sides, called, strict=True))
        if sum(called) < 2 or not bare:
            return self
        put = tuple(one for one, known in zip(self.put, called, strict=True) if known)
        return Comparison((), (), self.asks, put)


def read_comparison(
    text: str, intent: Intent, shape: Shape, entities: Entities, vocabulary: Vocabulary
) -> Comparison | None:
    """What a text compares; None where it likelier compares nothing.

    Args:
        text: The question, its typing errors corrected.
        intent: What it wants.
        shape: Of the answer, as its names tell it.
        entities: What the library's papers are called.
        vocabulary: The library's words.
    """
    found = compared(text)
    borne_out = len(shape.subjects) > 1
    possible = intent.chance("compare") >= POSSIBLE and shape.kind not in ("list", "topic")
    least = BORNE_OUT if borne_out else COMPARES if possible else FIRM
    if found.chance < least or not 1 < len(found.sides) <= MOST:
        return None
    said = [text[start:end].strip(_MARKS) for start, end in found.sides]
    if not all(said) or "?" in text[found.sides[0][0] : found.sides[-1][1]]:  # another question ends between them
        return None
    asks = tuple(text[start:end].strip(_MARKS) for start, end in found.asks)
    put = tuple(_put_to(text, found.sides, n) for n in range(len(said)))
    owners = [_owner(entities, one) for one in said]
    if len(set(filter(None, owners))) == len(owners):
        return Comparison(tuple(said), (), asks, put)
    beside = " ".join(_beside(text, found))
    common = _holders(beside, entities, vocabulary)
    said_of_all = " ".join(word for word in _WORD.findall(beside) if word.lower() not in _PUTS)
    sides = []
    for one, owner in zip(said, owners, strict=True):
        own = frozenset([owner]) if owner else _holders(one, entities, vocabulary)
        papers = (own & common if own and common else None) or own or common
        sides.append(Side(one, f"{one} {said_of_all}".strip(), papers, is_named=own is not None))
    return Comparison((), tuple(sides), asks, put)


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
            rest = _WORD.findall(said.replace(name, " ", 1))
            if all(word.lower() in _OF_ANY for word in rest):
                owners = resolve(entities, name.strip(_MARKS)).owners
                if len(owners) == 1:
                    return owners[0]
    return ""


def is_called(side: str, names: Sequence[str]) -> bool:
    """Whether a side is one of some names, and says no more."""
    rests = (side.replace(name, " ", 1) for name in names if name in side)
    return any(all(word.lower() in _OF_ANY for word in _WORD.findall(rest)) for rest in rests)


def _holders(text: str, entities: Entities, vocabulary: Vocabulary) -> frozenset[str] | None:
    """The papers that hold the names of a text; None where it has none that picks papers."""
    names = [one for one in names_in(text, entities, vocabulary) if _picks(one)]
    held = [frozenset(naming.paper_id for naming in one.namings) for one in names]
    both = frozenset.intersection(*held) if held else None
    return both or (held[0] if held else None)


def _picks(name: Named) -> bool:
    return names_system(name.text) and 0 < len(name.namings) <= HELD
