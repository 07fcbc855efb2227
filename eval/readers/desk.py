"""Who readers talk with: the assistant, as the chat asks it, and what it recommends to one who starred some papers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from eval.readers.companion import Companion, Deed
from rag.types import Answer, Turn

if TYPE_CHECKING:
    from eval.readers.goals import Aim
    from eval.readers.material import Material
    from rag.assistant import Assistant

RECOMMENDED = 10
"""Papers that a reader looks at."""
_SOMEBODY = ""


class Desk(Protocol):
    """What a reader can do."""

    def answer(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Ask in a conversation."""
        ...

    def recommended(self, starred: Sequence[str]) -> tuple[str, ...]:
        """See what is recommended to who starred these papers, in this order; best first."""
        ...

    def done(self, aim: Aim) -> Deed:
        """Use the companion."""
        ...


class AssistantDesk:
    """The real one; safe to share between threads."""

    def __init__(self, assistant: Assistant, material: Material) -> None:
        self._assistant = assistant
        self._companion = Companion(assistant, material)

    def answer(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """As the chat does."""
        return self._assistant.answer(question, history)

    def recommended(self, starred: Sequence[str]) -> tuple[str, ...]:
        """As "for you" does, with stars that nobody else sees."""
        from rag.follow.profile import profile_of
        from rag.follow.recommendation import recommend
        from rag.papers.readers.kept import FILE_NAME, Kept

        with TemporaryDirectory() as folder, closing(Kept(Path(folder) / FILE_NAME)) as kept:
            for paper_id in starred:
                kept.star(_SOMEBODY, paper_id)
            profile = profile_of(self._assistant.library, kept, _SOMEBODY)
        return tuple(one.paper_id for one in recommend(self._assistant.library, profile, most=RECOMMENDED))

    def done(self, aim: Aim) -> Deed:
        """As the pages and commands do."""
        return self._companion.do(aim)
