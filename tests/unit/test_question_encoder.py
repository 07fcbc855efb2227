"""The question encoder: in the passages' space, the same from every thread, and asked only where it belongs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.embeddings import MockEmbedding
from numpy.typing import NDArray

from rag.assistant import Assistant
from rag.config import Config
from rag.errors import ModelFileError
from rag.index.library import Library
from rag.index.query_vector import question_vector, read_tokens, weighed
from rag.models import embed_texts, minilm, question_encoder, runtime
from rag.models.minilm import MAX_TOKENS
from rag.models.question_encoder import MODEL, QuestionEncoder, installed
from rag.types import Turn
from tests.support.papers import make_paper

ABSTRACTS = (
    "Fairness audit of résumé rankers\nWe audit language models that rank job applicants and find that names typical "
    "of one gender lower the rank of otherwise equal résumés.",
    "Wetland mapping\nWe map wetlands from radar images taken by satellites, with a segmentation network that needs "
    "few labels.",
    "Caching for key-value stores\nWe learn which keys a store should keep in memory and halve its latency.",
)


@pytest.fixture(scope="module")
def encoder() -> QuestionEncoder:
    return installed()


@pytest.fixture(scope="module")
def passages() -> np.ndarray:
    return embed_texts(minilm.installed(), ABSTRACTS)


@pytest.mark.parametrize(
    ("question", "own"),
    [
        ("do hiring bots treat women worse if you can guess it from what they are called?", 0),
        ("spotting swampy ground from space without much hand-drawn training data", 1),
        ("what should stay in RAM so that lookups answer faster", 2),
    ],
)
def test_an_everyday_question_is_nearest_to_the_passage_that_it_means(
    encoder: QuestionEncoder, passages: np.ndarray, question: str, own: int
) -> None:
    near = passages @ encoder.encode(question)
    assert int(near.argmax()) == own
    assert near[own] - np.delete(near, own).max() > 0.1


@pytest.mark.parametrize("question", ["What is GenSAR?", "", "C++ (x", "检索增强生成", "word " * 1000])
def test_every_text_has_a_vector_of_length_one(encoder: QuestionEncoder, question: str) -> None:
    vector = encoder.encode(question)
    assert vector.shape == (384,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_the_tokens_of_a_question_stand_where_its_words_do(encoder: QuestionEncoder) -> None:
    question = "unlearnable goldfish"
    tokens = encoder.tokens(question)
    assert "".join(question[start:end] for start, end in tokens.spans) == question.replace(" ", "")
    np.testing.assert_allclose(np.linalg.norm(tokens.vectors, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("question", "own"),
    [
        ("résumé bots and women", 0),
        ("swampy ground seen from space", 1),
        ("which entries stay in RAM for faster lookups", 2),
    ],
)
def test_words_are_near_to_those_that_say_the_same(encoder: QuestionEncoder, question: str, own: int) -> None:
    asked = encoder.tokens(question).vectors
    texts = encoder.read(ABSTRACTS)
    likeness = [float((asked @ text.vectors.T).max(axis=1).mean()) for text in texts]
    assert int(np.argmax(likeness)) == own


def test_the_words_of_a_text_are_read_as_those_of_a_question(encoder: QuestionEncoder) -> None:
    said = ["mapping wetlands", "wetlands " * 400]
    read = encoder.read(said)
    np.testing.assert_array_equal(read[0].vectors, encoder.tokens(said[0]).vectors)
    assert len(read[1].vectors) <= MAX_TOKENS


def test_a_library_of_the_shipped_embedder_is_asked_with_the_encoders_tokens(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper("2511.00001", "Wetlands", "We map wetlands from space.")])
        asked = weighed(library, "mapping wetlands")
    assert asked is not None
    np.testing.assert_array_equal(asked.vectors, installed().tokens("mapping wetlands").vectors)
    own = minilm.installed().embed_tokens(["mapping wetlands"])[0].vectors
    assert not np.allclose(asked.vectors, own, atol=1e-3)
    read = read_tokens(library, ["mapping wetlands"])
    assert read is not None
    np.testing.assert_array_equal(read[0].vectors, asked.vectors)


def test_what_is_kept_cannot_be_changed(encoder: QuestionEncoder) -> None:
    with pytest.raises(ValueError, match="read-only"):
        encoder.encode("what is kept?")[0] = 1.0


def test_vectors_do_not_depend_on_threads_or_neighbours() -> None:
    questions = [f"question number {n} about bees {'and flowers ' * (n % 7)}" for n in range(40)]
    alone = [QuestionEncoder.load(threads=1).encode(question) for question in questions[:1]]
    shared = QuestionEncoder.load(threads=2)
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(shared.encode, questions))
    again = [QuestionEncoder.load(threads=2).encode(question) for question in questions[:1]]
    np.testing.assert_array_equal(together[0], alone[0])
    np.testing.assert_array_equal(together[0], again[0])
    assert len({vector.tobytes() for vector in together}) == len(questions)


class Slow:
    """A network that says nothing before it may; counts its inferences."""

    def __init__(self, network: runtime.Network) -> None:
        self._network, self.may, self.read = network, threading.Event(), 0

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        self.read += 1
        assert self.may.wait(20)
        return self._network(inputs)


def test_a_question_that_is_begun_is_read_once_and_where_it_waits_for_its_turn_at_once() -> None:
    encoder = QuestionEncoder.load(threads=2)
    expected = {question: encoder.encode(question).copy() for question in ("bees", "flowers")}
    encoder._kept.cache_clear()
    slow = Slow(encoder._network)
    encoder._network = slow  # type: ignore[assignment]
    encoder.begin("bees")
    encoder.begin("flowers")
    with ThreadPoolExecutor(2) as threads:
        found = {question: threads.submit(encoder.encode, question) for question in ("flowers", "bees")}
        deadline = time.monotonic() + 20
        while slow.read < 2 and time.monotonic() < deadline:  # the second does not wait for the first
            time.sleep(0.01)
        slow.may.set()
        for question, vector in found.items():
            np.testing.assert_array_equal(vector.result(), expected[question])
    assert slow.read == 2
    assert not encoder._begun


def test_what_fails_ahead_is_told_to_who_asks() -> None:
    encoder = QuestionEncoder.load(threads=2)

    def broken(_: object) -> list[NDArray[np.float32]]:
        raise RuntimeError("no memory")

    encoder._network = broken  # type: ignore[assignment]
    encoder.begin("bees")
    with pytest.raises(RuntimeError, match="no memory"):
        encoder.encode("bees")


def test_a_question_is_begun_once_and_on_a_second_processor_only() -> None:
    encoder = QuestionEncoder.load(threads=2)
    slow = Slow(encoder._network)
    encoder._network = slow  # type: ignore[assignment]
    encoder.begin("bees")
    encoder.begin("bees")
    assert list(encoder._begun) == ["bees"]
    slow.may.set()
    encoder.encode("bees")
    assert slow.read == 1
    alone = QuestionEncoder.load(threads=1)
    alone.begin("bees")
    assert not alone._begun


def test_nothing_begun_is_waited_for_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process that was forked meanwhile no thread goes on; where threads have ended, none is started."""
    monkeypatch.setattr(question_encoder, "PATIENCE", 0.05)
    encoder = QuestionEncoder.load(threads=2)
    lost: Future[object] = Future()
    lost.set_running_or_notify_cancel()
    encoder._begun["bees"] = lost
    assert len(encoder.encode("bees"))
    encoder._ahead.shutdown()
    encoder.begin("flowers")
    assert len(encoder.encode("flowers"))


def test_the_vector_of_a_question_is_begun_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a conversation it is not: what is searched for then is seldom what was typed."""
    begun: list[str] = []
    monkeypatch.setattr(QuestionEncoder, "begin", lambda _, question: begun.append(question))
    with Assistant(Library(Config(data_dir=tmp_path))) as assistant:
        assistant.library.ingest([make_paper("2511.00001", "Wetlands", "We map wetlands from space.")])
        loaded = question_encoder._LOADED.copy()
        question_encoder._LOADED.clear()
        assistant.search("wetlands")  # loading it is not waited for here
        assert begun == []
        question_encoder._LOADED.update(loaded | question_encoder._LOADED)
        assistant.search("wetlands from space")
        first = assistant.answer("How are wetlands mapped?")
        asked = Turn(role="user", content="How are wetlands mapped?")
        assistant.answer("and where?", history=[asked, Turn(role="assistant", content=first.answer)])
    assert begun == ["wetlands from space", "How are wetlands mapped?"]


def test_vectors_do_not_depend_on_what_fills_a_question_up(
    encoder: QuestionEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Which papers make rankers small?"
    before = encoder.read([text])[0]
    monkeypatch.setattr(runtime, "STEP", 7 * runtime.STEP)
    after = encoder.read([text])[0]
    assert before.spans == after.spans
    assert (before.vectors * after.vectors).sum(axis=1).min() > 0.99


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "model.onnx"
    other.write_bytes(MODEL.read_bytes()[:-1])
    with pytest.raises(ModelFileError, match=r"question encoder .* is not the pinned one"):
        QuestionEncoder.load(model_file=other)
    with pytest.raises(ModelFileError, match="cannot be read"):
        QuestionEncoder.load(model_file=tmp_path / "none.onnx")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(Config(data_dir=tmp_path_factory.mktemp("library"))) as opened:
        title, abstract = ABSTRACTS[0].split("\n")
        opened.ingest([make_paper("2504.00001", title, abstract)])
        yield opened


def test_a_library_of_the_shipped_embedder_is_asked_with_it(library: Library, encoder: QuestionEncoder) -> None:
    question = "are hiring models fair?"
    np.testing.assert_array_equal(question_vector(library, question), encoder.encode(question))


def test_a_library_of_another_embedder_is_asked_with_that(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Library, "embedding", MockEmbedding(embed_dim=4))
    np.testing.assert_allclose(question_vector(library, "are hiring models fair?"), [0.5] * 4)
