"""The question encoder: a question's vector and those of its tokens, in the space of the shipped embedder's passages.

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
from rag.models.tokens import Reading, TokenVectors

MODEL = Path(__file__).with_name("model.onnx")
SHA256 = "8cc66a90cb94c87b43e83df93ba826f15013a43b461daff2b81b5d2349dc1730"
KEPT = 256
"""Questions whose vectors are kept: with those of their tokens some 30 kB each, the longest 400 kB."""


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
        return self._kept(question)[0]

    def tokens(self, question: str) -> TokenVectors:
        """The vectors of a question's tokens, for late interaction with those that the embedder gives a passage's."""
        return self._kept(question)[1]

    def _encode(self, question: str) -> tuple[NDArray[np.float32], TokenVectors]:
        encoding = self._tokenizer.encode(question)
        ids = encoding.ids
        if len(ids) > MAX_TOKENS:
            ids = [*ids[: MAX_TOKENS - 1], ids[-1]]
        row = np.array([ids], dtype=np.int64)
        states = self._network({"input_ids": row, "token_type_ids": np.zeros_like(row)})[0][0]
        read = Reading(tuple(encoding.offsets[: len(ids)]), states)
        vector, tokens = read.mean(), read.tokens()
        for one in (vector, tokens.vectors):  # they are shared
            one.setflags(write=False)
        return vector, tokens


_LOADED: dict[int, QuestionEncoder] = {}
_LOADING = threading.Lock()


def installed(threads: int | None = None) -> QuestionEncoder:
    """The shipped encoder, loaded once a process for the same number of threads (`QuestionEncoder.load`)."""
    number = threads or usable_processors()
    with _LOADING:
        if number not in _LOADED:
            _LOADED[number] = QuestionEncoder.load(number)
        return _LOADED[number]
