"""How far each sentence of a paper answers a question: judged once, for ranking, quoting, refusing and confidence.

All sentences of an abstract are judged, also of passages that no search found. Of a full text those are that stand in
the few passages nearest to the question, each passage by itself: a body has hundreds of sentences, and none of them
may change what is said of the abstract.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.index.library import Library
from rag.models.answer_scorer import Abstract, Scores
from rag.models.cache import Recent
from rag.papers.shelf import ChunkRow
from rag.retrieve.hybrid import HybridRetriever, passage_of
from rag.retrieve.kept_scores import KeptScores
from rag.text.hyperparameters import spelt_out
from rag.text.readable import readable
from rag.text.sentences import Span, sentences
from rag.text.terms import coverage
from rag.types import Paper, Passage

ANSWERS = 0.0
"""Log-odds from which a sentence is taken to answer: it is what is asked for, also where it was quoted before."""
BUDGET, FEWEST, MOST = 24, 2, 12
"""Passages of full texts that are judged at once, each an inference; and of one paper at least and at most."""
NOTES = 2
"""Passages of footnotes that are judged besides."""
NEARNESS = 8.0
"""Log-odds that a passage loses against the nearest one of its paper, for a difference of 1 in fused score. It was
chosen, like `BACK` and `MOST`, with 65 questions about four papers; `HELD` with 96 (docs/adr/0021-pdf-parser.md)."""
HELD = 7.0
"""Log-odds between a sentence that holds all words of a question and one that holds none, where a paper's abstract and
the passages of its full text compete: the scorer takes what is of the same kind for what is meant."""
STEM = 6
"""Letters of a word that count: "classifier" is asked, and "classification" is told."""
BACK, SET_BACK = 1.0, ("table", "figure", "note")
"""Log-odds that a table, a figure or a footnote stands back: the scorer has read sentences."""
WORDS = 3
"""What has fewer words is no sentence: a formula, an address, the mark of a figure."""
KEPT = 500
"""Judged papers that are kept: one answer asks for the same ones several times."""
_PARAGRAPHS = re.compile(r"(?:(?!\n\n).)+", re.DOTALL)
_LINES = re.compile(r"[^\n]+")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paper: `paper.text[start:end]`, the passage that holds it, its readable form, where it stands.

    Attributes:
        above: Of the row of a table, what it cannot be read without: its caption and the heads of its columns, as spans
            of `paper.text`, where they stand in the same passage.
    """

    passage: Passage
    start: int
    end: int
    text: str
    in_body: bool = False
    above: tuple[Span, ...] = ()

    @property
    def judged(self) -> str:
        """What is judged: in a full text the short names of settings are spelt out."""
        return spelt_out(self.text) if self.in_body else self.text


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
        self._scorer = KeptScores(library.folder, library.config.embedding.threads)
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

    def are_kept(self, paper: Paper) -> bool:
        """Whether what a paper says to standing questions is kept; of a full text it never is, and none is missing."""
        if paper.body:
            return True
        rows = [row for row in self.library.shelf.chunks([paper.paper_id]) if row.version == paper.version]
        group = _Group(_sentences(paper, rows))
        text = Abstract(_headed(paper, group), tuple(sentence.judged for sentence in group.sentences))
        return self._scorer.hold(text)

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
            Abstract(_headed(paper, group), tuple(sentence.judged for sentence in group.sentences))
            for paper, of in zip(papers, groups, strict=True)
            for group in of
        ]
        # What is judged of a full text depends on the search, so its scores are hardly wanted again.
        keeps = self._scorer.score if not any(paper.body for paper in papers) else self._scorer.judge
        scores = iter(keeps(question, abstracts))
        return [
            _judged(paper, of, [next(scores) for _ in of], self._held(question, paper, of) if len(of) > 1 else [])
            for paper, of in zip(papers, groups, strict=True)
        ]

    def _held(self, question: str, paper: Paper, groups: Sequence[_Group]) -> list[NDArray[np.float32]]:
        """Share of a question that each sentence holds, 0…1, by group: the mean of it alone and with the one before it.

        Words count as they are rare among the sentences: a paper's own name stands everywhere in it.
        """
        with self.library.indexes() as indexes:
            analyze = indexes.lexical.analyze
            asked = {term[:STEM] for term in analyze(question)}
            told = [[{term[:STEM] for term in analyze(_whole(paper, one))} for one in of.sentences] for of in groups]
        every = [terms for of in told for terms in of]
        weights = {
            term: math.log((len(every) + 1) / (sum(term in terms for terms in every) + 1)) for term in sorted(asked)
        }
        return [
            np.array(
                [
                    (coverage(weights, terms) + coverage(weights, terms | before)) / 2
                    for before, terms in zip([set[str](), *of], of, strict=False)
                ],
                dtype=np.float32,
            )
            for of in told
        ]

    def _of_full_text(self, paper: Paper, searched: str, depth: int) -> list[_Group]:
        """The sentences of a paper's abstract, and those of each of the passages of its body that are nearest."""
        rows = {
            row.chunk_id: row for row in self.library.shelf.chunks([paper.paper_id]) if row.version == paper.version
        }
        lead = [row for row in rows.values() if row.start < paper.body_start]
        found = self._retriever.search(searched, k=len(rows), papers=frozenset([paper.paper_id]), explained=0)
        near = _nearest(paper, [one for one in found if one.chunk_id in rows], depth)
        best = max((one.score for one in near if not _is_note(paper, one)), default=1.0)
        groups = [_Group(_sentences(paper, lead))]
        for one in sorted(near, key=lambda one: one.start):
            told = _sentences(paper, [rows[one.chunk_id]])
            section = paper.section_at(one.start)
            far = NEARNESS * max(1 - one.score / max(best, 1e-9), 0.0)
            kind, heading = (section.kind, section.heading) if section else ("", "")
            groups.append(_Group(told, far + BACK if kind in SET_BACK else far, heading))
        return groups


def _nearest(paper: Paper, found: Sequence[Passage], depth: int) -> list[Passage]:
    """The passages of a body that are judged: the nearest of its text, and footnotes that are nearer than the last.

    Footnotes take no place: short as they are, they are near to anything that shares a word.
    """
    body = [one for one in found if one.start >= paper.body_start]
    text = [one for one in body if not _is_note(paper, one)][:depth]
    last = text[-1].score if text else 0.0
    notes = [one for one in body if _is_note(paper, one) and one.score >= last][:NOTES]
    return [*text, *notes]


def _is_note(paper: Paper, passage: Passage) -> bool:
    section = paper.section_at(passage.start)
    return section is not None and section.kind == "note"


@dataclass(frozen=True, slots=True)
class _Group:
    """Sentences that are read together, the log-odds by which they stand back, the heading that they stand under."""

    sentences: tuple[Sentence, ...]
    back: float = 0.0
    heading: str = ""


def _headed(paper: Paper, group: _Group) -> str:
    """What sentences are judged under: the title of their paper, and of its section in a full text."""
    return ". ".join(readable(name) for name in (paper.title, group.heading) if name)


def _whole(paper: Paper, sentence: Sentence) -> str:
    """A sentence as it is judged, the row of a table with what stands above it."""
    return " ".join([*(paper.text[slice(*span)] for span in sentence.above), sentence.judged])


def _judged(
    paper: Paper, groups: Sequence[_Group], scores: Sequence[Scores], held: Sequence[NDArray[np.float32]]
) -> Judged:
    """What was said of a paper's abstract and of the passages of its body, taken together.

    They compete alike: a sentence counts as much as whether what it stands in answers at all, as among papers, and by
    what it holds of the question. The abstract's keep their own odds, and the body's are set beside the best of them.
    """
    sentences = tuple(sentence for group in groups for sentence in group.sentences)
    odds = scores[0].sentences
    if held:
        counts = [
            (said.sentences + np.float32(said.answered)) / 2 + np.float32(HELD) * share - np.float32(group.back)
            for group, said, share in zip(groups, scores, held, strict=True)
        ]
        beside = odds.max() - counts[0].max() if len(odds) else np.float32(0)
        odds = np.concatenate([odds, *(one + beside for one in counts[1:])])
    return Judged(paper.paper_id, sentences, odds, max(one.answered for one in scores))


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
        in_body = row.start >= paper.body_start and bool(paper.body)
        spans = _in_body(paper, row) if in_body else sentences(passage.text)
        above = _above(paper, row) if in_body else ()
        found += [
            Sentence(
                passage,
                row.start + start,
                row.start + end,
                readable(passage.text[start:end]),
                in_body,
                above if above and row.start + start >= above[-1][1] else (),
            )
            for start, end in spans
            if row.start + start >= begun
        ]
    return tuple(found)


def _above(paper: Paper, row: ChunkRow) -> tuple[Span, ...]:
    """First sentence of the caption and first row of the table that a passage begins; empty for any other."""
    section = paper.section_at(row.start)
    if section is None or section.kind != "table" or section.start != row.start:
        return ()
    lines = [match.span() for match in _LINES.finditer(paper.text, row.start, row.end)]
    caption = sentences(paper.text[slice(*lines[0])])[:1]
    return (*((row.start + start, row.start + end) for start, end in caption), *lines[1:2])


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
