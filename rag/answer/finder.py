"""What an answer may use: what the shelf itself says, the passages, whether they answer, what would be asked back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rag.answer.abstention import Abstainer, Decision
from rag.answer.clarify import Clarifier
from rag.answer.holdings import SHOWN, Entry, Holdings
from rag.answer.outcome import Gathered
from rag.answer.select import COMPARED, answering, choose_papers
from rag.index.library import Library
from rag.query import Question
from rag.query.intents.parts import read_asks
from rag.query.intents.sides import are_apposed
from rag.retrieve.answer_scores import ANSWERS, AnswerScores
from rag.retrieve.dated import first_by_date
from rag.retrieve.held import clean_first
from rag.retrieve.hybrid import Expanded, HybridRetriever, distinct_papers
from rag.retrieve.meant import as_named, introduces, meant_first
from rag.retrieve.membership import with_membership
from rag.retrieve.reranker import FEW, MANY, Reranker
from rag.retrieve.sides import beside
from rag.types import Clarify, Passage

ALONE = 2.5
"""Log-odds by which one paper has to answer a comparison better than the others that were found for it, to be the one
that makes it. Of 47 questions of six sets that are read as comparisons, 4 are made by one paper, by 3.6 or more; of the
others none lies farther from the next than 2.2."""
EXPLAINED = 30
"""Passages of an answer's ranking that name the words that matched; more are hardly ever cited."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer may use.

    Attributes:
        question: As it is answered.
        entry: What the shelf itself says.
        passages: What one search found, best first.
        decision: Whether they answer.
        clarify: What to ask back instead of an answer.
        gathered: The evidence for a model.
        writes: Whether a model writes.
        prompts: Digests of the prompts used so far.
    """

    question: Question
    entry: Entry | None
    passages: tuple[Passage, ...]
    decision: Decision
    clarify: Clarify | None
    gathered: Gathered
    writes: bool = False
    prompts: Mapping[str, str] = field(default_factory=dict)


class Finder:
    """Finds what an answer may use, without a language model; safe to share between threads."""

    def __init__(
        self, retriever: HybridRetriever, reranker: Reranker, scores: AnswerScores, abstainer: Abstainer
    ) -> None:
        """Make one.

        Args:
            retriever: Finds passages.
            reranker: Takes the second look at the first papers.
            scores: Says which sentences answer.
            abstainer: Decides whether passages answer.
        """
        self.retriever = retriever
        self.library: Library = retriever.library
        self.reranker = reranker
        self.scores = scores
        self.abstainer = abstainer
        self.holdings = Holdings(retriever, abstainer)
        self.clarifier = Clarifier(self.library)

    def find(self, understood: Question, expanded: Expanded | None = None, *, whole: bool = False) -> Found:
        """What an answer to a question may use, as one search finds it.

        Args:
            understood: The question as it was read.
            expanded: The question rewritten for the search.
            whole: Whether the order of all papers counts, as for a model that is given several.
        """
        entry = self.holdings.find(understood)
        if not entry and (one := self._named_and_described(understood)):
            understood = replace(_about_one(understood, one), asks=read_asks(understood.typed))
        found = (
            self._named_first(entry, understood, expanded)
            if entry
            else self.candidates(understood, expanded, whole=whole)
        )
        passages = tuple(found)
        if not entry and (one := self._made_by(understood, passages)):
            understood = _about_one(understood, one)
            passages = tuple(self.candidates(understood, expanded, whole=whole))
        decision = entry.decision if entry else self.abstainer.decide(understood, passages)
        asks = not entry and self.library.config.answer.clarify
        clarify = self.clarifier.ask(understood, passages) if asks else None
        return Found(understood, entry, passages, decision, clarify, Gathered(passages, passages))

    def _made_by(self, understood: Question, passages: Sequence[Passage]) -> str:
        """The one paper that makes a comparison by itself: "MixLM against LinkedIn's earlier ranker: throughput?".

        Empty where several do, and where two papers are given, by their names or otherwise: of those both are wanted.
        """
        given = len(understood.named) > 1 or understood.papers is not None or understood.only_filters
        if understood.kind != "compare" or understood.absent or given or any(one.filters for one in understood.sides):
            return ""
        ranked = [one for one in distinct_papers(passages) if not one.held]
        papers = [one.paper_id for one in choose_papers(ranked, "compare", understood.subjects)]
        judged = self.scores.of(understood.wordings[:1], papers)
        best = sorted(judged.values(), key=lambda one: one.best, reverse=True)
        makes = len(best) > 1 and best[0].best >= max(ANSWERS, best[1].best + ALONE)
        return best[0].paper_id if makes else ""

    def _named_and_described(self, understood: Question) -> str:
        """The one paper that two seeming sides mean, one of which only says more of the other: "MSPA, the ranker: …".

        Empty where they mean several, or days or authors restrict one of them.
        """
        apposed = are_apposed(understood.standalone, understood.sides) and understood.papers is None
        if not apposed or any(one.filters for one in understood.sides):
            return ""
        depth = self.library.config.retrieval.candidates
        first = {found[0].paper_id if found else "" for found in self._each_side(understood, depth, 1)}
        return first.pop() if len(first) == 1 else ""

    def _named_first(self, entry: Entry, understood: Question, expanded: Expanded | None) -> list[Passage]:
        """The papers that the shelf names; where they are few, what a search finds is behind them."""
        named = {passage.paper_id for passage in entry.passages}
        if len(named) >= SHOWN:
            return list(entry.passages)
        anything = replace(understood, papers=None)
        found = self.search(anything, self.library.config.retrieval.candidates, expanded, EXPLAINED)
        return [*entry.passages, *(passage for passage in found if passage.paper_id not in named)]

    def candidates(
        self, understood: Question, expanded: Expanded | None = None, k: int | None = None, *, whole: bool = True
    ) -> list[Passage]:
        """The passages an answer may use, the first papers looked at twice.

        Args:
            understood: The question as it was read.
            expanded: The question rewritten for the search.
            k: How many are wanted at least.
            whole: Whether the order of all counts. Otherwise those do that an answer quotes, and it is enough to know
                them: the others stand as the search found them.
        """
        depth = max(k or 0, self.library.config.retrieval.candidates)
        found = self.search(understood, depth, expanded, max(k or 0, EXPLAINED))
        if understood.selects:
            return found
        if understood.sides and understood.papers is None:
            return self._of_sides(understood, found, depth, whole=whole)
        missing = frozenset(understood.named) - {passage.paper_id for passage in found}
        if missing and understood.kind == "compare" and understood.papers is None:  # each of them is wanted
            found += self.search(replace(understood, papers=missing), depth, expanded, EXPLAINED)
        if understood.kind in ("list", "topic"):
            return self._several(understood, found, None if whole else 1)
        counting = None if whole else COMPARED if understood.kind == "compare" else 1
        also = introduces(understood)
        looked_at = self.reranker.rerank(understood.search_text, found, FEW, first=counting, also=also)
        ranked = meant_first(looked_at, understood)
        return clean_first(ranked, understood.focus or understood.called)

    def _several(self, understood: Question, found: Sequence[Passage], first: int | None) -> list[Passage]:
        """The passages for a list or a topic: those of the papers that belong come first."""
        if understood.picked:
            return answering(found, self.scores.of(understood.wordings[:1], (one.paper_id for one in found)))
        listed = self.reranker.rerank(understood.search_text, found, MANY)
        members = clean_first(with_membership(self.library, understood, listed))
        if not understood.unsure:
            return members
        # One paper may be meant as well: it comes first as it would alone.
        known = {passage.chunk_id: passage.scores for passage in members}
        ranked = clean_first(self.reranker.rerank(understood.search_text, found, FEW, first=first))
        return [replace(passage, scores=known[passage.chunk_id]) for passage in ranked]

    def _of_sides(self, understood: Question, found: Sequence[Passage], depth: int, *, whole: bool) -> list[Passage]:
        """The papers that a comparison describes, each looked for by itself, as many looked at again as for one."""
        # As many of each count as there are sides, which may all have the same first ones.
        counting = None if whole else max(COMPARED, len(understood.sides))
        each = list(self._each_side(understood, depth, counting))
        return beside(each, [side.is_named for side in understood.sides], found)

    def _each_side(self, understood: Question, depth: int, counting: int | None) -> Iterator[list[Passage]]:
        """What is found for each side of a comparison, best first; of as many papers the order counts, None: of all."""
        few = FEW // len(understood.sides)
        for side in understood.sides:
            filters = side.filters.completed(understood.filters)
            asked = replace(understood, search_text=side.search_text, papers=side.papers, named=(), filters=filters)
            ranked = self.search(asked, depth, explained=EXPLAINED)
            looked_at = self.reranker.rerank(side.words or side.text, ranked, few, first=counting)
            yield clean_first(looked_at)

    def search(
        self,
        understood: Question,
        k: int | None = None,
        expanded: Expanded | None = None,
        explained: int | None = None,
    ) -> list[Passage]:
        """The passages that one search finds for a question; the newest papers where it only names filters.

        Args:
            understood: The question as it was read.
            k: Passages to find; None takes the retriever's own.
            expanded: The question rewritten for the search.
            explained: How many of the first passages name the words that matched; None: all.
        """
        wanted = k or self.retriever.k
        depth = 2 * wanted if understood.left_out else wanted
        if understood.selects:
            found = first_by_date(self.library.shelf, understood.filters, depth, understood.wanted.order or "newest")
        else:
            found = self.retriever.search(
                understood.search_text,
                understood.filters,
                depth,
                papers=understood.papers,
                focus=understood.focus or understood.named,
                expanded=expanded,
                explained=explained,
            )
        if understood.named and not understood.focus:
            found = [as_named(passage) for passage in found]
        return [passage for passage in found if passage.paper_id not in understood.left_out][:wanted]


def _about_one(understood: Question, paper_id: str) -> Question:
    """A question that seemed to compare, about the one paper that is meant."""
    one = replace(understood, kind="single", subjects=(), sides=(), put=())
    return replace(one, named=(paper_id,), called=(paper_id,))
