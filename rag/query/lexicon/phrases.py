"""The phrase of a request that a library knows best: what its papers are about, among words that say whom it is for.

"A data engineer who has to build semantic search" is about semantic search: papers lie near those words, and their
words stand in titles as often as in abstracts; "build" and "engineer" hardly do.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rag.models import embed_texts

if TYPE_CHECKING:
    from rag.index.library import Library

LONGEST = 6
"""Words of a phrase."""
MOST = 24
"""Phrases of a text that are looked up, those of the rarest words: each takes an embedding and a search."""
NEAREST = 8
"""Passages whose mean cosine similarity says how near the library's papers are to a phrase."""
ALONE = 0.12
"""What a single word is set back by: it is seldom all of a subject. Like the next two, fitted on 15 requests."""
TOLD, ASIDE = 0.12, 0.12
"""Share of a word's texts that have it in their titles, below which it tells of no subject; what one that never stands
in a title is set back by."""
UNSEEN = 0.3
"""Titles that every word is taken to stand in: of a word that no text has nothing is known."""
LEAST = 0.2
"""How well a phrase has to be known: below it, nothing of the text is."""
_WORD = re.compile(r"[\w+#]+(?:[-./'’@][\w+#]+)*")


class Phrase(NamedTuple):
    """A phrase of a text, `text[start:end]`, and how well it is known, at most 1."""

    start: int
    end: int
    score: float


class Phrases:
    """Finds phrases that a library knows, as it is now."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def best(self, text: str) -> Phrase | None:
        """The phrase of a text that the library knows best; None where it knows none.

        It begins and ends with a word that tells something, and holds others only where a title holds the phrase.
        """
        words = list(_WORD.finditer(text))
        titles = "\n".join(f" {_plain(title)}" for title in self._library.shelf.titles().values())
        with self._library.indexes() as indexes:  # and again below: nobody has to wait while texts are embedded
            lexical = indexes.lexical
            terms = [lexical.analyze(word[0]) for word in words]
            texts = [lexical.doc_freq(found[0]) if found else 0 for found in terms]
            aside = [self._aside(found[0], titles, n) if found else 0.0 for found, n in zip(terms, texts, strict=True)]
        spans = [
            (n, end)
            for n in range(len(words))
            for end in range(n + 1, min(n + LONGEST, len(words)) + 1)
            if terms[n] and terms[end - 1] and _hangs_together(text, words[n:end], terms[n:end], titles)
        ]
        if not spans:
            return None
        spans = sorted(sorted(spans, key=lambda span: float(np.mean(texts[slice(*span)])))[:MOST])
        places = [(words[n].start(), words[end - 1].end()) for n, end in spans]
        vectors = embed_texts(self._library.embedding, [text[start:end] for start, end in places])
        with self._library.indexes() as indexes:
            near = [np.mean([cosine for _, cosine in indexes.vectors.query(one, NEAREST)] or [0.0]) for one in vectors]
        scores = [
            float(likeness) - sum(aside[n:end]) - ALONE * (end - n == 1 and "-" not in words[n][0])
            for (n, end), likeness in zip(spans, near, strict=True)
        ]
        best = int(np.argmax(scores))
        return Phrase(*places[best], scores[best]) if scores[best] >= LEAST else None

    def _aside(self, term: str, titles: str, texts: int) -> float:
        """What a word is set back by that seldom stands in titles: it tells what somebody does, or who they are."""
        share = (titles.count(f" {term}") + UNSEEN) / (texts + 1)
        return ASIDE * max(0.0, 1 - share / TOLD)


def _hangs_together(text: str, words: list[re.Match[str]], terms: list[list[str]], titles: str) -> bool:
    """Whether words are one phrase: nothing but spaces parts them, and no word that tells nothing but in a title."""
    if any(text[one.end() : other.start()].strip() for one, other in pairwise(words)):
        return False
    return all(terms) or f" {_plain(text[words[0].start() : words[-1].end()])}" in titles


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w+#]+", text.lower()))
