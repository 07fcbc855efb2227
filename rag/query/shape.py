"""The shape of answer that a question wants, held against a library: what it compares must be in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.papers.claims import Claim
from rag.query.entities import Named, called, owned, resolve
from rag.query.intent import LIKELY, Intent, Kind
from rag.query.kind import names_system, opposes, read_subjects, sets_side_by_side
from rag.query.knowledge import Known
from rag.query.rules import load_rules
from rag.query.spelling import is_english
from rag.query.vocabulary import PART
from rag.text.names import is_name

_CAPITALISED = re.compile(r"(?<![\w/.@-])(?<!^)[A-Z][\w-]*\w")
"""A word with a capital that does not open the question."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of answer.

    Attributes:
        subjects: The systems, or the ids of papers, that a comparison names.
        absent: Names that a comparison sets against another and that no paper holds.
        mentioned: Names among its subjects that papers hold and none presents.
        unsure: One paper may be meant about as likely as several.
    """

    kind: Kind
    subjects: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    unsure: bool = False


class Shaping:
    """Tells the shapes of answers; safe to share between threads."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def shape(
        self, intent: Intent, standalone: str, restricted: bool, papers: Collection[str], names: Sequence[Named]
    ) -> Shape:
        """The shape of answer to a question.

        Args:
            intent: What it wants.
            standalone: As it is understood.
            restricted: Whether it names an author or dates.
            papers: Ids that it names.
            names: What it names else.
        """
        if len(papers) > 1 and (opposes(standalone) or intent.chance("compare") >= LIKELY):
            return Shape("compare", tuple(sorted(papers)))
        subjects = read_subjects(standalone)
        likely = intent.chance("compare")
        meant = tuple(name.text for name in names if owned([name]))
        if len(subjects) < 2 <= len(meant) and likely >= LIKELY:  # "tell A and B apart": they need not stand together
            subjects = meant
        if not (sets_side_by_side(standalone, subjects) or (len(subjects) > 1 and likely >= LIKELY)):
            return self._of_one_side(intent, standalone, restricted, papers, names)
        absent = self._absent(standalone, subjects)
        subjects = tuple(name for name in subjects if name not in absent)
        if absent and len(subjects) < 2:
            return Shape("single", subjects, absent)
        compared = [resolve(self._known.entities, name) for name in subjects]
        if len(compared) == 2 and self._is_baseline(*compared):
            return Shape("single")
        mentioned = tuple(name.text for name in compared if not self._presenting(name))
        return Shape("compare", subjects, absent, mentioned)

    def _of_one_side(
        self, intent: Intent, standalone: str, restricted: bool, papers: Collection[str], names: Sequence[Named]
    ) -> Shape:
        """The shape where nothing is set side by side."""
        works = restricted or load_rules("intent")["several_papers"](standalone)
        kind = intent.shape(restricted=restricted, named=names_system(standalone), works=works)
        if not works and len(called(names)) == 1:  # "what agents are in MaRGen?": its own paper tells
            kind = "single"
        if kind == "single" and opposes(standalone):
            return Shape("single", (), self._absent(standalone, ()))
        if kind == "single" or (kind == "list" and len(papers) == 1):
            return Shape("single")
        return Shape(kind, unsure=not works and intent.may_be_of_one())

    def _presenting(self, name: Named) -> bool:
        """Whether a paper has a name in its title, or introduces it."""
        strong = any(one.claim > Claim.MENTIONED for one in name.namings)
        return strong or (not is_name(name.text) and bool(self._known.entities.titled(name.text, 1)))

    def _absent(self, question: str, subjects: Sequence[str]) -> tuple[str, ...]:
        """The names in a comparison that stand in no paper."""
        words = [word for word in _CAPITALISED.findall(question) if not is_english(word) and not word.isupper()]
        return tuple(name for name in dict.fromkeys([*subjects, *words]) if not self._is_held(name))

    def _is_held(self, name: str) -> bool:
        """Whether a paper holds a name; one that is put together from the library's words is none of its own."""
        vocabulary = self._known.state().speller.vocabulary
        return name in vocabulary or all(part in vocabulary for part in PART.findall(name))

    def _is_baseline(self, one: Named, other: Named) -> bool:
        """Whether a paper speaks of both systems and the library has none of the second's own."""
        both = {naming.paper_id for naming in one.namings} & {naming.paper_id for naming in other.namings}
        return bool(both) and not (self._presenting(one) and self._presenting(other))


def mentioned(question: str) -> str:
    """The phrase that all papers of a list are to mention; empty where none is named."""
    match = load_rules("names")["mention"].find(question)
    return match["phrase"].strip(" \"“”'‘’") if match else ""
