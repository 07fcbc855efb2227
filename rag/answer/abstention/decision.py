"""The decision: question and passages → answer or refuse, with the reason and the confidence in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answer.abstention.calibration import load_calibration
from rag.answer.abstention.features import Evidence, gather
from rag.query import Question
from rag.retrieve.answer_scores import AnswerScores
from rag.retrieve.held import set_back
from rag.retrieve.sides import SIDE
from rag.types import Confidence, Passage

TOLD = -1.0
"""Log-odds that a paper answers a part of a question, below which it does not tell it. Of 40 parts of questions about
one paper the 30 that it tells have 0.0 or more, the 10 others -1.8 or less."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to answer.

    Attributes:
        probability: That the passages do not answer the question, 0…1, calibrated.
        reason: ``detail_absent``: the paper is the right one and lacks what is asked; its citation stays.
            ``nothing_found``: no paper is about it. None: answer.
        paper_id: The paper that lacks it; None unless the reason is ``detail_absent``.
        chance: That the answer is right, 0…1, calibrated; None where it is refused, a list, or what is left although
            nothing may answer, or a held paper might.
    """

    probability: float
    abstain: bool
    reason: Literal["nothing_found", "detail_absent"] | None
    confidence: Confidence
    paper_id: str | None = None
    chance: float | None = None


NOTHING_FOUND = Decision(1.0, True, "nothing_found", "low")


class Abstainer:
    """Decides with the library's own calibration, or the packaged one; safe to share between threads."""

    def __init__(self, scores: AnswerScores) -> None:
        self.scores = scores
        self.calibration = load_calibration(scores.library.folder)

    def decide(self, asked: Question, passages: Sequence[Passage]) -> Decision:
        """Decide whether the passages answer a question.

        Args:
            asked: The question as it was read.
            passages: Retrieved passages, best first, with their lists' own scores. Where a held paper was the first of
                them, what one of the others says may be no answer at all: the confidence is low.
        """
        decision = self._decided(asked, passages)
        wary = set_back(passages) and not wants_many(asked)
        return replace(decision, confidence="low", chance=None) if wary else decision

    def _decided(self, asked: Question, passages: Sequence[Passage]) -> Decision:
        if not passages or asked.unread:
            return NOTHING_FOUND
        if asked.only_filters:
            return Decision(0.0, False, None, "high")
        if asked.like and wants_many(asked):  # some papers are always the nearest
            return Decision(0.0, False, None, "medium")
        if asked.sides and not any(SIDE in passage.scores for passage in passages):
            return NOTHING_FOUND
        evidence = gather(self.scores, asked, passages)
        if not evidence.named and _of_a_stranger(asked):
            return NOTHING_FOUND
        if is_selection(asked):  # what the filters leave is all there is; which of it is on the subject is a guess
            return NOTHING_FOUND if evidence.off_topic and not asked.papers else Decision(0.0, False, None, "medium")
        many = wants_many(asked)
        unanswered = 1.0 if evidence.faint else self.calibration.refusal(evidence.features, many)
        if many and evidence.broad:
            unanswered = 0.0
        right = self.calibration.right.probability(evidence.features)
        given = is_given(asked)
        if unanswered < self.calibration.refused_from(given=given) and not _is_untold(asked, evidence):
            chance = None if asked.kind == "list" else right
            return Decision(unanswered, False, None, self.calibration.confidence(right, given=given), chance=chance)
        if asked.absent and evidence.named:  # it is compared with nothing, and what it is can be told
            return Decision(unanswered, False, None, "low")
        there = asked.papers or (evidence.clear and not evidence.faint)
        if asked.kind == "single" and there:  # the paper is there, and does not tell this
            return Decision(unanswered, True, "detail_absent", "low", evidence.paper_id)
        if (
            asked.papers or asked.sides or evidence.named
        ):  # what it says of a paper that is meant, it may be wanted to say
            return Decision(unanswered, False, None, "low")
        return Decision(unanswered, True, "nothing_found", "low")


def _of_a_stranger(asked: Question) -> bool:
    """Whether a question that nothing else ties to a paper is about a name which none holds."""
    return asked.of_a_stranger and asked.kind == "single" and not (asked.papers or asked.focus)


def _is_untold(asked: Question, evidence: Evidence) -> bool:
    """Whether the one paper that a part of a question is about does not tell it, whatever stands near it there."""
    of_one = asked.kind == "single" and asked.share > 1 and asked.papers is not None and len(asked.papers) == 1
    return of_one and evidence.features.answered < TOLD


def wants_many(asked: Question) -> bool:
    """Whether many papers are wanted, of which none has to answer by itself."""
    return asked.kind in ("list", "topic")


def is_given(asked: Question) -> bool:
    """Whether the conversation gives the paper of a question, so that it is only asked whether that tells it."""
    return asked.goes_on and bool(asked.focus) and asked.kind == "single" and asked.share == 1


def is_selection(asked: Question) -> bool:
    """Whether the filters themselves answer: "papers by Jimmy Lin", "which surveys were new in May"."""
    return asked.only_filters or (bool(asked.filters or asked.papers) and asked.kind != "single")
