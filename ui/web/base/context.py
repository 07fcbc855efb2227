"""What every page of the web app works with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from rag.assistant import Assistant
from rag.config import Config
from rag.models.runtime import usable_processors
from rag.papers.readers.conversations import Conversations
from ui.web.base.work import Work
from ui.web.html.rendering import EMPTY

TURNS = 2
"""Questions worked on at once for each processor: while one is read, which only one thread of Python can do at a time,
sentences of another are judged. More of them only take longer, each, and hold memory meanwhile."""
Marks = Callable[[Iterable[str], str], Mapping[str, Markup]]
Follow = Callable[[str, str], Markup]


def no_marks(paper_ids: Iterable[str], owner: str) -> Mapping[str, Markup]:
    """No buttons."""
    return {}


def no_follow(question: str, owner: str) -> Markup:
    """No button."""
    return EMPTY


@dataclass(frozen=True)
class Web:
    """The parts that pages share; all of them may be used from many threads.

    Attributes:
        assistant: Answers questions; `assistant.library` holds the papers.
        config: As it was read when the server started.
        conversations: Where questions, answers and feedback are kept.
        work: What is under way and must be finished before the server ends.
        marks: A reader's buttons of some papers, by paper: what is kept of them.
        follow: The button by which a reader follows a question.
    """

    assistant: Assistant
    config: Config
    conversations: Conversations
    work: Work = field(default_factory=Work)
    marks: Marks = no_marks
    follow: Follow = no_follow

    @property
    def at_once(self) -> int:
        """Questions worked on at the same time; quoting keeps processors busy, a model is mostly waited for."""
        most = self.config.ui.concurrency
        return min(most, TURNS * usable_processors()) if self.config.answer.mode == "extractive" else most
