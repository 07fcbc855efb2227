"""The question as it was read: the one value that the stages after `query` know a reader's words by."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.query.intents.about import About
from rag.query.intents.intent import UNKNOWN, Intent, Kind
from rag.query.intents.sides import Side
from rag.query.intents.subject import Sort
from rag.query.lexicon.entities import Named
from rag.query.limits.order import UNBOUNDED, Wanted
from rag.query.standing import ABOUT
from rag.types import Filters, Note


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was read: all that is known of its words; nothing reads them again.

    Attributes:
        standalone: Standalone form, for the reader: typing errors corrected, a follow-up's subject added.
        search_text: What to search for: without the words that became filters, never empty.
        filters: In force; explicit ones win over those that the question names.
        papers: Only these may answer (their ids are in the question), in the library or not; None allows all.
        focus: Papers that the conversation is about, to be preferred; in the order in which they were named.
        kind: The shape of answer that is wanted.
        subjects: The systems, or the ids of papers, that a comparison names.
        only_filters: The restrictions say everything: whatever they allow answers.
        left_out: Ids of the papers that it does not want.
        like: Papers whose like is wanted: the nearest ones are it, whatever they say.
        unwanted: What sorts they are, in words that follow "papers": ``by Jimmy Lin``.
        about: What is asked about the library itself; None for a question about what papers say.
        notes: What was read, for the reader: codes ``filter_read``, ``papers_read``, ``spelling``, ``follow_up``,
            ``left_out``, ``outside``, ``negation``, ``best_paper``, ``date_unread``, ``language``.
        wanted: How many papers of a list, and in which order.
        mention: The phrase that all papers of a list hold; `papers` are those.
        named: Papers that introduce the systems which it names, to be preferred where the conversation is about none.
        called: Those of them that nothing else is called by, spelt as it is: an answer is about them.
        entities: The systems and titles that it names, with the papers that claim each.
        strangers: Names to be searched for that stand nowhere in the library.
        of_a_stranger: Whether it asks how or what such a name is or does.
        absent: Names that it compares with something and that no paper holds.
        unread: Words for a time that could not be read, where the question is about nothing else, or a count.
        similar: Authors whom the filters may mean where they name somebody who wrote nothing here.
        mentioned: Names among the subjects that papers hold and none presents.
        intent: What it wants, with the chances.
        unsure: One paper may be meant about as likely as the several that its kind calls for.
        compound: It asks several things, or orders several.
        parts: These, in order, each in its own words; none where nothing parts them.
        asks: All that it asks, each in its own words, also what its parts do not answer by themselves; none where it
            asks one thing. Of one paper's sentences, each of them is to have the one that answers it.
        share: Among how many parts about one paper an answer's words are shared; it is one of them.
        phrase: What a list is about, as papers' texts say it, where that is a phrase.
        sides: What a comparison sets side by side, in order, where not all of it is named by systems: each is looked
            for by itself.
        put: Where works are compared: the question as it is put to each of them alone, in their order.
        ahead: It asks which of two systems, its subjects, is better, faster or larger than the other.
        read_as: It gives a name that stands nowhere, and was read as one that is nearly it.
        names: Its words that are written as systems are named.
        sort: The sort of works that a list is to hold.
        several: It says that several things, or their names, are meant.
        works: It speaks of papers.
        told: `search_text` without the words that only put a question.
        typed: What sentences are judged by: a follow-up as typed, without what leads into it, and without the words of
            the questions before it; `standalone` where it is none.
        quoted: What the answer before a follow-up quotes: it is no answer again.
        goes_on: The conversation says which papers it is about.
        picked: Of the papers that were named before, those are wanted that answer: "which of these was tried on X?"
        of_sort: `papers` are all those of a sort of works that is wanted, whatever they are about.
        choices: Papers named before of which one is meant, and which cannot be told.
    """

    standalone: str
    search_text: str
    filters: Filters
    papers: frozenset[str] | None = None
    focus: tuple[str, ...] = ()
    kind: Kind = "single"
    subjects: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    only_filters: bool = False
    left_out: frozenset[str] = frozenset()
    like: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    about: About | None = None
    wanted: Wanted = UNBOUNDED
    mention: str = ""
    named: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    entities: tuple[Named, ...] = ()
    strangers: tuple[str, ...] = ()
    of_a_stranger: bool = False
    absent: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    intent: Intent = UNKNOWN
    unsure: bool = False
    compound: bool = False
    parts: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    share: int = 1
    sides: tuple[Side, ...] = ()
    put: tuple[str, ...] = ()
    ahead: bool = False
    read_as: bool = False
    phrase: re.Pattern[str] | None = None
    names: tuple[str, ...] = ()
    sort: Sort | None = None
    several: bool = False
    works: bool = False
    told: str = ""
    typed: str = ""
    quoted: tuple[str, ...] = ()
    goes_on: bool = False
    picked: bool = False
    of_sort: bool = False
    choices: tuple[str, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        """What sentences are judged by, all of it alike: the question as typed.

        Where only filters say which papers are wanted, what each is about; that as well where several are: the words
        that all share, or the names of the others, say little about one.
        """
        if self.only_filters:
            return (ABOUT,)
        typed = self.typed or self.standalone
        return (typed,) if self.kind == "single" and not self.absent else (typed, ABOUT)

    @property
    def selects(self) -> bool:
        """Whether a list of all papers within the filters is wanted, whatever they are about."""
        return self.only_filters and self.kind != "single" and self.papers is None
