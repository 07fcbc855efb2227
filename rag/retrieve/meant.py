"""Papers that a question means by name, or by its conversation, in a ranking: they come first, and why is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.papers.claims import Claim
from rag.query import Question
from rag.query.lexicon.entities import held_alone
from rag.retrieve.hybrid import FOCUS
from rag.text.names import is_name
from rag.types import Passage

NEARLY = 0.75
"""How far behind the best a paper may stand that alone introduces a rare name of the question. Of 19 questions (eight
sets, seven of conversations) for which another stood first, it was right in 3, by up to .54, and wrong from 1.4 on."""
RARE = 3
"""Papers that may hold such a name."""


def introduces(asked: Question) -> frozenset[str]:
    """The paper of the one name in a question that it introduces and hardly another one holds, or that it alone holds.

    Empty where none is, or several are.
    """
    names = [one for one in asked.entities if is_name(one.text) and len(one.namings) <= RARE]
    papers = {paper for one in names for paper in one.papers(Claim.INTRODUCED)}
    papers = papers or set(held_alone(names))
    return frozenset(papers) if len(papers) == 1 else frozenset()


def as_named(passage: Passage) -> Passage:
    """A passage that is preferred for the name in the question, and not for the conversation."""
    gain = passage.boosts.get("conversation")
    return replace(passage, boosts={"named": gain}) if gain else passage


def meant_first(passages: Sequence[Passage], asked: Question) -> list[Passage]:
    """A ranking in which the papers that are meant by name, or by the conversation, come before all others.

    So does the one that introduces a rare name, where it is nearly as near as the best: a question may say much beside
    the name, or name what another paper is compared with.

    Args:
        passages: Best first.
        asked: The question as it was read.
    """
    meant = frozenset(asked.focus or asked.called)
    introduced = frozenset() if meant else introduces(asked)
    meant = meant or introduced
    best = max((passage.score for passage in passages if passage.paper_id in meant), default=None)
    rival = max((passage.score for passage in passages if passage.paper_id not in meant), default=None)
    if best is None or rival is None or best > rival or (introduced and rival - best > NEARLY):
        return list(passages)
    gain, name = rival - best + FOCUS, "conversation" if asked.focus else "named"
    moved = [_gaining(passage, gain, name) if passage.paper_id in meant else passage for passage in passages]
    return sorted(moved, key=lambda passage: (-passage.score, passage.chunk_id))


def _gaining(passage: Passage, gain: float, name: str) -> Passage:
    boosts = {**passage.boosts, name: round(passage.boosts.get(name, 0.0) + gain, 4)}
    return replace(passage, score=passage.score + gain, boosts=boosts)
