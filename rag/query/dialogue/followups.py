"""Follow-ups: a question that continues the conversation, completed with what its words leave out, and no more.

The question as typed stays what it asks (`Continued.typed`); the conversation only says about which papers. A system
that the question names itself takes the place of those talked of, and where the question says no more than that ("and
how does PLUM do it?") the earlier question's words say what is asked about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.models.known_item import description
from rag.papers.claims import Claim
from rag.query.dialogue.choice import Choosing
from rag.query.dialogue.completion import PAIR, Asked, Completion, Continued, words_of
from rag.query.dialogue.contrast import BEFORE, STAND_IN, set_beside
from rag.query.dialogue.conversation import Exchange, TalkReader, put_to
from rag.query.dialogue.nearness import Nearness
from rag.query.dialogue.reference import OWN, Measured, Reference
from rag.query.intents.intent import LIKELY, SURE
from rag.query.intents.sides import POSSIBLE
from rag.query.lexicon.entities import Named, asks_of_a_stranger, called, names_in, owned
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.words import content_words, edited, has_content, tidied
from rag.query.limits.constraints import Constraints
from rag.query.limits.restrictions import Restrictions
from rag.query.rules import load_rules
from rag.text.readable import readable
from rag.text.titles import label
from rag.types import Filters, Turn

BOTH = 0.8
"""Log-odds that a question is about two that were talked of, from which on it is, though it may stand alone: of eight
that do stand alone the highest has 0.4."""


class Continuing:
    """Completes follow-ups; safe to share between threads.

    Attributes:
        completion: Adds what questions leave out.
        choosing: Tells which of the papers that were named a question picks.
    """

    def __init__(self, known: Known, restrictions: Restrictions) -> None:
        self._known = known
        self._restrictions = restrictions
        nearness = self._nearness = Nearness(known.library)
        self._reference = Reference(known, nearness)
        self._talks = TalkReader(known, nearness, self._reference.refers)
        self.completion = Completion(known)
        self.choosing = Choosing(known, restrictions, nearness, self._reference, self._talks, self.completion)
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
        if narrowed := self.choosing.narrowed(question, search, found, history):
            return narrowed
        if found and self.completion.is_bare(question, search):
            return self._repeated(question, found, history)
        return self._about_papers(question, search, found, history, selects=selects)

    def put_to(self, paper_id: str, question: str, search: str, found: Constraints) -> Continued:
        """A question that is put to one paper, which it need not name; arguments as `complete`.

        It is not searched for by the paper's title: where only that paper is searched, everything would seem to answer.
        """
        titles = [title for title in self.completion.titles([paper_id]) if title not in question]
        return Continued(
            f"{question}{self.completion.on(titles, [paper_id])}", search, found, (paper_id,), typed=question
        )

    def _about_papers(
        self, question: str, search: str, found: Constraints, history: Sequence[Turn], *, selects: float | None = None
    ) -> Continued | None:
        """Complete a question about papers that were talked of."""
        talk = self._talks.read(history)
        if not talk or (self._rules["one_more"](question) and content_words(search)):
            return None
        asked = Asked(self.completion.rest(question), self.completion.rest(search), found, talk, history)
        read = self._reference.measure(question, restricted=bool(found))
        if read.refers <= 0 and asks_of_a_stranger(asked.rest, self._known.state().speller.vocabulary):
            return None  # "what is X?", of which nobody has spoken
        others = self._asks_for_others(question)
        if not others and (details := self._details(asked, read)):
            about = self._about(asked, talk[-1].papers, talk[-1])
            return about._replace(details=tuple(one.text for one in details))
        taken_up = self._taken_up(asked)
        new = tuple(sorted(self._named(asked, taken_up, read).difference(asked.said)))
        own = tuple(paper for paper in asked.said if paper in read.papers)
        if not new and (beside := self._beside(asked, own)):
            return beside
        if new and own and (turned := self._turned(asked, own)):
            return self._about_new(turned, new, talk[-1])
        if new and (own or read.refers <= 0):
            return None  # it names whatever it is about
        away = not (taken_up or own) and self._points_elsewhere(asked)
        exchange, asked = taken_up or (None if away else self._reference.about(read, talk), asked)
        if exchange and not self._allows(found, exchange.papers):
            exchange = None  # an author or days that it names come before what was talked of
        if new:
            return self._about_new(asked, new, exchange or talk[-1])
        # "What is the difference between X and Y?" may stand alone.
        goes_on = exchange is not None or read.refers > 0 or read.both > BOTH
        two = read.both > 0 and goes_on and not own
        # "There was a loop of two models. What does each of them do?" tells itself what is meant.
        told = exchange is None and bool(description(asked.rest))
        if not others and (several := self.choosing.several(asked, both=two, told=told)):
            return several
        if others:
            return self._others(asked, exchange or talk[-1], alone=read.refers <= 0 or read.alike <= OWN)
        of_its_own = selects is not None and not own and read.refers <= selects and content_words(asked.search)
        if of_its_own or (exchange is None and not own):
            return None  # "the newest one on music", "which papers are about music?"
        if len(own) == 1 and asked.talk[-1].papers[:1] != own and self.completion.names_alone(asked.rest):
            again = self.completion.again(asked, own[0])
            asked = asked._replace(rest=again or asked.rest, search=again or asked.search)
        return self._about(asked, own or (self._meant(asked, exchange) if exchange else ()), exchange)

    def _details(self, asked: Asked, read: Measured) -> list[Named]:
        """Names that mean other papers than were talked of, and are said of the one talked of last.

        That is so where it holds them all, and answers the question rather than the paper that they mean.
        """
        new = read.papers.difference(asked.said)
        names = names_in(asked.rest, self._known.entities, self._known.state().speller.vocabulary)
        theirs = [one for one in names if not new.isdisjoint(owned([one]))]
        last = asked.talk[-1].papers
        if len(last) != 1 or not theirs or not all(last[0] in one.papers(*Claim) for one in theirs):
            return []
        if self._rules["contrast"](asked.rest) or not self._allows(asked.found, last):
            return []
        return theirs if all(self._reference.rather(read, last[0], one) for one in owned(theirs)) else []

    def _meant(self, asked: Asked, exchange: Exchange) -> tuple[str, ...]:
        """The papers of an exchange that a question about it means: where it may be answered from one, that one.

        Of several that an answer names the first is the likeliest. Who set two beside each other goes on about both,
        unless one of them answers alone.
        """
        read = self._known.intents.read
        of_one = len(exchange.papers) > 1 and not self._rules["plural"](asked.rest)
        if not of_one or read(asked.rest, continues=True).shape(works=False) != "single":
            return exchange.papers
        compared = read(exchange.asked).chance("compare") >= LIKELY
        return self._reference.meant(asked.rest, exchange.papers, compared=compared)

    def _taken_up(self, asked: Asked) -> tuple[Exchange, Asked] | None:
        """The exchange that a question goes back to by what it was about, and the question without that.

        "The chicken thing again, is it accurate?" says so as it opens, "does the chicken one …" by the way.
        """
        lead = self._rules["topic"].at(asked.rest)
        if lead and content_words(lead["said"]) and (found := self._reference.described(lead["said"], asked.talk)):
            rest = asked.rest[lead.end() :]
            return found, asked._replace(rest=rest[:1].upper() + rest[1:])
        for one in self._rules["the_one"].all(asked.rest):
            said = content_words(one["before"])
            if said and (found := self._reference.described(" ".join(said), asked.talk) or self._holding(said, asked)):
                return found, asked
        return None

    def _named(self, asked: Asked, taken_up: tuple[Exchange, Asked] | None, read: Measured) -> frozenset[str]:
        """The papers that a question names; in words that go back to an exchange, only by what they are called.

        "Coming back to EGA, …" goes back to EGA-V2, though another paper has a part of the name EGA.
        """
        if not taken_up:
            return read.papers
        names = names_in(asked.rest, self._known.entities, self._known.state().speller.vocabulary)
        return read.papers.intersection([*self._known.named(taken_up[1].rest), *called(names)])

    def _holding(self, words: Sequence[str], asked: Asked) -> Exchange | None:
        """The one exchange about a paper that holds some words, which tell subjects apart: "the hindi one"."""
        if not all(map(self._nearness.tells_apart, words)):
            return None
        (wanted,) = self._nearness.terms([" ".join(words)])
        first = [one for one in asked.talk if one.papers]
        held = self._nearness.terms(self._nearness.texts([one.papers[0] for one in first]))
        found = [one for one, terms in zip(first, held, strict=True) if wanted <= terms]
        return found[0] if len(found) == 1 else None

    def _points_elsewhere(self, asked: Asked) -> bool:
        """Whether a question opens with "the Alzheimer one" where only papers not talked of hold such a word."""
        held = set[str]().union(*self._nearness.terms(self._nearness.texts(asked.said)))
        for one in self._rules["the_one"].all(asked.rest):
            words = content_words(one["before"])
            if content_words(asked.rest[: one.start()]) or one["noun"].lower() not in self._rules.words["for_papers"]:
                return False
            if words and all(map(self._nearness.tells_apart, words)):
                return held.isdisjoint(self._nearness.terms([" ".join(words)])[0])
        return False

    def _beside(self, asked: Asked, own: Sequence[str]) -> Continued | None:
        """A question that sets the paper that was talked of last, or that it names, beside one that it describes."""
        names = names_in(asked.rest, self._known.entities, self._known.state().speller.vocabulary)
        theirs = [one.text for one in names if not set(own).isdisjoint(owned([one]))]
        papers = own or asked.talk[-1].papers[:1]
        by_place = self._rules["place"](asked.rest) or self._rules["other_one"](asked.rest)
        if by_place or len(papers) != 1 or len(theirs) != len(own):
            return None
        text = set_beside(put_to(asked.rest, theirs, STAND_IN))
        # by its words it may only ask which of two things in one paper is better
        least = SURE if text.startswith(BEFORE) else POSSIBLE
        compares = text and self._known.intents.read(asked.rest).chance("compare") >= least
        return self.completion.set_beside(asked, text, papers[0]) if compares else None

    def _turned(self, asked: Asked, own: Sequence[str]) -> Asked | None:
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

    def _about(self, asked: Asked, focus: tuple[str, ...], exchange: Exchange | None) -> Continued:
        """A question about some papers, or about what was asked before where that found none."""
        titles = [title for title in self.completion.titles(focus[:PAIR]) if title not in asked.rest]
        words = words_of([exchange.asked], asked.rest) if exchange and not focus else []
        found = self.completion.completed(asked, titles or words, focus)
        # of many, what it asks tells which, and not the titles of two
        return found._replace(search=asked.search) if len(focus) > PAIR and content_words(asked.search) else found

    def _about_new(self, asked: Asked, new: tuple[str, ...], exchange: Exchange) -> Continued:
        """A question that names another paper than those talked of: it is set against them, or takes their place."""
        if exchange.papers and self._rules["contrast"](asked.rest):
            return self.completion.set_against(asked, (*new, *exchange.papers[:1]))
        if len(new) == 1 and self.completion.names_alone(asked.rest) and (said := self.completion.again(asked, new[0])):
            return self.completion.completed(asked._replace(rest=said, search=said), [], new)
        if words_of([asked.rest], " ".join(self.completion.titles(new))):
            return self.completion.completed(asked, [], new)
        earlier = [turn.content for turn in reversed(asked.history) if turn.role == "user"]
        names = (word for text in earlier for word in content_words(text) if self._known.named(word))
        aspect = words_of(earlier, " ".join([asked.rest, *names]))
        again = self.completion.completed(asked, aspect, new)
        return again._replace(typed=again.search)

    def _others(self, asked: Asked, exchange: Exchange, *, alone: bool) -> Continued:
        """A question for other papers than those talked of, on its own subject (`alone`) or else on theirs."""
        before = list(asked.talk[: asked.talk.index(exchange) + 1])
        known = list(exchange.papers)
        while len(before) > 1 and self._asks_for_others(before[-1].asked):
            before.pop()
            known += before[-1].papers
        words = [] if alone else words_of([one.asked for one in reversed(before)], asked.rest)
        papers = self._known.shelf.papers(exchange.papers[:2])
        titles = [readable(papers[paper].title) for paper in exchange.papers[:2] if paper in papers]
        found = self.completion.completed(asked, [] if alone else (words or [label(title) for title in titles]), ())
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

    def _allows(self, found: Constraints, papers: Sequence[str]) -> bool:
        """Whether any of some papers, if there are any, is by whom and of when a question says."""
        filters, _ = self._restrictions.filters(found, Filters())
        allowed = self._known.shelf.select(filters) if papers else None
        return allowed is None or not allowed.isdisjoint(papers)

    def _asks_for_others(self, question: str) -> bool:
        return self._rules["other_works"](question) or self._reference.measure(question).others
