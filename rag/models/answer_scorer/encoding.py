"""How a question and an abstract become one sequence of word pieces.

    [CLS] question [SEP] title [SEP] sentence 0 [SEP] sentence 1 [SEP] … sentence n [SEP]

Token types are 0 up to the first [SEP] and 1 after it. A sentence's vector is the mean over its own pieces and the
[SEP] that ends it, so all sentences of an abstract are scored in one pass and each of them sees its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.models.vocabulary import tokenizer_of

CLS, SEP = 101, 102
MAX_TOKENS = 480
MAX_QUESTION, MAX_TITLE, MAX_SENTENCE = 64, 48, 128
"""Most word pieces of each part. Of a longer question the end counts."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One sequence.

    Attributes:
        ids: Word pieces.
        types: Token types, 0 or 1.
        question: First and last+1 position of the question's pieces (with its [SEP]).
        sentences: The same of each sentence.
        first: Index of the first of these sentences in the abstract; above 0 where an abstract needs several passes.
    """

    ids: tuple[int, ...]
    types: tuple[int, ...]
    question: tuple[int, int]
    sentences: tuple[tuple[int, int], ...]
    first: int = 0


class Encoder:
    """Encodes with BERT's uncased vocabulary."""

    def __init__(self, vocabulary: Path) -> None:
        self._tokenizer = tokenizer_of(vocabulary)

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The word pieces of each text, without [CLS] and [SEP]."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def encode(self, question: str, title: str, sentences: Sequence[str]) -> list[Encoded]:
        """Encode one abstract against one question: usually one sequence, several where 480 pieces don't hold it."""
        asked, named, *told = self.pieces([question, title, *sentences])
        return layout(asked, named, told)


def layout(question: Sequence[int], title: Sequence[int], sentences: Sequence[Sequence[int]]) -> list[Encoded]:
    """Lay word pieces out; a sequence is closed where the next sentence would not fit."""
    asked = [CLS, *question[-MAX_QUESTION:], SEP]
    head = [*asked, *title[:MAX_TITLE], SEP]
    sequences: list[Encoded] = []
    ids, spans, first = list(head), list[tuple[int, int]](), 0
    for index, sentence in enumerate(sentences):
        pieces = [*sentence[:MAX_SENTENCE], SEP]
        if spans and len(ids) + len(pieces) > MAX_TOKENS:
            sequences.append(_sequence(ids, spans, len(asked), first))
            ids, spans, first = list(head), [], index
        spans.append((len(ids), len(ids) + len(pieces)))
        ids += pieces
    return [*sequences, _sequence(ids, spans, len(asked), first)]


def _sequence(ids: list[int], spans: list[tuple[int, int]], asked: int, first: int) -> Encoded:
    types = (0,) * asked + (1,) * (len(ids) - asked)
    return Encoded(tuple(ids), types, (1, asked), tuple(spans), first)
