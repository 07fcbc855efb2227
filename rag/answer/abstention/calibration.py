"""The fitted coefficients of abstention with the curve they were chosen on: package data, or the library's own file."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from rag.answer.abstention.features import Features
from rag.errors import LibraryError
from rag.types import Confidence, Record

FILE_NAME = "abstention.json"
"""Beside the shelf, when `eval calibrate` was run on this library; inside the package otherwise."""


class Fitted(Record):
    """What the coefficients were fitted on.

    Attributes:
        qa: The QA file's name.
        digest: Hash of its questions.
        date: ISO day of the fit.
        questions: Questions used, of which `unanswerable` should be refused.
        copies: Answerable questions that were shown a second time without the papers that answer them.
        corpus: Hash of the library's papers.
        embedding: Identity of the embedding model whose similarities were seen.
    """

    qa: str
    digest: str
    date: str
    questions: int
    unanswerable: int
    copies: int
    corpus: str
    embedding: str


class Point(Record):
    """What a threshold gives, out of fold; None where nothing would be refused."""

    threshold: float
    precision: float | None
    recall: float
    f1: float
    false_refusals: float


class Level(Record):
    """A confidence in words: questions below a probability, and the share whose first paper was right, out of fold."""

    below: float
    right: float | None
    n: int


class Calibration(Record):
    """Everything a decision needs.

    Attributes:
        weights: Log-odds of "cannot be answered" a unit of each feature.
        threshold: The probability from which on a question is refused.
        levels: ``high`` and ``medium``; what lies above both is ``low``.
        curve: Thresholds with their out-of-fold figures, ascending.
    """

    fitted: Fitted
    intercept: float
    weights: dict[str, float]
    threshold: float
    levels: dict[Confidence, Level]
    curve: tuple[Point, ...] = ()

    def probability(self, features: Features) -> float:
        """How probable it is that the passages do not answer the question, 0…1."""
        values = features.values()
        odds = self.intercept + sum(weight * values[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-odds))

    def confidence(self, probability: float) -> Confidence:
        """The probability in words, for an answer that is given."""
        names: tuple[Confidence, ...] = ("high", "medium")
        return next((name for name in names if probability < self.levels[name].below), "low")


def load_calibration(library: Path) -> Calibration:
    """Read the library's own calibration, or the packaged one where it has none.

    Args:
        library: The library's folder.

    Raises:
        LibraryError: the library's file cannot be read or is not a calibration.
    """
    own = library / FILE_NAME
    if not own.exists():
        return Calibration.model_validate_json((files("rag.answer.abstention") / FILE_NAME).read_bytes())
    try:
        calibration = Calibration.model_validate_json(own.read_bytes())
    except (OSError, ValidationError) as error:
        reason = getattr(error, "strerror", None) or "it is not a calibration of this version"
        raise LibraryError(
            f"{own} cannot be used: {reason}.", "Run `paperchat eval calibrate` again, or delete it."
        ) from None
    if set(calibration.weights) != set(Features.names()):
        raise LibraryError(
            f"{own} was fitted on other features than this version has.",
            "Run `paperchat eval calibrate` again, or delete it.",
        )
    return calibration
