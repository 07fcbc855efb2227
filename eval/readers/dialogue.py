"""A conversation: a reader says what she wants, reads the answer, and decides what to say next."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from eval.metrics.base import cited_papers
from eval.readers.companion import DEEDS
from eval.readers.desk import Desk
from eval.readers.goals import Aim, Goal
from eval.readers.material import Memory, month_of
from eval.readers.verdicts import Judge, Verdict
from eval.readers.voices import Persona, Speaker, filled
from eval.runs.runner import FATAL
from rag.errors import PaperchatError
from rag.types import Turn

if TYPE_CHECKING:
    from rag.types import Answer

log = logging.getLogger(__name__)
T = TypeVar("T")

TURNS = 8
"""Questions after which a reader gives up."""
TRIES = 3
"""Questions for one thing after which she gives up."""
_PLACES = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a reader said or did, for which aim, what she got, and what that came to.

    Attributes:
        answer: None where she starred papers or used the companion otherwise, or there is only an error.
        shown: Papers that were recommended, or shown otherwise.
        error: Why there is nothing.
    """

    aim: int
    said: str
    answer: Answer | None
    verdict: Verdict
    shown: tuple[str, ...] = ()
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """The exchange as ``conversations.jsonl`` holds it."""
        answer = self.answer
        return {
            "aim": self.aim,
            "said": self.said,
            "read_as": answer.standalone_question if answer else "",
            "answer": answer.answer if answer else self.error or f"shown: {', '.join(self.shown)}",
            "abstained": answer.abstained if answer else None,
            "cited": list(dict.fromkeys(one.paper_id for one in answer.citations)) if answer else list(self.shown),
            "why": self.verdict.why,
            "offered": self.verdict.offered if self.verdict.choice else "",
        }


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation from the first question to the last."""

    number: int
    persona: str
    goal: Goal
    exchanges: tuple[Exchange, ...]

    @property
    def reached(self) -> int:
        """Aims reached, in order."""
        return sum(one.verdict.reached for one in self.exchanges)

    @property
    def succeeded(self) -> bool:
        """Whether the reader got all that she wanted."""
        return self.reached == len(self.goal.aims)

    @property
    def failed_at(self) -> int:
        """Number of the turn, from 1, that first missed what was never reached; 0 where all was."""
        if self.succeeded:
            return 0
        here = [n for n, one in enumerate(self.exchanges, 1) if one.aim == self.reached]
        return next((n for n in here if self.exchanges[n - 1].verdict.why), here[-1] if here else len(self.exchanges))

    @property
    def why(self) -> str:
        """Why that turn missed it; empty where nothing was missed."""
        return self.exchanges[self.failed_at - 1].verdict.why if self.failed_at else ""

    def as_json(self) -> dict[str, Any]:
        """The conversation as ``conversations.jsonl`` holds it."""
        return {
            "reader": self.number,
            "goal": self.goal.kind,
            "persona": self.persona,
            "papers": [one.paper_id for one in self.goal.memories],
            "aims": [_wanted(one) for one in self.goal.aims],
            "succeeded": self.succeeded,
            "failed_at": self.failed_at,
            "why": self.why,
            "turns": [one.as_json() for one in self.exchanges],
        }


def hold(
    number: int, persona: tuple[str, Persona], goal: Goal, desk: Desk, judge: Judge, chance: random.Random
) -> Conversation:
    """Hold a conversation until the goal is reached or the reader gives up."""
    reader = Reader(goal, persona[1], chance)
    exchanges: list[Exchange] = []
    history: list[Turn] = []
    aim, tries, last = 0, 0, Verdict()
    while aim < len(goal.aims) and len(exchanges) < TURNS and tries < TRIES:
        wanted = goal.aims[aim]
        if wanted.kind in DEEDS:
            exchanges.append(_done(aim, wanted, desk))
            if not exchanges[-1].verdict.reached:
                break
            aim, tries = aim + 1, 0
            continue
        if wanted.kind == "recommend":
            exchanges.append(_starred(aim, wanted, wanted.papers[: 2 + tries], desk, judge))
            if exchanges[-1].error:
                break
            last = exchanges[-1].verdict
            aim, tries = (aim + 1, 0) if last.reached else (aim, tries + 1)
            continue
        said = reader.say(wanted, last if tries else None, exchanges[-1].answer if exchanges else None)
        if not said:
            break
        one = _exchange(aim, said, desk, history, judge, wanted, anew=tries == 0)
        exchanges.append(one)
        if one.answer is None:
            break
        history += [Turn(role="user", content=said), Turn(role="assistant", content=one.answer.answer)]
        last = one.verdict
        aim, tries = (aim + 1, 0) if last.reached else (aim, tries + 1)
    return Conversation(number, persona[0], goal, tuple(exchanges))


def _exchange(
    aim: int, said: str, desk: Desk, history: Sequence[Turn], judge: Judge, wanted: Aim, *, anew: bool
) -> Exchange:
    answer, error = _tried(lambda: desk.answer(said, tuple(history)), said)
    if answer is None:
        return Exchange(aim, said, None, Verdict("error"), error=error)
    return Exchange(aim, said, answer, judge.judge(wanted, answer, anew=anew))


def _starred(aim: int, wanted: Aim, papers: Sequence[str], desk: Desk, judge: Judge) -> Exchange:
    """She stars papers and looks at what is recommended."""
    said = f"★ {', '.join(papers)}"
    shown, error = _tried(lambda: desk.recommended(papers), said)
    if shown is None:
        return Exchange(aim, said, None, Verdict("error"), error=error)
    return Exchange(aim, said, None, judge.recommended(wanted, shown), shown)


def _done(aim: int, wanted: Aim, desk: Desk) -> Exchange:
    """She uses the companion, once."""
    said = f"{wanted.kind} {wanted.subject or ', '.join(wanted.papers)}"
    deed, error = _tried(lambda: desk.done(wanted), said)
    if deed is None:
        return Exchange(aim, said, None, Verdict("error"), error=error)
    return Exchange(aim, deed.said, None, Verdict(deed.why), deed.shown)


def _tried(call: Callable[[], T], said: str) -> tuple[T | None, str]:
    """What a call gives, or None and why it gives nothing."""
    try:
        return call(), ""
    except FATAL:
        raise
    except PaperchatError as error:
        return None, error.message
    except Exception as error:
        log.warning("%r could not be answered", said, exc_info=True)
        return None, f"{type(error).__name__}: {error}"


class Reader:
    """One reader: what she says next follows from what she wants, what came, and a seed."""

    def __init__(self, goal: Goal, persona: Persona, chance: random.Random) -> None:
        self._goal = goal
        self._persona = persona
        self._chance = chance
        self._speaker = Speaker(persona, chance)
        self._told: dict[str, int] = {}
        self._several = False

    def say(self, aim: Aim, missed: Verdict | None, last: Answer | None = None) -> str:
        """What she says for an aim: at first, or after an answer that missed it; empty where she gives up.

        Args:
            aim: What she wants.
            missed: What the last answer came to, where it missed this aim.
            last: The last answer.
        """
        if missed and missed.choice and missed.offered:
            return self._choose(aim, missed)
        self._several = last is not None and len(cited_papers(last)) > 1
        say = {"find": self._find, "ask": self._ask, "absent": self._absent}.get(aim.kind)
        return say(aim, missed) if say else self._plainly(aim, missed)

    def _choose(self, aim: Aim, missed: Verdict) -> str:
        """Take one of what was offered, by its place or by its name."""
        named = self._persona.knows == "name" and missed.offered != "asked back" and self._chance.random() < 0.5
        if named or missed.choice > len(_PLACES):
            return self._put("pick_name", aim)
        act = "pick_number" if missed.offered == "asked back" else "pick_place"
        return self._put(act, aim, n=str(missed.choice), place=_PLACES[missed.choice - 1])

    def _find(self, aim: Aim, missed: Verdict | None) -> str:
        if missed is None:
            return self._put("instead" if aim.left else self._first_way(aim), aim)
        if self._persona.knows == "name":
            way = self._speaker.way("find_name")
            return self._put("insist", aim, asks=filled(way, self._slots(aim))) if aim.left else self._again(aim, way)
        self._told[aim.paper] = self._told.get(aim.paper, 0) + 1
        return self._put("correct" if missed.why == "wrong_paper" else "rephrase", aim)

    def _first_way(self, aim: Aim) -> str:
        """How she names or describes a paper at first."""
        known = self._goal.memory(aim.paper)
        ways = {"name": ["find_name"], "words": ["find_about"]}.get(self._persona.knows)
        ways = ways or ["find_author"] * bool(known.author) + ["find_month"] * bool(known.month)
        return self._chance.choice(ways)

    def _ask(self, aim: Aim, missed: Verdict | None) -> str:
        if missed is None:
            way = self._speaker.way(f"then_{aim.detail}" if aim.follows else f"ask_{aim.detail}")
            return self._of_first(aim, way) if aim.follows else self._again(aim, way)
        if missed.why in ("lost_thread", "wrong_paper", "not_found"):
            way = self._speaker.way(f"then_{aim.detail}")
            return self._put("insist", aim, asks=filled(way, self._slots(aim)))
        return self._put("once_more", aim, asks=filled(self._speaker.way(f"ask_{aim.detail}"), self._slots(aim)))

    def _absent(self, aim: Aim, missed: Verdict | None) -> str:
        """Ask for an absent detail; who was answered believes it, and asks no more."""
        if missed and missed.why not in ("lost_thread", "wrong_paper"):
            return ""
        way = self._speaker.one_of(aim.asks)
        if missed:
            return self._put("insist", aim, asks=filled(way, self._slots(aim)))
        return self._of_first(aim, way) if aim.follows else self._again(aim, way)

    def _of_first(self, aim: Aim, way: str) -> str:
        """A follow-up; where several papers were shown she says that she means the first."""
        if not self._several:
            return self._again(aim, way)
        return self._put("of_first", aim, asks=filled(way, self._slots(aim)))

    def _plainly(self, aim: Aim, missed: Verdict | None) -> str:
        """Say what was wanted, or say it once more."""
        if missed and aim.kind == "nothing":
            return ""
        first = {"compare": "compare_two" if aim.follows else "compare", "nothing": "list"}.get(aim.kind, aim.kind)
        again = {"compare": "compare", "narrow": "relist", "newest": "newest_again", "last": "last"}.get(
            aim.kind, "list"
        )
        if missed and missed.why == "incomplete":
            again = "more"
        return self._put(again if missed else first, aim)

    def _put(self, act: str, aim: Aim, **slots: str) -> str:
        return self._again(aim, self._speaker.way(act), **slots)

    def _again(self, aim: Aim, way: str, **slots: str) -> str:
        return self._speaker.said(way, self._slots(aim) | slots)

    def _slots(self, aim: Aim) -> dict[str, str]:
        """All that she could fill in: of the paper that is meant, of another one, and of the subject."""
        slots = {"subject": aim.subject, "month": self._month(aim.month)}
        if aim.left:
            slots["old"] = self._called(self._goal.memory(aim.left))
        if aim.papers:
            known = self._goal.memory(aim.paper)
            slots |= {"name": known.name, "paper": self._called(known), "about": self._about(known)}
            slots |= {"author": known.author, "month": self._month(known.month)}
        if len(aim.papers) > 1:
            slots |= {"a": self._called(self._goal.memory(aim.papers[0])), "b": slots["paper"]}
        return slots

    def _called(self, known: Memory) -> str:
        """A paper as she would put it."""
        return known.name if self._persona.knows == "name" else f"the paper about {self._about(known)}"

    def _about(self, known: Memory) -> str:
        """What she remembers of a paper; each time that it is missed, another thing."""
        return known.about[self._told.get(known.paper_id, 0) % len(known.about)]

    def _month(self, month: str) -> str:
        return month_of(month, year=self._chance.random() < 0.5) if month else ""


def _wanted(aim: Aim) -> dict[str, Any]:
    """An aim as ``conversations.jsonl`` holds it."""
    return {
        "kind": aim.kind,
        "papers": list(aim.papers),
        "detail": aim.detail,
        "spans": list(aim.spans),
        "subject": aim.subject,
        "must": sorted(aim.must),
        "month": aim.month,
        "newest": aim.newest,
    }
