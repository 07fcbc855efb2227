"""The reader: one question and its conversation → an `Question`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.papers.claims import Claim
from rag.papers.entities import own_names
from rag.query.assembly import Assembly, Text
from rag.query.demands import with_demands
from rag.query.dialogue.completion import Continued
from rag.query.dialogue.followups import Continuing
from rag.query.dialogue.reference import SURE as POINTS_BACK
from rag.query.intents.about import OF_PAPERS, OPEN, About, read_about
from rag.query.intents.intent import Intent
from rag.query.lexicon.entities import names_in, near_names, owned, resolve, strangers
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.typos import Correction, Speller, is_english
from rag.query.lexicon.words import edited, tidied
from rag.query.limits.constraints import Constraints, IdentifierReading
from rag.query.limits.order import read_wanted
from rag.query.limits.restrictions import Restrictions
from rag.query.limits.sorts import all_of_a_sort
from rag.query.notes import IN_ENGLISH, several_near, spelling
from rag.query.question import Question
from rag.query.rules import load_rules
from rag.text.folding import fold
from rag.text.sentences import Span
from rag.types import Filters, Note, Turn

if TYPE_CHECKING:
    from rag.index.library import Library

_WORD = re.compile(r"[^\W\d_]{2,}")
_WHAT_IS = Intent({"define": 1.0})
_MARKS = " ?!.…"
_ADDED = re.compile(r"\s\((?:about|among)\s[^()]*\)\W*$")
"""What a follow-up was completed with: it says what is asked about, and not what for."""
FIRM = 0.8
"""Chance from which a question leaves a conversation for what nothing else in it bears out."""
_FEW_WORDS = 3
"""Words that are looked for among chosen papers, however else they might be read."""
_OFFERED = 3
"""Systems that are offered for a name that stands nowhere."""
_POINTS_BACK = re.compile(r"\b(?:it|its|they|their|this|that|in\s+there|(?:in|of)\s+them)\b", re.IGNORECASE)


class Reader:
    """Reads questions against a library; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self._known = Known(library)
        self._restrictions = Restrictions(self._known)
        self._continuing = Continuing(self._known, self._restrictions)
        self._assembly = Assembly(self._known, self._restrictions, self._continuing)

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
        asked = self._assembly.question(intent, text, talk, about, given)
        return all_of_a_sort(self._known.shelf, replace(asked, goes_on=talk is not None and one is None))

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

    def _of_library(self, intent: Intent, text: Text, *, opens: bool, filtered: bool) -> About | None:
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

    def _corrected(self, question: str) -> Text:
        """Read the constraints, the order that is wanted and the typing errors of a question, and take them out."""
        found = self._restrictions.read(question)
        wanted = read_wanted(question)
        protected = [*found.spans, *((one.start, one.end) for one in found.identifiers)]
        corrections = self.speller().corrections(question, protected)
        near, offered = self._near_names(question, [*protected, *((one.start, one.end) for one in corrections)])
        corrections = [*corrections, *near]
        edits = [(one.start, one.end, one.meant) for one in corrections]
        cut = [*self._restrictions.replacements(found), *wanted.edits]
        search = tidied(edited(question, [*edits, *cut]))
        notes = (*spelling(corrections), *offered, *self._language(question))
        return Text(edited(question, edits), search, found, notes, wanted, any(not one.former for one in near))

    def _near_names(self, question: str, known: Sequence[Span]) -> tuple[list[Correction], list[Note]]:
        """Names that stand nowhere and by a slip are one system's each, or once were; what others mean is offered."""
        vocabulary, found, offered = self.speller().vocabulary, list[Correction](), list[Note]()
        for name in strangers(question, vocabulary):
            places = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", question)]
            free = [(a, b) for a, b in places if not any(start < b and a < end for start, end in known)]
            if free and (now := self._renamed(name)):
                found += [Correction(start, end, name, now, former=True) for start, end in free]
                continue
            near = near_names(name, self._known.entities, vocabulary) if free else {}
            if len(near) == 1 and all(near.values()):
                found += [Correction(start, end, name, next(iter(near)), unheard=True) for start, end in free]
            elif near:
                offered.append(several_near(name, list(near)[:_OFFERED]))
        return found, offered

    def _renamed(self, name: str) -> str:
        """What the one paper is called now of which an earlier version was called so; empty where that is not sure.

        Which of several new names took its place nobody knows, nor whether any did where one of them is an old one.
        """
        before = self._known.entities.given_up(name)
        papers = self._known.shelf.papers(before)
        if len(papers) != 1:
            return ""
        ((paper_id, paper),) = papers.items()
        now = own_names(paper.title, paper.abstract)
        is_new = len(now) == 1 and fold(now[0]) not in map(fold, before[paper_id])
        return now[0] if is_new and owned([resolve(self._known.entities, now[0])]) == (paper_id,) else ""

    def is_courtesy(self, text: str) -> bool:
        """Whether somebody greets, thanks or agrees in a conversation, and asks for nothing."""
        return self._known.intents.is_courtesy(text)

    def _language(self, question: str) -> tuple[Note, ...]:
        """A note where most words are neither English nor the library's."""
        words = _WORD.findall(question)
        vocabulary = self.speller().vocabulary
        strange = [word for word in words if not (is_english(word) or word in vocabulary)]
        other_script = any(ord(char) > 0x24F and char.isalpha() for char in question) and len(strange) == len(words)
        return (IN_ENGLISH,) if words and (other_script or (len(words) > 3 and 2 * len(strange) > len(words))) else ()


def _selects(text: Text, intent: Intent) -> float | None:
    """How far a question may point back that asks for papers of the library (`Continuing.complete`)."""
    if text.wanted.order:
        return POINTS_BACK
    listed = intent.shape() == "list" and load_rules("intent")["several_papers"](text.standalone)
    return 0.0 if listed else None
