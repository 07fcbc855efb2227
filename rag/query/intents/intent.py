"""What a question wants, with a probability: the intent model's word, and the shape of answer that serves it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from rag.models.intent import Label, load_intents
from rag.query.rules import load_rules
from rag.text.sentences import sentences

if TYPE_CHECKING:
    from rag.models import Embedder

Kind = Literal["single", "compare", "list", "topic"]
"""The shape of an answer: what one paper says, works side by side, papers, or papers by what they say."""
LIKELY, SURE = 0.3, 0.6
"""Chances of an intent from which it is tried where something else bears it out, and where nothing can."""
SHAPES: Mapping[Label, Kind] = {
    "list": "list",
    "temporal": "list",
    "news": "list",
    "count": "list",
    "similar": "list",
    "recommend": "list",
    "others": "list",
    "from": "list",
    "topic": "topic",
    "change": "topic",
    "trending": "topic",
}
"""What serves an intent; ``single`` where it is not named. What is compared must be named: that is parsed."""
_OF_NO_PAPER: tuple[Label, ...] = ("coverage", "days", "themes", "help", "courtesy", "offtopic")
"""Intents that no paper serves: where papers are to answer nevertheless, they say nothing of the shape."""
NEAR = 0.6
"""A second shape is as good as the first where it has at least this share of its chance."""
_BOTH: Mapping[frozenset[Kind], Kind] = {
    # A topic names the papers that the list would, the nearest first within each theme, and also what they say.
    frozenset({"list", "topic"}): "topic",
    # A list begins with the paper that would be quoted alone, and quotes it.
    frozenset({"single", "list"}): "list",
    # A topic likewise quotes the paper that stands out, and more of it than a list does.
    frozenset({"single", "topic"}): "topic",
}
SEVERAL, FURTHER = 0.5, 0.2
"""Chances from which a question is taken to ask several things: by itself, and where it goes on after a question."""
_INITIAL = re.compile(r"(?<!\w)[^\W\d_a-z]\.$")
_CLAUSE = re.compile(r"(?P<said>[^,.?!]+),\s+(?=\S)")
KEPT = 512
"""Texts whose reading is kept: one question is read several times on its way, and so are the turns before it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a question wants.

    Attributes:
        chances: The chance of each intent; they add up to 1.
        compound: The chance that it asks several things.
    """

    chances: Mapping[Label, float] = field(default_factory=lambda: {"single": 1.0})
    compound: float = 0.0

    @property
    def ranked(self) -> list[tuple[Label, float]]:
        """The intents with their chances, the likeliest first."""
        return sorted(self.chances.items(), key=lambda one: -one[1])

    @property
    def kind(self) -> Label:
        """The likeliest intent."""
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        """The likeliest intent's chance."""
        return self.ranked[0][1]

    def several(self, text: str) -> bool:
        """Whether several things are asked by a text; what changed asks for two times at least."""
        goes_on = self.compound >= FURTHER and load_rules("intent")["further"](text)
        return goes_on or max(self.compound, self.chance("change")) >= SEVERAL

    def chance(self, *labels: Label) -> float:
        """The chance that one of some intents is meant."""
        return sum(self.chances.get(label, 0.0) for label in labels)

    def shape(self, *, restricted: bool = False, named: bool = False, works: bool = True) -> Kind:
        """The shape of answer to a question that compares nothing; of two about as likely, the one that serves both.

        Args:
            restricted: Whether it names an author or dates: what changed, or was written, is then a list.
            named: Whether it names a system: that one's own paper serves where it may be meant alone.
            works: Whether it speaks of papers: what else is counted, one of them says.
        """
        sums = self._shapes(restricted, named, works)
        first, second = sorted(sums, key=lambda shape: -sums[shape])[:2]
        if sums[second] < NEAR * sums[first]:
            return first
        both = frozenset({first, second})
        return "single" if named and "single" in both else _BOTH[both]

    def may_be_of_one(self) -> bool:
        """Whether one paper may be meant about as likely as several, where nothing is said of papers."""
        sums = self._shapes(restricted=False, named=False, works=False)
        return sums["single"] >= NEAR * max(sums.values())

    def _shapes(self, restricted: bool, named: bool, works: bool) -> dict[Kind, float]:
        """The chance of each shape."""
        sums: dict[Kind, float] = {"single": 0.0, "list": 0.0, "topic": 0.0}
        for label, chance in self.chances.items():
            if label in _OF_NO_PAPER:
                continue
            shape = SHAPES.get(label, "single")
            if label in ("change", "who") and restricted:
                shape = "list"
            elif (label == "change" and named) or (label == "count" and not works):  # "what has X changed about Y?"
                shape = "single"
            sums[shape] += chance
        return sums


UNKNOWN = Intent()
"""What is taken for granted where nobody looked."""


class Intents:
    """Reads intents; safe to share between threads.

    The model's sentence vector is the shipped embedder's, whichever embedder the library's index has.
    """

    def __init__(self, embedding: Callable[[], Embedder]) -> None:
        """Make one.

        Args:
            embedding: Gives the library's embedder; asked when the first text is read.
        """
        self._embedding = embedding
        self._kept = lru_cache(KEPT)(self._read)

    def read(self, text: str, *, continues: bool = False) -> Intent:
        """Read what a text wants.

        Args:
            text: As typed.
            continues: Whether anything was said before.
        """
        return self._kept(text, continues)

    def is_courtesy(self, text: str) -> bool:
        """Whether somebody greets, thanks or agrees in a conversation, and asks for nothing."""
        return self.read(text, continues=True).chance("courtesy") >= SURE

    def without_courtesies(self, text: str) -> str:
        """A text without what only greets, thanks or agrees; all of it where it says no more than that.

        That may be sentences, or clauses with which what is left opens: "thanks, that helps, now tell me who wrote it".
        A single word ("ok, …") stays: whether a conversation goes on is read from it, too.
        """
        said = _after_initials([text[start:end] for start, end in sentences(text)])
        kept = [one for one in said if not self.is_courtesy(one)] if len(said) > 1 else said
        text = " ".join(kept) if 0 < len(kept) < len(said) else text
        rest, says = text, False
        while (clause := _CLAUSE.match(rest)) and self.is_courtesy(clause["said"]):
            rest, says = rest[clause.end() :], says or " " in clause["said"]
        return rest if says and not self.is_courtesy(text) else text

    def _read(self, text: str, continues: bool) -> Intent:
        from rag.models.minilm import MiniLM, installed

        own = self._embedding()
        model = own if isinstance(own, MiniLM) else installed(threads=1)
        vector = np.array(model.get_query_embedding(text), dtype=np.float32)
        found = load_intents().chances(text, vector, continues=continues)
        return Intent(found.labels, found.compound)


def _after_initials(said: list[str]) -> list[str]:
    """Sentences, those put together that an initial parts: "J.-Y. Nie" is one name."""
    whole: list[str] = []
    for one in said:
        if whole and _INITIAL.search(whole[-1]):
            whole[-1] = f"{whole[-1]} {one}"
        else:
            whole.append(one)
    return whole
