"""BERT's uncased word pieces, which all shipped models read: one tokenizer of each vocabulary in a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tokenizers import BertWordPieceTokenizer

VOCABULARY = Path(__file__).with_name("vocab.txt")


@cache
def tokenizer_of(vocabulary: Path) -> BertWordPieceTokenizer:
    """The tokenizer of a vocabulary, some 6 MB; safe to call from many threads. Nobody may change its settings."""
    return BertWordPieceTokenizer(str(vocabulary), lowercase=True)
