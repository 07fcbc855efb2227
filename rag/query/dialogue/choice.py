"""Papers picked among those that were named: "the second one", "the other one", "which of them", "the July one"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rag.query.dialogue.completion import Asked, Completion, Continued
from rag.query.dialogue.conversation import Exchange, TalkReader, picked
from rag.query.dialogue.pointer import read_pointer
from rag.query.dialogue.reference import Nearness
from rag.query.lexicon.entities import names_in, owned
from rag.query.lexicon.knowledge import Known
from rag.query.limits.constraints import Constraints
from rag.query.limits.restrictions import Restrictions
from rag.query.rules import load_rules
from rag.types import Turn

ABOUT = "What is this paper about?"
"""What is asked of a paper that is only pointed at."""


class Pointed(NamedTuple):
    """A question that points at one of the papers of an earlier answer.

    Attributes:
        question: It with "this paper" where it points; as typed where none of the papers fits.
        bare: It says nothing else.
        fitting: The papers that fit.
        papers: All of that answer.
    """

    question: str
    bare: bool
    fitting: tuple[str, ...]
    papers: tuple[str, ...]


class Choosing:
    """Tells which of the papers that were named a question picks; safe to share between threads."""

    def __init__(
        self, known: Known, restrictions: Restrictions, nearness: Nearness, talks: TalkReader, completion: Completion
    ) -> None:
        self._known = known
        self._restrictions = restrictions
        self._nearness = nearness
        self._talks = talks
        self._completion = completion
        self._rules = load_rules("followups")

    def pointed(self, question: str, found: Constraints, history: Sequence[Turn]) -> Pointed | None:
        """Read "the one from August": one of the papers that the last list named; None where none is pointed at."""
        if (
            found.identifiers
            or not any(turn.role == "user" for turn in history)
            or not self._rules["the_one"](question)
        ):
            return None
        listed = next((one.papers for one in reversed(self._talks.read(history)) if len(one.papers) > 1), ())
        nearness, restrictions = self._nearness, self._restrictions
        one = read_pointer(question, found, listed, self._known, restrictions, nearness) if listed else None
        if one is None or self._rules["the_one"].find(question, one.end):  # "the one from April or the one from May"
            return None
        last = self._talks.read(history)[-1].papers
        if nearer := tuple(paper for paper in one.fitting if paper in last):  # the list was narrowed since
            one = one._replace(fitting=nearer)
        told = f"{question[: one.start]}this paper{question[one.end :]}" if one.fitting else question
        bare = self._rules["bare"](f"{question[: one.start]} {question[one.end :]}")
        return Pointed(told, bare, one.fitting, listed)

    def at_pointed(self, one: Pointed, search: str, found: Constraints, history: Sequence[Turn]) -> Continued:
        """A question that points at a paper, completed; arguments as `complete`, read from `one.question`."""
        asked = Asked(
            self._completion.rest(one.question),
            self._completion.rest(search),
            found,
            self._talks.read(history),
            history,
        )
        if not one.fitting:
            return Continued(asked.rest, asked.search, found, among=frozenset(one.papers), typed=asked.rest)
        if len(one.fitting) > 1:
            return self._completion.completed(asked, [], one.fitting, frozenset(one.fitting))._replace(
                choices=one.fitting
            )
        again = (
            self._completion.again(asked, one.fitting[0]) if one.bare and asked.talk[-1].papers != one.papers else ""
        )
        if one.bare:
            asked = asked._replace(rest=again or ABOUT, search=again or ABOUT)
        titles = [title for title in self._completion.titles(one.fitting) if title not in asked.rest]
        return self._completion.completed(asked, titles, one.fitting, frozenset(one.fitting))

    def several(self, asked: Asked) -> Continued | None:
        """Read "the second one", "which of them", "the two": papers picked among those that were named."""
        said, last = asked.said, asked.talk[-1].offered or self._in_order(asked.talk[-1])
        one = picked(asked.rest, last if len(last) > 1 else said)
        if not one and len(said) > 1 and self._rules["other_one"](asked.rest):
            one = tuple(paper for paper in said if paper not in asked.talk[-1].papers[:1])[-1:]
            if self._rules["contrast"](asked.rest):
                return self._completion.set_against(asked, one + asked.talk[-1].papers[:1])
        if len(one) == 1 and one[0] not in asked.talk[-1].papers[:1] and self._rules["contrast"](asked.rest):
            return self._completion.set_against(asked, one + asked.talk[-1].papers[:1])
        if one:
            among = frozenset(one) if len({*said, *last}) > 1 else None
            again = (
                self._completion.again(asked, one[0])
                if len(one) == 1 and self._completion.picks_alone(asked.rest)
                else ""
            )
            if again:
                asked = asked._replace(rest=again, search=again)
            titles = [title for title in self._completion.titles(one) if title not in asked.rest]
            return self._completion.completed(asked, titles, one, among)._replace(quoted=())
        exchange = next((one for one in reversed(asked.talk) if len(one.papers) > 1), asked.talk[-1])
        carried = Constraints() if asked.found else self._restrictions.read(exchange.asked)
        if self._rules["among"](asked.rest) and (carried or len(exchange.papers) > 1):
            among = None if carried else frozenset(exchange.papers)
            names = [*self._completion.titles(exchange.papers[:2]), *(["others"] if len(exchange.papers) > 2 else [])]
            found = self._completion.completed(asked, names, exchange.papers, among)
            return found._replace(search=asked.search, constraints=carried or asked.found)
        if self._rules["pair"](asked.rest) and len(said) > 1:
            return self._completion.set_against(asked, last if len(last) == 2 else said[-2:])
        return None

    def _in_order(self, exchange: Exchange) -> tuple[str, ...]:
        """The papers of an answer in the order in which its question names them, where it names them all."""
        names = names_in(exchange.asked, self._known.entities, self._known.state().speller.vocabulary)
        named = owned(sorted(names, key=lambda one: exchange.asked.find(one.text)))
        return named if set(named) == set(exchange.papers) else exchange.papers
