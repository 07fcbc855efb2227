"""Data sets: QA sets and BEIR collections → questions, judgements and papers."""

from eval.datasets.beir import BeirSet, beir_papers, read_beir
from eval.datasets.questions import (
    UNANSWERABLE,
    UNTYPED,
    Nugget,
    QaSet,
    Question,
    read_questions,
    type_order,
)

__all__ = [
    "UNANSWERABLE",
    "UNTYPED",
    "BeirSet",
    "Nugget",
    "QaSet",
    "Question",
    "beir_papers",
    "read_beir",
    "read_questions",
    "type_order",
]
