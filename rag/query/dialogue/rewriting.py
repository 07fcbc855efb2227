"""A question read in the words of a rewriting that helped before, as far as that may be done.

The rewriting only says what to search for: filters, and what sentences are judged by, stay those of the question as it
was typed, so that nothing is cited which doesn't answer that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.query.dialogue.wording import Wording
from rag.query.question import Question
from rag.text.folding import fold
from rag.types import Note

REMEMBERED = "remembered"
"""Code of the note that says so."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A rewriting that is used again.

    Attributes:
        number: By which it is removed.
        text: What to search for.
        follows: It belongs to the conversation: a follow-up put into words that stand alone.
    """

    number: int
    text: str
    follows: bool = False


def with_rewriting(read: Question, alone: Question, recalled: Recalled) -> Question | None:
    """The question with what its rewriting searches for; None where the rewriting may not stand for it.

    It may not where the library itself or several things are asked about, or where the rewriting would change what the
    question names: papers' ids, systems, titles, numbers, dates, authors, what it denies.

    Args:
        read: The question as it was read.
        alone: The rewriting, read by itself.
        recalled: The rewriting.
    """
    of_library = read.about or alone.about or read.only_filters or alone.only_filters
    if of_library or read.parts or (read.focus and not recalled.follows):
        return None
    if not _keeps(read, alone):
        return None
    note = Note(code=REMEMBERED, text=f"Searched for what helped before: {recalled.text}")
    return replace(
        read,
        standalone=recalled.text if recalled.follows else read.standalone,
        search_text=alone.search_text,
        told=alone.told,
        named=read.named or alone.named,
        typed=read.typed or read.standalone,
        notes=(*(one for one in read.notes if not (recalled.follows and one.code == "follow_up")), note),
    )


def _keeps(read: Question, alone: Question) -> bool:
    """Whether a rewriting keeps what a question names and restricts, and restricts no further."""
    named, others = _names(read), _names(alone)
    strangers = {*map(fold, read.strangers)} - {*map(fold, alone.strangers)}
    return (
        alone.filters.completed(read.filters) == read.filters
        and (alone.papers is None or alone.papers == read.papers)
        and not alone.left_out - read.left_out
        and (not named or named == others)
        and not strangers
        and Wording.of(read.typed or read.standalone).is_kept_by(Wording.of(alone.standalone))
    )


def _names(asked: Question) -> set[str]:
    """The papers that a question's names mean."""
    return {paper for one in asked.entities for paper in one.owners[:1]}
