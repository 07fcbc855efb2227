"""What chunker and index need to know of an embedder, and the token count of those that bring no tokenizer."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import EmbeddingError

if TYPE_CHECKING:
    import tiktoken


@dataclass(frozen=True, slots=True)
class EmbeddingInfo:
    """An embedder, described.

    Attributes:
        identity: Everything that changes a vector; part of the index fingerprint.
        max_tokens: Longest text the model reads whole, special tokens included.
        count_tokens: Token counts of texts as `max_tokens` counts them, special tokens included.
    """

    identity: str
    max_tokens: int
    count_tokens: Callable[[Sequence[str]], list[int]]


def count_cl100k(texts: Sequence[str]) -> list[int]:
    """Count tokens of OpenAI's cl100k vocabulary, which LlamaIndex ships: nothing is downloaded.

    Raises:
        EmbeddingError: The vocabulary is not where `TIKTOKEN_CACHE_DIR` points, and cannot be fetched.
    """
    encoding = _cl100k()
    return [len(encoding.encode_ordinary(text)) for text in texts]


@cache
def _cl100k() -> tiktoken.Encoding:
    import llama_index.core
    import tiktoken

    shipped = Path(llama_index.core.__file__).parent / "_static" / "tiktoken_cache"
    cache_dir = os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(shipped))
    try:
        return tiktoken.get_encoding("cl100k_base")
    except OSError as error:
        raise EmbeddingError(
            f"tiktoken's cl100k vocabulary is not in {cache_dir} and could not be fetched: {error}",
            f"Unset TIKTOKEN_CACHE_DIR, or set it to {shipped}.",
        ) from error
