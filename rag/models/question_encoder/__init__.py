"""The question encoder: a question's vector, in the space of the shipped embedder's passages, and vectors of words.

The embedder averages all tokens of a text alike and was trained on other people's questions; this is a copy of it,
trained further on questions about papers while the passages' vectors stood still (README.md, docs/adr/0023). A library
that the shipped embedder indexed is searched with it; nothing has to be embedded anew. The words of questions and of
the texts that are compared with them it reads alike.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.minilm import MAX_TOKENS
from rag.models.runtime import (
    FIRST_CALL,
    JUDGING_GROUP,
    Network,
    compile_model,
    filled,
    read_checked,
    usable_processors,
)
from rag.models.tokens import Reading, TokenVectors
from rag.models.vocabulary import VOCABULARY, tokenizer_of

MODEL = Path(__file__).with_name("model.onnx")
SHA256 = "d4262ffe0c595e5e2d5da1a99499a64b2f3626e96bb9305b8f09af9c9d2d10a8"
IDENTITY = f"question-encoder/{SHA256}/dq{JUDGING_GROUP}"
"""What decides its vectors."""
PATIENCE = 2.0
"""Seconds for which another thread is waited for that encodes: a process that was forked meanwhile has none."""
KEPT = 64
"""Questions whose vectors are kept: with those of their tokens some 30 kB each, the longest 400 kB."""


class QuestionEncoder:
    """Turns questions into vectors; safe to call from many threads. Build it with `load`, or share `installed`."""

    def __init__(self, network: Network, threads: int) -> None:
        self._network = network
        self._threads = threads
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="question-encoder")
        self._tokenizer = tokenizer_of(VOCABULARY)
        self._kept = lru_cache(KEPT)(self._encode)
        self._ahead = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="question-ahead")
        self._begun: dict[str, Future[object]] = {}

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
        encoder = cls(Network(compile_model(content, threads, exported=True), threads), threads)
        with FIRST_CALL:
            encoder.encode("")
        return encoder

    def begin(self, question: str) -> None:
        """Encode a question in another thread, for who asks for it next; not where there is one processor only."""
        if self._threads < 2 or question in self._begun:
            return
        with suppress(RuntimeError):  # the interpreter ends, and starts no thread: who asks for it encodes it
            begun: Future[object] = self._ahead.submit(self._kept, question)
            self._begun[question] = begun
            begun.add_done_callback(partial(self._end, question))

    def _end(self, question: str, begun: Future[object]) -> None:
        """Forget what was begun, unless it was begun again meanwhile."""
        if self._begun.get(question) is begun:
            self._begun.pop(question, None)

    def encode(self, question: str) -> NDArray[np.float32]:
        """A question's vector, float32 [d], of length 1; what lies beyond `MAX_TOKENS` is left out."""
        return self._known(question)[0]

    def tokens(self, question: str) -> TokenVectors:
        """The vectors of a question's tokens, for late interaction with those of `read`."""
        return self._known(question)[1]

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The vectors of each text's tokens in their context; what lies beyond `MAX_TOKENS` is left out."""
        return list(self._workers.map(lambda text: self._run(text).tokens(), texts))

    def _known(self, question: str) -> tuple[NDArray[np.float32], TokenVectors]:
        """What was encoded lately, or is at this moment; where that waits for its turn, it is done here instead."""
        begun = self._begun.get(question)
        if begun and not begun.cancel():
            wait([begun], PATIENCE)
        return self._kept(question)

    def _encode(self, question: str) -> tuple[NDArray[np.float32], TokenVectors]:
        read = self._run(question)
        vector, tokens = read.mean(), read.tokens()
        for one in (vector, tokens.vectors):  # they are shared
            one.setflags(write=False)
        return vector, tokens

    def _run(self, text: str) -> Reading:
        encoding = self._tokenizer.encode(text)
        ids = encoding.ids
        if len(ids) > MAX_TOKENS:
            ids = [*ids[: MAX_TOKENS - 1], ids[-1]]
        states = self._network(filled(ids))[0][0, : len(ids)]
        return Reading(tuple(encoding.offsets[: len(ids)]), states)


_LOADED: dict[int, QuestionEncoder] = {}
_LOADING = threading.Lock()


def loaded(threads: int | None = None) -> QuestionEncoder | None:
    """The shipped encoder, where it was loaded before."""
    return _LOADED.get(threads or usable_processors())


def installed(threads: int | None = None) -> QuestionEncoder:
    """The shipped encoder, loaded once a process for the same number of threads (`QuestionEncoder.load`)."""
    number = threads or usable_processors()
    with _LOADING:
        if number not in _LOADED:
            _LOADED[number] = QuestionEncoder.load(number)
        return _LOADED[number]
