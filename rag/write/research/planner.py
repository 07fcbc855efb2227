"""A plan, carried out step by step and brought up to date once when a step fails (docs/adr/0010)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from rag.models.llm.structured import ask_for
from rag.prompts import load_prompt
from rag.query import Question
from rag.retrieve.hybrid import HybridRetriever
from rag.text.untrusted import as_data
from rag.types import Passage, Step
from rag.write.research.plan import MAX_STEPS, Plan, PlanStep
from rag.write.research.ranking import united
from rag.write.research.tools import READ, ToolError, Tools

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

PROMPT = "plan"
PLAN_TOKENS = 700
"""Longest plan."""

Planned = tuple[tuple[Passage, ...], tuple[str, ...]]
"""The passages, best first, and what was counted, in sentences."""


class Planner:
    """Plans and carries out; safe to share between threads."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.retriever = retriever

    def events(self, llm: LLM, asked: Question, passages: Sequence[Passage]) -> Generator[Step, None, Planned]:
        """Plan, then carry out `MAX_STEPS` steps at most; yields the plan and each step with what came of it.

        Args:
            llm: The model; it plans and sees no passage.
            asked: The question as it was read; its filters hold for every step.
            passages: What the question itself finds, best first.

        Raises:
            LLMResponseError: no plan could be read.
            LLMError: the model failed.
        """
        tools = Tools(self.retriever, asked)
        done: list[str] = []
        steps = list(self._plan(llm, asked, done))
        yield Step("plan", " → ".join(map(_worded, [*steps, PlanStep(tool="write")])))
        updated = False
        while steps and len(done) < MAX_STEPS:
            step = steps.pop(0)
            try:
                outcome = tools.run(step)
            except ToolError as error:
                done.append(f"{_worded(step)}: not done, {error}")
                yield Step(step.tool, f"{_worded(step)}: not done, {error}")
                if not updated and len(done) < MAX_STEPS:
                    updated = True
                    steps = list(self._plan(llm, asked, done))
                    yield Step("plan", "brought up to date: " + " → ".join(map(_worded, steps)))
            else:
                done.append(f"{_worded(step)}: {outcome}")
                yield Step(step.tool, f"{_worded(step)}: {outcome}")
        evidence = tools.evidence or [found.passages[:READ] for found in tools.results.values()]
        first = [passage.chunk_id for passage in chain.from_iterable(zip_longest(*evidence)) if passage]
        return united([*evidence, passages], first), tuple(tools.counted)

    def _plan(self, llm: LLM, asked: Question, done: Sequence[str]) -> tuple[PlanStep, ...]:
        held = self.retriever.library.shelf.coverage()
        so_far = "Done so far:\n" + "\n".join(as_data(line) for line in done) + "\nPlan what remains.\n"
        values = {
            "question": as_data(asked.standalone),
            "held": f"{held.papers} papers, {held.listed}",
            "steps": str(MAX_STEPS - len(done)),
            "done": so_far if done else "",
        }
        return ask_for(llm, load_prompt(PROMPT), values, Plan, max_tokens=PLAN_TOKENS).steps


def _worded(step: PlanStep) -> str:
    """A step in words: ``filter a, from 2025-05-01``."""
    parts = [" and ".join(step.of), f"“{step.query}”" if step.query else ""]
    parts += [f"from {step.date_from}" if step.date_from else "", f"to {step.date_to}" if step.date_to else ""]
    parts += [f"by {step.author}" if step.author else "", f"as {step.name}" if step.name else ""]
    said = ", ".join(filter(None, parts))
    return f"{step.tool} {said}" if said else step.tool
