"""Answers from the shelf: counts, authors, listing days and what is covered, with titles quoted where papers are meant.

Everything said here is read or counted over the whole shelf; nothing is estimated from what a search happened to find.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from rag.answer import facts
from rag.answer.abstention import Abstainer, Decision
from rag.answer.citations import Checked
from rag.answer.draft import Draft, Quote
from rag.answer.render import Reply, closest, first_listed, offering
from rag.index.library import Library
from rag.papers.browse.tally import by_month, tally
from rag.query import Question
from rag.query.intents.about import About
from rag.query.lexicon.entities import titled
from rag.query.limits.restrictions import mentioning
from rag.retrieve.dated import rows_of
from rag.retrieve.hybrid import HybridRetriever, distinct_papers, passage_of
from rag.text.grammar import all_words_of, joined, plural
from rag.text.markdown import escape
from rag.text.readable import readable
from rag.types import ClosestPaper, Confidence, Filters, Paper, Passage
from rag.types.filters import DATES

SHOWN = 20
"""Papers handed on as retrieved; the answer quotes as many of them as the settings allow."""
_MOST_NAMED = 5
"""Authors or months that are named where it is asked who wrote most."""
_MONTHS_NAMED = 24
"""Months whose days are named where it is asked on which days papers were listed."""
_SUBJECTS_NAMED = 12
"""Subjects that are named where it is asked what the library is about."""
_EITHER = re.compile(r"\s+or\s+", re.IGNORECASE)
_UNDATED = "No source told a date of any paper, so that none is newer than another."
_CAN_BE_ASKED = (
    "Ask what a paper does or found, how two systems differ, which papers are about something, by an author or from a "
    "month, how many there are, or who wrote one."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the shelf says to a question.

    Attributes:
        head: The answer in a sentence; empty where the papers' own lines say it.
        passages: The beginnings of the papers that are meant, in order.
        draft: Their titles, to be quoted.
        facts: What is said of each quoted paper, by id, after its title.
        nearest: Papers to be offered where the head says that there is none of the name.
        refuses: No paper would answer, and none is offered.
    """

    head: str
    passages: tuple[Passage, ...] = ()
    draft: Draft = field(default_factory=lambda: Draft(()))
    facts: Mapping[str, str] = field(default_factory=dict)
    confidence: Confidence = "high"
    nearest: tuple[ClosestPaper, ...] = ()
    refuses: bool = False

    @property
    def decision(self) -> Decision:
        """That it answers, or that no paper is the one that is meant."""
        if self.nearest or self.refuses:
            return Decision(1.0, True, "nothing_found", "low")
        return Decision(0.0, False, None, self.confidence)

    def reply(self, checked: Checked) -> Reply:
        """The answer in words, with the titles that hold."""
        if self.refuses:
            return Reply((self.head,), "nothing_found", self.nearest)
        if self.nearest:
            return offering(self.head, "Closest papers", self.nearest, "nothing_found")
        bullet = "- " if self.head or len(checked.groups) > 1 else ""
        lines = [
            f"{bullet}**{escape(readable(cited.title))}** [{cited.n}] {self.facts[cited.paper_id]}"
            for group in checked.groups
            for cited in group
        ]
        return Reply(tuple(part for part in (self.head, "\n".join(lines)) if part))


class Holdings:
    """Answers questions about the library from its shelf; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever, abstainer: Abstainer) -> None:
        self.retriever = retriever
        self.library: Library = retriever.library
        self.abstainer = abstainer
        self._said: Mapping[str, Callable[[Question], Entry | None]] = {
            "help": self._help,
            "coverage": self._coverage,
            "news": self._news,
            "recommend": self._recommend,
            "trending": self._trending,
            "courtesy": _courtesy,
            "offtopic": self._off_topic,
            "themes": self._themes,
            "unmentioned": self._unmentioned,
            "days": self._days,
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
            return self._most(understood, about.subject)
        if about.kind == "count":
            return self._count_about(understood, about.subject) if about.subject else self._count(understood)
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
            return self._entry("", [papers[paper_id] for paper_id in meant if paper_id in papers], say, "high")
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
        return self._entry(head, held, say, "high")

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
        return self._listing(head, len(newest), "newest first", newest)

    def _recommend(self, _: Question) -> Entry:
        """What a recommendation without a subject needs, and the newest papers meanwhile."""
        head = (
            "No paper here is known to be better than another, and what you like I don't know. Name a subject "
            "(“recommend papers on query rewriting”), a paper (“papers like 2504.05309”), or read an overview: "
            "paperchat topic SUBJECT. Of the newest report:"
        )
        newest = self._of_last_day()
        return self._entry(head, newest, lambda paper: f"({paper.when})", "low")

    def _trending(self, _: Question) -> Entry:
        """That nobody counts what is talked of, what can be counted, and the newest papers."""
        head = (
            "How much a subject is talked of, nothing here tells. How many papers are about one can be counted "
            "(“how many papers are about query rewriting since May?”), and so can who wrote most; an overview of a "
            "subject is made by: paperchat topic SUBJECT. Of the newest report:"
        )
        return self._entry(head, self._of_last_day(), lambda paper: f"({paper.when})", "low")

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
        return self._listing(head, len(newest), "newest first", newest)

    def _count(self, understood: Question) -> Entry | None:
        """Count what the filters allow; None where that is nothing, so that papers outside them are offered."""
        shelf, filters, held = self.library.shelf, understood.filters, self.library.shelf.coverage()
        if not filters and not understood.left_out and understood.papers is None:
            return Entry(f"The library holds {plural(held.papers, 'paper')}, {held.listed}.")
        allowed = [
            paper
            for paper in shelf.browse(filters=filters)
            if paper.paper_id not in understood.left_out
            and (understood.papers is None or paper.paper_id in understood.papers)
        ]
        if not allowed:
            return None
        among = " among those meant" if understood.papers is not None else ""
        head = f"{plural(len(allowed), 'paper')}{_restriction(filters)}{among}{_apart(understood)}."
        return self._listing(head, len(allowed), "newest first", allowed[:SHOWN], _sure(understood))

    def _count_about(self, understood: Question, subject: str) -> Entry | None:
        """Count the papers that hold all words of a subject, within the filters, and show the nearest, even of none."""
        allowed = self.library.shelf.select(understood.filters)
        with self.library.indexes() as indexes:
            found_by = {
                words: mentioning(words, indexes.lexical, self.library.shelf) for words in _EITHER.split(subject)
            }
        ids = frozenset[str]().union(*found_by.values())
        ids = (ids if allowed is None else ids & allowed) - understood.left_out
        found = distinct_papers(
            self.retriever.search(subject, understood.filters, 4 * SHOWN, papers=ids or None), SHOWN
        )
        if not found:
            return None
        papers = self.library.shelf.papers([passage.paper_id for passage in found])
        quoted = " or ".join(f"{all_words_of(words)} “{escape(words)}”" for words in found_by)
        apart = f"{_apart(understood)}," if understood.unwanted else ""
        words = f"{'have' if len(ids) > 1 else 'has'} {quoted} in title or abstract"
        head = f"{plural(len(ids), 'paper') if ids else 'No paper'}{_restriction(understood.filters)}{apart} {words}."
        nearest = [papers[passage.paper_id] for passage in found]
        return self._listing(head, len(ids), "nearest first", nearest, _sure(understood))

    def _most(self, understood: Question, what: str) -> Entry | None:
        """Who wrote most of the papers that the filters allow, or when most of them were first listed."""
        papers = self.library.shelf.browse(filters=understood.filters)
        counted = tally(papers, what)
        if not counted:
            return None
        first = joined([f"{escape(name)} ({count:,})" for name, count in counted[:_MOST_NAMED]])
        of = f"{plural(len(papers), 'paper')}{_restriction(understood.filters)}"
        if what == "authors":
            return Entry(f"{of}, by {plural(len(counted), 'author')}. Most are by {first}.")
        return Entry(f"{of}, on {plural(len(counted), what[:-1])}. Most were first listed in {first}.")

    def _days(self, understood: Question) -> Entry | None:
        """The days on which the papers that the filters allow were first listed, month by month."""
        papers = [paper for paper in self.library.shelf.browse(filters=understood.filters) if not paper.undated]
        days = sorted({paper.date for paper in papers})
        if not days:
            return None
        months = [(f"{month:%B %Y}", runs) for month, runs in by_month(days)]
        head = f"{plural(len(papers), 'paper')}{_restriction(understood.filters)}, on {plural(len(days), 'day')}"
        shown = f"; of the {len(months)} months the last {_MONTHS_NAMED}" if len(months) > _MONTHS_NAMED else ""
        lines = (f"- {month}: {', '.join(runs)}" for month, runs in months[-_MONTHS_NAMED:])
        return Entry(f"{head}, from {days[0]} to {days[-1]}{shown}:\n\n" + "\n".join(lines))

    def _themes(self, understood: Question) -> Entry | None:
        """The subjects that most of the papers have which the filters allow."""
        counted = self._subjects(understood)
        papers = self.library.shelf.browse(filters=understood.filters)
        if not (counted and papers):
            return None
        first = joined([f"{escape(name)} ({count:,})" for name, count in counted])
        of = f"{plural(len(papers), 'paper')}{_restriction(understood.filters)}"
        return Entry(
            f"{of}. Their most frequent subjects: {first}. A paper may have several. An overview of one is made by: "
            "paperchat topic SUBJECT."
        )

    def _subjects(self, understood: Question) -> list[tuple[str, int]]:
        """Subjects with how many papers have them, the most frequent first."""
        shelf, among = self.library.shelf, self.library.shelf.select(understood.filters)
        ids = "SELECT paper_id FROM papers" if among is None else "SELECT value FROM json_each(?)"
        given = [] if among is None else [json.dumps(sorted(among))]
        labels = shelf.descriptions.labels()
        counted = shelf.descriptions.counts(("tag",), ids, given, _SUBJECTS_NAMED)["tag"]
        return [(labels.get(tag, tag), count) for tag, count in counted]

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
        return self._entry(head, [self.library.shelf.paper(passages[0].paper_id)], say, confidence)

    def _none(self, head: str, words: str) -> Entry:
        """That no paper is the one that is meant, and those nearest to some words."""
        passages = self.retriever.search(words, k=self.library.config.retrieval.candidates)
        return Entry(head, tuple(passages), confidence="low", nearest=closest(passages))

    def _listing(
        self, head: str, count: int, order: str, papers: Sequence[Paper], confidence: Confidence = "high"
    ) -> Entry:
        """A head and the papers below it, with a word on how many of them are shown."""
        shown = min(len(papers), self.library.config.answer.max_papers)
        if shown > 1:
            head += f" The first {shown}, {order}:" if shown < count else f" {order.capitalize()}:"
        return self._entry(head, papers, lambda paper: f"({paper.when})", confidence)

    def _entry(self, head: str, papers: Sequence[Paper], say: Callable[[Paper], str], confidence: Confidence) -> Entry:
        rows = rows_of(self.library.shelf, papers)
        beginnings = (replace(rows[p.paper_id][0], start=0) for p in papers[:SHOWN] if p.paper_id in rows)
        by_id = {paper.paper_id: paper for paper in papers}
        passages = tuple(passage_of(by_id[row.paper_id], row) for row in beginnings)  # with their titles
        quoted = passages[: self.library.config.answer.max_papers]
        draft = Draft(tuple((Quote(passage, 0, len(passage.title)),) for passage in quoted))
        return Entry(head, passages, draft, {paper.paper_id: say(paper) for paper in papers}, confidence)


def _courtesy(_: Question) -> Entry:
    """A word to somebody who greets, thanks, agrees or takes leave."""
    return Entry("At your service: ask whenever a paper of this library may help.")


def _restriction(filters: Filters) -> str:
    """The filters in words that follow "papers": `` by Jimmy Lin, first listed since 2025-10-01``."""
    given = filters.without(DATES).given()
    by = "".join(f" {row.phrase.format(escape(row.brief(value) if row.brief else str(value)))}" for row, value in given)
    days = first_listed(filters)
    return by + (f",{days}" if by and days else days)


def _apart(understood: Question) -> str:
    """What is not counted: ``, not counting those by Jimmy Lin``."""
    sorts = [f"those {escape(sort)}" for sort in understood.unwanted]
    return f", not counting {joined(sorts)}" if sorts else ""


def _sure(understood: Question) -> Confidence:
    """How sure a count is: a paper about what is not wanted need not hold the words that it was looked for by."""
    return "high" if all(sort.startswith("by ") for sort in understood.unwanted) else "medium"
