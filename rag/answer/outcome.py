"""What the steps of an answer hand on: the question as it was read, the evidence, the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rag.query import Question
from rag.types import (
    AbstainReason,
    AnswerPart,
    Citation,
    Clarify,
    ClosestPaper,
    Confidence,
    Mode,
    Note,
    Passage,
    RemovedText,
)

EVIDENCE = "What the papers themselves say:"
"""Leads from what a model wrote to the quotes that follow it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it was read; `prompts` are the digests of the prompts that helped."""

    understood: Question
    notes: tuple[Note, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The evidence for one answer.

    Attributes:
        passages: All that was found, best first.
        given: What the writer is given, the most useful first.
        counted: Sentences with figures counted over the shelf, as Markdown, to be said as they are.
        notes: For the reader, where the model failed.
        prompts: Digests of the prompts used, by name.
    """

    passages: tuple[Passage, ...]
    given: tuple[Passage, ...]
    counted: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer in words, and what stands behind it: quotes, a model's sentences, or both in turn.

    Attributes:
        complete: Nothing needs to be added; else quotes follow what there is, or take its place.
        chance: That it is right, behind `confidence`; None where nothing was calibrated.
        clarify: What the reader is asked back, instead of an answer.
        parts: Of a compound question, how each was answered.
        prompts: Digests of the prompts that were used, by name.
    """

    text: str = ""
    mode: Mode = "extractive"
    complete: bool = True
    reason: AbstainReason | None = None
    confidence: Confidence = "low"
    chance: float | None = None
    citations: tuple[Citation, ...] = ()
    removed: tuple[RemovedText, ...] = ()
    closest: tuple[ClosestPaper, ...] = ()
    notes: tuple[Note, ...] = ()
    clarify: Clarify | None = None
    parts: tuple[AnswerPart, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)

    def followed_by(self, quoted: Outcome) -> Outcome:
        """This, which is not complete, with the quotes that follow it or take its place."""
        return replace(
            quoted,
            text=self.text + quoted.text,
            mode="llm" if self.text else quoted.mode,
            reason=None if self.text else quoted.reason,
            citations=(*self.citations, *quoted.citations),
            removed=(*self.removed, *quoted.removed),
            notes=(*self.notes, *quoted.notes),
            prompts={**self.prompts, **quoted.prompts},
        )
