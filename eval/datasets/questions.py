"""QA sets: JSON-lines → questions, one a line, with every line that cannot be used named.

Only `id` and `question` are required.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.files import read_json_lines
from rag.errors import DatasetError
from rag.types import Rejected, Turn

UNTYPED = "untyped"
"""The group of questions that name no type."""
UNANSWERABLE = "unanswerable"
"""The type of questions that nothing in the corpus answers."""
KNOWN_TYPES = (
    "single", "numeric", "paraphrase", "compare", "list", "topic", "temporal", "followup", "typo", UNANSWERABLE,
)  # fmt: skip
"""The types of the format, in the order in which reports show them; others follow by name."""


class _Row(BaseModel):
    """Base of what a QA file holds: frozen; keys we don't know are somebody else's and left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Nugget(_Row):
    """An atomic fact an answer should hold, and the words of the paper that support it.

    Attributes:
        importance: A `vital` fact must be there, an `okay` one may.
        paper: Id of the paper that states it; None: any cited paper may.
        span: Verbatim support in that paper's text; None: the nugget cannot be judged without a model.
    """

    text: str = Field(min_length=1)
    importance: Literal["vital", "okay"] = "vital"
    paper: str | None = None
    span: str | None = Field(None, min_length=1)


class Question(_Row):
    """One row of a QA set.

    Attributes:
        gold_papers: Ids that answer it; None when nobody said, which is not the same as none.
        related_papers: On topic, without answering.
        answer: A reference answer.
    """

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    type: str = Field(UNTYPED, min_length=1)
    history: tuple[Turn, ...] = ()
    gold_papers: tuple[str, ...] | None = None
    related_papers: tuple[str, ...] = ()
    nuggets: tuple[Nugget, ...] = ()
    answer: str | None = None

    @property
    def answerable(self) -> bool | None:
        """Whether the corpus answers it; None when the row does not say."""
        if self.type == UNANSWERABLE:
            return False
        return True if self.gold_papers or self.nuggets or self.type in KNOWN_TYPES else None

    @property
    def needed_papers(self) -> tuple[str, ...]:
        """Gold and nugget papers, once each: without them in the library the question cannot be judged."""
        named = (nugget.paper for nugget in self.nuggets if nugget.paper)
        return tuple(dict.fromkeys([*(self.gold_papers or ()), *named]))


@dataclass(frozen=True, slots=True)
class QaSet:
    """A QA set as read.

    Attributes:
        name: The file's name.
        digest: Hash of the questions, 16 hex digits; layout and broken lines do not change it.
        lines: 1-based line of each question, by id.
        rejected: Lines left out, with reasons.
    """

    name: str
    questions: tuple[Question, ...]
    digest: str
    lines: Mapping[str, int]
    rejected: tuple[Rejected, ...] = ()


def type_order(name: str) -> tuple[int, str]:
    """Sort key of question types: those of the format first, in its order, then others by name."""
    return (KNOWN_TYPES.index(name) if name in KNOWN_TYPES else len(KNOWN_TYPES), name)


def read_questions(path: Path) -> QaSet:
    """Read a QA set; lines that can't be used are in `rejected`, with their numbers.

    Raises:
        DatasetError: the file cannot be read, is empty, or holds no usable line.
    """
    questions: dict[str, Question] = {}
    lines: dict[str, int] = {}
    rejected: list[Rejected] = []
    for number, row in read_json_lines(path):
        outcome = row if isinstance(row, str) else _question(row)
        if isinstance(outcome, Question) and outcome.id in lines:
            outcome = f"the id {outcome.id!r} already stands on line {lines[outcome.id]}"
        if isinstance(outcome, str):
            rejected.append(Rejected(path.name, number, outcome))
        else:
            questions[outcome.id], lines[outcome.id] = outcome, number
    if not questions:
        raise DatasetError(f"{path} holds no question{first_reasons(rejected)}.", QA_ADVICE)
    return QaSet(path.name, tuple(questions.values()), digest_questions(questions.values()), lines, tuple(rejected))


QA_ADVICE = 'Each line must be a JSON object with at least "id" and "question".'


def digest_questions(questions: Any) -> str:
    """Hash of questions in order, 16 hex digits."""
    content = json.dumps([question.model_dump(mode="json") for question in questions], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _question(row: dict[str, Any]) -> Question | str:
    """The row as a question, or what is wrong with it."""
    try:
        return Question.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg'][0].lower()}{first['msg'][1:]}"


def first_reasons(rejected: Sequence[Rejected], shown: int = 3) -> str:
    """The first reasons as the end of a sentence."""
    if not rejected:
        return ": it is empty"
    reasons = "; ".join(f"line {row.line}: {row.reason}" for row in rejected[:shown])
    return f" ({reasons}{f'; and {len(rejected) - shown} more lines' if len(rejected) > shown else ''})"
