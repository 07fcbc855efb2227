"""The shape of answer that a question wants, held against a library: what it compares must be in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.query.conversation import label
from rag.query.introductions import introduction_of
from rag.query.kind import Kind, asks_what_it_uses, is_name, opposes, read_kind, read_subjects
from rag.query.knowledge import Known
from rag.query.spelling import is_english
from rag.query.vocabulary import PART, fold
from rag.text.readable import readable

_CAPITALISED = re.compile(r"(?<![\w/.@-])(?<!^)[A-Z][\w-]*\w")
"""A word with a capital that does not open the question."""
_NAME = re.compile(r"[^\W_][\w@.+-]*\w")
_MENTION = re.compile(
    r"\b(?:that\s+|which\s+)?(?:mention(?:s|ing)?|contain(?:s|ing)?\s+the\s+(?:words?|terms?|phrase)|name(?:s)?\s+the\s+(?:words?|terms?))"
    r"\s+(?P<phrase>[^,;:?!]{2,60}?)[\s?.!]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of answer.

    Attributes:
        subjects: The systems, or the ids of papers, that a comparison names.
        absent: Names that a comparison sets against another and that no paper holds.
        mentioned: Names among its subjects that papers hold and none presents.
    """

    kind: Kind
    subjects: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()


class Shaping:
    """Tells the shapes of answers; safe to share between threads."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def shape(self, standalone: str, search: str, restricted: bool, papers: Collection[str]) -> Shape:
        """The shape of answer to a question.

        Args:
            standalone: As it is understood.
            search: The same without the words that became filters.
            restricted: Whether it names an author or dates.
            papers: Ids that it names.
        """
        if len(papers) > 1 and opposes(standalone):
            return Shape("compare", tuple(sorted(papers)))
        kind = read_kind(standalone, restricted=restricted)
        if kind == "single" and opposes(standalone) and (absent := self._absent(standalone, ())):
            return Shape("single", (), absent)
        if kind == "single" and restricted:
            kind = read_kind(search, restricted=True)
        if kind == "list" and (len(papers) == 1 or (asks_what_it_uses(standalone) and self._is_of_one(standalone))):
            return Shape("single")
        if kind != "compare":
            return Shape(kind)
        subjects = read_subjects(standalone)
        absent = self._absent(standalone, subjects)
        subjects = tuple(name for name in subjects if name not in absent)
        if absent and len(subjects) < 2:
            return Shape("single", subjects, absent)
        if len(subjects) == 2 and self._is_baseline(subjects):
            return Shape("single")
        mentioned = tuple(name for name in subjects if not self._presenting(name))
        return Shape(kind, subjects, absent, mentioned)

    def introducing(self, question: str, subjects: Sequence[str] = ()) -> tuple[str, ...]:
        """The papers that are called like the systems which a question names, or introduce them, one paper each.

        A name that several papers have means none of them.

        Args:
            question: As it is understood.
            subjects: The systems that it compares.
        """
        found: list[str] = []
        for name in dict.fromkeys([*subjects, *(word for word in _NAME.findall(question) if is_name(word))]):
            titled, own = self._owners(name)
            papers = titled or own
            found += papers if len(papers) == 1 else []
        return tuple(dict.fromkeys(found))

    def _presenting(self, name: str) -> list[str]:
        """The papers that have a name in their title, or introduce it."""
        titled = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)
        return [
            paper_id
            for paper_id, paper in self._known.find(name).items()
            if titled.search(readable(paper.title)) or introduction_of(name).search(readable(paper.text))
        ]

    def _owners(self, name: str) -> tuple[list[str], list[str]]:
        """The papers whose titles a name opens, and those that introduce it."""
        says = introduction_of(name)
        papers = self._known.find(name)
        titled = [i for i, paper in papers.items() if fold(label(readable(paper.title))) == fold(name)]
        return titled, [i for i, paper in papers.items() if says.search(readable(paper.text))]

    def _is_of_one(self, question: str) -> bool:
        """Whether a question names a system that is one paper's own."""
        owners = (self._owners(name) for name in _NAME.findall(question) if is_name(name))
        return any(len(titled or own) == 1 for titled, own in owners)

    def _absent(self, question: str, subjects: Sequence[str]) -> tuple[str, ...]:
        """The names in a comparison that stand in no paper."""
        words = [word for word in _CAPITALISED.findall(question) if not is_english(word) and not word.isupper()]
        return tuple(name for name in dict.fromkeys([*subjects, *words]) if not self._is_held(name))

    def _is_held(self, name: str) -> bool:
        """Whether a paper holds a name; one that is put together from the library's words is none of its own."""
        vocabulary = self._known.state().speller.vocabulary
        if name in vocabulary or all(part in vocabulary for part in PART.findall(name)):
            return True
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
        return any(word.search(readable(paper.text)) for paper in self._known.find(name).values())

    def _is_baseline(self, subjects: Sequence[str]) -> bool:
        """Whether one paper speaks of both systems and the library has no paper of the second's own."""
        words = [re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])") for name in subjects]
        papers = self._known.find(" ".join(subjects)).values()
        both = any(all(word.search(paper.text) for word in words) for paper in papers)
        return both and not all(any(word.search(paper.title) for paper in papers) for word in words)


def mentioned(question: str) -> str:
    """The phrase that all papers of a list are to mention; empty where none is named."""
    match = _MENTION.search(question)
    return match["phrase"].strip(" \"“”'‘’") if match else ""
