"""Replaying: an answer of another day → what would differ today, without asking any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.engine import Engine
from rag.errors import ConfigError
from rag.prompts import load_prompt
from rag.types import Answer, Filters, Passage, Receipt, RetrievedPassage, Turn
from rag.write.reformulation import load_bank

MISSING = "none"
"""What stands for a model or prompt that there is not."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something an answer was made with that is another today: ``corpus``, ``config``, ``model`` or a prompt."""

    what: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A passage that is retrieved today as it was then, at another rank; ranks are 1-based."""

    passage: RetrievedPassage
    then: int
    now: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What differs today.

    Attributes:
        changes: What the answer was made with and is another today.
        same: Passages at the rank they had.
        new: Passages retrieved today and not then, in rank order.
        gone: Passages retrieved then and not today, in the rank order they had.
        moved: Passages at another rank, in today's order.
    """

    changes: tuple[Change, ...]
    same: int
    new: tuple[Passage, ...]
    gone: tuple[RetrievedPassage, ...]
    moved: tuple[Moved, ...]

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.changes or self.new or self.gone or self.moved)


def replay(engine: Engine, answer: Answer, history: Sequence[Turn] = ()) -> Replay:
    """Retrieve anew for the question of an answer, with its filters, and compare.

    Args:
        engine: Of the library as it is today.
        answer: Any answer, of any version of the library.
        history: The conversation in which it was given; it is not part of an answer. Without it the standalone question
            is searched for, and papers that the conversation preferred are not.

    Raises:
        EmptyLibrary: there are no papers.
    """
    filters = _filters(answer)
    question = answer.question if history else answer.standalone_question
    understood = engine.reader.understand(engine.checked(question), history, filters)
    engine.library.require_papers()
    passages = engine.finder.find(understood, whole=answer.mode == "llm").passages
    then = {one.chunk_id: rank for rank, one in enumerate(answer.retrieved, 1)}
    now = {one.chunk_id: rank for rank, one in enumerate(passages, 1)}
    by_id = {one.chunk_id: one for one in answer.retrieved}
    return Replay(
        changes=changes(engine, answer.receipt),
        same=sum(then.get(chunk_id) == rank for chunk_id, rank in now.items()),
        new=tuple(one for one in passages if one.chunk_id not in then),
        gone=tuple(one for one in answer.retrieved if one.chunk_id not in now),
        moved=tuple(Moved(by_id[i], then[i], rank) for i, rank in now.items() if i in then and then[i] != rank),
    )


def changes(engine: Engine, receipt: Receipt) -> tuple[Change, ...]:
    """What a receipt names and is another today."""
    config = engine.library.config
    today = engine.receipt()
    model = today.model if receipt.model == today.model else config.llm.model or MISSING
    pairs = [
        Change("corpus", receipt.corpus, today.corpus),
        Change("config", receipt.config, today.config),
        Change("model", receipt.model, model),
        *(Change(f"prompt {name}", digest, _digest(name)) for name, digest in sorted(receipt.prompts.items())),
    ]
    return tuple(change for change in pairs if change.then != change.now)


def _digest(name: str) -> str:
    """Digest of a prompt as it is today, of the assistant's or of the bank that rewrites questions."""
    try:
        entry = load_bank().get(name)
        return entry.digest if entry else load_prompt(name).digest
    except ConfigError:
        return MISSING


def _filters(answer: Answer) -> Filters:
    """The filters that were in force; those that the question names are read out of it again, to the same effect."""
    return Filters.read(answer.filters)
