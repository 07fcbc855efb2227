"""Which sentences of a paper speak for it within a topic."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rag.answer.draft import Quote, join_neighbours, quote_text
from rag.answer.sentences import MARGIN
from rag.retrieve.answer_scores import AnswerScores, Judged
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


LEANING = 2.0
"""Log-odds that such a sentence loses."""


def leans(sentence: str) -> bool:
    """Whether a sentence leans on the one before it."""
    return bool(_LEANS.search(sentence))


class Quoter:
    """Chooses sentences as the extractive writer does for a list, those rather that stand on their own."""

    def __init__(self, scores: AnswerScores) -> None:
        self.scores = scores

    def quote(self, topic: str, papers: Sequence[Sequence[Passage]]) -> list[tuple[Quote, ...]]:
        """Quote each paper: one sentence, or two neighbouring ones.

        Args:
            topic: What the papers are about.
            papers: The passages of each, in reading order.
        """
        judged = self.scores.of([topic], [passages[0].paper_id for passages in papers])
        return [
            _quoted(judged[found[0].paper_id], found) if found[0].paper_id in judged else _first(found)
            for found in papers
        ]


def _quoted(paper: Judged, passages: Sequence[Passage]) -> tuple[Quote, ...]:
    found = {passage.chunk_id: passage for passage in passages}
    said = [
        Quote(found.get(sentence.passage.chunk_id, sentence.passage), sentence.start, sentence.end)
        for sentence in paper.sentences
    ]
    leaning = np.array([leans(sentence.text) for sentence in paper.sentences])
    best = int(np.argmax(paper.odds - LEANING * leaning))
    taken = [best]
    after = best + 1
    hardly_less = after < len(said) and paper.odds[after] >= paper.odds[best] - MARGIN
    if hardly_less and _words(said[best]) + _words(said[after]) <= WORDS:
        taken.append(after)
    return join_neighbours([said[i] for i in taken])


def _first(passages: Sequence[Passage]) -> tuple[Quote, ...]:
    """The first sentence, of a paper that is no longer there as it was found."""
    start, end = next(iter(sentences(passages[0].text)), (0, len(passages[0].text)))
    return (Quote(passages[0], passages[0].start + start, passages[0].start + end),)


def _words(quote: Quote) -> int:
    return len(quote_text(quote).split())
