"""A question in other words: everyday words that the embedder does not know for the papers' own."""

from __future__ import annotations

from rag.index import LexicalIndex
from rag.index.library import Library
from rag.query.rules import load_rules

RARER = 10
"""How many times rarer than the papers' term an everyday word must be, to be put as that term too."""
_TERM = "large language model"
"""What papers call what readers call a chatbot. The shipped embedder (2021) is older than this use of the words, so it
takes them for different things; other everyday words (pictures, clips) it knows."""


def wordings(library: Library, question: str) -> list[str]:
    """The question, and with it the question in the papers' own term where an everyday word is rare in the library."""
    everyday = load_rules("demands")["chatbot"]
    spoken = {match[0] for match in everyday.all(question)}
    if not spoken:
        return [question]
    with library.indexes() as indexes:
        usual = _passages(indexes.lexical, _TERM)
        rare = [word for word in spoken if RARER * _passages(indexes.lexical, word) <= usual]
    put = everyday.regex.sub(lambda match: _TERM if match[0] in rare else match[0], question)
    return [question, put] if usual and put != question else [question]


def _passages(lexical: LexicalIndex, words: str) -> int:
    """Passages that hold the rarest of some words."""
    return min(map(lexical.doc_freq, lexical.analyze(words)), default=0)
