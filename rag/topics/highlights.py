"""Which sentences of a paper speak for it within a topic."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rag.answer.draft import Quote, join_neighbours, quote_text
from rag.answer.extract import Asked, features, score
from rag.index.library import Library
from rag.text.readable import readable
from rag.text.sentences import sentences
from rag.types import Passage

WORDS = 50
"""Words quoted of one paper, unless its best sentence alone has more."""
_LEANS = re.compile(
    r"^\W*(?:second(?:ly)?|third(?:ly)?|finally|lastly|moreover|furthermore|additionally|in addition|also|then|next"
    r"|besides|meanwhile|conversely|these|those|they|it|its|such|here|thus|hence|therefore|consequently|as a result"
    r"|this (?!(?:paper|work|study|survey|article|review)\b)\w+)\b",
    re.IGNORECASE,
)
"""How sentences begin that lean on the one before them."""


class Quoter:
    """Chooses sentences as the extractive writer does for a list.

    It does without the sentences' embeddings: those of 24 papers take a second, and without them the writer's score
    finds nearly as many of the facts (0.590 of the vital nuggets against 0.611; docs/adr/0005-extraction.md).
    """

    def __init__(self, library: Library) -> None:
        self.library = library

    def quote(self, topic: str, papers: Sequence[Sequence[Passage]]) -> list[tuple[Quote, ...]]:
        """Quote each paper: one sentence, or two neighbouring ones.

        Args:
            topic: What the papers are about.
            papers: The passages of each, in reading order.
        """
        with self.library.indexes() as indexes:
            weights = indexes.lexical.idf(indexes.lexical.analyze(topic))
        asked = Asked(np.zeros(1, dtype=np.float32), weights, "list")
        return [self._quote(asked, passages) for passages in papers]

    def _quote(self, asked: Asked, passages: Sequence[Passage]) -> tuple[Quote, ...]:
        said = [
            Quote(passage, passage.start + start, passage.start + end)
            for passage in passages
            for start, end in sentences(passage.text)
        ]
        title = readable(passages[0].title)
        texts = [readable(quote_text(quote)) for quote in said]
        with self.library.indexes() as indexes:
            terms = [set(indexes.lexical.analyze(text)) for text in [*texts, title]]
        worth = score(features(asked, texts, np.zeros((len(texts), 1), dtype=np.float32), terms))
        leans = np.array([bool(_LEANS.search(text)) for text in texts])
        best = int(np.argmax(worth - leans))
        taken = [best]
        after = best + 1
        if after < len(said) and worth[after] >= worth[best] / 2 and _words(said[best]) + _words(said[after]) <= WORDS:
            taken.append(after)
        return join_neighbours([said[i] for i in taken])


def _words(quote: Quote) -> int:
    return len(quote_text(quote).split())
