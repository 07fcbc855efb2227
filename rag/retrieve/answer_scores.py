"""How far each sentence of a paper answers a question: judged once, for ranking, quoting, refusing and confidence.

All sentences of a paper's passages are judged, also of those that no search found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.index.library import Library
from rag.models.answer_scorer import Abstract, installed
from rag.models.cache import Recent
from rag.papers.shelf import ChunkRow
from rag.retrieve.hybrid import passage_of
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Paper, Passage

KEPT = 500
"""Judged papers that are kept: one answer asks for the same ones several times."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paper: `paper.text[start:end]`, the passage that holds it, and its readable form."""

    passage: Passage
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A paper judged against a question.

    Attributes:
        sentences: In reading order.
        odds: Log-odds that each answers the question, float32 [sentences].
        answered: Log-odds that the abstract answers it at all.
    """

    paper_id: str
    sentences: tuple[Sentence, ...]
    odds: NDArray[np.float32]
    answered: float

    @property
    def best(self) -> float:
        """Log-odds of the sentence that answers best; -inf where there is none."""
        return float(self.odds.max(initial=-np.inf))


class AnswerScores:
    """Judges papers of a library; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._kept: Recent[tuple[str, str, int], Judged] = Recent(KEPT)

    def of(self, wordings: Sequence[str], paper_ids: Iterable[str]) -> dict[str, Judged]:
        """Judge papers against a question; those that the library holds no passage of (now) are left out.

        Args:
            wordings: The question, in one or several ways of asking, of which the mean counts.
            paper_ids: Papers of the library.
        """
        papers = self.library.shelf.papers(dict.fromkeys(paper_ids))
        said = [self._of(wording, papers) for wording in wordings]
        return {
            paper_id: _mean([judged[paper_id] for judged in said])
            for paper_id in papers
            if all(paper_id in judged for judged in said)
        }

    def _of(self, question: str, papers: Mapping[str, Paper]) -> dict[str, Judged]:
        keys = {(question, paper.paper_id, paper.version): paper for paper in papers.values()}
        known = self._kept.known(keys)
        missing = {key: paper for key, paper in keys.items() if key not in known}
        if missing:
            known |= zip(missing, self._judge(question, list(missing.values())), strict=True)
        # A new version is on the shelf before its passages are: nothing of it can be quoted, or remembered, yet.
        known = {key: judged for key, judged in known.items() if judged.sentences}
        self._kept.keep(known)
        return {paper.paper_id: known[key] for key, paper in keys.items() if key in known}

    def _judge(self, question: str, papers: Sequence[Paper]) -> list[Judged]:
        rows: dict[str, list[ChunkRow]] = {}
        for row in self.library.shelf.chunks([paper.paper_id for paper in papers]):
            rows.setdefault(row.paper_id, []).append(row)
        said = [_sentences(paper, rows.get(paper.paper_id, ())) for paper in papers]
        abstracts = [
            Abstract(readable(paper.title), tuple(sentence.text for sentence in of))
            for paper, of in zip(papers, said, strict=True)
        ]
        scores = installed(self.library.config.embedding.threads).score(question, abstracts)
        return [
            Judged(paper.paper_id, of, score.sentences, score.answered)
            for paper, of, score in zip(papers, said, scores, strict=True)
        ]


def _mean(judged: Sequence[Judged]) -> Judged:
    """One paper judged in several ways, taken together."""
    if len(judged) == 1:
        return judged[0]
    odds = np.stack([one.odds for one in judged]).mean(axis=0)
    return replace(judged[0], odds=odds, answered=float(np.mean([one.answered for one in judged])))


def _sentences(paper: Paper, rows: Sequence[ChunkRow]) -> tuple[Sentence, ...]:
    """The sentences of a paper's passages, in reading order; what two passages share counts once."""
    found: list[Sentence] = []
    for row in sorted((row for row in rows if row.version == paper.version), key=lambda row: row.start):
        passage = passage_of(paper, row)
        begun = found[-1].end if found else 0
        spans = ((row.start + start, row.start + end) for start, end in sentences(passage.text))
        found += [
            Sentence(passage, start, end, readable(paper.text[start:end])) for start, end in spans if start >= begun
        ]
    return tuple(found)
