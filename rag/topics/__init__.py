"""Topics: what the papers say about something, grouped by theme instead of by rank."""

from rag.topics.document import markdown
from rag.topics.summary import TopicEngine

__all__ = ["TopicEngine", "markdown"]
