"""The answer scorer: how likely each sentence of an abstract answers a question, and whether any does.

A small cross-encoder that reads question, title and all sentences in one pass (`encoding`), so that a sentence is
judged beside its neighbours. How it was trained, on what, and how it does on questions that nobody tuned to stands in
its card, ``README.md`` beside the weights.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.models.answer_scorer.encoding import Encoded, Encoder
from rag.models.runtime import FIRST_CALL, Network, compile_model, read_checked, usable_processors
from rag.models.vocabulary import VOCABULARY

MODEL = Path(__file__).with_name("model.onnx")
SHA256 = "a2f9a5e671f5f9d548bd60fa341f2af831b2a2b50e9e61191dd31875f6df6983"


@dataclass(frozen=True, slots=True)
class Abstract:
    """What is judged against a question: a paper's title and sentences, in readable form and reading order."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-odds of one abstract.

    Attributes:
        sentences: That each sentence answers the question, float32 [sentences].
        answered: That any of them does; -inf for an abstract without a sentence.
    """

    sentences: NDArray[np.float32]
    answered: float


class AnswerScorer:
    """Scores abstracts against questions; safe to call from many threads. Build it with `load`, or take `installed`.

    One abstract is one inference on one processor thread, and as many run at once as there are threads: an abstract's
    scores do not depend on what else is scored.
    """

    def __init__(self, encoder: Encoder, network: Network, threads: int) -> None:
        self._encoder = encoder
        self._network = network
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="scorer")

    @classmethod
    def load(cls, threads: int | None = None, model_file: Path = MODEL, sha256: str = SHA256) -> AnswerScorer:
        """Check and load a model.

        Args:
            threads: Abstracts scored at once; None: as many as this process may use processors.
            model_file: The ONNX file.
            sha256: The digest that it must have.

        Raises:
            ModelFileError: the file is missing, or is not the pinned one.
            EmbeddingError: OpenVINO cannot run on this machine.
        """
        threads = threads or usable_processors()
        content = read_checked(model_file, sha256, "answer scorer", "Install paperchat again.")
        scorer = cls(Encoder(VOCABULARY), Network(compile_model(content, threads), threads), threads)
        with FIRST_CALL:
            scorer._score("", Abstract("", ("",)))
        return scorer

    def score(self, question: str, abstracts: Sequence[Abstract]) -> list[Scores]:
        """Score abstracts against one question, in their order."""
        return list(self._workers.map(lambda abstract: self._score(question, abstract), abstracts))

    def _score(self, question: str, abstract: Abstract) -> Scores:
        """Score one abstract: in several passes where one does not hold it."""
        if not abstract.sentences:
            return Scores(np.zeros(0, dtype=np.float32), -np.inf)
        parts = [self._infer(one) for one in self._encoder.encode(question, abstract.title, abstract.sentences)]
        return Scores(np.concatenate([part.sentences for part in parts]), max(part.answered for part in parts))

    def _infer(self, sequence: Encoded) -> Scores:
        pool = np.zeros((1, 1 + len(sequence.sentences), len(sequence.ids)), dtype=np.float32)
        for row, (start, end) in enumerate([sequence.question, *sequence.sentences]):
            pool[0, row, start:end] = 1 / (end - start)
        inputs: dict[str, NDArray[Any]] = {
            "input_ids": np.array([sequence.ids], dtype=np.int64),
            "token_type_ids": np.array([sequence.types], dtype=np.int64),
            "pool": pool,
        }
        sentences, answered = self._network(inputs)
        return Scores(sentences[0].astype(np.float32), float(answered[0]))


_LOADED: dict[int, AnswerScorer] = {}
_LOADING = threading.Lock()


def installed(threads: int | None = None) -> AnswerScorer:
    """The shipped scorer, loaded once a process for the same number of threads (`AnswerScorer.load`)."""
    number = threads or usable_processors()
    with _LOADING:
        if number not in _LOADED:
            _LOADED[number] = AnswerScorer.load(number)
        return _LOADED[number]
