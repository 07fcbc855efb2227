"""An assistant that answers like the real one, but for a few questions: what no library brings about at will."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from rag.assistant import Assistant
from rag.errors import EmbeddingUnavailableError
from rag.types import Clarify, Delta, Done, Event, Filters, Mode, RemovedText, Retrieved, Step, Turn, Understood

SLOW = "Tell me slowly"
"""Answered sentence by sentence, for a minute; `PAUSE` seconds apart."""
PAUSE = 0.2
FAILING = "Ask the server that is away"
BROKEN = "Trip over a bug"
UNSURE = "What about LLMs?"
"""Answered with a question back and with a sentence that was removed."""
CHOICES = ("How can large language models annotate documents for training retrievers?", "How does IterQR work?")


class ScriptedAssistant(Assistant):
    """The real assistant for every other question."""

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        mode: Mode | None = None,
        *,
        user: str | None = None,
    ) -> Iterator[Event]:
        """Answer as the question's script says."""
        if question == FAILING:
            raise EmbeddingUnavailableError("The embedding server <b>embed.local</b> does not answer.", "Start it.")
        if question == BROKEN:
            raise ZeroDivisionError
        if question == SLOW:
            yield from self._slowly()
        elif question == UNSURE:
            *events, done = super().ask(CHOICES[0], history, filters, mode)
            yield from events
            assert isinstance(done, Done)
            asked = Clarify(text="Which of these do you mean?", choices=CHOICES)
            struck = RemovedText(text="It was the <i>first</i> of its kind.", reason="No source says so.")
            yield Done(done.answer.model_copy(update={"question": UNSURE, "clarify": asked, "removed": (struck,)}))
        else:
            yield from super().ask(question, history, filters, mode)

    def _slowly(self) -> Iterator[Event]:
        yield Understood(SLOW, Filters())
        yield Step("search", "slow papers")
        time.sleep(5 * PAUSE)  # longer than the page waits between two pictures of an answer, also on a busy machine
        yield Retrieved(())
        for n in range(300):
            time.sleep(PAUSE)
            yield Delta(f"Sentence {n}. ")
