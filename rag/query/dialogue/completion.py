"""A follow-up with what its words leave out: the titles of its papers, the words of an earlier question, no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rag.query.dialogue.contrast import STAND_IN
from rag.query.dialogue.conversation import Exchange, put_to, quoted
from rag.query.lexicon.entities import names_in, owned
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.words import content_words
from rag.query.limits.constraints import Constraints
from rag.query.rules import load_rules
from rag.text.readable import readable
from rag.text.titles import label
from rag.types import Turn

_BORROWED = 12
"""Content words of an earlier question that a search borrows at most."""


PAIR = 2
"""Papers of an answer that sets one beside another; one of more lists them."""


class Asked(NamedTuple):
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

    @property
    def told(self) -> tuple[str, ...]:
        """The papers that answers were about alone or beside one other, in the order in which they first were.

        What a longer list names is offered, and not yet talked of.
        """
        return tuple(dict.fromkeys(paper for one in self.talk if len(one.papers) <= PAIR for paper in one.papers))


class Continued(NamedTuple):
    """A question completed from its conversation.

    Attributes:
        standalone: It with what it is about, as the reader is shown.
        search: What to search for.
        constraints: In force: its own, or those of the question that it repeats.
        focus: The papers that it is about.
        among: Only these papers may answer: "which of them …", "the second one".
        one: Of these one is meant, which the question's own words tell.
        known: Papers that were named already, where others are asked for.
        compared: They are set against each other.
        against: It with `contrast.STAND_IN` for the paper in focus, which is set beside a work that it describes.
        typed: It as typed, without what leads into it; the earlier question's words where it says nothing itself.
        quoted: What the last answer quotes, which is no answer again.
        choices: Papers of which one is meant, and which cannot be told.
        details: Names that it says of the paper in focus, which holds them; their own papers are not meant.
    """

    standalone: str
    search: str
    constraints: Constraints
    focus: tuple[str, ...] = ()
    among: frozenset[str] | None = None
    known: frozenset[str] = frozenset()
    one: bool = False
    compared: bool = False
    against: str = ""
    typed: str = ""
    quoted: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


class Completion:
    """Completes questions with the papers that they are about; safe to share between threads."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._rules = load_rules("followups")

    def completed(
        self, asked: Asked, about: Sequence[str], focus: tuple[str, ...], among: frozenset[str] | None = None
    ) -> Continued:
        """A question with what it leaves out."""
        search = " ".join([asked.search, *about])
        standalone = f"{asked.rest}{self.on(about, [*asked.said, *focus])}"
        # what was quoted of another paper, or beside it, may be what is asked for now
        before = quoted(asked.history) if asked.talk[-1].papers[:1] == focus[:1] or len(focus) != 1 else ()
        return Continued(
            standalone, search, asked.found, focus, among, typed=self.without_topic(asked.rest), quoted=before
        )

    def set_against(self, asked: Asked, papers: tuple[str, ...]) -> Continued:
        """A question about two papers, of which it may name one."""
        titles = [title for title in self.titles(papers) if title not in asked.rest]
        return self.completed(asked, titles, papers, frozenset(papers))._replace(compared=True)

    def set_beside(self, asked: Asked, text: str, paper: str) -> Continued:
        """A question that sets a paper, for which a name stands in its text, beside one that it describes."""
        name = self.called(paper)
        said = text.replace(STAND_IN, name)
        return Continued(said, f"{asked.search} {name}", asked.found, (paper,), against=text, typed=said)

    def called(self, paper: str) -> str:
        """What prompts may call a paper: in short as its title does, or by its id where it is held for review."""
        held = self._known.shelf.papers([paper])[paper].held
        return paper if held else self.titles([paper])[0]

    def again(self, asked: Asked, paper: str) -> str:
        """The last question that says what is asked, put to another paper than it was; empty where there is none."""
        (title,) = self.titles([paper]) or ("",)
        for text in (turn.content for turn in reversed(asked.history) if turn.role == "user"):
            names = names_in(text, self._known.entities, self._known.state().speller.vocabulary)
            theirs = [one.text for one in names if set(owned([one])) & set(asked.said)]
            if title and not (self.names_alone(text) or self.picks_alone(text)):
                return self.rest(put_to(text, theirs, title))
        return ""

    def names_alone(self, question: str) -> bool:
        """Whether a question says nothing but the names of papers: "and of GenSAR?"."""
        names = names_in(question, self._known.entities, self._known.state().speller.vocabulary)
        return self._rules["bare"](put_to(question, [one.text for one in names], " "))

    def picks_alone(self, question: str) -> bool:
        """Whether a question says nothing but which paper it is about: "and the other one?"."""
        for rule in ("other_one", "place"):
            question = self._rules[rule].without(question)
        return self._rules["bare"](question)

    def is_bare(self, question: str, search: str) -> bool:
        """Whether a question says nothing but what it restricts; "June reports" are reports without more ado."""
        return self._rules["bare"](search) and (bool(search) or not self._rules["works"](question))

    def rest(self, question: str) -> str:
        """A question without what leads into it."""
        opener = self._rules["opener"].at(question)
        rest = question[opener.end() :].strip() if opener else ""
        return rest[:1].upper() + rest[1:] if rest else question

    def without_topic(self, question: str) -> str:
        """A question without the paper that it opens with and takes up again: "the other one, is it open?"."""
        first = self._rules["put_first"].at(question)
        rest = question[first.end() :] if first else question
        return rest[:1].upper() + rest[1:] if first else question

    def titles(self, ids: Sequence[str]) -> list[str]:
        """What papers are called in short."""
        papers = self._known.shelf.papers(ids)
        return [label(readable(papers[paper].title)) for paper in ids if paper in papers]

    def on(self, about: Sequence[str], ids: Sequence[str]) -> str:
        """What a question is about, in words behind it, which prompts show: of papers held for review the id."""
        papers = self._known.shelf.papers(ids).values() if about else ()
        held = {label(readable(paper.title)): paper.paper_id for paper in papers if paper.held}
        return f" (about {', '.join(held.get(one, one) for one in about)})" if about else ""


def words_of(sources: Iterable[str], besides: str) -> list[str]:
    """The content words, as one phrase, of the first text that has any which do not stand in another."""
    heard = {word.casefold() for word in content_words(besides)}
    for text in sources:
        if found := [word for word in content_words(text) if word.casefold() not in heard]:
            return [" ".join(list(dict.fromkeys(found))[:_BORROWED])]
    return []
