"""How far each sentence of a paper answers a question: judged once, for ranking, quoting, refusing and confidence.

All sentences of an abstract are judged, also of passages that no search found. Of a full text those are that stand in
the few passages nearest to the question, each passage by itself: a body has hundreds of sentences, and none of them
may change what is said of the abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.index.library import Library
from rag.models.answer_scorer import Abstract, Scores, installed
from rag.models.cache import Recent
from rag.papers.shelf import ChunkRow
from rag.retrieve.hybrid import HybridRetriever, passage_of
from rag.text.readable import readable
from rag.text.sentences import Span, sentences
from rag.types import Paper, Passage

BUDGET, FEWEST, MOST = 24, 2, 12
"""Passages of full texts that are judged at once, each an inference; and of one paper at least and at most."""
LEAD, SUFFICES = 1.5, 0.0
"""Log-odds by which sentences of a full text stand back where one of the abstract has so many: the abstract leads
where it suffices."""
NEARNESS = 8.0
"""Log-odds that a passage loses against the nearest one of its paper, for a difference of 1 in fused score. It was
chosen, like `ROW` and `MOST`, with 25 questions about four papers; 40 others were asked afterwards
(docs/adr/0021-pdf-parser.md)."""
ROW = 3.0
"""Log-odds that the row of a table stands back: the scorer has read sentences."""
WORDS = 3
"""What has fewer words is no sentence: a formula, an address, the mark of a figure."""
KEPT = 500
"""Judged papers that are kept: one answer asks for the same ones several times."""
_PARAGRAPHS = re.compile(r"(?:(?!\n\n).)+", re.DOTALL)
_LINES = re.compile(r"[^\n]+")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paper: `paper.text[start:end]`, the passage that holds it, its readable form, where it stands."""

    passage: Passage
    start: int
    end: int
    text: str
    in_body: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A paper judged against a question.

    Attributes:
        sentences: In reading order.
        odds: Log-odds that each answers the question, float32 [sentences].
        answered: Log-odds that the abstract answers it at all, or one of the passages judged of a full text.
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
        self._retriever = HybridRetriever(library)
        self._kept: Recent[tuple[str, str, int, tuple[str, int, int] | None], Judged] = Recent(KEPT)

    def of(self, wordings: Sequence[str], paper_ids: Iterable[str]) -> dict[str, Judged]:
        """Judge papers against a question; those that the library holds no passage of (now) are left out.

        Args:
            wordings: The question, in one or several ways of asking, of which the mean counts.
            paper_ids: Papers of the library.
        """
        papers = self.library.shelf.papers(dict.fromkeys(paper_ids))
        said = [self._of(wording, papers, wordings[0]) for wording in wordings]
        return {
            paper_id: _mean([judged[paper_id] for judged in said])
            for paper_id in papers
            if all(paper_id in judged for judged in said)
        }

    def _of(self, question: str, papers: Mapping[str, Paper], searched: str) -> dict[str, Judged]:
        long = sum(bool(paper.body) for paper in papers.values())
        depth = min(max(BUDGET // long, FEWEST), MOST) if long else 0
        # A body comes without a new version, and its passages after it.
        place = (searched, depth, self.library.shelf.generation()) if long else None
        keys = {(question, one.paper_id, one.version, place if one.body else None): one for one in papers.values()}
        known = self._kept.known(keys)
        missing = {key: paper for key, paper in keys.items() if key not in known}
        if missing:
            known |= zip(missing, self._judge(question, list(missing.values()), searched, depth), strict=True)
        # A new version is on the shelf before its passages are: nothing of it can be quoted, or remembered, yet.
        known = {key: judged for key, judged in known.items() if judged.sentences}
        self._kept.keep(known)
        return {paper.paper_id: known[key] for key, paper in keys.items() if key in known}

    def _judge(self, question: str, papers: Sequence[Paper], searched: str, depth: int) -> list[Judged]:
        rows: dict[str, list[ChunkRow]] = {}
        for row in self.library.shelf.chunks([paper.paper_id for paper in papers if not paper.body]):
            rows.setdefault(row.paper_id, []).append(row)
        # Each group of sentences is read together: the abstract, then each passage of the body.
        groups = [
            self._of_full_text(paper, searched, depth)
            if paper.body
            else [_Group(_sentences(paper, rows.get(paper.paper_id, ())))]
            for paper in papers
        ]
        abstracts = [
            Abstract(readable(paper.title), tuple(sentence.text for sentence in group.sentences))
            for paper, of in zip(papers, groups, strict=True)
            for group in of
        ]
        scores = iter(installed(self.library.config.embedding.threads).score(question, abstracts))
        return [_judged(paper, of, [next(scores) for _ in of]) for paper, of in zip(papers, groups, strict=True)]

    def _of_full_text(self, paper: Paper, searched: str, depth: int) -> list[_Group]:
        """The sentences of a paper's abstract, and those of each of the passages of its body that are nearest."""
        rows = {
            row.chunk_id: row for row in self.library.shelf.chunks([paper.paper_id]) if row.version == paper.version
        }
        lead = [row for row in rows.values() if row.start < paper.body_start]
        found = self._retriever.search(searched, k=depth + len(lead), papers=frozenset([paper.paper_id]), explained=0)
        near = [one for one in found if one.chunk_id in rows and one.start >= paper.body_start][:depth]
        groups = [_Group(_sentences(paper, lead))]
        for one in sorted(near, key=lambda one: one.start):
            told = _sentences(paper, [rows[one.chunk_id]])
            section = paper.section_at(one.start)
            far = NEARNESS * (1 - one.score / max(near[0].score, 1e-9))
            groups.append(_Group(told, far + (ROW if section and section.kind == "table" else 0.0)))
        return groups


@dataclass(frozen=True, slots=True)
class _Group:
    """Sentences that are read together, and the log-odds by which they stand back."""

    sentences: tuple[Sentence, ...]
    back: float = 0.0


def _judged(paper: Paper, groups: Sequence[_Group], scores: Sequence[Scores]) -> Judged:
    """What was said of a paper's abstract and of the passages of its body, taken together.

    Of a passage the sentence counts as much as whether it answers at all, as among papers.
    """
    lead = LEAD if scores[0].sentences.max(initial=-np.inf) >= SUFFICES else 0.0
    pairs = enumerate(zip(groups, scores, strict=True))
    odds = [
        (said.sentences + np.float32(said.answered)) / 2 - np.float32(group.back + lead) if n else said.sentences
        for n, (group, said) in pairs
    ]
    sentences = tuple(sentence for group in groups for sentence in group.sentences)
    return Judged(paper.paper_id, sentences, np.concatenate(odds), max(one.answered for one in scores))


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
        spans = sentences(passage.text) if row.start < paper.body_start else _in_body(paper, row)
        found += [
            Sentence(
                passage,
                row.start + start,
                row.start + end,
                readable(passage.text[start:end]),
                row.start >= paper.body_start and bool(paper.body),
            )
            for start, end in spans
            if row.start + start >= begun
        ]
    return tuple(found)


def _in_body(paper: Paper, row: ChunkRow) -> list[Span]:
    """The sentences of a passage of a full text: none reaches across paragraphs, and a heading is none.

    A row of a table is one by itself, after its caption's.
    """
    text = paper.text[row.start : row.end]
    section = paper.section_at(row.start)
    cut = _LINES if section and section.kind == "table" else _PARAGRAPHS
    found: list[Span] = []
    for match in cut.finditer(text):
        is_heading = section and not section.kind and match[0].strip() == section.heading
        is_row = section is not None and section.kind == "table"
        for start, end in () if is_heading else sentences(match[0]):
            if is_row or len(_WORD.findall(match[0][start:end])) >= WORDS:
                found.append((match.start() + start, match.start() + end))
    return found
