"""Papers that a question means by name, or by its conversation, in a ranking: they come first, and why is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.query import Question
from rag.retrieve.hybrid import FOCUS
from rag.types import Passage


def as_named(passage: Passage) -> Passage:
    """A passage that is preferred for the name in the question, and not for the conversation."""
    gain = passage.boosts.get("conversation")
    return replace(passage, boosts={"named": gain}) if gain else passage


def meant_first(passages: Sequence[Passage], asked: Question) -> list[Passage]:
    """A ranking in which the papers that are meant by name, or by the conversation, come before all others.

    Args:
        passages: Best first.
        asked: The question as it was read.
    """
    meant = frozenset(asked.focus or asked.called)
    best = max((passage.score for passage in passages if passage.paper_id in meant), default=None)
    rival = max((passage.score for passage in passages if passage.paper_id not in meant), default=None)
    if best is None or rival is None or best > rival:
        return list(passages)
    gain, name = rival - best + FOCUS, "conversation" if asked.focus else "named"
    moved = [_gaining(passage, gain, name) if passage.paper_id in meant else passage for passage in passages]
    return sorted(moved, key=lambda passage: (-passage.score, passage.chunk_id))


def _gaining(passage: Passage, gain: float, name: str) -> Passage:
    boosts = {**passage.boosts, name: round(passage.boosts.get(name, 0.0) + gain, 4)}
    return replace(passage, score=passage.score + gain, boosts=boosts)
