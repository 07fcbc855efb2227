"""What a reader knows: mastery of each topic by Bayesian knowledge tracing, and what to read next for it.

The chance that a topic is known is traced through the answers to questions on it (Corbett & Anderson 1995, "Knowledge
tracing: modeling the acquisition of procedural knowledge"; used so by TutorLLM, arXiv 2502.15709, section 3): Bayes'
rule on each answer, then a step of learning, as what is right is shown after each. It is computed from the answers
whenever it is wanted, so that none of it can disagree with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rag.index.library import Library
from rag.papers.readers.answered import Given
from rag.papers.readers.kept import Kept
from rag.retrieve.likeness import similar
from rag.text.readable import readable
from rag.types import Filters, Paper
from rag.types.card import Tag

PRIOR, LEARN, SLIP, GUESS = 0.3, 0.1, 0.1, 0.25
"""Chances that a topic is known before the first answer, that it is learnt with an answer, that an answer to what is
known is wrong, and that one to what isn't is right: a guess among four."""
MASTERED = 0.95
"""The chance from which a topic counts as known: Corbett & Anderson's own."""
NEAR = 60
"""Papers near an asked one that may be read next."""
OF_TOPIC = 2
"""Papers of one topic among those to read next."""


@dataclass(frozen=True, slots=True)
class Mastery:
    """What is known of a topic.

    Attributes:
        chance: That it is known, 0…1.
        right: Answers that were right.
        asked: All answers.
    """

    topic: Tag
    chance: float
    right: int
    asked: int

    def as_json(self) -> dict[str, Any]:
        """As `quiz --mastery --json` prints it."""
        return {
            "topic": self.topic.as_json(),
            "mastery": round(self.chance, 4),
            "right": self.right,
            "asked": self.asked,
        }


@dataclass(frozen=True, slots=True)
class Advised:
    """A paper to read next, and why, in words."""

    paper: Paper
    topic: Tag
    reason: str

    def as_json(self) -> dict[str, Any]:
        """As `quiz --mastery --json` prints it."""
        return {
            "paper_id": self.paper.paper_id,
            "title": self.paper.title,
            "topic": self.topic.as_json(),
            "reason": self.reason,
        }


def traced(chance: float, is_right: bool) -> float:
    """The chance that a topic is known after one more answer.

    From `PRIOR` on, a right answer raises it and a wrong one lowers it.
    """
    known, unknown = (1 - SLIP, GUESS) if is_right else (SLIP, 1 - GUESS)
    seen = chance * known / (chance * known + (1 - chance) * unknown)
    return seen + (1 - seen) * LEARN


def mastery_of(answers: Iterable[Given]) -> list[Mastery]:
    """What is known of each topic that was asked about, the weakest first.

    Args:
        answers: Oldest first.
    """
    found: dict[str, Mastery] = {}
    for one in answers:
        was = found.get(one.topic.tag, Mastery(one.topic, PRIOR, 0, 0))
        chance = traced(was.chance, one.is_right)
        found[one.topic.tag] = Mastery(one.topic, chance, was.right + one.is_right, was.asked + 1)
    return sorted(found.values(), key=lambda one: (one.chance, -one.asked, one.topic.label))


def kept_papers(kept: Kept, user: str) -> list[str]:
    """Ids of all papers that a reader keeps in any way, each once: starred, for later, noted, on lists, read."""
    held = kept.export(user)
    listed = [paper_id for one in held["lists"] for paper_id in one["papers"]]
    marked = [one["paper_id"] for kind in ("starred", "later", "notes") for one in held[kind]]
    return list(dict.fromkeys([*marked, *listed, *(one["paper_id"] for one in held["read"])]))


def next_to_read(
    library: Library, kept: Kept, user: str, answers: Sequence[Given], most: int = 5
) -> tuple[Advised, ...]:
    """Papers that were not read yet, on the weakest of the topics that were asked about; none where all are known.

    A paper of which the reader wants less is none of them, nor is one that is held for review.

    Args:
        library: Holds the papers.
        kept: What readers keep.
        user: The reader.
        answers: Theirs, oldest first.
        most: Papers to name.
    """
    known = {*kept_papers(kept, user), *kept.lessened(user), *(one.paper_id for one in answers)}
    known |= library.shelf.flags.held()
    found: list[Advised] = []
    for one in mastery_of(answers):
        if one.chance >= MASTERED or not one.topic.tag or len(found) >= most:
            continue
        fresh = (library.shelf.select(Filters(tag=one.topic.tag)) or frozenset()) - known
        anchor = _anchor(library, [given for given in answers if given.topic.tag == one.topic.tag])
        if anchor is None or not fresh:
            continue
        said, was_wrong = anchor
        near = [paper_id for paper_id, _ in similar(library, said.paper_id, NEAR) if paper_id in fresh][:OF_TOPIC]
        papers = library.shelf.papers(near)
        reason = _reason(one, said, was_wrong)
        found += [Advised(papers[paper_id], one.topic, reason) for paper_id in near if paper_id in papers]
        known.update(near)
    return tuple(found[:most])


def _anchor(library: Library, answers: Sequence[Given]) -> tuple[Paper, bool] | None:
    """The paper of the library that a reader was asked about last and got wrong, else the last one; None for none."""
    held = library.shelf.papers({one.paper_id for one in answers})
    still = [one for one in answers if one.paper_id in held]
    latest = {one.paper_id: one for one in still}
    wrong = [one for one in still if not latest[one.paper_id].is_right]
    chosen = next(reversed(wrong or still), None)
    return (held[chosen.paper_id], bool(wrong)) if chosen else None


def _reason(one: Mastery, said: Paper, was_wrong: bool) -> str:
    """Why a paper is named."""
    share = f"{one.topic.label}: {one.right} of {one.asked} right so far"
    near = f"near “{readable(said.title)}”"
    return f"{share}; {near}, where your answer was wrong." if was_wrong else f"{share}; {near}."
