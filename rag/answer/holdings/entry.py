"""What the shelf says to a question: a sentence, and the papers that are meant, whose titles are quoted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rag.answer.abstention import Decision
from rag.answer.citations import Checked
from rag.answer.draft import Draft, Quote
from rag.answer.render import Reply, offering
from rag.index.library import Library
from rag.retrieve.dated import rows_of
from rag.retrieve.hybrid import passage_of
from rag.text.markdown import escape
from rag.text.readable import readable
from rag.types import ClosestPaper, Confidence, Paper, Passage

SHOWN = 20
"""Papers handed on as retrieved; the answer quotes as many of them as the settings allow."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the shelf says to a question.

    Attributes:
        head: The answer in a sentence; empty where the papers' own lines say it.
        passages: The beginnings of the papers that are meant, in order.
        draft: Their titles, to be quoted.
        facts: What is said of each quoted paper, by id, after its title.
        nearest: Papers to be offered where the head says that there is none of the name.
        refuses: No paper would answer, and none is offered.
    """

    head: str
    passages: tuple[Passage, ...] = ()
    draft: Draft = field(default_factory=lambda: Draft(()))
    facts: Mapping[str, str] = field(default_factory=dict)
    confidence: Confidence = "high"
    nearest: tuple[ClosestPaper, ...] = ()
    refuses: bool = False

    @property
    def decision(self) -> Decision:
        """That it answers, or that no paper is the one that is meant."""
        if self.nearest or self.refuses:
            return Decision(1.0, True, "nothing_found", "low")
        return Decision(0.0, False, None, self.confidence)

    def reply(self, checked: Checked) -> Reply:
        """The answer in words, with the titles that hold."""
        if self.refuses:
            return Reply((self.head,), "nothing_found", self.nearest)
        if self.nearest:
            return offering(self.head, "Closest papers", self.nearest, "nothing_found")
        bullet = "- " if self.head or len(checked.groups) > 1 else ""
        lines = [
            f"{bullet}**{escape(readable(cited.title))}** [{cited.n}] {self.facts[cited.paper_id]}"
            for group in checked.groups
            for cited in group
        ]
        return Reply(tuple(part for part in (self.head, "\n".join(lines)) if part))

    @classmethod
    def of_papers(
        cls, library: Library, head: str, papers: Sequence[Paper], say: Callable[[Paper], str], confidence: Confidence
    ) -> Entry:
        """A head, and below it papers by their titles, each with what is said of it.

        Args:
            library: Holds the papers.
            head: The sentence above them; empty where what is said of them answers.
            papers: In the order in which they are shown.
            say: What follows a paper's title.
            confidence: How sure that is.
        """
        rows = rows_of(library.shelf, papers)
        beginnings = (replace(rows[p.paper_id][0], start=0) for p in papers[:SHOWN] if p.paper_id in rows)
        by_id = {paper.paper_id: paper for paper in papers}
        passages = tuple(passage_of(by_id[row.paper_id], row) for row in beginnings)  # with their titles
        quoted = passages[: library.config.answer.max_papers]
        draft = Draft(tuple((Quote(passage, 0, len(passage.title)),) for passage in quoted))
        return cls(head, passages, draft, {paper.paper_id: say(paper) for paper in papers}, confidence)

    @classmethod
    def listing(
        cls,
        library: Library,
        head: str,
        count: int,
        order: str,
        papers: Sequence[Paper],
        confidence: Confidence = "high",
    ) -> Entry:
        """A head and the papers below it, with a word on how many of them are shown.

        Args:
            library: Holds the papers.
            head: Says how many papers there are.
            count: That number.
            order: Theirs, in words: ``newest first``.
            papers: The first of them.
            confidence: How sure the count is.
        """
        shown = min(len(papers), library.config.answer.max_papers)
        if shown > 1:
            head += f" The first {shown}, {order}:" if shown < count else f" {order.capitalize()}:"
        return cls.of_papers(library, head, papers, lambda paper: f"({paper.when})", confidence)
