"""Question → what it asks: constraints, corrected words, what a follow-up refers to, the shape of answer. No model."""

from rag.understanding.kind import Kind
from rag.understanding.reader import Reader, Understanding

__all__ = ["Kind", "Reader", "Understanding"]
