"""What was read of a question, and of its conversation where it continues one, put together → a `Question`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from rag.query.demands import with_demands
from rag.query.dialogue.completion import Continued
from rag.query.dialogue.contrast import STAND_IN
from rag.query.dialogue.followups import Continuing
from rag.query.intents.about import About
from rag.query.intents.ahead import asks_which_is_ahead
from rag.query.intents.criteria import asks_for_best
from rag.query.intents.intent import LIKELY, SHAPES, SURE, Intent
from rag.query.intents.parts import read_asks, read_parts
from rag.query.intents.shape import Shape, Shaping, mentioned
from rag.query.intents.sides import POSSIBLE, Comparison, Own, only_puts, picks, read_comparison
from rag.query.intents.subject import names_subject, read_subject
from rag.query.lexicon.entities import Named, asks_of_a_stranger, called, names_in, owned, resolve, strangers
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.vocabulary import Vocabulary
from rag.query.lexicon.words import edited, has_content, tidied
from rag.query.limits.constraints import Constraints
from rag.query.limits.institutions import Institution, mentioned_by, read_institution
from rag.query.limits.order import UNBOUNDED, Wanted
from rag.query.limits.restrictions import Restrictions
from rag.query.notes import BEST, NOTHING_LEFT_OUT, not_a_date, on_papers, on_talk
from rag.query.question import Question
from rag.query.rules import load_rules
from rag.text.readable import readable
from rag.types import Filters, Note

_MARKS = " ?!.…"
_OF_SUBJECTS = ("news", "recommend")
"""Intents that papers about a subject serve, however the question goes on."""
_OF_NEWS = ("change", "temporal")
"""Those that the newest papers about a subject serve where the question also says that they are to be new."""


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a question on their way: what it says and what to search for, with what was read so far."""

    standalone: str
    search: str
    found: Constraints
    notes: tuple[Note, ...] = ()
    wanted: Wanted = UNBOUNDED
    read_as: bool = False


class _Works(NamedTuple):
    """Which works a question speaks of.

    Attributes:
        papers: Those whose ids it gives.
        like: Those whose like it asks for.
        names: What it names.
        institution: Whose papers it asks for, with those that mention it.
    """

    papers: frozenset[str]
    like: tuple[str, ...]
    names: tuple[Named, ...]
    institution: Institution | None = None
    theirs: frozenset[str] = frozenset()


class _Limits(NamedTuple):
    """What a question restricts, with what to tell the reader of it.

    Attributes:
        unwanted: The papers that it does not want, by what sorts they are.
        unread: Words for a time that could not be read.
    """

    filters: Filters
    unwanted: Mapping[str, frozenset[str]]
    unread: tuple[str, ...]
    notes: tuple[Note, ...]


class Assembly:
    """Puts questions together; safe to share between threads."""

    def __init__(self, known: Known, restrictions: Restrictions, continuing: Continuing) -> None:
        self._known = known
        self._restrictions = restrictions
        self._continuing = continuing
        self._shaping = Shaping(known)

    def question(
        self, intent: Intent, text: Text, talk: Continued | None, about: About | None, given: Filters
    ) -> Question:
        """The question.

        Args:
            intent: What it wants.
            text: Its words.
            talk: What it was completed to, where it continues a conversation.
            about: What it asks of the library itself.
            given: Filters beside it.
        """
        read, works = self._works(intent, talk or Continued(text.standalone, text.search, text.found), about)
        alone = bool(talk and not talk.against) or works.like or works.institution or works.papers or about
        beside, shape = (None, Shape("single")) if alone else self._compared(intent, read, text.wanted, works, given)
        if beside:
            shared = self._restrictions.read(beside.shared(read.standalone)) if beside.own else read.constraints
            read, wanted = read._replace(constraints=shared, focus=()), text.wanted
        else:
            read, shape, wanted = self._shaped(intent, read, text.wanted, works)
            shape = Shape("list") if works.like or works.theirs else shape
            shape = shape if alone else self._of_rivals(intent, read, shape, works.names)
        lists = about or SHAPES.get(intent.kind) == "list"  # papers are asked for, and what it names tells which
        limits = self._limits(read.constraints, given, works, says_outside=not lists)
        followed = read.standalone if talk and read.standalone != text.standalone and not given.paper else ""
        notes = (*text.notes, *on_talk(followed), *limits.notes, *(beside.notes if beside else ()))
        asked = self._put_together(read, works, limits, shape, about)
        asked = replace(
            asked,
            intent=intent,
            read_as=text.read_as,
            notes=(*notes, *_on_words(read, shape, limits)),
            wanted=wanted if shape.kind == "list" else UNBOUNDED,
            picked=bool(read.among)
            and shape.kind == "list"
            and not (self._is_limits_alone(read, works) or wanted or about or read.constraints),
        )
        asked = with_demands(asked)
        if not alone and self._asks_which_is_ahead(asked):
            asked = replace(asked, ahead=True)
        if beside:
            return replace(asked, sides=beside.sides, asks=beside.asks, put=beside.put)
        if talk and asked.typed.casefold().rstrip(_MARKS) not in text.standalone.casefold():
            return asked  # words of an earlier question stand behind its own, and ask nothing
        return self._parted(asked)

    def _works(self, intent: Intent, read: Continued, about: About | None) -> tuple[Continued, _Works]:
        """Which works a question speaks of; what says so is left out of what it is searched for."""
        like = self._liked(intent, read)
        given = (one.paper_id for one in read.constraints.identifiers if one.restricts)
        papers = frozenset(given).difference(like)
        if like:
            read = read._replace(search=self._instead("", read.search, frozenset(like)))
        names = names_in(read.standalone, self._known.entities, self._vocabulary)
        works = _Works(papers, like, tuple(one for one in names if one.text not in read.details))
        if like or papers or about:
            return read, works
        whose, theirs = self._institution(intent, read, works.names)
        return read._replace(search=whose.rest) if whose else read, works._replace(institution=whose, theirs=theirs)

    def _limits(self, found: Constraints, given: Filters, works: _Works, *, says_outside: bool) -> _Limits:
        """What a question restricts; of a paper that it names, and that is left out, the reader is told so."""
        filters, filter_notes = self._restrictions.filters(found, given)
        if works.like and filters.paper == works.like[0]:  # others are asked for than the one that was chosen
            filters = replace(filters, paper=None)
        unwanted, left_out_notes = self._restrictions.left_out(found)
        outside = self._restrictions.outside(works.names, filters, unwanted) if says_outside else ()
        unread = tuple(one.unread for one in found.unread)
        only = frozenset[str]() if filters.paper in works.papers else works.papers
        notes = (*filter_notes, *left_out_notes, *outside, *map(not_a_date, unread), *on_papers(works.like, only))
        return _Limits(filters, unwanted, unread, notes)

    def _put_together(
        self, read: Continued, works: _Works, limits: _Limits, shape: Shape, about: About | None
    ) -> Question:
        """A question with what it restricts, names and is searched for."""
        of_papers = about or works.papers or read.among
        phrase = mentioned(read.search) if shape.kind == "list" and not of_papers else ""
        holding = self._restrictions.mentioning(phrase) if phrase else frozenset[str]()
        if works.institution:
            phrase, holding = works.institution.name, works.theirs
            about = None if works.theirs else About("unmentioned", phrase)
        alone = self._is_limits_alone(read, works)
        instead = self._instead(read.search, phrase if works.institution else read.standalone, works.papers)
        subjects = (resolve(self._known.entities, one) for one in shape.subjects)
        return Question(
            standalone=read.standalone,
            search_text=instead if alone else read.search,
            filters=limits.filters,
            papers=works.papers or read.among or holding or None,
            focus=read.focus,
            kind=shape.kind,
            subjects=shape.subjects,
            only_filters=alone and (bool(limits.filters or works.papers or read.among) or shape.kind == "list"),
            left_out=read.known.union(works.like, *limits.unwanted.values()),
            like=works.like,
            unwanted=tuple(limits.unwanted),
            about=about,
            mention=phrase if holding else "",
            named=owned([*subjects, *works.names]) if shape.kind in ("single", "compare") else (),
            called=called(works.names) if shape.kind == "single" else (),
            entities=works.names,
            strangers=() if alone or about else tuple(strangers(read.search, self._vocabulary)),
            of_a_stranger=asks_of_a_stranger(read.standalone, self._vocabulary),
            absent=shape.absent,
            unread=limits.unread if alone or (about and about.kind == "count") else (),
            similar=self._restrictions.similar(limits.filters),
            mentioned=shape.mentioned,
            unsure=shape.unsure,
            typed=read.typed,
            quoted=read.quoted,
            choices=read.choices,
        )

    def _parted(self, asked: Question) -> Question:
        """A question with its parts, and with all that it asks."""
        compared = asked.subjects if asked.kind == "compare" else None
        parts = read_parts(asked.typed, asked.intent, self._known.intents.read, compared, named=bool(asked.named))
        return replace(asked, parts=parts, asks=read_asks(asked.typed))

    def _compared(
        self, intent: Intent, read: Continued, wanted: Wanted, works: _Works, given: Filters
    ) -> tuple[Comparison | None, Shape]:
        """What is compared, with its shape; where names of papers say it, what the sides' own words add to them.

        Days and authors say nothing of it: they may be those of one side.
        """
        shape = self._shape(intent, read, wanted, works, restricted=False)
        if shape.absent:  # there is nothing here to compare with
            return None, shape
        told = dict.fromkeys([STAND_IN], read.focus[0]) if read.against else {}
        found = read_comparison(
            read.against or read.standalone,
            intent,
            shape,
            self._known.entities,
            self._vocabulary,
            restricted=partial(self._own, given=given),
            told=told,
        )
        owners = owned([resolve(self._known.entities, one) for one in shape.subjects])
        found = found and found.of_names(shape.subjects, are_papers=len(owners) > 1)
        if found and found.is_within_one:
            return None, shape  # which is told anew where nothing is compared
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
        self, intent: Intent, read: Continued, wanted: Wanted, works: _Works
    ) -> tuple[Continued, Shape, Wanted]:
        """The shape of answer and the order of its papers; a subject beside dates is searched for alone."""
        found = read.constraints
        shape = self._shape(intent, read, wanted, works, restricted=bool(found.dates or found.people))
        if (found.dates or found.people) and shape.kind == "single" and not (self._says_more(read) or works.papers):
            return read, Shape("list"), wanted
        if works.papers or read.focus or read.among or read.known or shape.kind == "compare":
            return read, shape, wanted
        counted = wanted.limit and intent.chance("news") >= SURE  # "the five latest arrivals" are of any subject
        if (found.dates or counted) and intent.kind == "news" and not names_subject(read.search):
            return read._replace(search=""), Shape("list"), wanted
        subject = read_subject(read.search, read.standalone) if has_content(read.search) else None
        of_papers = (found.dates and shape.kind != "topic") or intent.kind in _OF_SUBJECTS
        if subject is None or not (of_papers or (subject.news and intent.kind in _OF_NEWS and not wanted)):
            return read, shape, wanted
        if shape.kind == "single" and owned(works.names):  # "the loss of IterQR, May 2025"
            return read, shape, wanted
        wanted = Wanted("newest") if subject.news and not wanted else wanted
        return read._replace(search=f"papers about {subject.text}"), Shape("list"), wanted

    def _shape(self, intent: Intent, read: Continued, wanted: Wanted, works: _Works, *, restricted: bool) -> Shape:
        """The shape of answer by what is said beside authors: their names are no systems'."""
        one = frozenset(read.focus) if len(read.focus) == 1 else frozenset[str]()
        said = read.typed or read.standalone
        for author in read.constraints.people.typed if read.constraints.people else ():
            said = said.replace(author, " ")
        shape = self._shaping.shape(intent, said, restricted, works.papers or one, works.names)
        shape = Shape("compare", tuple(sorted(read.among or ()))) if read.compared else shape
        return Shape("single") if read.one else _listed(shape, wanted, read.among)

    def _of_rivals(self, intent: Intent, read: Continued, shape: Shape, names: Sequence[Named]) -> Shape:
        """The shape, or a comparison where a question about two systems seems to set them side by side.

        That is where both are written as names that few papers hold ("EGRA or SSR …, how does each one …?"), and
        where it asks which is ahead: "does X outperform Y?".
        """
        two = tuple(_owned_names(names))
        possible = shape.kind == "single" and intent.chance("compare") >= POSSIBLE and len(owned(names)) == len(two)
        if not possible or len(two) < 2:
            return shape
        both = all(picks(one) for one in names if owned([one]))
        return Shape("compare", two) if both or self._is_ahead(read.standalone, two) else shape

    def _asks_which_is_ahead(self, asked: Question) -> bool:
        """Whether a comparison of two systems, each with a paper, asks which is better than the other."""
        text, names = asked.standalone, asked.subjects
        two = asked.kind == "compare" and len(asked.named) == len(names) and not asked.absent
        return two and not only_puts(text, names) and self._is_ahead(text, names)

    def _is_ahead(self, text: str, names: Sequence[str]) -> bool:
        return asks_which_is_ahead(text, names, self._known.library.config.embedding.threads)

    def _institution(
        self, intent: Intent, read: Continued, names: Sequence[Named]
    ) -> tuple[Institution | None, frozenset[str]]:
        """The institution whose papers are asked for, with the papers that mention it; nobody else's name is one."""
        asks = intent.chance("from")
        if asks < LIKELY and intent.chance("from", "temporal", "list", "count") < SURE:
            return None, frozenset()
        vocabulary = self._vocabulary
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

    def _is_limits_alone(self, read: Continued, works: _Works) -> bool:
        """Whether what a question restricts is all that it says."""
        return works.institution.alone if works.institution else not self._says_more(read)

    def _liked(self, intent: Intent, read: Continued) -> tuple[str, ...]:
        """The papers whose like is asked for, by their ids or the names of their systems; they are none of it."""
        if intent.kind != "similar" or read.focus or read.known:
            return ()
        held = self._known.shelf.papers([one.paper_id for one in read.constraints.identifiers])
        return tuple(held) or owned(names_in(read.standalone, self._known.entities, self._vocabulary))

    def _instead(self, search: str, standalone: str, papers: frozenset[str] | None) -> str:
        """Something to search for where the constraints said everything: the papers' titles, or the question."""
        titles = [readable(paper.title) for paper in self._known.shelf.papers(sorted(papers or ())).values()]
        return " ".join([search, *titles]).strip() if titles else standalone

    @property
    def _vocabulary(self) -> Vocabulary:
        """The library's present words."""
        return self._known.state().speller.vocabulary


def _owned_names(names: Sequence[Named]) -> list[str]:
    """The names that mean one paper each."""
    return [one.text for one in names if owned([one])]


def _listed(shape: Shape, wanted: Wanted, among: frozenset[str] | None) -> Shape:
    """Which of several papers answer is a list, and so is a single answer where a number or an order is wanted."""
    several = bool(among and len(among) > 1) and shape.kind != "compare"
    ordered = shape.kind == "single" and bool(wanted) and not shape.absent
    return Shape("list") if several or ordered else shape


def _on_words(read: Continued, shape: Shape, limits: _Limits) -> Iterator[Note]:
    """What to tell of words that a list does not heed, and of a command that does more."""
    heeds = shape.kind != "list" or any(limits.unwanted.values())
    if not heeds and load_rules("exclusions")["unheard"](read.search):
        yield NOTHING_LEFT_OUT
    if asks_for_best(read.standalone):
        yield BEST
