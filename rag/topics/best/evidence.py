"""What is measured of papers for a criterion: which of their sentences tell it, and how plainly."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.engine import Engine
from rag.index.query_vector import Weighed, read_tokens, weighed
from rag.models import TokenVectors
from rag.models.criteria import OF_A_SENTENCE
from rag.papers.descriptions import card_of, tags_of
from rag.query.intents.criteria import Criterion
from rag.retrieve.answer_scores import Judged
from rag.text.readable import readable
from rag.text.sentences import Span
from rag.types import Paper

SCALE = 5.0
"""Log-odds that count as much as a whole share of a criterion's words."""
SILENT = -4.0
"""Log-odds of a title, which the answer scorer does not judge."""
_TAGS = {
    "survey": "surveys",
    "introduction": "surveys",
    "dataset": "benchmarks-and-datasets",
    "benchmark": "benchmarks-and-datasets",
    "reproducibility study": "reproducibility",
}
"""Subjects of the vocabulary that say which sort of work a paper is."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of one paper for one criterion.

    Attributes:
        places: Of its title and sentences, as spans of its text.
        sentences: Rows in the order of `places`, measures in that of `OF_A_SENTENCE`.
        paper: In the order of `OF_A_PAPER`.
        told: Where its card tells it, which then is the evidence.
    """

    places: tuple[Span, ...]
    sentences: NDArray[np.float64]
    paper: NDArray[np.float64]
    told: Span | None = None

    @property
    def names_it(self) -> bool:
        """Whether no sentence holds more of the criterion's words than the title, which has some."""
        words = np.round(self.sentences[:, OF_A_SENTENCE.index("words")], 9)
        return bool(words[0] > 0 and words[0] >= words.max())


class Evidence:
    """Measures some papers for one criterion after the other."""

    def __init__(self, engine: Engine, papers: Sequence[Paper]) -> None:
        """Prepare what all criteria share.

        Args:
            engine: Knows the library, and how far each sentence answers.
            papers: As they stand in the library now.
        """
        self._engine = engine
        self._library = engine.library
        self._papers = papers
        self._vectors: dict[str, TokenVectors] = {}
        self._terms: dict[str, Set[str]] = {}

    def of(self, criterion: Criterion) -> dict[str, Measures]:
        """Measure each paper; those of which nothing is indexed are left out."""
        asked = weighed(self._library, criterion.text)
        with self._library.indexes() as indexes:
            idf = indexes.lexical.idf(set(indexes.lexical.analyze(criterion.text)))
        judged = self._engine.scores.of((criterion.question,), [one.paper_id for one in self._papers])
        papers = [one for one in self._papers if one.paper_id in judged]
        texts = {one.paper_id: _texts(one, judged[one.paper_id]) for one in papers}
        self._read([text for held in texts.values() for text in held])
        return {
            one.paper_id: self._measured(one, judged[one.paper_id], texts[one.paper_id], criterion, asked, idf)
            for one in papers
        }

    def _measured(
        self,
        paper: Paper,
        judged: Judged,
        texts: Sequence[str],
        criterion: Criterion,
        asked: Weighed | None,
        idf: dict[str, float],
    ) -> Measures:
        mass = max(math.fsum(idf.values()), 1e-9)
        near = [asked.likeness(self._vectors[text]) if asked and text in self._vectors else 0.0 for text in texts]
        held = [math.fsum(idf[term] for term in idf.keys() & self._terms[text]) / mass for text in texts]
        everywhere = set().union(*(self._terms[text] for text in texts))
        odds = np.concatenate([[SILENT], judged.odds.astype(np.float64)]) / SCALE
        told, is_told = self._told(paper, judged, criterion)
        paper_row = [
            judged.answered / SCALE,
            math.fsum(idf[term] for term in idf.keys() & everywhere) / mass,
            near[0],
            held[0],
            float(is_told),
        ]
        places = ((0, len(paper.title)), *((one.start, one.end) for one in judged.sentences))
        return Measures(places, np.stack([near, held, odds], axis=1), np.array(paper_row), told)

    def _told(self, paper: Paper, judged: Judged, criterion: Criterion) -> tuple[Span | None, bool]:
        """Where the paper's card tells it, and whether card or tags do."""
        if criterion.kind == "code":
            card = card_of(self._library.shelf, paper.paper_id, paper.version)
            link = card.code[0] if card and card.code else None
            if link is None:
                return None, False
            around = ((one.start, one.end) for one in judged.sentences if one.start <= link.start < one.end)
            return next(around, (link.start, link.end)), True
        tag = _TAGS.get(criterion.text) if criterion.kind == "sort" else None
        tags = tags_of(self._library.shelf, paper.paper_id, paper.version) or () if tag else ()
        return None, any(one.tag == tag for one in tags)

    def _read(self, texts: Sequence[str]) -> None:
        """Embed and analyse texts that were not seen yet."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._terms]
        with self._library.indexes() as indexes:
            self._terms |= {text: frozenset(indexes.lexical.analyze(text)) for text in fresh}
        vectors = read_tokens(self._library, fresh) if fresh else None
        self._vectors |= zip(fresh, vectors or (), strict=False)


def _texts(paper: Paper, judged: Judged) -> list[str]:
    """Title and sentences in readable form."""
    return [readable(paper.title), *(one.text for one in judged.sentences)]
