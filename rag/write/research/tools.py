"""The tools of a plan. Which papers there are, which fit a filter and how many, says the shelf and never a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answer.render import describe_filters
from rag.query import Question
from rag.query.limits.restrictions import mentioning
from rag.retrieve.hybrid import HybridRetriever, distinct_papers
from rag.text.grammar import all_words_of, plural
from rag.text.markdown import escape
from rag.text.untrusted import unheld
from rag.types import Filters, Passage
from rag.write.research.plan import PlanStep
from rag.write.research.search import described

DEPTH = 50
"""Passages that a search of a plan keeps."""
READ = 5
"""Passages that one read takes as evidence, and one comparison of each side."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a step found.

    Attributes:
        words: Searched for; empty where only filters were applied.
        filters: In force.
        passages: Best first.
        papers: Ids of all papers on the shelf that hold the words and fit the filters.
    """

    words: str
    filters: Filters
    passages: tuple[Passage, ...]
    papers: frozenset[str]


class ToolError(Exception):
    """A step that cannot be carried out; the text says why."""


class Tools:
    """Carries out the steps of one plan, within the filters of one question."""

    def __init__(self, retriever: HybridRetriever, asked: Question) -> None:
        self.retriever = retriever
        self.library = retriever.library
        self.asked = asked
        self.results: dict[str, Selection] = {}
        self.evidence: list[Sequence[Passage]] = []
        self.counted: list[str] = []

    def run(self, step: PlanStep) -> str:
        """Carry out a step and say what came of it.

        Raises:
            ToolError: it names a result that there is not, or it leaves nothing.
        """
        if step.tool == "search":
            return self._keep(step, self._search(step.query, self.asked.filters))
        if step.tool == "filter":
            return self._keep(step, self._filter(step))
        parts = [self._result(name) for name in dict.fromkeys(step.of)]
        if step.tool == "count":
            return self._count(parts)
        if step.tool == "read":
            return self._read(parts, step.query)
        return self._compare(step.of, parts)

    def _keep(self, step: PlanStep, found: Selection) -> str:
        if not found.papers and not found.passages:
            raise ToolError("it leaves no paper")
        self.results[step.name or f"{step.tool} {len(self.results) + 1}"] = found
        return described(found.passages)

    def _result(self, name: str) -> Selection:
        if name not in self.results:
            known = ", ".join(self.results) or "none yet"
            raise ToolError(f"there is no result {name!r}; there are: {known}")
        return self.results[name]

    def _search(self, words: str, filters: Filters) -> Selection:
        passages = self._found(words, filters)
        with self.library.indexes() as indexes:
            papers = mentioning(words, indexes.lexical, self.library.shelf)
        return Selection(words, filters, passages, self._allowed(papers, filters))

    def _filter(self, step: PlanStep) -> Selection:
        """Restrict an earlier result, or the library, further; a restriction in force is never widened."""
        before = self._result(step.of[0]) if step.of else None
        held = before.filters if before else self.asked.filters
        filters = _narrowed(held, step)
        if before and before.words:
            return self._search(before.words, filters)
        return Selection("", filters, self._found(self.asked.search_text, filters), self._allowed(None, filters))

    def _found(self, words: str, filters: Filters) -> tuple[Passage, ...]:
        found = self.retriever.search(words, filters, DEPTH, papers=self.asked.papers)
        return tuple(passage for passage in unheld(found) if passage.paper_id not in self.asked.left_out)

    def _allowed(self, papers: frozenset[str] | None, filters: Filters) -> frozenset[str]:
        """Those papers that the filters and the question's own ids allow; None stands for all of the shelf."""
        allowed = self.library.shelf.select(filters)
        known = [ids for ids in (papers, allowed, self.asked.papers) if ids is not None]
        if not known:
            known = [frozenset(paper.paper_id for paper in self.library.shelf.browse())]
        return frozenset.intersection(*known) - self.asked.left_out

    def _count(self, parts: Sequence[Selection]) -> str:
        lines = [_counted(part) for part in parts]
        self.counted += [line for line in lines if line not in self.counted]
        return " ".join(lines)

    def _read(self, parts: Sequence[Selection], query: str) -> str:
        ids = frozenset(passage.paper_id for part in parts for passage in distinct_papers(part.passages, READ))
        found = unheld(self.retriever.search(query or self.asked.search_text, None, READ, papers=ids))
        self.evidence.append(found)
        return described(found)

    def _compare(self, names: Sequence[str], parts: Sequence[Selection]) -> str:
        sides = [distinct_papers(part.passages, READ) for part in parts]
        self.evidence += sides
        return " against ".join(f"{name} ({described(side)})" for name, side in zip(names, sides, strict=True))


def _narrowed(held: Filters, step: PlanStep) -> Filters:
    begins = [day for day in (held.date_from, step.date_from) if day]
    ends = [day for day in (held.date_to, step.date_to) if day]
    authors = [name for name in (held.author, step.author) if name]
    return replace(
        held,
        date_from=max(begins, default=None),
        date_to=min(ends, default=None),
        author=" and ".join(dict.fromkeys(authors)) or None,
    )


def _counted(part: Selection) -> str:
    """A count as a sentence that says exactly what was counted."""
    one = len(part.papers) == 1
    restriction = escape(describe_filters(part.filters))
    if not part.words:
        return f"{plural(len(part.papers), 'paper')} match{'es' * one} {restriction or 'all that may answer'}."
    within = f" ({restriction})" if restriction else ""
    words = escape(part.words)
    return (
        f"{plural(len(part.papers), 'paper')}{within} {'has' if one else 'have'} {all_words_of(part.words)} “{words}”"
        " in title or abstract."
    )
