"""A second look at the first papers, by whatever `retrieval.reranker` names.

By default there are two, one after the other. The first is late interaction between question and passage, word by word.
For each token of the question the nearest token of a passage is looked for, and the mean of these similarities says how
much of the question the passage is about (Khattab & Zaharia, "ColBERT", SIGIR 2020, section 3.3). The vectors are
those of `read_tokens`; tokens weigh as much as the idf of their word. It finds the paper that
says the same in other words, where one vector for a whole passage blurs it; it costs one inference a paper, too many
for a search among all (docs/adr/0005-extraction.md). The second asks whether a paper answers
(`rag.models.answer_scorer`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from rag.index.library import Library
from rag.index.passage_tokens import PassageTokens
from rag.index.query_vector import weighed
from rag.retrieve.answer_scores import AnswerScores
from rag.retrieve.hybrid import distinct_papers
from rag.text.readable import readable
from rag.types import Passage

WEIGHT, AMONG_MANY = 8.0, 3.0
"""What a difference of 1 in this similarity is worth in fused scores, where a perfect match in both lists has 1: for a
question that one paper answers, and for a list or a topic."""
ANSWERED = 0.15
"""What a difference of 1 in the log-odds that a paper answers is worth in fused scores."""
FEW, MANY = 12, 30
"""Papers that are looked at again: for a question that one paper answers, and for a list or a topic."""
AT_ONCE = 2
"""Papers that are looked at together where only the first ones count, before it is asked whether others can be."""
NEARER = 3.0
"""By how much more than the farthest one a paper may gain by its wording, where it is asked whether it can come before
others. Of 705 second looks (seven sets) none that came first had gained more than 1.8 over them."""
ODDS = (-8.0, 4.0)
"""Between which log-odds a paper may be, where that is asked: of 7,000 in those looks all were above the one, and one
in a thousand above the other. The first papers of all 705 stay the same, with 2.1 judged instead of 10.4."""
NEARNESS = "nearness"
"""How near the wording of a paper that was looked at is, among its passages' scores."""
DWELLS = "dwells"
"""How far its text dwells on the question's words that count most, likewise."""


class Reranker(ABC):
    """Ranks the first papers anew; safe to share between threads.

    LlamaIndex's form of it is a node postprocessor: any of them can be configured, and any of ours be put into another
    program (`rag/retrieve/postprocessor.py`). Ours do without: importing LlamaIndex takes longer than a search.
    """

    @abstractmethod
    def rerank(
        self,
        question: str,
        passages: Sequence[Passage],
        depth: int = FEW,
        *,
        first: int | None = None,
        also: Collection[str] = (),
    ) -> list[Passage]:
        """Put the passages of the first papers into a better order.

        Args:
            question: What was searched for.
            passages: Retrieved passages, best first.
            depth: How many papers are worth a second look: many for a list, few for a question that one paper answers.
            first: How many of the first papers count, as 1 for an answer from one: looking may end as soon as no
                other can come before them. None: the order of all is wanted.
            also: Papers that are looked at then, too, however far behind they are.

        Returns:
            The same passages, all of them, best first. Their scores stay on the scale of fused ones, descending.
        """


class Unchanged(Reranker):
    """Leaves the order as the search made it."""

    def rerank(
        self,
        question: str,
        passages: Sequence[Passage],
        depth: int = FEW,
        *,
        first: int | None = None,
        also: Collection[str] = (),
    ) -> list[Passage]:
        """The passages as they are."""
        return list(passages)


def build_reranker(library: Library, scores: AnswerScores) -> Reranker:
    """The reranker that the configuration names.

    Args:
        library: Holds the papers.
        scores: Judges them.

    Raises:
        ConfigError: it names something that is no node postprocessor, or cannot be imported or made.
    """
    name = library.config.retrieval.reranker
    if name == "none":
        return Unchanged()
    if name == "late-interaction":
        return LateInteraction(library)
    if name == "answer-scorer":
        return Answering(LateInteraction(library), scores)
    from rag.retrieve.postprocessor import load_postprocessor  # needs LlamaIndex

    return load_postprocessor(name)


class LateInteraction(Reranker):
    """Ranks the first papers by the nearness of their words to the question's."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._tokens = PassageTokens(library)

    def rerank(
        self,
        question: str,
        passages: Sequence[Passage],
        depth: int = FEW,
        *,
        first: int | None = None,
        also: Collection[str] = (),
    ) -> list[Passage]:
        """Look at the first `depth` papers, or at as many of them as it takes to know those that count.

        A paper gains by how much more it is about the question than the farthest of those looked at; the others gain
        nothing. Unchanged where there is nothing to compare or the embedder has no vectors of tokens.
        """
        papers = distinct_papers(passages, depth)
        asked = weighed(self.library, question) if len(papers) > 1 else None
        if asked is None or self._tokens.of([]) is None:
            return list(passages)
        known: dict[str, dict[str, float]] = {}
        weight = AMONG_MANY if depth > FEW else WEIGHT

        def look(some: Sequence[Passage]) -> dict[str, float]:
            texts = [words_of(paper) for paper in some]
            near: dict[str, float] = {}
            for paper, text in zip(some, self._tokens.of(texts) or (), strict=True):
                near[paper.paper_id] = asked.likeness(text)
                known[paper.paper_id] = {
                    NEARNESS: round(near[paper.paper_id], 6),
                    DWELLS: round(asked.dwelling(text), 6),
                }
            return {paper_id: weight * one for paper_id, one in near.items()}

        gains = _looked_at(
            papers, look, lambda told: (min(told, default=0.0), min(told, default=0.0) + NEARER), first, also
        )
        moved = [_moved(passage, gains.get(passage.paper_id, 0.0), "wording") for passage in passages]
        said = [
            replace(one, scores={**one.scores, **known[one.paper_id]}) if one.paper_id in known else one
            for one in moved
        ]
        return sorted(said, key=lambda passage: (-passage.score, passage.chunk_id))


def words_of(passage: Passage) -> str:
    """The text by which the wording of a passage is compared with a question."""
    return f"{readable(passage.title)} {readable(passage.text)}"


class Answering(Reranker):
    """Ranks the first papers by the chance that they answer, after another reranker; safe to share between threads.

    The answer scorer reads question and abstract together, so it tells the paper that answers from one that is only
    near. Its word on the best sentence and on the whole abstract count alike. Where many papers are wanted none has to
    answer by itself, and its word says little on what they are about (docs/adr/0025-list-membership.md): the other
    reranker's order stays.
    """

    def __init__(self, first: Reranker, scores: AnswerScores) -> None:
        """Make one.

        Args:
            first: Ranks before it.
            scores: Judges papers.
        """
        self._first = first
        self._scores = scores

    def rerank(
        self,
        question: str,
        passages: Sequence[Passage],
        depth: int = FEW,
        *,
        first: int | None = None,
        also: Collection[str] = (),
    ) -> list[Passage]:
        """Look at the first `depth` papers, or at as many of them as it takes to know those that count.

        Each gains by how much likelier it answers than the least likely.
        """
        ranked = self._first.rerank(question, passages, depth, first=first, also=also)
        papers = distinct_papers(ranked, depth)
        if depth > FEW or len(papers) < 2:
            return ranked

        def look(some: Sequence[Passage]) -> dict[str, float]:
            judged = self._scores.of([question], [paper.paper_id for paper in some])
            return {paper_id: ANSWERED * (one.best + one.answered) / 2 for paper_id, one in judged.items()}

        gains = _looked_at(papers, look, lambda _: (ANSWERED * ODDS[0], ANSWERED * ODDS[1]), first, also)
        moved = [_moved(passage, gains.get(passage.paper_id, 0.0), "answers") for passage in ranked]
        return sorted(moved, key=lambda passage: (-passage.score, passage.chunk_id))


def _looked_at(
    papers: Sequence[Passage],
    look: Callable[[Sequence[Passage]], Mapping[str, float]],
    bounds: Callable[[Iterable[float]], tuple[float, float]],
    first: int | None,
    also: Collection[str],
) -> dict[str, float]:
    """What papers gain over the one that a second look makes least of, by paper.

    Args:
        papers: The best passage of each, best first.
        look: What a second look makes of some of them, by paper; one of which there is nothing to say is left out.
        bounds: The least and the most that it can make of any other after what it made of some.
        first: How many papers count: as soon as no other can come before them, no more are looked at; None: all.
        also: Ids of those that are looked at as well.
    """
    told: dict[str, float] = {}
    # What is held for review stands behind the others in the end, however near it is.
    standing = [one.score for one in papers if not one.held]
    if first and len(standing) > first:
        least, most = bounds(())
        if standing[first - 1] + least >= standing[first] + most:
            return {}
    lead: list[float] = []
    at_once = AT_ONCE if first else len(papers)
    for start in range(0, len(papers), at_once):
        if first and len(lead) >= first and papers[start].score + bounds(told.values())[1] <= lead[first - 1]:
            break
        some = papers[start : start + at_once]
        told |= look(some)
        lead += [one.score + told[one.paper_id] for one in some if not one.held and one.paper_id in told]
        lead.sort(reverse=True)
    if rest := [paper for paper in papers if paper.paper_id in also and paper.paper_id not in told]:
        told |= look(rest)
    lowest = min(told.values(), default=0.0)
    return {paper_id: one - lowest for paper_id, one in told.items()}


def _moved(passage: Passage, gain: float, name: str) -> Passage:
    if not gain:
        return passage
    return replace(passage, score=passage.score + gain, boosts={**passage.boosts, name: round(gain, 4)})
