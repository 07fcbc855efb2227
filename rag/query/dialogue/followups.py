"""Follow-ups: a question that continues the conversation, completed with what its words leave out, and no more.

The question as typed stays what it asks (`Continued.typed`); the conversation only says about which papers. A system
that the question names itself takes the place of those talked of, and where the question says no more than that ("and
how does PLUM do it?") the earlier question's words say what is asked about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rag.query.dialogue.conversation import Exchange, TalkReader, content_words, picked, put_to, quoted
from rag.query.dialogue.pointer import read_pointer
from rag.query.dialogue.reference import Nearness, Reference
from rag.query.lexicon.entities import names_in, owned
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.words import edited, has_content, tidied
from rag.query.limits.constraints import Constraints
from rag.query.limits.restrictions import Restrictions
from rag.query.rules import load_rules
from rag.text.readable import readable
from rag.text.titles import label
from rag.types import Filters, Turn

ABOUT = "What is this paper about?"
"""What is asked of a paper that is only pointed at."""
_BORROWED = 12
"""Content words of an earlier question that a search borrows at most."""


class _Asked(NamedTuple):
    """A question in its conversation.

    Attributes:
        rest: It without what leads into it.
        search: The same without the words that became filters.
        found: What it restricts.
        talk: What was talked of, oldest first; at least one exchange.
    """

    rest: str
    search: str
    found: Constraints
    talk: Sequence[Exchange]
    history: Sequence[Turn]

    @property
    def said(self) -> tuple[str, ...]:
        """All papers that were named, in the order in which they were."""
        return tuple(dict.fromkeys(paper for one in self.talk for paper in one.papers))


class Continued(NamedTuple):
    """A question completed from its conversation.

    Attributes:
        standalone: It with what it is about, as the reader is shown.
        search: What to search for.
        constraints: In force: its own, or those of the question that it repeats.
        focus: The papers that it is about.
        among: Only these papers may answer: "which of them …", "the second one".
        known: Papers that were named already, where others are asked for.
        compared: They are set against each other.
        typed: It as typed, without what leads into it; the earlier question's words where it says nothing itself.
        quoted: What the last answer quotes, which is no answer again.
        choices: Papers of which one is meant, and which cannot be told.
    """

    standalone: str
    search: str
    constraints: Constraints
    focus: tuple[str, ...] = ()
    among: frozenset[str] | None = None
    known: frozenset[str] = frozenset()
    compared: bool = False
    typed: str = ""
    quoted: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


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


class Continuing:
    """Completes follow-ups; safe to share between threads."""

    def __init__(self, known: Known, restrictions: Restrictions) -> None:
        self._known = known
        self._restrictions = restrictions
        self._nearness = nearness = Nearness(known.library)
        self._reference = Reference(known, nearness)
        self._talks = TalkReader(known, nearness, self._reference.refers)
        self._rules = load_rules("followups")

    def complete(
        self, question: str, search: str, found: Constraints, history: Sequence[Turn], *, selects: float | None = None
    ) -> Continued | None:
        """Complete a question that continues the conversation; None where it stands on its own.

        Args:
            question: With its typing errors corrected.
            search: The same without the words that became filters.
            found: What it restricts.
            history: Earlier turns, oldest first.
            selects: What it may carry and still be of a subject of its own, as it asks for papers of the library:
                log-odds that it cannot stand alone; None where it asks for something else.
        """
        if found.identifiers or not any(turn.role == "user" for turn in history):
            return None
        if self._rules["how_many"](question):
            again = self._repeated("", Constraints(), history)
            return again and again._replace(search=again.search if has_content(again.search) else "how many papers")
        if found and self.is_bare(question, search):
            return self._repeated(question, found, history)
        return self._about_papers(question, search, found, history, selects=selects)

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
        asked = _Asked(self._rest(one.question), self._rest(search), found, self._talks.read(history), history)
        if not one.fitting:
            return Continued(asked.rest, asked.search, found, among=frozenset(one.papers), typed=asked.rest)
        if len(one.fitting) > 1:
            return self._completed(asked, [], one.fitting, frozenset(one.fitting))._replace(choices=one.fitting)
        again = self._again(asked, one.fitting[0]) if one.bare and asked.talk[-1].papers != one.papers else ""
        if one.bare:
            asked = asked._replace(rest=again or ABOUT, search=again or ABOUT)
        titles = [title for title in self._titles(one.fitting) if title not in asked.rest]
        return self._completed(asked, titles, one.fitting, frozenset(one.fitting))

    def put_to(self, paper_id: str, question: str, search: str, found: Constraints) -> Continued:
        """A question that is put to one paper, which it need not name; arguments as `complete`.

        It is not searched for by the paper's title: where only that paper is searched, everything would seem to answer.
        """
        titles = [title for title in self._titles([paper_id]) if title not in question]
        return Continued(f"{question}{self._on(titles, [paper_id])}", search, found, (paper_id,), typed=question)

    def _about_papers(
        self, question: str, search: str, found: Constraints, history: Sequence[Turn], *, selects: float | None = None
    ) -> Continued | None:
        """Complete a question about papers that were talked of."""
        talk = self._talks.read(history)
        if not talk:
            return None
        asked = _Asked(self._rest(question), self._rest(search), found, talk, history)
        read = self._reference.measure(question, restricted=bool(found))
        new = tuple(sorted(read.papers.difference(asked.said)))
        own = tuple(paper for paper in asked.said if paper in read.papers)
        if new and own and (turned := self._turned(asked, own)):
            return self._about_new(turned, new, talk[-1])
        if new and (own or read.refers <= 0):
            return None  # it names whatever it is about
        exchange = self._reference.about(read, talk)
        if exchange and not self._allows(found, exchange.papers):
            exchange = None  # an author or days that it names come before what was talked of
        if new:
            return self._about_new(asked, new, exchange or talk[-1])
        if several := self._several(asked):
            return several
        if self._asks_for_others(question):
            return self._others(asked, exchange or talk[-1], alone=read.refers <= 0)
        of_its_own = selects is not None and not own and read.refers <= selects and content_words(asked.search)
        if of_its_own or (exchange is None and not own):
            return None  # "the newest one on music", "which papers are about music?"
        if len(own) == 1 and asked.talk[-1].papers[:1] != own and self._names_alone(asked.rest):
            again = self._again(asked, own[0])
            asked = asked._replace(rest=again or asked.rest, search=again or asked.search)
        return self._about(asked, own or (exchange.papers if exchange else ()), exchange)

    def _names_alone(self, question: str) -> bool:
        """Whether a question says nothing but the names of papers: "and of GenSAR?"."""
        names = names_in(question, self._known.entities, self._known.state().speller.vocabulary)
        return self._rules["bare"](put_to(question, [one.text for one in names], " "))

    def _turned(self, asked: _Asked, own: Sequence[str]) -> _Asked | None:
        """A question without the paper that it turns away from as it opens: "instead of X, …".

        None where it doesn't, or speaks of such a paper once more: then it is about all that it names.
        """
        names = names_in(asked.rest, self._known.entities, self._known.state().speller.vocabulary)
        left = sorted((one.text for one in names if not set(own).isdisjoint(owned([one]))), key=len)
        at = min((asked.rest.find(text) for text in left), default=-1)
        if at < 0 or not self._rules["leaves"].find(asked.rest, 0, at):
            return None
        end = at + max(len(text) for text in left if asked.rest.startswith(text, at))
        behind = self._rules["left"].at(asked.rest[end:])
        phrase = asked.rest[: end + behind.end()] if behind else ""
        rest = asked.rest.removeprefix(phrase)
        if not (phrase and asked.search.startswith(phrase)) or any(text in rest for text in left):
            return None
        return asked._replace(rest=rest, search=asked.search.removeprefix(phrase))

    def _about(self, asked: _Asked, focus: tuple[str, ...], exchange: Exchange | None) -> Continued:
        """A question about some papers, or about what was asked before where that found none."""
        titles = [title for title in self._titles(focus[:2]) if title not in asked.rest]
        words = _words([exchange.asked], asked.rest) if exchange and not focus else []
        return self._completed(asked, titles or words, focus)

    def _several(self, asked: _Asked) -> Continued | None:
        """Read "the second one", "which of them", "the two": papers picked among those that were named."""
        said, last = asked.said, asked.talk[-1].offered or self._in_order(asked.talk[-1])
        one = picked(asked.rest, last if len(last) > 1 else said)
        if not one and len(said) > 1 and self._rules["other_one"](asked.rest):
            one = tuple(paper for paper in said if paper not in asked.talk[-1].papers[:1])[-1:]
            if self._rules["contrast"](asked.rest):
                return self._set_against(asked, one + asked.talk[-1].papers[:1])
        if len(one) == 1 and one[0] not in asked.talk[-1].papers[:1] and self._rules["contrast"](asked.rest):
            return self._set_against(asked, one + asked.talk[-1].papers[:1])
        if one:
            among = frozenset(one) if len({*said, *last}) > 1 else None
            again = self._again(asked, one[0]) if len(one) == 1 and self._picks_alone(asked.rest) else ""
            if again:
                asked = asked._replace(rest=again, search=again)
            titles = [title for title in self._titles(one) if title not in asked.rest]
            return self._completed(asked, titles, one, among)._replace(quoted=())
        exchange = next((one for one in reversed(asked.talk) if len(one.papers) > 1), asked.talk[-1])
        carried = Constraints() if asked.found else self._restrictions.read(exchange.asked)
        if self._rules["among"](asked.rest) and (carried or len(exchange.papers) > 1):
            among = None if carried else frozenset(exchange.papers)
            names = [*self._titles(exchange.papers[:2]), *(["others"] if len(exchange.papers) > 2 else [])]
            found = self._completed(asked, names, exchange.papers, among)
            return found._replace(search=asked.search, constraints=carried or asked.found)
        if self._rules["pair"](asked.rest) and len(said) > 1:
            return self._set_against(asked, last if len(last) == 2 else said[-2:])
        return None

    def _in_order(self, exchange: Exchange) -> tuple[str, ...]:
        """The papers of an answer in the order in which its question names them, where it names them all."""
        names = names_in(exchange.asked, self._known.entities, self._known.state().speller.vocabulary)
        named = owned(sorted(names, key=lambda one: exchange.asked.find(one.text)))
        return named if set(named) == set(exchange.papers) else exchange.papers

    def _picks_alone(self, question: str) -> bool:
        """Whether a question says nothing but which paper it is about: "and the other one?"."""
        for rule in ("other_one", "place"):
            question = self._rules[rule].without(question)
        return self._rules["bare"](question)

    def _again(self, asked: _Asked, paper: str) -> str:
        """The last question that says what is asked, put to another paper than it was; empty where there is none."""
        (title,) = self._titles([paper]) or ("",)
        for text in (turn.content for turn in reversed(asked.history) if turn.role == "user"):
            names = names_in(text, self._known.entities, self._known.state().speller.vocabulary)
            theirs = [one.text for one in names if set(owned([one])) & set(asked.said)]
            if title and not (self._names_alone(text) or self._picks_alone(text)):
                return self._rest(put_to(text, theirs, title))
        return ""

    def _set_against(self, asked: _Asked, papers: tuple[str, ...]) -> Continued:
        """A question about two papers, of which it may name one."""
        titles = [title for title in self._titles(papers) if title not in asked.rest]
        return self._completed(asked, titles, papers, frozenset(papers))._replace(compared=True)

    def _about_new(self, asked: _Asked, new: tuple[str, ...], exchange: Exchange) -> Continued:
        """A question that names another paper than those talked of: it is set against them, or takes their place."""
        if exchange.papers and self._rules["contrast"](asked.rest):
            return self._set_against(asked, (*new, *exchange.papers[:1]))
        if len(new) == 1 and self._names_alone(asked.rest) and (said := self._again(asked, new[0])):
            return self._completed(asked._replace(rest=said, search=said), [], new)
        if _words([asked.rest], " ".join(self._titles(new))):
            return self._completed(asked, [], new)
        earlier = [turn.content for turn in reversed(asked.history) if turn.role == "user"]
        names = (word for text in earlier for word in content_words(text) if self._known.named(word))
        aspect = _words(earlier, " ".join([asked.rest, *names]))
        again = self._completed(asked, aspect, new)
        return again._replace(typed=again.search)

    def _others(self, asked: _Asked, exchange: Exchange, *, alone: bool) -> Continued:
        """A question for other papers than those talked of, on its own subject (`alone`) or else on theirs."""
        before = list(asked.talk[: asked.talk.index(exchange) + 1])
        known = list(exchange.papers)
        while len(before) > 1 and self._asks_for_others(before[-1].asked):
            before.pop()
            known += before[-1].papers
        words = [] if alone else _words([one.asked for one in reversed(before)], asked.rest)
        papers = self._known.shelf.papers(exchange.papers[:2])
        titles = [readable(papers[paper].title) for paper in exchange.papers[:2] if paper in papers]
        found = self._completed(asked, [] if alone else (words or [label(title) for title in titles]), ())
        if len(titles) == 1 and not alone:  # what one paper is about tells what is like it
            found = found._replace(search=" ".join([asked.search, *words, titles[0].removeprefix(label(titles[0]))]))
        return found._replace(known=frozenset(known))

    def _repeated(self, question: str, found: Constraints, history: Sequence[Turn]) -> Continued | None:
        """Read "And in June?": the last question that says more, with another restriction of the same sort.

        What was asked of one paper is not repeated: then the restriction is all that is wanted of the papers.
        """
        merged, topic, at = found, "", 0
        for at in reversed([n for n, turn in enumerate(history) if turn.role == "user"]):
            before = self._restrictions.read(history[at].content)
            merged = Constraints(merged.dates or before.dates, merged.people or before.people)
            topic = tidied(edited(history[at].content, self._restrictions.replacements(before)))
            if not self._rules["bare"](topic):
                break
        if not (has_content(topic) or len(merged.spans) > bool(found)):
            return None
        said = self._about_papers(topic, topic, Constraints(), history[:at]) if has_content(topic) else None
        single = self._known.intents.read(topic).shape(restricted=bool(merged)) == "single"
        if single and ((said and said.focus) or self._reference.measure(topic).papers):
            said, topic = None, "which papers"
        said = said or Continued(topic if has_content(topic) else history[at].content, topic, merged)
        restriction, alone = question.strip(" ?."), said.standalone.rstrip(" ?.")
        return said._replace(standalone=f"{alone} ({restriction})" if restriction else alone, constraints=merged)

    def _completed(
        self, asked: _Asked, about: Sequence[str], focus: tuple[str, ...], among: frozenset[str] | None = None
    ) -> Continued:
        """A question with what it leaves out."""
        search = " ".join([asked.search, *about])
        standalone = f"{asked.rest}{self._on(about, [*asked.said, *focus])}"
        # what was quoted of another paper, or beside it, may be what is asked for now
        before = quoted(asked.history) if asked.talk[-1].papers[:1] == focus[:1] or len(focus) != 1 else ()
        return Continued(standalone, search, asked.found, focus, among, typed=asked.rest, quoted=before)

    def _allows(self, found: Constraints, papers: Sequence[str]) -> bool:
        """Whether any of some papers, if there are any, is by whom and of when a question says."""
        filters, _ = self._restrictions.filters(found, Filters())
        allowed = self._known.shelf.select(filters) if papers else None
        return allowed is None or not allowed.isdisjoint(papers)

    def _asks_for_others(self, question: str) -> bool:
        return self._rules["other_works"](question) or self._reference.measure(question).others > 0

    def is_bare(self, question: str, search: str) -> bool:
        """Whether a question says nothing but what it restricts; "June reports" are reports without more ado."""
        return self._rules["bare"](search) and (bool(search) or not self._rules["works"](question))

    def _rest(self, question: str) -> str:
        """A question without what leads into it."""
        opener = self._rules["opener"].at(question)
        rest = question[opener.end() :].strip() if opener else ""
        return rest[:1].upper() + rest[1:] if rest else question

    def _on(self, about: Sequence[str], ids: Sequence[str]) -> str:
        """What a question is about, in words behind it, which prompts show: of papers held for review the id."""
        papers = self._known.shelf.papers(ids).values() if about else ()
        held = {label(readable(paper.title)): paper.paper_id for paper in papers if paper.held}
        return f" (about {', '.join(held.get(one, one) for one in about)})" if about else ""

    def _titles(self, ids: Sequence[str]) -> list[str]:
        """What papers are called in short."""
        papers = self._known.shelf.papers(ids)
        return [label(readable(papers[paper].title)) for paper in ids if paper in papers]


def _words(sources: Iterable[str], besides: str) -> list[str]:
    """The content words, as one phrase, of the first text that has any which do not stand in another."""
    heard = {word.casefold() for word in content_words(besides)}
    for text in sources:
        if found := [word for word in content_words(text) if word.casefold() not in heard]:
            return [" ".join(list(dict.fromkeys(found))[:_BORROWED])]
    return []
