"""Papers picked among those that were named: "the second one", "the other one", "which of them", "the July one"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from rag.query.dialogue.completion import PAIR, Asked, Completion, Continued
from rag.query.dialogue.conversation import Exchange, TalkReader, picked
from rag.query.dialogue.nearness import Nearness
from rag.query.dialogue.pointer import read_pointer
from rag.query.dialogue.reference import Reference
from rag.query.lexicon.entities import names_in, owned
from rag.query.lexicon.knowledge import Known
from rag.query.limits.constraints import Constraints
from rag.query.limits.restrictions import Restrictions
from rag.query.rules import load_rules
from rag.query.standing import ABOUT
from rag.types import Filters, Turn


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
        self,
        known: Known,
        restrictions: Restrictions,
        nearness: Nearness,
        reference: Reference,
        talks: TalkReader,
        completion: Completion,
    ) -> None:
        self._known = known
        self._restrictions = restrictions
        self._nearness = nearness
        self._reference = reference
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
        talk = self._talks.read(history)
        listed = next((one.papers for one in reversed(talk) if len(one.papers) > 1), ())
        nearness, restrictions = self._nearness, self._restrictions
        one = read_pointer(question, found, listed, self._known, restrictions, nearness) if listed else None
        if one is None or self._rules["the_one"].find(question, one.end):  # "the one from April or the one from May"
            return None
        last = talk[-1].papers
        if nearer := tuple(paper for paper in one.fitting if paper in last):  # the list was narrowed since
            one = one._replace(fitting=nearer)
        told = f"{question[: one.start]}this paper{question[one.end :]}" if one.fitting else question
        bare = self._rules["bare"](f"{question[: one.start]} {question[one.end :]}")
        if len(one.fitting) > 1 and not bare:  # what is asked may tell which
            one = one._replace(fitting=self._reference.clearly(question, one.fitting))
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

    def several(self, asked: Asked, *, both: bool = False, told: bool = False) -> Continued | None:
        """Read "the second one", "the other one", "the two", "which of them": some of the papers that were named.

        Args:
            asked: The question.
            both: Whether it is about two of them by how it is put, whatever its words.
            told: Whether it describes another paper: then "each of them" is of that one.
        """
        one = self._placed(asked)
        if not one and self._rules["other_one"](asked.rest) and not told:
            one = self._other(asked)
            if len(one) > 1:
                return self._one_of(asked, one)
        if len(one) == 1 and one[0] not in asked.talk[-1].papers[:1] and self._rules["contrast"](asked.rest):
            return self._completion.set_against(asked, (*one, *asked.talk[-1].papers[:1]))
        if one:
            return self._picked(asked, one)
        if (both or (self._rules["pair"](asked.rest) and not told)) and (two := self._pair(asked)):
            return self._completion.set_against(asked, two)
        return None if told else self._among(asked)

    def _placed(self, asked: Asked) -> tuple[str, ...]:
        """The papers that a question picks by their places; where they may be counted two ways, the one it fits."""
        ways = [one for order in self._counted(asked) if (one := picked(asked.rest, order))]
        firsts = tuple(dict.fromkeys(one[0] for one in ways if len(one) == 1))
        if len(firsts) < 2 or len(ways[0]) > 1 or self._completion.picks_alone(asked.rest):
            return ways[0] if ways else ()
        meant = self._reference.clearly(asked.rest, firsts)
        return meant if len(meant) == 1 else ways[0]

    def _counted(self, asked: Asked) -> list[tuple[str, ...]]:
        """The papers by whose places one is picked, likeliest first: those of the last list, or those talked of singly.

        Who picks from a list goes on counting in it; who asked for papers by name counts these.
        """
        last, told = asked.talk[-1].offered or self._in_order(asked.talk[-1]), asked.told
        if len(last) > 1:
            return [last, *([told] if len(told) > 1 else [])]
        at = max((n for n, one in enumerate(asked.talk) if len(one.papers) > PAIR), default=None)
        by_place = at is not None and any(map(self._picks, (one.asked for one in asked.talk[at + 1 :])))
        if at is None or (len(told) > 1 and not by_place):
            return [told if len(told) > 1 else asked.said]
        return [asked.talk[at].papers, *([told] if len(told) > 1 else [])]

    def _picks(self, question: str) -> bool:
        """Whether a question picks one of the papers of a list, by its place or by what is said of it."""
        return bool(picked(question, ("", "")) or self._rules["the_one"](question))

    def _other(self, asked: Asked) -> tuple[str, ...]:
        """What "the other one" may be: the other of the two talked of last, else the rest of the last list."""
        now = asked.talk[-1].papers[:1] if len(asked.talk[-1].papers) <= PAIR else ()
        if other := [
            paper for one in asked.talk if len(one.papers) <= PAIR for paper in one.papers if paper not in now
        ]:
            return (other[-1],)
        listed = next((one.papers for one in reversed(asked.talk) if len(one.papers) > 1), ())
        return tuple(paper for paper in listed if paper not in now)

    def _one_of(self, asked: Asked, papers: tuple[str, ...]) -> Continued:
        """A question about one of several papers: the one that its words tell, or which the reader is asked."""
        if self._completion.picks_alone(asked.rest):
            return self._completion.completed(asked, [], papers, frozenset(papers))._replace(choices=papers)
        said = self._rules["other_one"].without(self._completion.without_topic(asked.rest), "this paper")
        search = self._rules["other_one"].without(asked.search)
        return Continued(asked.rest, search, asked.found, papers, frozenset(papers), one=True, typed=said)

    def _picked(self, asked: Asked, papers: tuple[str, ...]) -> Continued:
        """A question about papers that it picks; where it says nothing else, the earlier one is put to them."""
        known = {*asked.said, *asked.talk[-1].offered}
        if len(papers) == 1 and self._completion.picks_alone(asked.rest):
            again = self._completion.again(asked, papers[0])
            asked = asked._replace(rest=again, search=again) if again else asked
        titles = [title for title in self._completion.titles(papers) if title not in asked.rest]
        among = frozenset(papers) if len(known) > 1 else None
        return self._completion.completed(asked, titles, papers, among)._replace(quoted=())

    def _pair(self, asked: Asked) -> tuple[str, ...]:
        """The two papers that are meant by "both": those of the last answer, else the last two that were talked of."""
        last = asked.talk[-1].offered or self._in_order(asked.talk[-1])
        if len(last) == PAIR:
            return last
        if len(asked.told) < PAIR:
            return asked.said if len(asked.said) == PAIR else ()
        lately = [paper for one in asked.talk if len(one.papers) <= PAIR for paper in one.papers]
        two = list(dict.fromkeys(reversed(lately)))[:PAIR]
        return tuple(paper for paper in asked.told if paper in two)

    def _among(self, asked: Asked) -> Continued | None:
        """Read "which of them …", "only those on …": papers of the last list; of a long one, also what it left out."""
        exchange = next((one for one in reversed(asked.talk) if len(one.papers) > 1), asked.talk[-1])
        carried = Constraints() if asked.found else self._restrictions.read(exchange.asked)
        picks = self._rules["among"](asked.rest) or self._rules["narrows"](asked.rest)
        if not picks or not (carried or len(exchange.papers) > 1):
            return None
        names = [*self._completion.titles(exchange.papers[:PAIR]), *(["others"] if exchange.papers[PAIR:] else [])]
        whole = 1 < len(exchange.papers) < self._known.library.config.answer.max_papers
        among = frozenset(exchange.papers) if whole or not carried else None
        found = self._completion.completed(asked, names, exchange.papers, among)
        return found._replace(search=asked.search, constraints=carried or asked.found)

    def narrowed(self, question: str, search: str, found: Constraints, history: Sequence[Turn]) -> Continued | None:
        """Read "only those from July", "which of them have code?": what is left of the papers that were just listed.

        None where nothing is, and where the list was longer than what it showed and days or authors are named: these
        are then looked for anew. Arguments as `Continuing.complete`.
        """
        field = self._field(question, search)
        narrows = self._rules["narrows"]
        if not (field or (found and narrows(question) and self._rules["bare"](narrows.without(search)))):
            return None
        talk = self._talks.read(history)
        listed = next((one for one in reversed(talk) if len(one.papers) > 1), None)
        if listed is None or (found and len(listed.papers) == self._known.library.config.answer.max_papers):
            return None
        found = replace(found, field=field)
        filters, _ = self._restrictions.filters(found, Filters())
        allowed = self._known.shelf.select(filters) or frozenset()
        left = tuple(paper for paper in listed.papers if paper in allowed)
        alone = f"{listed.asked.rstrip(' ?.')} ({question.strip(' ?.')})"
        return Continued(alone, "", found, left, frozenset(left), typed=ABOUT) if left else None

    def _field(self, question: str, search: str) -> str:
        """The field of the card by which a question that says nothing else leaves papers: "just those with code"."""
        if asked := self._rules["have_field"].find(question):
            return self._rules.meaning("card_fields", asked["field"])
        said = self._rules["with_field"].find(search) if self._rules["narrows"](question) else None
        left = self._rules["narrows"].without(f"{search[: said.start()]} {search[said.end() :]}") if said else ""
        return self._rules.meaning("card_fields", said["field"]) if said and self._rules["bare"](left) else ""

    def _in_order(self, exchange: Exchange) -> tuple[str, ...]:
        """The papers of an answer in the order in which its question names them, where it names them all."""
        names = names_in(exchange.asked, self._known.entities, self._known.state().speller.vocabulary)
        named = owned(sorted(names, key=lambda one: exchange.asked.find(one.text)))
        return named if set(named) == set(exchange.papers) else exchange.papers
