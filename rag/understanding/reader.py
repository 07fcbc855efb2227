"""The reader: one question and its conversation → an `Understanding`."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple, Protocol

from rag.errors import LibraryError
from rag.index import LexicalIndex
from rag.readable import readable
from rag.shelf import Coverage, Shelf
from rag.types import Filters, Note, Paper, Turn
from rag.understanding.about import About, read_about
from rag.understanding.constraints import Constraints, read_constraints, read_dates_alone
from rag.understanding.followup import Conversation, asks_how_many, chosen, is_about_set, label
from rag.understanding.kind import Kind, opposes, read_kind, read_subjects
from rag.understanding.mentions import mentioning
from rag.understanding.naming import NameSpeller
from rag.understanding.negation import is_negated
from rag.understanding.people import PeopleReader, PeopleReading
from rag.understanding.spelling import Speller
from rag.understanding.vocabulary import Vocabulary
from rag.understanding.wording import edited, has_content, tidied

_META_KEY = "vocabulary"
_NOTHING_LEFT_OUT = Note(
    code="negation",
    text='"Not" and "without" are searched for like other words: no paper was left out because of them.',
)
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
        left_out: Ids of the papers that it does not want.
        about: What is asked about the library itself; None for a question about what papers say.
        notes: What was read, for the reader: codes ``filter_read``, ``papers_read``, ``spelling``, ``follow_up``,
            ``left_out``, ``negation``.
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
    left_out: frozenset[str] = frozenset()
    about: About | None = None

    @property
    def selects(self) -> bool:
        """Whether a list of all papers within the filters is wanted, whatever they are about."""
        return self.only_filters and self.kind != "single" and self.papers is None


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of the library at one generation."""

    generation: int
    coverage: Coverage
    speller: Speller
    names: NameSpeller


class _Continued(NamedTuple):
    """A question completed from its conversation.

    Attributes:
        among: Only these papers may answer: "which of them …", "the second one".
        known: Papers that were named already, where others are asked for.
    """

    standalone: str
    search: str
    constraints: Constraints
    focus: tuple[str, ...] = ()
    among: frozenset[str] | None = None
    known: frozenset[str] = frozenset()


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
        found = self._constraints(question)
        if history and not found:
            found = read_dates_alone(question, held.first, held.last)
        protected = [*found.spans, *((one.start, one.end) for one in found.identifiers)]
        corrections = self.speller().corrections(question, protected)
        edits = [(one.start, one.end, one.meant) for one in corrections]
        notes = [
            Note(code="spelling", text=f'Searched for "{one.meant}" instead of "{one.typed}".')
            for one in {(one.typed, one.meant): one for one in corrections}.values()
        ]
        standalone = edited(question, edits)
        search = tidied(edited(question, [*edits, *self._replacements(found)]))
        about = read_about(standalone, search)
        if about and about.kind == "coverage":
            found = Constraints()  # "the latest report" is what is asked for
        talk = None
        if about is None or about.needs_focus:
            talk = self._follow_up(standalone, search, found, history)
        focus: tuple[str, ...] = ()
        among: frozenset[str] | None = None
        known: frozenset[str] = frozenset()
        if talk:
            standalone, search, found, focus, among, known = talk
            about = about or read_about(search, search)
            notes.append(Note(code="follow_up", text=f"Read as a follow-up: {standalone}"))
        read, filter_notes = self._filters(found, given)
        notes += filter_notes
        left_out, left_out_notes = self._left_out(found)
        notes += left_out_notes
        papers = frozenset(one.paper_id for one in found.identifiers if one.restricts) or None
        if papers:
            notes.append(Note(code="papers_read", text=f"Read from the question: only {', '.join(sorted(papers))}."))
        kind, subjects = self._shape(standalone, search, bool(found.dates or found.people), papers or frozenset())
        if among and len(among) > 1 and kind == "single":
            kind = "list"
        if kind == "list" and not left_out and is_negated(search):
            notes.append(_NOTHING_LEFT_OUT)
        only_filters = not has_content(search)
        return Understanding(
            question=standalone,
            search_text=self._instead(search, standalone, papers) if only_filters else search,
            filters=read,
            papers=papers or among,
            focus=focus,
            kind=kind,
            subjects=subjects,
            notes=tuple(notes),
            only_filters=only_filters and bool(read or papers),
            left_out=left_out | known,
            about=about,
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
                names = NameSpeller(shelf.author_words(), shelf.is_author)
                self._known = _State(generation, shelf.coverage(), Speller(vocabulary), names)
            return self._known

    def _constraints(self, text: str) -> Constraints:
        state, shelf = self._state(), self._library.shelf
        held = state.coverage
        people = PeopleReader(shelf.is_author, state.speller.vocabulary.is_ordinary, state.names.corrected)
        return read_constraints(text, held.first or date.min, held.last or date.max, people)

    def _replacements(self, found: Constraints) -> list[tuple[int, int, str]]:
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

    def _filters(self, found: Constraints, given: Filters) -> tuple[Filters, list[Note]]:
        """Fill what is not given explicitly from the question."""
        read, parts, notes = given, [], list[Note]()
        if found.dates and not (given.date_from or given.date_to):
            begin, end = found.period
            read = replace(read, date_from=begin, date_to=end)
            since, until = f" from {begin}" if begin else "", f" to {end}" if end else ""
            parts.append(f"reports{since}{until}")
        if found.people and not given.author:
            author = self._author(found.people)
            read = replace(read, author=author)
            parts.append(f"papers by {author}")
            notes += [
                Note(code="spelling", text=f'Searched for the author "{meant}" instead of "{typed}".')
                for typed, meant in zip(found.people.typed, found.people.names, strict=True)
                if typed != meant
            ]
        if not parts:
            return read, notes
        return read, [*notes, Note(code="filter_read", text=f"Read from the question: {', '.join(parts)}.")]

    def _left_out(self, found: Constraints) -> tuple[frozenset[str], list[Note]]:
        """The papers that a question does not want, and a note on each sort of them."""
        sorts: list[tuple[str, frozenset[str]]] = []
        shelf = self._library.shelf
        for one in found.not_about:
            with self._library.indexes() as indexes:
                sorts.append((f'that mention "{one.subject}"', mentioning(one.subject, indexes.lexical, shelf)))
        if found.not_by:
            author = self._author(found.not_by)
            sorts.append((f"by {author}", shelf.select(Filters(author=author)) or frozenset()))
        notes = [
            Note(code="left_out", text=f"Left out: {len(ids)} paper{'s' * (len(ids) != 1)} {sort}.")
            for sort, ids in sorts
        ]
        return frozenset[str]().union(*(ids for _, ids in sorts)), notes

    def _author(self, people: PeopleReading) -> str:
        """The names as `Filters.author`: of people named together who never wrote together, either is meant."""
        names = [" ".join(name.split()) for name in people.names]
        together = " and ".join(names)
        if people.alternatives:
            return " or ".join(names)
        if len(names) > 1 and all(people.known) and not self._library.shelf.select(Filters(author=together)):
            return " or ".join(names)
        return together

    def _follow_up(self, question: str, search: str, found: Constraints, history: Sequence[Turn]) -> _Continued | None:
        """Complete a question that continues the conversation; None where it stands on its own."""
        talk = Conversation(history)
        if not talk.asked or found.identifiers:
            return None
        if asks_how_many(question):
            again = self._restricted_anew("", Constraints(), talk.asked)
            return again and again._replace(search=again.search if has_content(again.search) else "how many papers")
        if found and not has_content(search):
            return self._restricted_anew(question, found, talk.asked)
        shelf = self._library.shelf
        about_set = is_about_set(question)
        ids, earlier = talk.focus(self._find, shelf.papers, 2 if about_set else 1)
        focus = chosen(question, ids)
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
        carried, among = found, None
        if about_set and not found:
            carried = self._restrictions(earlier or talk.asked[-1])
            among = frozenset(focus) if len(focus) > 1 and not (carried or reading.others) else None
        titles = [label(readable(papers[paper_id].title)) for paper_id in focus]
        standalone, searched = reading.completed(titles)
        if not (standalone and searched):  # nothing was asked and nothing could be borrowed
            return None
        if among and len(among) > 1:
            standalone, searched = f"{reading.rest} (among {', '.join(titles[:2])} and others)", search
        if reading.others:
            if not reading.words:  # "any similar papers?" to papers that were asked for by nothing but their names
                searched = " ".join(readable(papers[paper_id].title) for paper_id in focus[:2]) or searched
            return _Continued(standalone, searched, carried, known=frozenset(ids))
        picked = frozenset(focus) if len(focus) == 1 < len(ids) and not named else None
        return _Continued(standalone, searched, carried, focus, among or picked)

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

    def _restrictions(self, earlier: str) -> Constraints:
        """What an earlier question restricts, also where it was no more than "and in June?"."""
        held = self._state().coverage
        alone = read_dates_alone(earlier, held.first or date.min, held.last or date.max)
        return self._constraints(earlier) or alone

    def _restricted_anew(self, question: str, found: Constraints, asked: Sequence[str]) -> _Continued | None:
        """Read "And in June?": the last question that says more, with another restriction of the same sort."""
        merged, topic = found, ""
        for earlier in reversed(asked):
            before = self._restrictions(earlier)
            merged = Constraints(merged.dates or before.dates, merged.people or before.people)
            topic = tidied(edited(earlier, self._replacements(before)))
            if has_content(topic):
                break
        if not (has_content(topic) or len(merged.spans) > bool(found)):
            return None
        restriction = question.strip(" ?.")
        said = topic.rstrip(" ?.") if has_content(topic) else asked[0].rstrip(" ?.")
        standalone = f"{said} ({restriction})" if restriction else said
        return _Continued(standalone, topic, merged)
