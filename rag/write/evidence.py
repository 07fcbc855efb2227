"""What a model does between question and writing, as configured: rewrite the question, research, pick what is useful.

Each is off by default, shows itself as steps, and leaves plain search where the model fails.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from rag.answer.outcome import Gathered
from rag.query import Question
from rag.retrieve.hybrid import Expanded, HybridRetriever
from rag.text.grammar import plural
from rag.types import Passage, Step
from rag.write.reformulation import Reformulator
from rag.write.research import Researched, Researcher
from rag.write.utility import Selected, select_useful

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM


class Gatherer:
    """Gathers evidence with a model's help; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.retriever = retriever
        self.researcher = Researcher(retriever)
        self._guard = threading.Lock()
        self._reformulator: Reformulator | None = None

    def rewrite(
        self, llm: GuardedLLM, asked: Question
    ) -> Generator[Step, None, tuple[Expanded | None, Mapping[str, str]]]:
        """Rewrite a question for the search, where `llm.reformulate` names a family of the bank.

        Returns:
            What to search for, None where it is the question as it is; and the digests of the prompts used.
        """
        if llm.config.reformulate is None:
            return None, {}
        reformulator = self._of_family(llm, llm.config.reformulate)
        expanded = reformulator.expand_for(self.retriever, asked, llm)
        added = (
            f"{plural(len(expanded.dense) - 1, 'text')} added" if expanded else "the question is searched for as it is"
        )
        yield Step("reformulate", f"{reformulator.family}: {added}")
        return expanded, {entry.id: entry.digest for entry in reformulator.prompts.values()}

    def events(self, llm: GuardedLLM, asked: Question, passages: Sequence[Passage]) -> Generator[Step, None, Gathered]:
        """Research a question and pick what is useful, where `llm.research` and `llm.utility` are set.

        Args:
            llm: The model, with the limits of this answer.
            asked: The question as it was read.
            passages: What it found, best first.
        """
        researched = Researched(tuple(passages))
        if llm.config.research:
            researched = yield from self.researcher.events(llm, asked, passages)
        selected = Selected(researched.passages)
        if llm.config.utility:
            selected = yield from select_useful(llm, asked.standalone, researched.passages)
        return Gathered(
            passages=researched.passages,
            given=selected.passages,
            counted=researched.counted,
            notes=researched.notes,
            prompts={**researched.prompts, **selected.prompts},
        )

    def _of_family(self, llm: GuardedLLM, family: str) -> Reformulator:
        """The reformulator, made once, so that its tally is of all questions."""
        with self._guard:
            if self._reformulator is None:
                self._reformulator = Reformulator(llm, family)
            return self._reformulator
