"""What every page of the web app works with."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.assistant import Assistant
from rag.config import Config
from rag.papers.readers.conversations import Conversations
from ui.web.base.work import Work


@dataclass(frozen=True)
class Web:
    """The parts that pages share; all of them may be used from many threads.

    Attributes:
        assistant: Answers questions; `assistant.library` holds the papers.
        config: As it was read when the server started.
        conversations: Where questions, answers and feedback are kept.
        work: What is under way and must be finished before the server ends.
    """

    assistant: Assistant
    config: Config
    conversations: Conversations
    work: Work = field(default_factory=Work)
