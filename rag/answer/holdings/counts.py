"""What is counted over the shelf: papers within filters or about a subject, who wrote most, days, subjects."""

from __future__ import annotations

import json
import re

from rag.answer.holdings.entry import SHOWN, Entry
from rag.answer.render import first_listed
from rag.index.library import Library
from rag.papers.browse.tally import by_month, tally
from rag.query import Question
from rag.query.limits.restrictions import mentioning
from rag.retrieve.hybrid import HybridRetriever, distinct_papers
from rag.text.grammar import all_words_of, joined, plural
from rag.text.markdown import escape
from rag.types import Confidence, Filters
from rag.types.filters import DATES

_MOST_NAMED = 5
"""Authors or months that are named where it is asked who wrote most."""
_MONTHS_NAMED = 24
"""Months whose days are named where it is asked on which days papers were listed."""
_SUBJECTS_NAMED = 12
"""Subjects that are named where it is asked what the library is about."""
_EITHER = re.compile(r"\s+or\s+", re.IGNORECASE)


class Counts:
    """Counts papers, and what they have, over the shelf; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever) -> None:
        """Make one.

        Args:
            retriever: Finds those of the papers counted that are the nearest to a subject.
        """
        self.retriever = retriever
        self.library: Library = retriever.library

    def count(self, understood: Question, subject: str = "") -> Entry | None:
        """How many papers there are, about a subject where one is asked for; None where nothing is found to count."""
        return self._about(understood, subject) if subject else self._allowed(understood)

    def _allowed(self, understood: Question) -> Entry | None:
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
        return Entry.listing(self.library, head, len(allowed), "newest first", allowed[:SHOWN], _sure(understood))

    def _about(self, understood: Question, subject: str) -> Entry | None:
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
        return Entry.listing(self.library, head, len(ids), "nearest first", nearest, _sure(understood))

    def most(self, understood: Question, what: str) -> Entry | None:
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

    def days(self, understood: Question) -> Entry | None:
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

    def themes(self, understood: Question) -> Entry | None:
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
