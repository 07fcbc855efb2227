"""The shape of answer that a question wants: what it compares is learnt, and must be named and in the library."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rag.papers.claims import Claim
from rag.query.intents.intent import LIKELY, SURE, Intent, Kind
from rag.query.lexicon.entities import Named, called, is_held, owned, resolve
from rag.query.lexicon.knowledge import Known
from rag.query.lexicon.typos import is_english
from rag.query.rules import load_rules
from rag.text.names import is_name, name_words

_NAME = re.compile(r"(?<![\w.-])[^\W\d_][\w²³@+.-]*[\w²³+]")
_CAPITALISED = re.compile(r"(?<![\w/.@-])(?<!^)[A-Z][\w-]*\w")
"""A word with a capital that does not open the question."""
_COMMON_NAMES = frozenset(
    "llm llms rag ai ml nlp api apis sft rl ctr seo qa ir gpu gpus ndcg mrr f1 auc us uk eu ocr".split()
)


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
        compares, vocabulary = intent.chance("compare"), self._known.state().speller.vocabulary
        if len(papers) > 1 and compares >= LIKELY:
            return Shape("compare", tuple(sorted(papers)))
        meant = [name.text for name in names if owned([name])]
        if compares >= SURE or (len(meant) > 1 and compares >= LIKELY):
            written = [word for word in _NAME.findall(standalone) if names_system(word)]
            capital = [word for word in _CAPITALISED.findall(standalone) if not (is_english(word) or word.isupper())]
            capital = [word for word in capital if not self._known.entities.is_author(name_words(word))]
            absent = tuple(name for name in dict.fromkeys([*written, *capital]) if not is_held(name, vocabulary))
            titled = [one.text for one in names if one.text[0].isupper() and one.owners and not _is_common(one.text)]
            subjects = self._subjects(standalone, [*meant, *titled, *written], absent)
            own = {owned([one]) for one in self._resolved(subjects)}
            if len(subjects) > 1 and not absent and len(own) == 1 and own != {()}:  # "users and LoRAs in ImageGem"
                return self._of_one_side(intent, standalone, restricted, papers, names)
            if len(subjects) > 1:
                shown = tuple(name for name in subjects if not self._presents(resolve(self._known.entities, name)))
                return Shape("compare", subjects, absent, shown)
            if absent:
                return Shape("single", subjects, absent)
        two = load_rules("intent")["two_works"](standalone) or (compares >= SURE and not (names or papers))
        if compares >= LIKELY and two:  # "dense and sparse retrieval": kinds, not systems
            return Shape("compare")
        return self._of_one_side(intent, standalone, restricted, papers, names)

    def _subjects(self, question: str, names: Sequence[str], absent: Collection[str]) -> tuple[str, ...]:
        """The names that a comparison sets side by side, in its order.

        A name that no paper presents, or that only stands in a title, is a baseline where it stands in the paper of one
        that is presented.
        """
        apart = [name for name in dict.fromkeys(names) if name not in absent and f"on {name}" not in question]
        whole = [name for name in apart if not any(name in other for other in apart if name != other)]
        resolved = self._resolved(whole)
        own = [name for name in resolved if self._presents(name)]
        by = {one.paper_id for name in own for one in name.namings if one.claim > Claim.TITLED}
        own = [name for name in own if _is_introduced(name) or by.isdisjoint(one.paper_id for one in name.namings)]
        held = {one.paper_id for name in own for one in name.namings}
        own += [
            one for one in resolved if one not in own and held.isdisjoint(naming.paper_id for naming in one.namings)
        ]
        return tuple(sorted((name.text for name in own), key=question.find))

    def _resolved(self, names: Iterable[str]) -> list[Named]:
        return [resolve(self._known.entities, name) for name in names]

    def _of_one_side(
        self, intent: Intent, standalone: str, restricted: bool, papers: Collection[str], names: Sequence[Named]
    ) -> Shape:
        """The shape where nothing is set side by side."""
        works = restricted or load_rules("intent")["several_papers"](standalone)
        named = any(map(names_system, _NAME.findall(standalone)))
        kind = intent.shape(restricted=restricted, named=named, works=works)
        if not works and len(called(names)) == 1:  # "what agents are in MaRGen?": its own paper tells
            kind = "single"
        if kind == "single" or (kind == "list" and len(papers) == 1):
            return Shape("single")
        return Shape(kind, unsure=not works and intent.may_be_of_one())

    def _presents(self, name: Named) -> bool:
        """Whether a paper has a name in its title, or introduces it."""
        strong = any(one.claim > Claim.MENTIONED for one in name.namings)
        return strong or (not is_name(name.text) and bool(self._known.entities.titled(name.text, 1)))


def _is_introduced(name: Named) -> bool:
    """Whether a paper is called by a name or introduces it; one in whose title it only stands may be built on it."""
    return any(one.claim > Claim.TITLED for one in name.namings)


def names_system(word: str) -> bool:
    """Whether a word is written as systems are named."""
    return is_name(word) and not _is_common(word)


def _is_common(word: str) -> bool:
    return word.lower().split("-")[0] in _COMMON_NAMES


def mentioned(question: str) -> str:
    """The phrase that all papers of a list are to mention; empty where none is named."""
    match = load_rules("names")["mention"].find(question)
    return match["phrase"].strip(" \"“”'‘’") if match else ""
