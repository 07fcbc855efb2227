"""Two heads: where the evidence is weak or at odds, two drafts compete and the better supported one is shown.

After the parallel evaluation of Xia et al. (arXiv 2507.17061), where agents compete on subtasks of high ambiguity and
an evaluator chooses. Here the drafts differ in the order of their evidence, to which models are known to be sensitive,
and the evaluator is the support check, which asks no model.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING

from rag.answer.abstention import Decision
from rag.index.library import Library
from rag.retrieve.hybrid import coverage, distinct_papers
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Delta, Passage, Removed, Step
from rag.write.grounding import contradictions
from rag.write.grounding.words import words
from rag.write.writer import GroundedWriter, Numbering, Task, Written

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM

COMPARED = 4
"""Papers whose statements are set against each other."""
ON_QUESTION = 0.4
"""Share of the question's idf mass that a sentence must hold to be a statement about it."""


@dataclass(frozen=True, slots=True)
class _Head:
    """One draft with all that it would show."""

    written: Written
    numbering: Numbering
    shown: Sequence[Delta | Removed]

    @property
    def support(self) -> float:
        """Mean support of its cited sentences, 0…1; one that was struck counts as 0."""
        said = len(self.written.supports) + len(self.written.removed)
        return sum(self.written.supports) / said if said else 0.0

    @property
    def rank(self) -> tuple[bool, float, int]:
        """What it is judged by: that it answers, its support, and how many sentences it has."""
        return bool(self.written.text), self.support, len(self.written.supports)

    def described(self) -> str:
        """The draft in words, for the trace."""
        if self.written.failure:
            return f"the model failed: {self.written.failure.message}"
        if not self.written.supports and not self.written.removed:
            return "finds no answer in the sources"
        kept, struck = len(self.written.supports), len(self.written.removed)
        return f"{kept} sentences hold, {struck} struck, support {self.support:.2f}"


def wants_two(library: Library, question: str, passages: Sequence[Passage], decision: Decision) -> bool:
    """Whether a second draft is worth its calls: the confidence is not high, or the papers contradict each other."""
    return decision.confidence != "high" or at_odds(library, question, passages)


def at_odds(library: Library, question: str, passages: Sequence[Passage]) -> bool:
    """Whether a statement of one of the best papers turns round what another says to the question.

    Compared is the sentence of each paper that holds most of the question's idf mass, by the contradiction test of the
    support check.
    """
    papers = distinct_papers(passages, COMPARED)
    with library.indexes() as indexes:
        weights = indexes.lexical.idf(set(indexes.lexical.analyze(question)))
        stated = []
        for paper in papers:
            texts = [readable(paper.text[start:end]) for start, end in sentences(paper.text)]
            held = [(coverage(weights, set(indexes.lexical.analyze(text))), text) for text in texts]
            share, text = max(held, default=(0.0, ""))
            stated += [words(text)] if share >= ON_QUESTION else []
    return any(contradictions.find(one, [other], weights) for one, other in permutations(stated, 2))


def write_twice(
    writer: GroundedWriter, llm: GuardedLLM, task: Task
) -> Generator[Step | Delta | Removed, None, tuple[Written, Numbering]]:
    """Write two drafts from two orders of the evidence and show the better supported one; both are in the trace.

    Args:
        writer: Writes and checks.
        llm: The model, with the limits of this answer.
        task: What to write; the second draft has its passages in the reverse order.
    """
    given = list(task.passages[: llm.config.max_sources])
    orders = {"as found": given, "in reverse": given[::-1]}
    heads = []
    for name, passages in orders.items():
        head = _drafted(writer, llm, replace(task, passages=passages))
        yield Step("draft", f"Evidence {name}: {head.described()}")
        heads.append(head)
        if head.written.failure:
            break
    best = max(heads, key=lambda head: head.rank)  # the first of equals
    if len(heads) > 1:
        yield Step("chosen", f"The draft with the evidence {list(orders)[heads.index(best)]} is shown.")
    yield from best.shown
    return best.written, best.numbering


def _drafted(writer: GroundedWriter, llm: GuardedLLM, task: Task) -> _Head:
    numbering = Numbering()
    writing = writer.write(llm, task, numbering)
    shown: list[Delta | Removed] = []
    while True:
        try:
            shown.append(next(writing))
        except StopIteration as end:
            return _Head(end.value, numbering, shown)
