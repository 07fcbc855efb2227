"""Answers from the shelf: counts, authors, listing days and what is covered, with titles quoted where papers are meant.

`entry.py` is what such an answer consists of, `counts.py` counts; what is said of single papers is in
`rag/answer/facts.py`.

Everything said here is read or counted over the whole shelf; nothing is estimated from what a search happened to find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from rag.answer import facts
from rag.answer.abstention import Abstainer
from rag.answer.holdings.counts import Counts
from rag.answer.holdings.entry import SHOWN, Entry
from rag.answer.render import closest
from rag.index.library import Library
from rag.query import Question
from rag.query.intents.about import About
from rag.query.lexicon.entities import titled
from rag.retrieve.hybrid import HybridRetriever
from rag.text.grammar import plural
from rag.text.markdown import escape
from rag.types import Confidence, Filters, Paper

__all__ = ["SHOWN", "Entry", "Holdings"]

_UNDATED = "No source told a date of any paper, so that none is newer than another."
_CAN_BE_ASKED = (
    "Ask what a paper does or found, how two systems differ, which papers are about something, by an author or from a "
    "month, how many there are, or who wrote one."
)


class Holdings:
    """Answers questions about the library from its shelf; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever, abstainer: Abstainer) -> None:
        self.retriever = retriever
        self.library: Library = retriever.library
        self.abstainer = abstainer
        self.counts = Counts(retriever)
        self._said: Mapping[str, Callable[[Question], Entry | None]] = {
            "help": self._help,
            "coverage": self._coverage,
            "news": self._news,
            "recommend": self._recommend,
            "trending": self._trending,
            "courtesy": _courtesy,
            "offtopic": self._off_topic,
            "themes": self.counts.themes,
            "unmentioned": self._unmentioned,
            "days": self.counts.days,
        }
        self._told: Mapping[str, Callable[[Paper], str]] = {
            "authors": facts.authors,
            "listed": facts.listed,
            "versions": partial(facts.versions, self.library.shelf),
            "category": facts.category,
            "cite": facts.reference,
            "age": facts.age,
            "length": facts.length,
        }

    def find(self, understood: Question) -> Entry | None:
        """Answer a question about the library; None where it is about something else, or nothing fits."""
        about = understood.about
        if about is None or understood.unread:
            return None
        if said := self._said.get(about.kind):
            return said(understood)
        if about.kind == "most":
            return self.counts.most(understood, about.subject)
        if about.kind == "count":
            return self.counts.count(understood, about.subject)
        say = self._told[about.kind]
        if about.kind == "authors":
            say = partial(facts.authors, place=about.place)
        if ids := self._meant(understood, about):
            return self._of(ids, about, say)
        if about.described:
            return self._described(understood, about.subject, say)
        if about.kind not in ("authors", "listed"):  # it may be described, or something else be asked
            return None
        if about.needs_focus:
            return self._none("Which paper is meant cannot be told: name it, or give its id.", understood.search_text)
        meant, within = titled(self.library.shelf.entities, about.subject)
        if meant:
            papers = self.library.shelf.papers(meant)
            return Entry.of_papers(
                self.library, "", [papers[paper_id] for paper_id in meant if paper_id in papers], say, "high"
            )
        unknown = f"No paper in the library is called “{escape(about.subject)}”."
        return self._none(unknown, about.subject) if about.titled or within else None

    def _meant(self, understood: Question, about: About) -> list[str]:
        """The papers that a question about papers means: by id, by name, or by what was talked of."""
        if understood.papers or about.subject:
            return sorted(understood.papers or ())
        talked = list(understood.focus if about.several else understood.focus[:1])
        return talked if about.kind in ("authors", "listed") else talked or list(understood.named)

    def _of(self, ids: Sequence[str], about: About, say: Callable[[Paper], str]) -> Entry | None:
        """What is said of papers that are meant."""
        found = self.library.shelf.papers(ids)
        held, head = [found[paper_id] for paper_id in ids if paper_id in found], ""
        if not held or (about.kind == "age" and len(held) < 2):
            return None
        if about.kind == "age":
            head, held = facts.older_and_newer(held)
        return Entry.of_papers(self.library, head, held, say, "high")

    def _help(self, _: Question) -> Entry:
        return Entry(f"I answer questions about the {self._scope()}, by quoting them. {_CAN_BE_ASKED}")

    def _off_topic(self, understood: Question) -> Entry | None:
        """That no paper would say, unless some are near enough to answer.

        The nearest are kept for programs, and are not offered to a reader.
        """
        passages = self.retriever.search(understood.search_text, k=self.library.config.retrieval.candidates)
        if not self.abstainer.decide(understood, passages).abstain:
            return None
        head = f"That is nothing I can help with: I know only the {self._scope()}. {_CAN_BE_ASKED}"
        return Entry(head, tuple(passages), confidence="low", nearest=closest(passages), refuses=True)

    def _scope(self) -> str:
        held = self.library.shelf.coverage()
        return f"{plural(held.papers, 'paper')} of this library, {held.listed}"

    def _news(self, _: Question) -> Entry:
        """The papers of the newest report, which is what is new whenever somebody was here last."""
        newest = self._of_last_day()
        held = self.library.shelf.coverage()
        if not held.last:
            return Entry(_UNDATED)
        head = f"The newest report is of {held.last}. It names {plural(len(newest), 'paper')} that no earlier one did."
        return Entry.listing(self.library, head, len(newest), "newest first", newest)

    def _recommend(self, _: Question) -> Entry:
        """What a recommendation without a subject needs, and the newest papers meanwhile."""
        head = (
            "No paper here is known to be better than another, and what you like I don't know. Name a subject "
            "(“recommend papers on query rewriting”), a paper (“papers like 2504.05309”), or read an overview: "
            "paperchat topic SUBJECT. Of the newest report:"
        )
        newest = self._of_last_day()
        return Entry.of_papers(self.library, head, newest, lambda paper: f"({paper.when})", "low")

    def _trending(self, _: Question) -> Entry:
        """That nobody counts what is talked of, what can be counted, and the newest papers."""
        head = (
            "How much a subject is talked of, nothing here tells. How many papers are about one can be counted "
            "(“how many papers are about query rewriting since May?”), and so can who wrote most; an overview of a "
            "subject is made by: paperchat topic SUBJECT. Of the newest report:"
        )
        return Entry.of_papers(self.library, head, self._of_last_day(), lambda paper: f"({paper.when})", "low")

    def _of_last_day(self) -> list[Paper]:
        """Papers that the newest report named first."""
        last = self.library.shelf.coverage().last
        return self.library.shelf.browse(filters=Filters(date_from=last)) if last else []

    def _coverage(self, _: Question) -> Entry:
        shelf = self.library.shelf
        held, days = shelf.coverage(), shelf.listing_days()
        newest = self._of_last_day()
        if not days:
            return Entry(f"The library holds {plural(held.papers, 'paper')}. {_UNDATED}")
        head = (
            f"The library holds {plural(held.papers, 'paper')}, listed on {plural(len(days), 'day')} from {days[0]} to "
            f"{days[-1]}. The newest report names {plural(len(newest), 'paper')} that no earlier one did."
        )
        return Entry.listing(self.library, head, len(newest), "newest first", newest)

    def _unmentioned(self, understood: Question) -> Entry:
        """That no text names whom the papers were to be of."""
        whom = escape(understood.about.subject if understood.about else "")
        head = (
            f"No title or abstract of the {self._scope()}, mentions “{whom}”. Where authors work, the reports do not "
            "tell: a company's papers are known by its name in their text."
        )
        return Entry(head, confidence="low", refuses=True)

    def _described(self, understood: Question, subject: str, say: Callable[[Paper], str]) -> Entry | None:
        """The paper that a description means, called the nearest to it: another may fit as well."""
        described = replace(understood, standalone=subject, search_text=subject, kind="single")
        passages = self.retriever.search(subject, understood.filters, self.library.config.retrieval.candidates)
        decision = self.abstainer.decide(described, passages)
        if decision.abstain:
            return None
        confidence: Confidence = "medium" if decision.confidence == "high" else decision.confidence
        head = f"Nearest to “{escape(subject)}”:"
        return Entry.of_papers(self.library, head, [self.library.shelf.paper(passages[0].paper_id)], say, confidence)

    def _none(self, head: str, words: str) -> Entry:
        """That no paper is the one that is meant, and those nearest to some words."""
        passages = self.retriever.search(words, k=self.library.config.retrieval.candidates)
        return Entry(head, tuple(passages), confidence="low", nearest=closest(passages))


def _courtesy(_: Question) -> Entry:
    """A word to somebody who greets, thanks, agrees or takes leave."""
    return Entry("At your service: ask whenever a paper of this library may help.")
