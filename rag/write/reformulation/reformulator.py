"""One method at work: question → `Expanded`, or None where the model fails, which is counted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError, LLMError
from rag.models.llm import chat_message
from rag.query import Question
from rag.retrieve.hybrid import Expanded, HybridRetriever
from rag.text.untrusted import unheld
from rag.types import Passage
from rag.write.reformulation.bank import Entry, load_bank
from rag.write.reformulation.methods import FAMILIES
from rag.write.withheld import shown_search

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

Find = Callable[[int], Sequence[Passage]]
"""Searches with the question as it is, for so many passages."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What rewriting took.

    Attributes:
        questions: Rewritten, or tried to be.
        failed: Of these, left as they were because the model failed.
        calls: To the model.
    """

    questions: int = 0
    failed: int = 0
    calls: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, questions: int = 0, failed: int = 0, calls: int = 0) -> None:
        """Count; safe to call from many threads."""
        with self._guard:
            self.questions += questions
            self.failed += failed
            self.calls += calls


class Reformulator:
    """Rewrites questions by one family of the bank; safe to share between threads."""

    def __init__(self, llm: LLM, family: str, bank: Mapping[str, Entry] | None = None) -> None:
        """Make one.

        Args:
            llm: Any LlamaIndex model whose errors are `LLMError`s.
            family: A name of `FAMILIES`.
            bank: The prompts; None takes the packaged ones.

        Raises:
            ConfigError: there is no such family.
        """
        if family not in FAMILIES:
            raise ConfigError(f"There is no rewriting {family!r}.", f"Choose from: {', '.join(FAMILIES)}.")
        entries = load_bank() if bank is None else bank
        self.family = family
        self.llm = llm
        self.prompts = {name: entry for name, entry in entries.items() if entry.family == family}
        self.tally = Tally()

    def expand(self, question: str, find: Find, llm: LLM | None = None) -> Expanded | None:
        """Rewrite a question.

        Args:
            question: What is searched for.
            find: Searches with it as it is, for the methods that look at what it finds.
            llm: Asked instead of the reformulator's own, where calls count towards one answer.

        Returns:
            What to search for; None where the model failed and the question is to be searched for as it is.
        """
        run = _Run(self, llm or self.llm, question, find)
        try:
            return FAMILIES[self.family](run)
        except LLMError as error:
            _log.warning("rewriting %s failed, the question is searched for as it is: %s", self.family, error.message)
            self.tally.add(failed=1)
            return None
        finally:
            self.tally.add(questions=1)

    def expand_for(self, retriever: HybridRetriever, asked: Question, llm: LLM | None = None) -> Expanded | None:
        """Rewrite a question as it was read; its filters hold for what it finds as it is (`expand`)."""

        def find(k: int) -> Sequence[Passage]:
            return retriever.search(asked.search_text, asked.filters, k, papers=asked.papers, focus=asked.focus)

        return self.expand(shown_search(asked, retriever.library.shelf), find, llm)

    def provenance(self) -> dict[str, Any]:
        """What figures have to be logged with: model, and each prompt's id, version and hash."""
        prompts = [{"id": e.id, "version": e.version, "digest": e.digest} for e in self.prompts.values()]
        return {"family": self.family, "model": self.llm.metadata.model_name, "prompts": prompts}


@dataclass(frozen=True, slots=True)
class _Run:
    """One question on its way through a method."""

    owner: Reformulator
    llm: LLM
    question: str
    find: Find

    def ask(self, prompt: str, values: Mapping[str, str] | None = None, temperature: float | None = None) -> str:
        entry = self.owner.prompts[prompt]
        known = {"question": self.question} if "question" in entry.variables else {}
        options = {} if temperature is None else {"temperature": temperature}
        self.owner.tally.add(calls=1)
        reply = self.llm.chat([chat_message("user", entry.fill({**known, **(values or {})}))], **options)
        return reply.message.content or ""

    def found(self, k: int) -> Sequence[Passage]:
        return unheld(self.find(k))
