"""Goals: what a reader wants, as aims one after the other, drawn from a library by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import gcd
from typing import Literal

from eval.readers.material import Material, Memory
from eval.readers.voices import Persona, load_voices

AimKind = Literal[
    "find", "ask", "compare", "list", "narrow", "absent", "nothing", "newest", "last", "recommend",
    "typed", "lessened", "explained", "surprised", "mapped", "suggested", "best", "remembered", "quizzed",
]  # fmt: skip
DETAILS = ("task", "method", "data", "result", "code")
STARRED = 4
"""Papers that a reader stars at most, the first two at once, before what is recommended should be of their subject."""
LOOKED_THROUGH, QUIZZED = 3, 8
"""Papers of which a suggested question is looked for, and that a reader keeps who takes a quiz."""
TRIES = 40
"""Draws of a goal after which the library is taken to have nothing for it."""


@dataclass(frozen=True, slots=True)
class Aim:
    """One thing that is wanted.

    Attributes:
        kind: What is to come of it: a paper found, a detail of it read, two compared, a list, fewer of it, a detail or
            a subject that is not there, the newest of a subject or of a list, others like those that she stars, or what
            the companion is for (`eval.readers.companion`).
        papers: Those meant: one, or two that are compared, or those that she stars in order.
        left: The paper that the talk was of before, where it now turns to another.
        detail: A field of a card, or the name of an absent detail.
        spans: Words of the paper of which any answers.
        asks: The ways of asking about an absent detail.
        tag: Of the subject.
        subject: The subject as it is said.
        must: Papers that belong beyond doubt.
        month: The one it is narrowed to, ``2025-10``.
        newest: The day of the newest paper that belongs.
        follows: Whether only the conversation says what it is about.
    """

    kind: AimKind
    papers: tuple[str, ...] = ()
    left: str = ""
    detail: str = ""
    spans: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    tag: str = ""
    subject: str = ""
    must: frozenset[str] = frozenset()
    month: str = ""
    newest: str = ""
    follows: bool = False

    @property
    def paper(self) -> str:
        """The one paper that is meant, or the last of two; empty where none is."""
        return self.papers[-1] if self.papers else ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a reader wants in a conversation, and what she knows of the papers in it."""

    kind: str
    aims: tuple[Aim, ...]
    memories: tuple[Memory, ...] = ()

    def memory(self, paper_id: str) -> Memory:
        """What she knows of a paper."""
        return next(one for one in self.memories if one.paper_id == paper_id)


class Draw:
    """Draws goals for one reader; each method gives None where what was drawn is of no use."""

    def __init__(self, material: Material, persona: Persona, chance: random.Random) -> None:
        self._material = material
        self._persona = persona
        self._chance = chance
        self._ids = tuple(material.papers)

    def goal(self, kind: str) -> Goal | None:
        """A goal of a kind; None where the library has nothing for it after `TRIES` draws."""
        if not self._ids:
            return None
        return next(filter(None, (GOALS[kind](self) for _ in range(TRIES))), None)

    def find(self) -> Goal | None:
        """Find a paper."""
        known = self._paper()
        return Goal("find", (Aim("find", (known.paper_id,)),), (known,)) if known else None

    def detail(self) -> Goal | None:
        """Read a detail of a paper, named or described in the question itself."""
        known = self._paper()
        aims = self._asked(known, 1) if known else ()
        return Goal("detail", tuple(replace(one, follows=False) for one in aims), (known,)) if known and aims else None

    def thread(self) -> Goal | None:
        """Find a paper, then read two details of it."""
        known = self._paper()
        aims = self._asked(known, 2) if known else ()
        return Goal("thread", (Aim("find", (known.paper_id,)), *aims), (known,)) if known and aims else None

    def compare(self) -> Goal | None:
        """Set two papers of a subject against each other; who doesn't know their names finds them one by one."""
        if not self._material.kinds:
            return None
        kind = self._chance.choice(self._material.kinds)
        first, second = (self._known(one) for one in self._chance.sample(sorted(kind.must), 2))
        if not (first and second):
            return None
        ids = (first.paper_id, second.paper_id)
        named = self._persona.knows == "name"
        finds = () if named else tuple(Aim("find", (one,)) for one in ids)
        return Goal("compare", (*finds, Aim("compare", ids, follows=not named)), (first, second))

    def list(self) -> Goal | None:
        """Find the papers of a subject, then often only those of a month, or the newest of those found."""
        if not self._material.kinds:
            return None
        kind = self._chance.choice(self._material.kinds)
        aim = Aim("list", tag=kind.tag, subject=kind.spoken, must=kind.must)
        by_month: dict[str, set[str]] = {}
        for one in sorted(kind.must):
            by_month.setdefault(self._material.papers[one].told[:7], set()).add(one)
        months = sorted(month for month in by_month if month)
        then = self._chance.choice(("", "last", "narrow") if months else ("",))
        if then != "narrow":
            return Goal("list", (aim, replace(aim, kind="last")) if then else (aim,))
        month = self._chance.choice(months)
        return Goal("list", (aim, replace(aim, kind="narrow", must=frozenset(by_month[month]), month=month)))

    def absent(self) -> Goal | None:
        """Ask for what is not there: a detail that the paper doesn't tell, or a subject that no paper is about."""
        if self._material.missing and self._chance.random() < 1 / 3:
            return Goal("absent", (Aim("nothing", subject=self._chance.choice(self._material.missing)),))
        known = self._paper()
        name, detail = self._chance.choice(sorted(load_voices().absent.items()))
        if known is None or not self._material.lacks(known.paper_id, detail.words):
            return None
        follows = self._persona.knows != "name" or self._chance.random() < 0.5
        aim = Aim("absent", (known.paper_id,), detail=name, follows=follows)
        aim = replace(aim, asks=detail.then if follows else detail.ask)
        return Goal("absent", (Aim("find", (known.paper_id,)), aim) if follows else (aim,), (known,))

    def switch(self) -> Goal | None:
        """Read a detail of a paper, turn to another one or to the newest of a subject, and go on with that."""
        first = self._paper()
        begun = self._asked(first, 1) if first else ()
        if not (first and begun):
            return None
        begin = replace(begun[0], follows=False)
        if self._persona.knows == "name" and self._chance.random() < 0.5:
            second = self._paper()
            then = self._asked(second, 1) if second else ()
            if second is None or not then or second.paper_id == first.paper_id:
                return None
            turn = Aim("find", (second.paper_id,), left=first.paper_id)
            return Goal("switch", (begin, turn, *then), (first, second))
        if not self._material.kinds:
            return None
        kind = self._chance.choice(self._material.kinds)
        if self._material.belongs(first.paper_id, kind.tag):
            return None
        turn = Aim("newest", left=first.paper_id, tag=kind.tag, subject=kind.spoken, must=kind.must, newest=kind.newest)
        return Goal("switch", (begin, turn), (first,))

    def recommend(self) -> Goal | None:
        """Star papers of a subject, and have others of it recommended."""
        kinds = [one for one in self._material.kinds if len(one.must) > STARRED + 1]
        if not kinds:
            return None
        kind = self._chance.choice(kinds)
        starred = tuple(self._chance.sample(sorted(kind.must), STARRED))
        rest = kind.must.difference(starred)
        return Goal("recommend", (Aim("recommend", starred, tag=kind.tag, subject=kind.spoken, must=rest),))

    def profile(self) -> Goal | None:
        """Type an interest, then keep papers of two subjects, and want less of one."""
        kinds = [one for one in self._material.kinds if len(one.must) > STARRED]
        if len(kinds) < 2:
            return None
        kind, other = self._chance.sample(kinds, 2)
        kept = [paper for one in (kind, other) for paper in self._chance.sample(sorted(one.must), STARRED - 1)]
        if any(self._material.belongs(one, kind.tag) for one in kept[STARRED - 1 :]):
            return None
        typed = Aim("typed", tag=kind.tag, subject=kind.spoken, must=kind.must)
        return Goal("profile", (typed, replace(typed, kind="lessened", papers=tuple(dict.fromkeys(kept)))))

    def reasons(self) -> Goal | None:
        """Keep papers of a subject, and read why others are shown."""
        return self._keeping("reasons", "explained")

    def surprise(self) -> Goal | None:
        """Keep papers of a subject, and ask for something else."""
        return self._keeping("surprise", "surprised")

    def map(self) -> Goal | None:
        """Look for a paper on the map."""
        return Goal("map", (Aim("mapped", (self._chance.choice(self._ids),)),))

    def suggested(self) -> Goal | None:
        """Take a question that is suggested of a paper."""
        if len(self._ids) < LOOKED_THROUGH:
            return None
        return Goal("suggested", (Aim("suggested", tuple(self._chance.sample(self._ids, LOOKED_THROUGH))),))

    def best(self) -> Goal | None:
        """Ask for the best paper on a subject."""
        if not self._material.kinds:
            return None
        kind = self._chance.choice(self._material.kinds)
        return Goal("best", (Aim("best", tag=kind.tag, subject=kind.spoken, must=kind.must),))

    def rewrite(self) -> Goal | None:
        """Ask a follow-up about a named paper twice, the first time with a thumb up."""
        name = self._material.name(self._chance.choice(self._ids))
        return Goal("rewrite", (Aim("remembered", subject=name),)) if name else None

    def quiz(self) -> Goal | None:
        """Keep papers, and take a quiz on them."""
        if len(self._ids) < QUIZZED:
            return None
        return Goal("quiz", (Aim("quizzed", tuple(self._chance.sample(self._ids, QUIZZED))),))

    def _keeping(self, kind: str, aim: AimKind) -> Goal | None:
        """Keep papers of a subject for an aim; None where the library has no subject of so many."""
        kinds = [one for one in self._material.kinds if len(one.must) > STARRED]
        if not kinds:
            return None
        one = self._chance.choice(kinds)
        starred = tuple(self._chance.sample(sorted(one.must), STARRED))
        return Goal(kind, (Aim(aim, starred, tag=one.tag, subject=one.spoken, must=one.must.difference(starred)),))

    def _asked(self, known: Memory, many: int) -> tuple[Aim, ...]:
        """Aims to read so many details of a paper; none where it tells fewer. What she said of it is none of them."""
        said = "" if self._persona.knows == "name" else known.sources[0]
        fields = [field for field in DETAILS if field != said]
        held = [(field, spans) for field in fields if (spans := self._material.spans(known.paper_id, field))]
        if len(held) < many:
            return ()
        drawn = self._chance.sample(held, many)
        return tuple(Aim("ask", (known.paper_id,), detail=field, spans=spans, follows=True) for field, spans in drawn)

    def _paper(self) -> Memory | None:
        return self._known(self._chance.choice(self._ids))

    def _known(self, paper_id: str) -> Memory | None:
        """What she knows of a paper; None where that is too little."""
        known = self._material.memory(paper_id, self._persona.knows, self._chance)
        if known and self._persona.knows == "part" and not (known.author or known.month):
            return None
        return known


GOALS: dict[str, Callable[[Draw], Goal | None]] = {
    "find": Draw.find,
    "detail": Draw.detail,
    "thread": Draw.thread,
    "compare": Draw.compare,
    "list": Draw.list,
    "absent": Draw.absent,
    "switch": Draw.switch,
    "recommend": Draw.recommend,
    "profile": Draw.profile,
    "reasons": Draw.reasons,
    "surprise": Draw.surprise,
    "map": Draw.map,
    "suggested": Draw.suggested,
    "best": Draw.best,
    "rewrite": Draw.rewrite,
    "quiz": Draw.quiz,
}
"""Kinds of goals, in the order of a report; whoever wants another kind of thing of the assistant adds it here."""


def assigned(readers: int, personas: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Goal and persona of each reader: every pair as often as every other, as far as the number allows."""
    pairs = [(goal, persona) for persona in personas for goal in GOALS]
    # so that few readers are of many goals and many personas, and no pair comes again before all have come
    step = next(step for step in count(len(GOALS) + 1) if gcd(step, len(pairs)) == 1)
    order = [pairs[n * step % len(pairs)] for n in range(len(pairs))]
    for number in range(readers):
        yield order[number % len(order)]
