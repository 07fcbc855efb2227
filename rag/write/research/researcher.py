"""Research: question → passages from several searches, and counts; a model that fails leaves the plain search."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.errors import LLMError, LLMResponseError
from rag.prompts import load_prompt
from rag.query import Question
from rag.retrieve.hybrid import HybridRetriever
from rag.types import Note, Passage, Step
from rag.write.research import planner, search
from rag.write.research.planner import Planner
from rag.write.research.search import SearchLoop

if TYPE_CHECKING:
    from llama_index.core.llms import LLM


@dataclass(frozen=True, slots=True)
class Researched:
    """What research found.

    Attributes:
        passages: For the writer, the most useful first; all that the question itself found are among them.
        counted: Sentences with figures counted over the shelf, to be said as they are, as Markdown.
        notes: For the reader, where the model failed.
        prompts: Digests of the prompts used, by name.
    """

    passages: tuple[Passage, ...]
    counted: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)


class Researcher:
    """Searches several times for one question; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.planner = Planner(retriever)
        self.loop = SearchLoop(retriever)

    def events(self, llm: LLM, asked: Question, passages: Sequence[Passage]) -> Generator[Step, None, Researched]:
        """Research a question, by a plan where it has several parts, else search by search.

        Args:
            llm: The model, with the limits of this answer.
            asked: The question as it was read.
            passages: What the question itself finds, best first.

        Returns:
            What was found; what the question itself found, and a note, where the model failed.
        """
        prompts: dict[str, str] = {}
        try:
            if asked.compound:
                prompts[planner.PROMPT] = load_prompt(planner.PROMPT).digest
                try:
                    found, counted = yield from self.planner.events(llm, asked, passages)
                    return Researched(found, counted, prompts=prompts)
                except LLMResponseError:
                    yield Step("plan", "The model made no plan that can be read; it searches step by step instead.")
            prompts[search.PROMPT] = load_prompt(search.PROMPT).digest
            return Researched((yield from self.loop.events(llm, asked, passages)), prompts=prompts)
        except LLMError as error:
            yield Step("ended", f"The model failed: {error.message}")
            text = f"Research ended early: {error.message} The answer rests on one search."
            return Researched(tuple(passages), notes=(Note(code="research_failed", text=text),), prompts=prompts)
