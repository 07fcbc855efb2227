"""The question encoder: a question's vector, in the space of the passages that the shipped embedder made.

The embedder averages all tokens of a text alike and was trained on other people's questions; this is a copy of it,
trained further on questions about papers while the passages' vectors stood still (README.md, docs/adr/0023). A library
that the shipped embedder indexed is searched with it; nothing has to be embedded anew.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import BertWordPieceTokenizer

from rag.models.minilm import MAX_TOKENS, VOCABULARY
from rag.models.runtime import FIRST_CALL, Network, compile_model, read_checked, usable_processors

MODEL = Path(__file__).with_name("model.onnx")
SHA256 = "320d9bd5e178b030049372195866c270745cf6aae7cbd25064b36c3edc376166"
KEPT = 512
"""Questions whose vectors are kept, one and a half kB each."""


class QuestionEncoder:
    """Turns questions into vectors; safe to call from many threads. Build it with `load`, or share `installed`."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
        self._kept = lru_cache(KEPT)(self._encode)

    @classmethod
    def load(cls, threads: int | None = None, model_file: Path = MODEL, sha256: str = SHA256) -> QuestionEncoder:
        """Check and load a model.

        Args:
            threads: Questions encoded at once, each on one processor thread; None: as many as this process may use.
            model_file: The ONNX file.
            sha256: The digest that it must have.

        Raises:
            ModelFileError: the file is missing, or is not the pinned one.
            EmbeddingError: OpenVINO cannot run on this machine.
        """
        threads = threads or usable_processors()
        content = read_checked(model_file, sha256, "question encoder", "Install paperchat again.")
        encoder = cls(Network(compile_model(content, threads), threads))
        with FIRST_CALL:
            encoder.encode("")
        return encoder

    def encode(self, question: str) -> NDArray[np.float32]:
        """A question's vector, float32 [d], of length 1; what lies beyond `MAX_TOKENS` is left out."""
        return self._kept(question)

    def _encode(self, question: str) -> NDArray[np.float32]:
        ids = self._tokenizer.encode(question).ids
        if len(ids) > MAX_TOKENS:
            ids = [*ids[: MAX_TOKENS - 1], ids[-1]]
        row = np.array([ids], dtype=np.int64)
        mean = self._network({"input_ids": row, "token_type_ids": np.zeros_like(row)})[0][0].mean(axis=0)
        vector: NDArray[np.float32] = (mean / np.linalg.norm(mean)).astype(np.float32)
        vector.setflags(write=False)
        return vector


_LOADED: dict[int, QuestionEncoder] = {}
_LOADING = threading.Lock()


def installed(threads: int | None = None) -> QuestionEncoder:
    """The shipped encoder, loaded once a process for the same number of threads (`QuestionEncoder.load`)."""
    number = threads or usable_processors()
    with _LOADING:
        if number not in _LOADED:
            _LOADED[number] = QuestionEncoder.load(number)
        return _LOADED[number]
