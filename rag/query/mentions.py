"""Which papers mention something: every word of a phrase, in any inflection, in title or abstract."""

from __future__ import annotations

import re

from rag.index import LexicalIndex
from rag.papers.shelf import Shelf

_SEPARATORS = re.compile(r"(?:\s|(?<=[^\W\d_]{2})[-\u2010\u2011/](?=[^\W\d_]{2}))+")
"""Between words, and between the parts of a joined one; a name with a figure stays whole."""


def mentioning(phrase: str, lexical: LexicalIndex, shelf: Shelf) -> frozenset[str]:
    """Ids of the papers that hold every word of a phrase; none where the phrase has no word that is indexed.

    The parts of a joined word are wanted together: "retrieval-augmented" is not retrieval or augmented.
    """
    terms = [word for word in _SEPARATORS.split(phrase) if lexical.analyze(word)]
    found = [
        frozenset(
            row.paper_id for row in shelf.chunk_rows([hit for hit, _ in lexical.query(word, lexical.count())]).values()
        )
        for word in terms
    ]
    return frozenset.intersection(*found) if found else frozenset()
