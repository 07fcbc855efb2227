"""What the lists are asked: a question's vector, and for the second look its tokens with how much each counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.index import LexicalIndex
from rag.index.library import Library
from rag.models import TokenVectors, embed_tokens

if TYPE_CHECKING:
    from rag.models.question_encoder import QuestionEncoder

DWELLING = 4
"""Tokens of a text that are looked at for each word that counts most."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Weighed:
    """The tokens of a question.

    Attributes:
        vectors: One row a token [tokens, d], each of length 1.
        weights: The idf of the word that each belongs to [tokens]; 0 for what is not indexed, as function words.
    """

    vectors: np.ndarray
    weights: np.ndarray

    def likeness(self, other: TokenVectors) -> float:
        """Weighted mean, over the question's tokens, of the similarity to the nearest token of a text; 0 without one.

        Late interaction (Khattab & Zaharia, "ColBERT", SIGIR 2020, section 3.3).
        """
        if not len(other.vectors):
            return 0.0
        nearest = (self.vectors @ other.vectors.astype(np.float32).T).max(axis=1)
        return float(np.average(nearest, weights=self.weights))

    def dwelling(self, other: TokenVectors) -> float:
        """How far a text dwells on the words that count most; 0 without tokens, or where no word counts.

        The mean similarity of the few tokens that are nearest to each of them: a word that stands in an enumeration has
        one token near to it, a text's subject has several.
        """
        counting = self.weights[self.weights > 0]
        if not (len(other.vectors) and len(counting)):
            return 0.0
        heavy = self.vectors[self.weights >= min(counting.mean(), counting.max())]  # a mean of equals may be rounded up
        similar = np.sort(heavy @ other.vectors.astype(np.float32).T, axis=1)
        return float(similar[:, -DWELLING:].mean())


def weighed(library: Library, question: str) -> Weighed | None:
    """A question's tokens, each with the idf of its word.

    None where the embedder has no vectors of tokens, or the question has no word that could be indexed.
    """
    encoder = _encoder(library)
    found = [encoder.tokens(question)] if encoder else embed_tokens(library.embedding, [question])
    if not found:
        return None
    with library.indexes() as indexes:
        asked = _weigh(indexes.lexical, question, found[0])
    return asked if asked.weights.any() else None


def read_tokens(library: Library, texts: Sequence[str]) -> list[TokenVectors] | None:
    """The tokens of texts that a question's are compared with; None where the embedder has no vectors of tokens."""
    encoder = _encoder(library)
    return encoder.read(texts) if encoder else embed_tokens(library.embedding, texts)


def reads_tokens(library: Library) -> str:
    """Which model `read_tokens` asks: vectors of another one mean nothing beside a question's."""
    from rag.models.question_encoder import IDENTITY

    return IDENTITY if _encoder(library) else library.embedding_info.identity


def question_vector(library: Library, question: str) -> np.ndarray:
    """Embed a question for the search among passages, float32 [d], L2-normalised.

    The question encoder's vector where the shipped embedder made the passages'; else that of the library's embedder.
    """
    encoder = _encoder(library)
    if encoder:
        return encoder.encode(question)
    return np.asarray(library.embedding.get_query_embedding(question), dtype=np.float32)


def begin_vector(library: Library, question: str) -> None:
    """Have a question's vector made while something else reads the question; `question_vector` then has it sooner.

    Where no encoder is loaded yet, nothing is done: what else is begun with would wait for it.
    """
    from rag.models.question_encoder import loaded

    if encoder := _encoder(library, loaded):
        encoder.begin(question)


def _encoder(
    library: Library, get: Callable[[int | None], QuestionEncoder | None] | None = None
) -> QuestionEncoder | None:
    """The question encoder, where the shipped embedder made the passages' vectors; `get` has it, or loads it."""
    from rag.models.minilm import MiniLM
    from rag.models.question_encoder import installed

    return (get or installed)(library.config.embedding.threads) if isinstance(library.embedding, MiniLM) else None


def _weigh(lexical: LexicalIndex, text: str, tokens: TokenVectors) -> Weighed:
    spans = np.array(tokens.spans, dtype=int).reshape(-1, 2)
    weights = np.zeros(len(spans), dtype=np.float32)
    for word in _WORD.finditer(text, 0, int(spans.max(initial=0))):  # what lies beyond has no token
        terms = set(lexical.analyze(word[0]))
        own = (spans[:, 0] < word.end()) & (word.start() < spans[:, 1])
        weights[own] = max(lexical.idf(terms).values(), default=0.0)
    return Weighed(tokens.vectors, weights)
