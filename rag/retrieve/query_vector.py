"""What the embedder is asked: a question's wordings, how much each of their words counts, and their vector.

The embedder averages all tokens of a text alike. Half of a question's are its form ("has anybody looked at", "which of
the papers"), which papers do not have. Here its tokens, each embedded in its context, are averaged by the idf of their
words instead, as Arora et al. do with words ("A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017).
What is stored stays as it is: weighting the passages too gained nothing (docs/adr/0004-fusion.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from rag.index import LexicalIndex
from rag.index.library import Library
from rag.models import TokenVectors, embed_tokens
from rag.query.wordings import wordings

FORM = 0.25
"""Weight that every token has besides its word's idf, as a share of the mean: the form keeps a say."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Weighed:
    """The tokens of a question.

    Attributes:
        vectors: One row a token [tokens, d], each of length 1.
        weights: The idf of the word that each belongs to [tokens]; 0 for what is not indexed, as function words.
        known: Whether that word stands in a passage, or is one that is not indexed [tokens].
    """

    vectors: np.ndarray
    weights: np.ndarray
    known: np.ndarray


def weighed(library: Library, question: str) -> list[Weighed]:
    """Each wording of a question with its tokens weighed.

    Nothing where the embedder has no vectors of tokens, or a wording has no word that could be indexed.
    """
    texts = wordings(library, question)
    found = embed_tokens(library.embedding, texts)
    if not found:
        return []
    with library.indexes() as indexes:
        asked = [_weigh(indexes.lexical, text, one) for text, one in zip(texts, found, strict=True)]
    return asked if all(one.weights.any() for one in asked) else []


def question_vector(library: Library, question: str) -> np.ndarray:
    """Embed a question for the search among passages, float32 [d], L2-normalised: the mean over its wordings.

    It is the embedder's own vector where tokens cannot be weighed, or where the library knows no word of the question.
    """
    asked = weighed(library, question)
    if not asked or not all(one.weights[one.known].any() for one in asked):
        return np.asarray(library.embedding.get_query_embedding(question), dtype=np.float32)
    means = [_mean(one) for one in asked]
    return means[0] if len(means) == 1 else _unit(np.sum(means, axis=0))


def _weigh(lexical: LexicalIndex, text: str, tokens: TokenVectors) -> Weighed:
    spans = np.array(tokens.spans, dtype=int).reshape(-1, 2)
    weights, known = np.zeros(len(spans), dtype=np.float32), np.ones(len(spans), dtype=bool)
    for word in _WORD.finditer(text, 0, int(spans.max(initial=0))):  # what lies beyond has no token
        terms = set(lexical.analyze(word[0]))
        own = (spans[:, 0] < word.end()) & (word.start() < spans[:, 1])
        weights[own] = max(lexical.idf(terms).values(), default=0.0)
        known[own] = not terms or any(map(lexical.doc_freq, terms))
    return Weighed(tokens.vectors, weights, known)


def _mean(asked: Weighed) -> np.ndarray:
    """The tokens' weighted mean. A word that stands nowhere may be rare or mere form, and gets the mean weight."""
    telling = asked.weights[asked.known & (asked.weights > 0)]
    weights = np.where(asked.known, asked.weights, telling.mean())
    return _unit((weights + FORM * weights.mean()) @ asked.vectors)


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
