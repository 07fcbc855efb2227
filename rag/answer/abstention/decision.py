"""The decision: question and passages → answer or refuse, with the reason and the confidence in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.answer.abstention.calibration import load_calibration
from rag.answer.abstention.features import gather
from rag.index.library import Library
from rag.query import Question
from rag.types import Confidence, Passage


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to answer.

    Attributes:
        probability: That the passages do not answer the question, 0…1, calibrated.
        reason: ``detail_absent``: the paper is the right one and lacks what is asked; its citation stays.
            ``nothing_found``: no paper is about it. None: answer.
        missing: What the paper lacks, in words that follow "gives no"; None unless the reason is ``detail_absent``.
        paper_id: The paper that lacks it; None likewise.
    """

    probability: float
    abstain: bool
    reason: Literal["nothing_found", "detail_absent"] | None
    confidence: Confidence
    missing: str | None = None
    paper_id: str | None = None


_OFF_TOPIC = Decision(1.0, True, "nothing_found", "low")


class Abstainer:
    """Decides with the library's own calibration, or the packaged one; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.calibration = load_calibration(library.folder)

    def decide(self, asked: Question, passages: Sequence[Passage]) -> Decision:
        """Decide whether the passages answer a question.

        Args:
            asked: The question as it was read.
            passages: Retrieved passages, best first, with their lists' own scores.
        """
        if not passages or asked.unread:
            return Decision(1.0, True, "nothing_found", "low")
        if asked.only_filters:
            return Decision(0.0, False, None, "high")
        evidence = gather(self.library, asked, passages)
        if not evidence.named and _of_a_stranger(asked):
            return Decision(1.0, True, "nothing_found", "low")
        if is_selection(asked):
            return _OFF_TOPIC if evidence.off_topic and not asked.papers else Decision(0.0, False, None, "high")
        probability = 1.0 if evidence.faint else self.calibration.probability(evidence.features)
        if probability < self.calibration.threshold:
            return Decision(probability, False, None, self.calibration.confidence(probability))
        if evidence.missing and evidence.clear:
            missing = " and no ".join(detail.missing for detail in evidence.missing)
            return Decision(probability, True, "detail_absent", "low", missing, evidence.paper_id)
        # A picked paper, or one called by its name, is about the question, whatever it says.
        if asked.papers or (evidence.named and not evidence.missing):
            return Decision(probability, False, None, "low")
        return Decision(probability, True, "nothing_found", "low")


def _of_a_stranger(asked: Question) -> bool:
    """Whether a question that nothing else ties to a paper is about a name which none holds."""
    return asked.of_a_stranger and asked.kind == "single" and not (asked.papers or asked.focus)


def is_selection(asked: Question) -> bool:
    """Whether the filters themselves answer: "papers by Jimmy Lin", "which surveys were new in May"."""
    return asked.only_filters or (bool(asked.filters or asked.papers) and asked.kind != "single")
