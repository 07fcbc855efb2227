"""The reader: one question and its conversation → an `Question`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rag.papers.claims import Claim
from rag.query.demands import with_demands
from rag.query.dialogue.completion import Continued
from rag.query.dialogue.contrast import STAND_IN
from rag.query.dialogue.followups import Continuing
from rag.query.dialogue.reference import SURE as POINTS_BACK
from rag.query.intents.about import OF_PAPERS, OPEN, About, read_about
from rag.query.intents.criteria import asks_for_best
from rag.query.intents.intent import LIKELY, SHAPES, SURE, Intent
from rag.query.intents.parts import read_asks, read_parts
from rag.query.intents.shape import Shape, Shaping, mentioned
from rag.query.intents.sides import Comparison, Own, read_comparison
from rag.query.intents.subject import names_subject, read_subject
from rag.query.lexicon.entities import Named, asks_of_a_stranger, called, names_in, owned, resolve, strangers
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.typos import Speller, is_english
from rag.query.lexicon.words import edited, has_content, tidied
from rag.query.limits.constraints import Constraints, IdentifierReading
from rag.query.limits.institutions import Institution, mentioned_by, read_institution
from rag.query.limits.order import UNBOUNDED, Wanted, read_wanted
from rag.query.limits.restrictions import Restrictions
from rag.query.limits.sorts import all_of_a_sort
from rag.query.notes import BEST, IN_ENGLISH, NOTHING_LEFT_OUT, not_a_date, on_papers, on_talk, spelling
from rag.query.question import Question
from rag.query.rules import load_rules
from rag.text.readable import readable
from rag.types import Filters, Note, Turn

if TYPE_CHECKING:
    from rag.index.library import Library

_WORD = re.compile(r"[^\W\d_]{2,}")
_WHAT_IS = Intent({"define": 1.0})
_MARKS = " ?!.…"
_ADDED = re.compile(r"\s\((?:about|among)\s[^()]*\)\W*$")
"""What a follow-up was completed with: it says what is asked about, and not what for."""
_OF_SUBJECTS = ("news", "recommend")
"""Intents that papers about a subject serve, however the question goes on."""
_OF_NEWS = ("change", "temporal")
"""Those that the newest papers about a subject serve where the question also says that they are to be new."""
FIRM = 0.8
"""Chance from which a question leaves a conversation for what nothing else in it bears out."""
_FEW_WORDS = 3
"""Words that are looked for among chosen papers, however else they might be read."""
_POINTS_BACK = re.compile(r"\b(?:it|its|they|their|this|that)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a question on their way: what it says and what to search for, with what was read so far."""

    standalone: str
    search: str
    found: Constraints
    notes: tuple[Note, ...] = ()
    wanted: Wanted = UNBOUNDED


class Reader:
    """Reads questions against a library; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self._known = Known(library)
        self._restrictions = Restrictions(self._known)
        self._shaping = Shaping(self._known)
        self._continuing = Continuing(self._known, self._restrictions)

    def understand(self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Question:
        """Read a question.

        Args:
            question: As typed, not empty.
            history: Earlier turns, oldest first.
            filters: Given beside the question, for instance on the command line.
        """
        given = filters or Filters()
        if not self._known.state().coverage.papers:
            return with_demands(Question(question, question, given))
        text = self._corrected(self._known.intents.without_courtesies(question))
        if one := self._one_paper(given, text.found, len(question)):
            text = replace(text, found=replace(text.found, identifiers=(one,)))
        pointed = self._continuing.choosing.pointed(text.standalone, text.found, history)
        if pointed and pointed.fitting:
            text = replace(self._corrected(pointed.question), notes=text.notes)
        alone = self._is_name_alone(text.standalone)
        intent = _WHAT_IS if alone else self._known.intents.read(text.standalone, continues=bool(history))
        narrows = (
            history and text.found and self._continuing.completion.is_bare(text.standalone, text.search)
        )  # "just April"
        about = None if narrows else self._of_library(intent, text, opens=not history, filtered=bool(given))
        talk = None
        if pointed:
            about = about if about and about.needs_focus else None
            talk = self._continuing.choosing.at_pointed(pointed, text.search, text.found, history)
        elif about is None or about.needs_focus or about.kind == "offtopic":  # fragments of a talk look strange
            selects = _selects(text, intent)
            talk = self._continuing.complete(text.standalone, text.search, text.found, history, selects=selects)
        if one and intent.kind != "similar":
            talk = self._continuing.put_to(one.paper_id, text.standalone, text.search, text.found)
        if talk:
            intent = self._known.intents.read(talk.typed or _ADDED.sub("", talk.standalone))
            about = about if about and about.needs_focus else self._continued(talk, intent)
        return all_of_a_sort(self._known.shelf, self._assembled(intent, text, talk, about, given))

    def _is_name_alone(self, text: str) -> bool:
        """Whether a question is nothing but the name of a paper's system: what it is, is wanted."""
        names = names_in(text, self._known.entities, self.speller().vocabulary)
        means = len(names) == 1 and (names[0].papers(Claim.CALLED) or owned(names))
        return bool(means) and text.strip(_MARKS) == names[0].text

    def _one_paper(self, given: Filters, found: Constraints, end: int) -> IdentifierReading | None:
        """The one paper that filters leave, as if the question ended with its id: "who wrote it?" means its authors."""
        ids = (given.paper or "").split()
        if len(ids) != 1 or found.identifiers or not self._known.shelf.papers(ids):
            return None
        return IdentifierReading(end, end, ids[0], restricts=True)

    def _of_library(self, intent: Intent, text: _Text, *, opens: bool, filtered: bool) -> About | None:
        """What a question asks of the library by its own words.

        Args:
            intent: What it wants.
            text: Its words.
            opens: Whether nothing was said before it.
            filtered: Whether papers are chosen by filters beside it.
        """
        about = read_about(intent, text.standalone, text.search, restricted=bool(text.found))
        if about is None:
            return None
        if about.kind == "news" and (text.wanted.limit or text.wanted.order == "oldest"):
            return None  # so many are asked for, however many the newest report holds
        if about.kind in OPEN and intent.probability < FIRM and self._is_searched(text.search, filtered):
            return None
        if opens:  # who greets has not been told yet what can be asked
            return About("help") if about.kind == "courtesy" else about
        if about.kind in ("count", "coverage") and _POINTS_BACK.search(text.search):
            return None  # "how many documents does it have?" is about what was talked of
        # "and for libraries, subject indexing?" goes on; thanks need no answer, however they are worded
        firm = about.kind not in (*OPEN, "themes", "days") or about.kind == "courtesy"
        return about if firm or intent.probability >= FIRM else None

    def _is_searched(self, search: str, filtered: bool) -> bool:
        """Whether a word, or a few among chosen papers, may be what is looked for: they stand in papers."""
        words = _WORD.findall(search)
        few = len(words) <= (_FEW_WORDS if filtered else 1)
        return few and bool(words) and all(word in self.speller().vocabulary for word in words)

    def _continued(self, talk: Continued, intent: Intent) -> About | None:
        """What a completed question asks of the library: of the papers that were talked of, or of those it selects."""
        if not talk.focus:
            intent = self._known.intents.read(talk.search)
            return read_about(intent, talk.search, talk.search, restricted=bool(talk.constraints))
        asked = talk.typed or _ADDED.sub("", talk.standalone)
        about = read_about(intent, asked, asked)
        # "and of IterQR?" names the paper by itself, and it is in focus: by it, not by its name, the shelf finds it.
        return replace(about, subject="", described=False) if about and about.kind in OF_PAPERS else None

    def speller(self) -> Speller:
        """Corrects towards the library's present words."""
        return self._known.state().speller

    def _corrected(self, question: str) -> _Text:
        """Read the constraints, the order that is wanted and the typing errors of a question, and take them out."""
        found = self._restrictions.read(question)
        wanted = read_wanted(question)
        protected = [*found.spans, *((one.start, one.end) for one in found.identifiers)]
        corrections = self.speller().corrections(question, protected)
        edits = [(one.start, one.end, one.meant) for one in corrections]
        cut = [*self._restrictions.replacements(found), *wanted.edits]
        search = tidied(edited(question, [*edits, *cut]))
        notes = (*spelling(corrections), *self._language(question))
        return _Text(edited(question, edits), search, found, notes, wanted)

    def is_courtesy(self, text: str) -> bool:
        """Whether somebody greets, thanks or agrees in a conversation, and asks for nothing."""
        return self._known.intents.is_courtesy(text)

    def _assembled(
        self, intent: Intent, text: _Text, talk: Continued | None, about: About | None, given: Filters
    ) -> Question:
        """Put together what was read of a question, and of its conversation where it continues one."""
        read = talk or Continued(text.standalone, text.search, text.found)
        like = self._liked(intent, read)
        ids = read.constraints.identifiers
        papers = frozenset(one.paper_id for one in ids if one.restricts).difference(like) or None
        if like:
            read = read._replace(search=self._instead("", read.search, frozenset(like)))
        vocabulary = self.speller().vocabulary
        names = names_in(read.standalone, self._known.entities, vocabulary)
        whose, theirs = (None, frozenset[str]()) if like or papers or about else self._institution(intent, read, names)
        if whose:
            read = read._replace(search=whose.rest)
        alone = bool(talk and not talk.against) or like or whose or papers or about
        beside, shape = (None, Shape("single")) if alone else self._compared(intent, read, text.wanted, names, given)
        if beside and beside.own:
            read = read._replace(constraints=self._restrictions.read(beside.shared(read.standalone)))
        if beside:
            read, wanted = read._replace(focus=()), text.wanted
        else:
            read, shape, wanted = self._shaped(intent, read, text.wanted, papers or frozenset(), names)
            shape = Shape("list") if like or theirs else shape
        found = read.constraints
        filters, filter_notes = self._restrictions.filters(found, given)
        if like and filters.paper == like[0]:  # others are asked for than the one that was chosen
            filters = replace(filters, paper=None)
        unwanted, left_out_notes = self._restrictions.left_out(found)
        unread = tuple(one.unread for one in found.unread)
        lists = about or SHAPES.get(intent.kind) == "list"  # papers are asked for, and what it names tells which
        outside = [] if lists else self._restrictions.outside(names, filters, unwanted)
        unheard = (
            shape.kind == "list" and not any(unwanted.values()) and load_rules("exclusions")["unheard"](read.search)
        )
        followed = read.standalone if talk and read.standalone != text.standalone and not given.paper else ""
        only = frozenset[str]() if papers and filters.paper in papers else papers or frozenset()
        notes = [*filter_notes, *left_out_notes, *outside, *map(not_a_date, unread), *on_papers(like, only)]
        phrase = mentioned(read.search) if shape.kind == "list" and not (about or papers or read.among) else ""
        holding = self._restrictions.mentioning(phrase) if phrase else frozenset[str]()
        if whose:
            phrase, holding = whose.name, theirs
            about = None if theirs else About("unmentioned", phrase)
        only_filters = whose.alone if whose else not self._says_more(read)
        asked = Question(
            standalone=read.standalone,
            search_text=self._instead(read.search, phrase if whose else read.standalone, papers)
            if only_filters
            else read.search,
            filters=filters,
            papers=papers or read.among or holding or None,
            focus=read.focus,
            kind=shape.kind,
            subjects=shape.subjects,
            notes=(
                *text.notes,
                *on_talk(followed),
                *notes,
                *(beside.notes if beside else ()),
                *([NOTHING_LEFT_OUT] if unheard else ()),
                *([BEST] if asks_for_best(read.standalone) else ()),
            ),
            only_filters=only_filters and (bool(filters or papers or read.among) or shape.kind == "list"),
            left_out=read.known.union(like, *unwanted.values()),
            unwanted=tuple(unwanted),
            about=about,
            wanted=wanted if shape.kind == "list" else UNBOUNDED,
            mention=phrase if holding else "",
            named=owned([*(resolve(self._known.entities, one) for one in shape.subjects), *names])
            if shape.kind in ("single", "compare")
            else (),
            called=called(names) if shape.kind == "single" else (),
            entities=names,
            strangers=() if only_filters or about else tuple(strangers(read.search, vocabulary)),
            of_a_stranger=asks_of_a_stranger(read.standalone, vocabulary),
            absent=shape.absent,
            unread=unread if only_filters or (about and about.kind == "count") else (),
            similar=self._restrictions.similar(filters),
            mentioned=shape.mentioned,
            unsure=shape.unsure,
            intent=intent,
            typed=read.typed,
            quoted=read.quoted,
            picked=bool(read.among) and shape.kind == "list" and not (only_filters or wanted or about or found),
            choices=read.choices,
        )
        asked = with_demands(asked)
        if beside:
            return replace(asked, sides=beside.sides, asks=beside.asks, put=beside.put)
        if talk and asked.typed.casefold().rstrip(_MARKS) not in text.standalone.casefold():
            return asked  # words of an earlier question stand behind its own, and ask nothing
        compared = shape.subjects if shape.kind == "compare" else None
        idle = self._is_idle
        parts = read_parts(asked.typed, intent, self._known.intents.read, compared, named=bool(asked.named), idle=idle)
        return replace(asked, parts=parts, asks=read_asks(asked.typed, idle))

    def _is_idle(self, piece: str) -> bool:
        """Whether a piece of a question asks nothing by itself, whatever stands before it."""
        return self._continuing.narrows(piece) or self.is_courtesy(piece)

    def _compared(
        self, intent: Intent, read: Continued, wanted: Wanted, names: Sequence[Named], given: Filters
    ) -> tuple[Comparison | None, Shape]:
        """What is compared, with its shape; where names of papers say it, what the sides' own words add to them.

        Days and authors say nothing of it: they may be those of one side.
        """
        shape = self._shape(intent, read, wanted, frozenset(), names, restricted=False)
        if shape.absent:  # there is nothing here to compare with
            return None, shape
        told = dict.fromkeys([STAND_IN], read.focus[0]) if read.against else {}
        found = read_comparison(
            read.against or read.standalone,
            intent,
            shape,
            self._known.entities,
            self.speller().vocabulary,
            restricted=partial(self._own, given=given),
            told=told,
        )
        found = found and found.of_names(shape.subjects)
        if found and read.against:
            found = found.called(STAND_IN, self._continuing.completion.called(read.focus[0]))
        return found, Shape("compare", (found and found.subjects) or shape.subjects, (), shape.mentioned)

    def _own(self, side: str, given: Filters) -> Own:
        """What a side of a comparison restricts; filters given beside the question win."""
        found = self._restrictions.read(side)
        rest = tidied(edited(side, self._restrictions.replacements(found)))
        filters, notes = self._restrictions.filters(found, given, of=side)
        return Own(rest, filters, self._known.shelf.select(filters), tuple(notes)) if filters != given else Own(rest)

    def _shaped(
        self, intent: Intent, read: Continued, wanted: Wanted, papers: frozenset[str], names: Sequence[Named]
    ) -> tuple[Continued, Shape, Wanted]:
        """The shape of answer and the order of its papers; a subject beside dates is searched for alone."""
        found = read.constraints
        shape = self._shape(intent, read, wanted, papers, names, restricted=bool(found.dates or found.people))
        if (found.dates or found.people) and shape.kind == "single" and not (self._says_more(read) or papers):
            return read, Shape("list"), wanted
        if papers or read.focus or read.among or read.known or shape.kind == "compare":
            return read, shape, wanted
        counted = wanted.limit and intent.chance("news") >= SURE  # "the five latest arrivals" are of any subject
        if (found.dates or counted) and intent.kind == "news" and not names_subject(read.search):
            return read._replace(search=""), Shape("list"), wanted
        subject = read_subject(read.search, read.standalone) if has_content(read.search) else None
        of_papers = (found.dates and shape.kind != "topic") or intent.kind in _OF_SUBJECTS
        if subject is None or not (of_papers or (subject.news and intent.kind in _OF_NEWS and not wanted)):
            return read, shape, wanted
        if shape.kind == "single" and owned(names):  # "the loss of IterQR, May 2025"
            return read, shape, wanted
        wanted = Wanted("newest") if subject.news and not wanted else wanted
        return read._replace(search=f"papers about {subject.text}"), Shape("list"), wanted

    def _shape(
        self,
        intent: Intent,
        read: Continued,
        wanted: Wanted,
        papers: frozenset[str],
        names: Sequence[Named],
        *,
        restricted: bool,
    ) -> Shape:
        """The shape of answer by what is said beside authors: their names are no systems'."""
        one = frozenset(read.focus) if len(read.focus) == 1 else frozenset[str]()
        said = read.typed or read.standalone
        for author in read.constraints.people.typed if read.constraints.people else ():
            said = said.replace(author, " ")
        shape = self._shaping.shape(intent, said, restricted, papers or one, names)
        shape = Shape("compare", tuple(sorted(read.among or ()))) if read.compared else shape
        return Shape("single") if read.one else _listed(shape, wanted, read.among)

    def _institution(
        self, intent: Intent, read: Continued, names: Sequence[Named]
    ) -> tuple[Institution | None, frozenset[str]]:
        """The institution whose papers are asked for, with the papers that mention it; nobody else's name is one."""
        asks = intent.chance("from")
        if asks < LIKELY and intent.chance("from", "temporal", "list", "count") < SURE:
            return None, frozenset()
        vocabulary = self.speller().vocabulary
        found = read_institution(read.search, vocabulary)
        if not found or read.constraints.people or read.focus or read.among or found.name in _owned_names(names):
            return None, frozenset()
        if asks < LIKELY and not (found.led and found.alone):
            return None, frozenset()
        theirs = mentioned_by(found.name, self._restrictions.mentioning(found.name), self._known.shelf)
        return (found, theirs) if theirs or (asks >= SURE and found.alone) else (None, theirs)

    def _says_more(self, read: Continued) -> bool:
        """Whether a question says anything beside its restrictions; that an author wrote says nothing."""
        search = load_rules("authors")["talk"].without(read.search) if read.constraints.people else read.search
        return has_content(search)

    def _liked(self, intent: Intent, read: Continued) -> tuple[str, ...]:
        """The papers whose like is asked for, by their ids or the names of their systems; they are none of it."""
        if intent.kind != "similar" or read.focus or read.known:
            return ()
        held = self._known.shelf.papers([one.paper_id for one in read.constraints.identifiers])
        return tuple(held) or owned(names_in(read.standalone, self._known.entities, self.speller().vocabulary))

    def _instead(self, search: str, standalone: str, papers: frozenset[str] | None) -> str:
        """Something to search for where the constraints said everything: the papers' titles, or the question."""
        titles = [readable(paper.title) for paper in self._known.shelf.papers(sorted(papers or ())).values()]
        return " ".join([search, *titles]).strip() if titles else standalone

    def _language(self, question: str) -> tuple[Note, ...]:
        """A note where most words are neither English nor the library's."""
        words = _WORD.findall(question)
        vocabulary = self.speller().vocabulary
        strange = [word for word in words if not (is_english(word) or word in vocabulary)]
        other_script = any(ord(char) > 0x24F and char.isalpha() for char in question) and len(strange) == len(words)
        return (IN_ENGLISH,) if words and (other_script or (len(words) > 3 and 2 * len(strange) > len(words))) else ()


def _selects(text: _Text, intent: Intent) -> float | None:
    """How far a question may point back that asks for papers of the library (`Continuing.complete`)."""
    if text.wanted.order:
        return POINTS_BACK
    listed = intent.shape() == "list" and load_rules("intent")["several_papers"](text.standalone)
    return 0.0 if listed else None


def _owned_names(names: Sequence[Named]) -> list[str]:
    """The names that mean one paper each."""
    return [one.text for one in names if owned([one])]


def _listed(shape: Shape, wanted: Wanted, among: frozenset[str] | None) -> Shape:
    """Which of several papers answer is a list, and so is a single answer where a number or an order is wanted."""
    several = bool(among and len(among) > 1) and shape.kind != "compare"
    ordered = shape.kind == "single" and bool(wanted) and not shape.absent
    return Shape("list") if several or ordered else shape
