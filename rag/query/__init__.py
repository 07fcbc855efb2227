"""Question → what it asks: constraints, corrected words, what a follow-up refers to, the shape of answer."""

from rag.query.intents.intent import Kind
from rag.query.question import Question
from rag.query.reader import Reader

__all__ = ["Kind", "Question", "Reader"]
