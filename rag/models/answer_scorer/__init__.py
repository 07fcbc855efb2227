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

import numpy as np
from numpy.typing import NDArray

from rag.models.answer_scorer.encoding import Encoded, Encoder
from rag.models.runtime import (
    FIRST_CALL,
    JUDGING_GROUP,
    Network,
    compile_model,
    filled,
    read_checked,
    usable_processors,
)
from rag.models.vocabulary import VOCABULARY

MODEL = Path(__file__).with_name("model.onnx")
SHA256 = "336e47cd4fac904fb96f465768d186621367f3bf3b2c7678d4debfaa1bcb35ab"
IDENTITY = f"answer-scorer/{SHA256}/dq{JUDGING_GROUP}"
"""What decides its figures."""
ROWS = 8
"""Rows of `pool` are filled up to a multiple of so many, as sequences are (`rag.models.runtime.STEP`)."""


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
        scorer = cls(Encoder(VOCABULARY), Network(compile_model(content, threads, exported=True), threads), threads)
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
        inputs = filled(sequence.ids, sequence.types)
        spans = [sequence.question, *sequence.sentences]
        rows = -(-len(spans) // ROWS) * ROWS
        pool = np.zeros((1, rows, inputs["input_ids"].shape[1]), dtype=np.float32)
        for row, (start, end) in enumerate(spans):
            pool[0, row, start:end] = 1 / (end - start)
        sentences, answered = self._network(inputs | {"pool": pool})
        return Scores(sentences[0, : len(sequence.sentences)].astype(np.float32), float(answered[0]))


_LOADED: dict[int, AnswerScorer] = {}
_LOADING = threading.Lock()


def installed(threads: int | None = None) -> AnswerScorer:
    """The shipped scorer, loaded once a process for the same number of threads (`AnswerScorer.load`)."""
    number = threads or usable_processors()
    with _LOADING:
        if number not in _LOADED:
            _LOADED[number] = AnswerScorer.load(number)
        return _LOADED[number]
