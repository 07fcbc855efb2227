"""What goals are made of: a library's papers with what their cards say, its subjects, and what somebody remembers."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from eval.readers.voices import load_voices
from rag.cards.abstract import own_name
from rag.cards.subjects import Match, load_subjects
from rag.models.sentence_roles import FIELDS, load_roles
from rag.papers.descriptions import card_of
from rag.text.folding import fold
from rag.text.names import is_name
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.text.terms import STOP_WORDS
from rag.types import Filters, Paper

if TYPE_CHECKING:
    from rag.index.library import Library

FEWEST, MOST = 3, 20
"""Papers of a subject that somebody looks for: with more of them, none is missed."""
RARE = 2
"""Passages in which a word stands that nobody remembers."""
REMEMBERED = {"words": 9, "part": 5}
"""Words of a sentence that somebody remembers who forgot the name, and who remembers something else besides."""
FORGOTTEN = 0.15
"""Chance that a word between them is forgotten."""
SURE = 1.0
"""Log-odds of its best sentence from which a paper is taken to state a field: nobody asks for what it hardly says."""
_SOURCES = ("task", "method", "title")
_LEAST = 3
"""Words of content without which nothing is remembered."""
_NEAR = 20
_TOKEN = re.compile(r"[^\W_]+(?:[-'’+/.][^\W_]+)*\+*")
_PART = re.compile(r"[^\W\d_]+")
_MONTHS = (
    "January February March April May June July August September October November December"
).split()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Memory:
    """What somebody knows of a paper.

    Attributes:
        name: What it is called: its system, or its title.
        about: Ways of saying what it is about, each of words of another sentence; no other paper holds all of one.
        sources: Where the words of each come from: ``task``, ``method``, ``title``.
        author: A family name; empty where none is known.
        month: The month of its report, ``2025-10``; empty where its day is not known.
    """

    paper_id: str
    name: str
    about: tuple[str, ...]
    sources: tuple[str, ...]
    author: str
    month: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Papers of a subject.

    Attributes:
        must: Those that carry its tag and name it in their title or abstract.
        newest: The day of the newest of them, ISO.
    """

    tag: str
    spoken: str
    must: frozenset[str]
    newest: str


class Material:
    """What goals are drawn from; read once, then the same for whoever asks."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.vocabulary = load_subjects()
        found = library.shelf.browse()
        self.papers = {one.paper_id: one for one in sorted(found, key=lambda one: one.paper_id) if one.abstract}
        self._drop = load_voices().frame

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The subjects of which the library holds a few papers, by tag."""
        found = (self._kind(n) for n in range(len(self.vocabulary.subjects)))
        return tuple(one for one in found if one and FEWEST <= len(one.must) <= MOST)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Subjects from elsewhere, of which no word stands in any paper."""
        held = {fold(word) for paper in self.papers.values() for word in _TOKEN.findall(_said(paper))}
        strange = load_voices().strange
        return tuple(
            one for one in strange if not any(fold(word) in held for word in one.split() if not _is_small(word))
        )

    def belongs(self, paper_id: str, tag: str) -> bool:
        """Whether a paper is tagged with a subject, or with a part of it, or names it."""
        if paper_id in (self.library.shelf.select(Filters(tag=tag)) or ()):
            return True
        paper = self.papers.get(paper_id)
        return paper is not None and self.vocabulary.numbers[tag] in _subjects(self.vocabulary.matches(_said(paper)))

    def spans(self, paper_id: str, field: str) -> tuple[str, ...]:
        """Words of a paper of which any answers what its card's field holds; empty where it doesn't say it for sure."""
        card = card_of(self.library.shelf, paper_id)
        stated = dict(card.fields())[field] if card else ()
        if not stated or field not in FIELDS:
            return tuple(span.text for span in stated)
        paper = self.papers[paper_id]
        said = [paper.abstract[slice(*place)] for place in sentences(paper.abstract)]
        scores = load_roles().scores([readable(one) for one in said], own_name(paper.title))[FIELDS.index(field)]
        if not len(scores) or scores.max() < SURE:
            return ()
        return (*(span.text for span in stated), *(said[n] for n in np.flatnonzero(scores > 0)))

    def day(self, paper_id: str) -> str:
        """The day of a paper, ISO; empty where none is known."""
        return self.papers[paper_id].told if paper_id in self.papers else ""

    def title(self, paper_id: str) -> str:
        """The title of a paper, readable; its id where it is not held."""
        return readable(self.papers[paper_id].title) if paper_id in self.papers else paper_id

    def name(self, paper_id: str) -> str:
        """What a paper calls its system; empty where it names none."""
        return own_name(self.papers[paper_id].title)

    def lacks(self, paper_id: str, words: Sequence[str]) -> bool:
        """Whether a paper's text holds none of some words, not even in part."""
        text = self.papers[paper_id].text.lower()
        return not any(word in text for word in words)

    def memory(self, paper_id: str, knows: str, chance: random.Random) -> Memory | None:
        """What somebody knows of a paper; None where what she remembers would fit others as well."""
        paper = self.papers[paper_id]
        most = REMEMBERED.get(knows, REMEMBERED["words"])
        card = card_of(self.library.shelf, paper_id)
        own = own_name(paper.title)
        told = {name: readable(held[0].text) for name, held in (card.fields() if card else ()) if held}
        told["title"] = readable(paper.title).removeprefix(own).lstrip(" :–—-")
        about: dict[str, str] = {}
        for source in chance.sample(_SOURCES, len(_SOURCES)):
            words = self._remembered(told.get(source, ""), own, most, chance)
            if words and words not in about and self._tells(paper, words):
                about[words] = source
        if not about:
            return None
        writers = [name.split()[-1] for name in paper.authors if len(name.split()) > 1]
        name = own or readable(paper.title)
        return Memory(
            paper_id,
            name,
            tuple(about),
            tuple(about.values()),
            chance.choice(writers) if writers else "",
            paper.told[:7],
        )

    def _kind(self, number: int) -> Kind | None:
        """A subject with the papers that are of it beyond doubt."""
        subject = self.vocabulary.subjects[number]
        ids = self.library.shelf.select(Filters(tag=subject.tag)) or frozenset()
        papers = [self.papers[one] for one in sorted(ids) if one in self.papers]
        must = [one for one in papers if number in _subjects(self.vocabulary.matches(_said(one)))]
        if not must:
            return None
        return Kind(subject.tag, spoken(subject.label), frozenset(p.paper_id for p in must), max(p.told for p in must))

    def _remembered(self, text: str, own: str, most: int, chance: random.Random) -> str:
        """Words of a sentence in order, without its names, its rare words and who speaks; empty where few are left."""
        names = {fold(word) for word in (own, *own.split())}
        kept: list[str] = []
        for word in _TOKEN.findall(text):
            small = _is_small(word)
            strange = fold(word) in names or word.lower() in self._drop or (not small and self._is_rare(word))
            if strange or (not small and chance.random() < FORGOTTEN):
                continue
            if small and (not kept or _is_small(kept[-1])):  # what stood between is forgotten
                kept = kept[:-1]
            kept.append(word)
            if len(kept) == most:
                break
        while kept and _is_small(kept[0]):
            kept.pop(0)
        while kept and _is_small(kept[-1]):
            kept.pop()
        return " ".join(kept) if sum(not _is_small(word) for word in kept) >= _LEAST else ""

    def _tells(self, paper: Paper, about: str) -> bool:
        """Whether no other paper holds all the words of a description."""
        with self.library.indexes() as indexes:
            terms = set(indexes.lexical.analyze(about))
            near = [chunk for chunk, _ in indexes.lexical.query(about, _NEAR)]
            ids = {row.paper_id for row in self.library.shelf.chunk_rows(near).values()} - {paper.paper_id}
            others = self.library.shelf.papers(ids).values()
            return bool(terms) and not any(terms <= set(indexes.lexical.analyze(_said(one))) for one in others)

    def _is_rare(self, word: str) -> bool:
        with self.library.indexes() as indexes:
            most = RARE * (10 if is_name(word) else 1)
            least = min(map(indexes.lexical.doc_freq, indexes.lexical.analyze(word)), default=0)
            return least <= min(most, len(self.papers) // 4)


def month_of(month: str, *, year: bool) -> str:
    """A month as it is said: ``2025-10`` → ``October``, or ``October 2025``."""
    name = _MONTHS[int(month[5:7]) - 1]
    return f"{name} {month[:4]}" if year else name


def spoken(label: str) -> str:
    """A subject as it is said: in small letters, but for what is written in capitals."""
    return _PART.sub(lambda part: part[0] if part[0][1:] != part[0][1:].lower() else part[0].lower(), label)


def _said(paper: Paper) -> str:
    return readable(paper.lead)


def _subjects(matches: Sequence[Match]) -> set[int]:
    return {one.subject for one in matches}


def _is_small(word: str) -> bool:
    """Whether a word carries nothing by itself."""
    return word.lower() in STOP_WORDS
