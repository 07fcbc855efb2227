"""The reader: one question and its conversation → an `Understanding`."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from rag.errors import LibraryError
from rag.index import LexicalIndex
from rag.readable import readable
from rag.shelf import Coverage, Shelf
from rag.types import Filters, Note, Paper, Turn
from rag.understanding.dates import DateReading, read_dates
from rag.understanding.followup import Conversation, chosen, label
from rag.understanding.identifiers import IdentifierReading, read_identifiers
from rag.understanding.kind import Kind, opposes, read_kind, read_subjects
from rag.understanding.people import PeopleReader, PeopleReading
from rag.understanding.spelling import Speller
from rag.understanding.vocabulary import Vocabulary
from rag.understanding.wording import edited, has_content, tidied

_META_KEY = "vocabulary"
_FOUND = 20
"""Passages looked through for the paper that a title or a name means."""


class HasLexical(Protocol):
    """What the reader needs of open indexes."""

    lexical: LexicalIndex


class Papers(Protocol):
    """What the reader needs of a library."""

    shelf: Shelf

    def indexes(self) -> AbstractContextManager[HasLexical]:
        """Borrow the indexes."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a question was read.

    Attributes:
        question: Standalone form, for the reader: typing errors corrected, a follow-up's subject added.
        search_text: What to search for: without the words that became filters, never empty.
        filters: In force; explicit ones win over those that the question names.
        papers: Only these may answer (their ids are in the question), in the library or not; None allows all.
        focus: Papers that the conversation is about, to be preferred; in the order in which they were named.
        kind: The shape of answer that is wanted.
        subjects: The systems, or the ids of papers, that a comparison names.
        only_filters: The restrictions say everything: whatever they allow answers.
        notes: What was read, for the reader: codes ``filter_read``, ``papers_read``, ``spelling``, ``follow_up``.
    """

    question: str
    search_text: str
    filters: Filters
    papers: frozenset[str] | None = None
    focus: tuple[str, ...] = ()
    kind: Kind = "single"
    subjects: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    only_filters: bool = False


@dataclass(frozen=True, slots=True)
class _Constraints:
    """What a text restricts, with the spans that say so."""

    dates: tuple[DateReading, ...]
    people: PeopleReading | None
    identifiers: tuple[IdentifierReading, ...]

    @property
    def spans(self) -> list[tuple[int, int]]:
        found = [(one.start, one.end) for one in self.dates]
        found += [(one.start, one.end) for one in self.identifiers if one.restricts]
        return found + ([(self.people.start, self.people.end)] if self.people else [])

    def __bool__(self) -> bool:
        return bool(self.dates or self.people or self.identifiers)


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of the library at one generation."""

    generation: int
    coverage: Coverage
    speller: Speller


class Reader:
    """Reads questions against a library; safe to share between threads."""

    def __init__(self, library: Papers) -> None:
        self._library = library
        self._guard = threading.Lock()
        self._known: _State | None = None

    def understand(self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Understanding:
        """Read a question.

        Args:
            question: As typed, not empty.
            history: Earlier turns, oldest first.
            filters: Given beside the question, for instance on the command line.
        """
        given = filters or Filters()
        held = self._state().coverage
        if held.first is None or held.last is None:
            return Understanding(question, question, given)
        found = self._constraints(question, held.first, held.last)
        protected = [*found.spans, *((one.start, one.end) for one in found.identifiers)]
        corrections = self.speller().corrections(question, protected)
        edits = [(one.start, one.end, one.meant) for one in corrections]
        notes = [
            Note(code="spelling", text=f'Searched for "{one.meant}" instead of "{one.typed}".')
            for one in {(one.typed, one.meant): one for one in corrections}.values()
        ]
        standalone = edited(question, edits)
        search = tidied(edited(question, [*edits, *self._replacements(found)]))
        talk = self._follow_up(standalone, search, found, history, held.first, held.last)
        if talk:
            standalone, search, found, focus, note = talk
            notes.append(note)
        else:
            focus = ()
        read, filter_notes = self._filters(found, given)
        notes += filter_notes
        papers = frozenset(one.paper_id for one in found.identifiers if one.restricts) or None
        if papers:
            notes.append(Note(code="papers_read", text=f"Read from the question: only {', '.join(sorted(papers))}."))
        kind, subjects = self._shape(standalone, search, bool(found.dates or found.people), papers or frozenset())
        only_filters = not has_content(search)
        return Understanding(
            question=standalone,
            search_text=self._instead(search, standalone, papers) if only_filters else search,
            filters=read,
            papers=papers,
            focus=focus,
            kind=kind,
            subjects=subjects,
            notes=tuple(notes),
            only_filters=only_filters and bool(read or papers),
        )

    def speller(self) -> Speller:
        """Corrects towards the library's present words."""
        return self._state().speller

    def _state(self) -> _State:
        """What is known of the library; the words are counted once a generation, and kept on the shelf."""
        shelf = self._library.shelf
        with self._guard:
            generation = shelf.generation()
            if self._known is None or self._known.generation != generation:
                stamp = f"{generation}\n"
                stored = shelf.meta(_META_KEY) or ""
                if stored.startswith(stamp):
                    vocabulary = Vocabulary.load(stored.removeprefix(stamp))
                else:
                    vocabulary = Vocabulary.of_texts(shelf.texts())
                    with suppress(LibraryError):  # a library that cannot be written to can still be read
                        shelf.set_meta(_META_KEY, stamp + vocabulary.dump())
                self._known = _State(generation, shelf.coverage(), Speller(vocabulary))
            return self._known

    def _constraints(self, text: str, first: date, last: date) -> _Constraints:
        identifiers = tuple(read_identifiers(text))
        dates = tuple(
            one
            for one in read_dates(text, first, last)
            if not any(other.start < one.end and one.start < other.end for other in identifiers)
        )
        shelf, vocabulary = self._library.shelf, self.speller().vocabulary
        people = PeopleReader(shelf.is_author, vocabulary.is_ordinary).read(_blanked(text, dates))
        return _Constraints(dates, people, identifiers)

    def _replacements(self, found: _Constraints) -> list[tuple[int, int, str]]:
        """Edits that take the constraints out of a text; a paper that is only compared with leaves its title."""
        cut = [(start, end, " ") for start, end in found.spans]
        related = [one for one in found.identifiers if not one.restricts]
        titles = self._library.shelf.papers([one.paper_id for one in related])
        return cut + [
            (one.start, one.end, readable(titles[one.paper_id].title)) for one in related if one.paper_id in titles
        ]

    def _instead(self, search: str, standalone: str, papers: frozenset[str] | None) -> str:
        """Something to search for where the constraints said everything: the papers' titles, or the question."""
        titles = [readable(paper.title) for paper in self._library.shelf.papers(sorted(papers or ())).values()]
        return " ".join([search, *titles]).strip() if titles else standalone

    def _filters(self, found: _Constraints, given: Filters) -> tuple[Filters, list[Note]]:
        """Fill what is not given explicitly from the question."""
        read, parts = given, []
        if found.dates and not (given.date_from or given.date_to):
            begin, end = _intersection(found.dates)
            read = replace(read, date_from=begin, date_to=end)
            since, until = f" from {begin}" if begin else "", f" to {end}" if end else ""
            parts.append(f"reports{since}{until}")
        if found.people and not given.author:
            author = self._author(found.people)
            read = replace(read, author=author)
            parts.append(f"papers by {author}")
        if not parts:
            return read, []
        return read, [Note(code="filter_read", text=f"Read from the question: {', '.join(parts)}.")]

    def _author(self, people: PeopleReading) -> str:
        """The names as `Filters.author`: of people named together who never wrote together, either is meant."""
        names = [" ".join(name.split()) for name in people.names]
        together = " and ".join(names)
        if people.alternatives:
            return " or ".join(names)
        if len(names) > 1 and all(people.known) and not self._library.shelf.select(Filters(author=together)):
            return " or ".join(names)
        return together

    def _follow_up(
        self, question: str, search: str, found: _Constraints, history: Sequence[Turn], first: date, last: date
    ) -> tuple[str, str, _Constraints, tuple[str, ...], Note] | None:
        """Complete a question that continues the conversation; None where it stands on its own."""
        talk = Conversation(history)
        if not talk.asked or found.identifiers:
            return None
        shelf = self._library.shelf
        if found and not has_content(search):
            return self._restricted_anew(question, found, talk.asked[-1], first, last)
        focus = chosen(question, talk.focus(self._find, shelf.papers))
        papers = shelf.papers(focus)
        named = [
            paper_id
            for paper_id in focus
            if re.search(rf"(?<!\w){re.escape(label(papers[paper_id].title))}(?!\w)", question)
        ]
        focus = tuple(named) or focus
        reading = talk.read(search, " ".join(papers[paper_id].text for paper_id in focus))
        if reading is None:
            return None
        carried = self._constraints(talk.asked[-1], first, last) if reading.about_set and not found else found
        titles = [label(readable(papers[paper_id].title)) for paper_id in focus]
        standalone, searched = reading.completed(titles)
        if not (standalone and searched):  # nothing was asked and nothing could be borrowed
            return None
        note = Note(code="follow_up", text=f"Read as a follow-up: {standalone}")
        return standalone, searched, carried, () if reading.others else focus, note

    def _shape(
        self, standalone: str, search: str, restricted: bool, papers: frozenset[str]
    ) -> tuple[Kind, tuple[str, ...]]:
        """The kind of the question, and what it compares."""
        if len(papers) > 1 and opposes(standalone):
            return "compare", tuple(sorted(papers))
        kind = read_kind(standalone, restricted=restricted)
        if kind == "single" and restricted:
            kind = read_kind(search, restricted=True)
        subjects = read_subjects(standalone) if kind == "compare" else ()
        if len(subjects) == 2 and self._is_baseline(subjects):
            return "single", ()
        return kind, subjects

    def _is_baseline(self, subjects: Sequence[str]) -> bool:
        """Whether one paper speaks of both systems and the library has no paper of the second's own."""
        words = [re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])") for name in subjects]
        papers = self._find(" ".join(subjects)).values()
        both = any(all(word.search(paper.text) for word in words) for paper in papers)
        return both and not all(any(word.search(paper.title) for paper in papers) for word in words)

    def _find(self, phrase: str) -> dict[str, Paper]:
        """Papers whose words fit a phrase best, best first."""
        with self._library.indexes() as indexes:
            hits = [chunk_id for chunk_id, _ in indexes.lexical.query(phrase, _FOUND)]
        rows = self._library.shelf.chunk_rows(hits)
        order = dict.fromkeys(rows[chunk_id].paper_id for chunk_id in hits if chunk_id in rows)
        papers = self._library.shelf.papers(order)
        return {paper_id: papers[paper_id] for paper_id in order if paper_id in papers}

    def _restricted_anew(
        self, question: str, found: _Constraints, earlier: str, first: date, last: date
    ) -> tuple[str, str, _Constraints, tuple[str, ...], Note] | None:
        """Read "And in June?": the earlier question with another restriction of the same sort."""
        before = self._constraints(earlier, first, last)
        topic = tidied(edited(earlier, self._replacements(before)))
        if not has_content(topic):
            return None
        merged = _Constraints(found.dates or before.dates, found.people or before.people, ())
        standalone = f"{topic.rstrip(' ?.')} ({question.strip(' ?.')})"
        return standalone, topic, merged, (), Note(code="follow_up", text=f"Read as a follow-up: {standalone}")


def _blanked(text: str, dates: Sequence[DateReading]) -> str:
    """The text with its dates overwritten by dots, so that "May" is nobody's name."""
    for one in dates:
        text = text[: one.start] + "." * (one.end - one.start) + text[one.end :]
    return text


def _intersection(dates: Sequence[DateReading]) -> tuple[date | None, date | None]:
    """Where all readings hold; where they exclude each other ("in May or in July"), from the first to the last."""
    begins = [one.date_from for one in dates if one.date_from]
    ends = [one.date_to for one in dates if one.date_to]
    begin, end = max(begins, default=None), min(ends, default=None)
    if begin and end and begin > end:
        return min(begins), max(ends)
    return begin, end
