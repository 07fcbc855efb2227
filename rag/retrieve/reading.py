"""What answers need of a paper whatever is asked, read before anybody asks.

That is the vectors of its words, and what it says to standing questions; both are kept in the library's folder. They
take a tenth of a second of a processor, for which the first who asks about a paper would wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.index.library import Library
from rag.index.passage_tokens import AHEAD, PassageTokens
from rag.query.standing import STANDING
from rag.retrieve.answer_scores import AnswerScores
from rag.retrieve.dated import rows_of
from rag.retrieve.hybrid import passage_of
from rag.retrieve.reranker import words_of


def read_ahead(library: Library, most: int) -> Iterator[str]:
    """Read the abstracts of the newest papers that were not read yet, one at a step; gives each one's id.

    Args:
        library: Holds the papers.
        most: Papers that are looked at; fewer where they have more texts than are read ahead (`passage_tokens.AHEAD`).
    """
    tokens, scores = PassageTokens(library), AnswerScores(library)
    if not most or tokens.of([]) is None:
        return
    papers, room = library.shelf.browse(limit=most), AHEAD
    rows = rows_of(library.shelf, papers)
    for paper in papers:
        passages = [passage_of(paper, row) for row in rows.get(paper.paper_id, ())]
        texts = [words_of(one) for one in passages if not paper.body or one.start < paper.body_start]
        room -= len(texts)
        if room < 0:
            return
        if tokens.hold(texts) and scores.are_kept(paper):
            continue
        if not paper.body:  # of a full text, what is judged depends on the question
            scores.of(STANDING, [paper.paper_id])
        tokens.of(texts)
        yield paper.paper_id
