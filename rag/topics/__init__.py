"""Topics: what the papers say about something, grouped by theme instead of by rank."""

from rag.topics.document import bibtex_entries, markdown
from rag.topics.summary import TopicEngine

__all__ = ["TopicEngine", "bibtex_entries", "markdown"]
