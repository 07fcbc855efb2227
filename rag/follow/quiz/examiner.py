"""The examiner: what may be asked of a paper, each a choice of four of which its own text makes one right.

    figure      a figure of its abstract, taken out          amounts.py
    data        data that it names, taken out                gaps.py
    system      its own name, taken out of what it says      gaps.py
    result      what it reports, among what others report    statements.py

Nothing is written anew: what is right is a quote, and what is wrong was said of other papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Literal

from rag.follow.quiz.amounts import figure_gaps
from rag.follow.quiz.gaps import GAP, OTHERS, Gap, Known, coined, name_gaps, system_gaps
from rag.follow.quiz.statements import Statements, abstracts
from rag.index.library import Library
from rag.models import embed_texts
from rag.models.cache import Recent
from rag.papers.descriptions import card_of, tags_of
from rag.retrieve.likeness import similar
from rag.text.readable import readable
from rag.types import Paper
from rag.types.card import Tag

Kind = Literal["figure", "data", "system", "result"]
NEAR = 40
"""Papers near one from which wrong options come."""
CLEARLY = 0.12
"""By how much nearer a sentence must be to its own paper than to another whose name is offered, as a cosine."""
HELD = 3
"""Papers that a subject must have to be one that is asked about."""
SPECIFIC = 0.5
"""How near to its paper's abstract a sentence must be, as a cosine, to say enough of what its name means."""
GUESSED = 0.03
"""By how much nearer to the sentence than the other names the right one may be: letters alone must not tell it."""
LOOKED_AT = 12
"""Names of other papers that are compared."""
FEW = 3
"""Papers that speak of a made-up name, at most; what more speak of is a word like others."""
KEPT = 400
"""Papers whose questions are kept in memory."""
UNTAGGED = Tag("", "Other subjects")
"""The topic of papers that have no tag."""


@dataclass(frozen=True, slots=True)
class Option:
    """What may be chosen, and the paper that says it."""

    text: str
    paper_id: str


@dataclass(frozen=True, slots=True)
class Item:
    """A question with its options; `paper.text[start:end]` of that version is the quote that answers it.

    Attributes:
        item_id: By which it is found again.
        asked: In words.
        shown: The sentence with its gap; empty where sentences are to choose from.
        options: In an order that a seed makes.
        right: Place of the right one, from 0.
        quote: The sentence as it stands in the paper.
        topic: What mastery is counted under.
    """

    item_id: str
    kind: Kind
    paper_id: str
    version: int
    title: str
    topic: Tag
    asked: str
    shown: str
    options: tuple[Option, ...]
    right: int
    quote: str
    start: int
    end: int

    def as_json(self) -> dict[str, Any]:
        """As `quiz --json` prints it."""
        return {
            "id": self.item_id,
            "kind": self.kind,
            "paper_id": self.paper_id,
            "version": self.version,
            "title": self.title,
            "topic": self.topic.as_json(),
            "question": self.asked,
            "shown": self.shown,
            "options": [{"text": one.text, "paper_id": one.paper_id} for one in self.options],
            "right": self.right + 1,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
        }


@dataclass(frozen=True, slots=True)
class _Found:
    """A question before its options are put in an order: the right one first."""

    kind: Kind
    start: int
    end: int
    asked: str
    shown: str
    texts: tuple[tuple[str, str], ...]


class Examiner:
    """Finds questions in papers; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        """Ask of papers of this library."""
        self._library = library
        self._statements = Statements(library)
        self._kept: Recent[tuple[int, str], tuple[_Found, ...]] = Recent(KEPT)
        self._papers: Recent[tuple[int, str], Known] = Recent(20 * KEPT)
        self._counts: tuple[int, dict[str, int]] = (-1, {})

    def items(self, paper: Paper, seed: int = 0) -> list[Item]:
        """All that may be asked of a paper, in reading order; none where its text or its neighbours don't give any.

        Args:
            paper: Its current version.
            seed: Of the order of the options.
        """
        topic = self.topic(paper.paper_id)
        return [_item(paper, topic, found, seed) for found in self._found(paper)]

    def topic(self, paper_id: str) -> Tag:
        """The narrowest of a paper's subjects that at least `HELD` papers of the library have, else its surest."""
        tags = tags_of(self._library.shelf, paper_id) or ()
        counts = self._papers_by_tag()
        wide = [tag for tag in tags if counts.get(tag.tag, 0) >= HELD]
        return min(wide, key=lambda tag: (counts[tag.tag], tag.tag), default=next(iter(tags), UNTAGGED))

    def _papers_by_tag(self) -> dict[str, int]:
        generation = self._library.shelf.generation()
        if self._counts[0] != generation:
            found = self._library.shelf.descriptions.counts(["tag"], "SELECT paper_id FROM papers", ())
            self._counts = (generation, dict(found["tag"]))
        return self._counts[1]

    def _found(self, paper: Paper) -> tuple[_Found, ...]:
        key = (self._library.shelf.generation(), paper.paper_id)
        known = self._kept.known([key])
        if key not in known:
            known = {key: tuple(self._made(paper))}
            self._kept.keep(known)
        return known[key]

    def _made(self, paper: Paper) -> Iterator[_Found]:
        one = self._known(paper)
        near = self._near(paper)
        said = f"“{readable(paper.title)}”"
        for gap in figure_gaps(one, near):
            yield _of_gap("figure", gap, f"Which figure does the abstract of {said} give here?", paper)
        for gap in name_gaps(one, near):
            yield _of_gap("data", gap, f"Which data does the abstract of {said} name here?", paper)
        for gap in self._clear(paper, system_gaps(one, near), near):
            yield _of_gap("system", gap, "What is this said of?", paper)
        for told in self._statements.of(one, near):
            texts = ((told.right, paper.paper_id), *told.others)
            yield _Found("result", told.start, told.end, told.asked, "", texts)

    def _near(self, paper: Paper) -> list[Known]:
        ids = [paper_id for paper_id, _ in similar(self._library, paper.paper_id, NEAR)]
        papers = self._library.shelf.papers(ids)
        return [self._known(papers[i]) for i in ids if i in papers]

    def _known(self, paper: Paper) -> Known:
        """A paper with its card, and the made-up name that no other paper of the library claims or mentions."""
        key = (self._library.shelf.generation(), paper.paper_id)
        found = self._papers.known([key])
        if key not in found:
            entities = self._library.shelf.entities
            bearers = {name: len(entities.namings(name, FEW + 1)) for name in coined(paper)}
            sole = next((name for name, papers in bearers.items() if papers == 1), "")
            names = tuple(name for name, papers in bearers.items() if papers <= FEW)
            found = {key: Known(paper, card_of(self._library.shelf, paper.paper_id), sole, names)}
            self._papers.keep(found)
        return found[key]

    def _clear(self, paper: Paper, gaps: Sequence[Gap], near: Sequence[Known]) -> Iterator[Gap]:
        """Gaps of a name whose sentence fits its own paper, no other whose name is offered, and gives none away."""
        papers = {one.paper.paper_id: one.paper for one in near}
        for gap in gaps:
            sources = [papers[source] for _, source in gap.others[:LOOKED_AT]]
            means = abstracts(self._library, [paper, *sources])
            if paper.paper_id not in means:
                continue
            names = [gap.taken, *(name for name, _ in gap.others[:LOOKED_AT])]
            told, *named = embed_texts(self._library.embedding, [gap.shown.replace(GAP, "it"), *names])
            own = float(told @ means[paper.paper_id])
            fitting = [
                n
                for n, source in enumerate(sources)
                if source.paper_id in means and own - float(told @ means[source.paper_id]) >= CLEARLY
            ][:OTHERS]
            guessed = float(named[0] @ told) - max((float(named[n + 1] @ told) for n in fitting), default=1.0)
            if own >= SPECIFIC and len(fitting) == OTHERS and guessed < GUESSED:
                yield replace(gap, others=tuple(gap.others[n] for n in fitting))


def _of_gap(kind: Kind, gap: Gap, asked: str, paper: Paper) -> _Found:
    texts = ((gap.taken, paper.paper_id), *gap.others[:OTHERS])
    return _Found(kind, gap.start, gap.end, asked, gap.shown, texts)


def _item(paper: Paper, topic: Tag, found: _Found, seed: int) -> Item:
    place = found.shown.find(GAP)
    item_id = f"{paper.paper_id}/{paper.version}/{found.kind}/{found.start}/{max(place, 0)}"
    order = sorted(found.texts, key=lambda one: shuffled(seed, item_id, one[0]))
    return Item(
        item_id=item_id,
        kind=found.kind,
        paper_id=paper.paper_id,
        version=paper.version,
        title=paper.title,
        topic=topic,
        asked=found.asked,
        shown=found.shown,
        options=tuple(Option(*one) for one in order),
        right=order.index(found.texts[0]),
        quote=paper.text[found.start : found.end],
        start=found.start,
        end=found.end,
    )


def shuffled(seed: int, *texts: str) -> bytes:
    """A key that puts things in an order which only a seed decides."""
    return blake2b("\0".join((str(seed), *texts)).encode(), digest_size=8).digest()
