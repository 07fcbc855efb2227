"""Text into vectors: the embedder that the configuration names, described and driven one way.

    minilm               all-MiniLM-L6-v2, int8, on OpenVINO; offline, from a wheel     minilm.py
                         (what questions are turned into beside it: question_encoder/)
    openai               OpenAI's embeddings, with a key                                remote.py
    openai-compatible    any server that speaks ``POST /v1/embeddings``                 remote.py

An embedder is a LlamaIndex `BaseEmbedding`, so a user's own fits too; the shipped model has the methods of one that are
called here, and needs no LlamaIndex. That, OpenVINO and openai are imported when an embedder is built, not with this
package.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rag.config import EmbeddingConfig
from rag.errors import ConfigError, PaperchatError
from rag.models.info import EmbeddingInfo, count_cl100k
from rag.models.tokens import TokenVectors
from rag.models.vectors import unit_rows

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    from rag.models.minilm import MiniLM

    Embedder: TypeAlias = BaseEmbedding | MiniLM

__all__ = [
    "EmbeddingInfo",
    "TokenVectors",
    "build_embedding",
    "describe",
    "embed_texts",
    "embed_tokens",
    "load_ahead",
]

FOREIGN_MAX_TOKENS = 256
"""Chunk limit for an embedder that does not tell its own, in cl100k tokens: few models read less."""


def build_embedding(config: EmbeddingConfig) -> Embedder:
    """Build the configured embedder; a server is not contacted before there is text to embed.

    Raises:
        ConfigError: The provider needs a key that is not configured, or cannot use one that is.
        EmbeddingAuthError: The provider needs an API key and the environment holds none.
        ModelFileError: The shipped model is missing or is not the pinned one.
    """
    if config.provider != "minilm":
        from rag.models.remote import ServerEmbedding

        return ServerEmbedding.from_config(config)
    for key in ("model", "base_url", "dimensions"):
        if getattr(config, key) is not None:
            raise ConfigError(
                f"embedding.{key} is for servers, and embedding.provider is minilm.",
                f"Remove embedding.{key}, or set embedding.provider to openai or openai-compatible.",
            )
    from rag.models.minilm import installed

    return installed(config.threads, config.batch_size)


def load_ahead(config: EmbeddingConfig) -> None:
    """Begin to load the shipped models of the search in a thread, where they are used; whoever needs one waits for it.

    Loading is OpenVINO's work and leaves the interpreter free for what else an answer needs to begin with.
    """
    if config.provider != "minilm":
        return
    from rag.models import minilm, question_encoder

    def load() -> None:
        with suppress(PaperchatError):  # said by whoever builds it
            minilm.installed(config.threads, config.batch_size)
            question_encoder.installed(config.threads)

    # No daemon: a thread that is cut off inside the model's library aborts the process.
    threading.Thread(target=load, name="load-ahead").start()


def describe(model: Embedder) -> EmbeddingInfo:
    """Describe an embedder: ours describe themselves (`info()`), a foreign one gets a cautious limit."""
    own: Callable[[], EmbeddingInfo] | None = getattr(model, "info", None)
    if callable(own) and isinstance(info := own(), EmbeddingInfo):
        return info
    identity = f"{type(model).__module__}.{type(model).__qualname__}/{model.model_name}"
    return EmbeddingInfo(identity, FOREIGN_MAX_TOKENS, count_cl100k)


def embed_texts(
    model: Embedder, texts: Sequence[str], on_progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Embed texts in batches of like length.

    Args:
        model: Any LlamaIndex embedder; its `embed_batch_size` is the size of a batch.
        texts: What to embed, in any order.
        on_progress: Called after each batch with (texts done, texts in all).

    Returns:
        Array [n, d] in the order of `texts`, each row of length 1. For no texts d is the embedder's `dimensions`, or 0
        where it does not tell.

    Raises:
        EmbeddingError: The embedder failed, or returned vectors that cannot be used.
    """
    dimensions: int | None = getattr(model, "dimensions", None)
    vectors = np.empty((len(texts), dimensions or 0), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), model.embed_batch_size):
        batch = order[start : start + model.embed_batch_size]
        rows = unit_rows(model.get_text_embedding_batch([texts[i] for i in batch]), len(batch), dimensions)
        if dimensions is None:
            dimensions = rows.shape[1]
            vectors = np.empty((len(texts), dimensions), dtype=np.float32)
        vectors[batch] = rows
        if on_progress:
            on_progress(start + len(batch), len(texts))
    return vectors


def embed_tokens(model: Embedder, texts: Sequence[str]) -> list[TokenVectors] | None:
    """Embed the tokens of texts, each in its context; None where the embedder gives one vector a text and no more."""
    own: Callable[[Sequence[str]], list[TokenVectors]] | None = getattr(model, "embed_tokens", None)
    return own(texts) if callable(own) else None
