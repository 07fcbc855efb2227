"""Which papers mention something: every word of a phrase, in any inflection, in title or abstract."""

from __future__ import annotations

from rag.index import LexicalIndex
from rag.papers.shelf import Shelf


def mentioning(phrase: str, lexical: LexicalIndex, shelf: Shelf) -> frozenset[str]:
    """Ids of the papers that hold every word of a phrase; none where the phrase has no word that is indexed."""
    terms = [word for word in phrase.split() if lexical.analyze(word)]
    found = [
        frozenset(
            row.paper_id for row in shelf.chunk_rows([hit for hit, _ in lexical.query(word, lexical.count())]).values()
        )
        for word in terms
    ]
    return frozenset.intersection(*found) if found else frozenset()
