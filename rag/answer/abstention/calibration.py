"""The fitted coefficients of refusal and confidence with their curves: package data, or the library's own file."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from rag.answer.abstention.features import Features
from rag.errors import LibraryError
from rag.types import Confidence, Record

Wanted = Literal["one", "many"]
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


class Regression(Record):
    """A logistic regression over `Features`.

    Attributes:
        weights: Log-odds a unit of each feature.
    """

    intercept: float
    weights: dict[str, float]

    def probability(self, features: Features) -> float:
        """The chance that it says, 0…1."""
        values = features.values()
        odds = self.intercept + sum(weight * values[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, odds))))


class Level(Record):
    """A confidence in words: answers from this chance on, and the share of them that were right, out of set."""

    at_least: float
    right: float | None
    n: int


class Bin(Record):
    """Answers of about the same chance: the mean of it, and the share that were right, out of set."""

    chance: float
    right: float
    n: int


class Calibration(Record):
    """Everything a decision needs.

    Attributes:
        unanswered: The chance that the passages do not answer a question that one paper answers, or two that are
            compared; and one that wants many, where no paper has to answer by itself.
        threshold: The chance from which on it is refused.
        given: The same where the conversation gives the paper: who goes on about one asks oftener what it does not
            tell. None where the fit had too few of these, and the other serves.
        right: The chance that an answer is right: its first paper answers, and its quotes hold at least half of the
            facts that an answer must state.
        levels: ``high`` and ``medium``; what lies below both is ``low``.
        given_high: ``high`` where the conversation gives the paper: an earlier answer may have missed it, which no
            chance knows. None where the fit had too few of these, and the other serves.
        curve: Thresholds with their out-of-fold figures, ascending; where `given` has a value, of the other questions.
        reliability: How far the chance of being right is borne out, ascending.
    """

    fitted: Fitted
    unanswered: dict[Wanted, Regression]
    threshold: float
    given: float | None = None
    right: Regression
    levels: dict[Confidence, Level]
    given_high: Level | None = None
    curve: tuple[Point, ...] = ()
    reliability: tuple[Bin, ...] = ()

    def refusal(self, features: Features, many: bool) -> float:
        """The chance that nothing answers, 0…1, a question that wants many papers or one."""
        return self.unanswered["many" if many else "one"].probability(features)

    def refused_from(self, *, given: bool) -> float:
        """The chance from which on a question is refused, one whose paper the conversation gives or another."""
        return self.given if given and self.given is not None else self.threshold

    def confidence(self, chance: float, *, given: bool = False) -> Confidence:
        """The chance that an answer is right, in words; its paper may be given by the conversation."""
        high = self.given_high if given and self.given_high is not None else self.levels["high"]
        if chance >= high.at_least:
            return "high"
        return "medium" if chance >= self.levels["medium"].at_least else "low"

    def levels_shown(self) -> dict[str, Level]:
        """The levels by the names that a report gives them."""
        shown: dict[str, Level] = {str(name): level for name, level in self.levels.items()}
        return shown | ({"high in a conversation": self.given_high} if self.given_high else {})


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
    regressions = (*calibration.unanswered.values(), calibration.right)
    whole = set(calibration.unanswered) == {"one", "many"} and set(calibration.levels) == {"high", "medium", "low"}
    if not whole or any(set(regression.weights) != set(Features.names()) for regression in regressions):
        raise LibraryError(
            f"{own} was fitted on other features than this version has.",
            "Run `paperchat eval calibrate` again, or delete it.",
        )
    return calibration
