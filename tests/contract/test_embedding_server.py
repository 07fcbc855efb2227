"""Embedding servers: what they send, and one clear error for each thing that goes wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import numpy as np
import openai
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding

from rag.config import EmbeddingConfig
from rag.errors import (
    ConfigError,
    EmbeddingAuthError,
    EmbeddingNotFoundError,
    EmbeddingRateLimitError,
    EmbeddingResponseError,
    EmbeddingServerError,
    EmbeddingTimeoutError,
    EmbeddingUnavailableError,
)
from rag.models import build_embedding, describe, embed_texts
from rag.models.remote import ERRORS
from tests.support.embedding_server import (
    DIMENSIONS,
    EmbeddingServer,
    Reply,
    elapsed_at_most,
    embedding_server,
    vector,
)

KEY = "sk-a-secret-that-must-not-be-seen"
KEY_ENV = "TEST_EMBEDDING_KEY"
MARGIN_S = 0.7
"""What a busy machine may add to a time-out."""


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with embedding_server() as running:
        yield running


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)


def build(server: EmbeddingServer, **settings: Any) -> BaseEmbedding:
    defaults: dict[str, Any] = {
        "provider": "openai-compatible",
        "model": "test-model",
        "base_url": server.url,
        "api_key_env": KEY_ENV,
        "timeout_s": 20.0,
    }
    embedding = build_embedding(EmbeddingConfig(**(defaults | settings)))
    assert isinstance(embedding, BaseEmbedding)
    return embedding


def unit(text: str, dimensions: int = DIMENSIONS) -> np.ndarray[Any, Any]:
    row = np.array(vector(text, dimensions), dtype=np.float32)
    return row / np.linalg.norm(row)


def test_texts_come_back_in_their_order(server: EmbeddingServer) -> None:
    texts = ["a long text with many words", "short", "a middling text"] * 5
    seen: list[tuple[int, int]] = []
    vectors = embed_texts(build(server, batch_size=4), texts, lambda done, total: seen.append((done, total)))
    np.testing.assert_allclose(vectors, [unit(text) for text in texts], atol=1e-6)
    assert seen == [(4, 15), (8, 15), (12, 15), (15, 15)]
    assert [len(request.document["input"]) for request in server.requests] == [4, 4, 4, 3]
    lengths = [len(text) for request in server.requests for text in request.document["input"]]
    assert lengths == sorted(lengths)


def test_the_request_names_model_key_and_dimensions(server: EmbeddingServer) -> None:
    assert len(build(server, dimensions=5).get_query_embedding("hello")) == 5
    (request,) = server.requests
    assert (request.path, request.authorization) == ("/v1/embeddings", f"Bearer {KEY}")
    assert request.document["model"] == "test-model"
    assert request.document["dimensions"] == 5


def test_a_compatible_server_may_want_no_key(server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_ENV)
    build(server).get_query_embedding("hello")
    assert server.requests[0].authorization is None


def test_vectors_are_sorted_by_index(server: EmbeddingServer) -> None:
    server.script = [Reply(change=lambda answer: answer["data"].reverse())]
    np.testing.assert_allclose(embed_texts(build(server), ["a", "b"]), [unit("a"), unit("b")], atol=1e-6)


def test_async_calls_and_threads_get_the_same_vectors(server: EmbeddingServer) -> None:
    model = build(server)
    texts = [f"text {i}" for i in range(25)]

    async def gather() -> list[list[float]]:
        return await asyncio.gather(*(model.aget_query_embedding(text) for text in texts))

    with ThreadPoolExecutor(25) as pool:
        threaded = list(pool.map(model.get_query_embedding, texts))
    assert asyncio.run(gather()) == threaded
    np.testing.assert_allclose(threaded, [unit(text) for text in texts], atol=1e-6)


def test_identity_tells_provider_model_and_size_but_not_the_address(server: EmbeddingServer) -> None:
    info = describe(build(server, dimensions=5, max_tokens=100))
    assert info.identity == "openai-compatible/test-model/5"
    assert info.max_tokens == 100
    assert info.count_tokens(["hello world", ""]) == [2, 0]


OPENAI_ERROR = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "wrong"}}
FAULTS = [
    pytest.param(401, EmbeddingAuthError, 1, id="401"),
    pytest.param(403, EmbeddingAuthError, 1, id="403"),
    pytest.param(404, EmbeddingNotFoundError, 1, id="404"),
    pytest.param(400, EmbeddingServerError, 1, id="400"),
    pytest.param(413, EmbeddingServerError, 1, id="413"),
    pytest.param(422, EmbeddingServerError, 1, id="422"),
    pytest.param(429, EmbeddingRateLimitError, 3, id="429"),
    pytest.param(500, EmbeddingUnavailableError, 3, id="500"),
    pytest.param(501, EmbeddingUnavailableError, 1, id="501"),
    pytest.param(503, EmbeddingUnavailableError, 3, id="503"),
]


@pytest.mark.parametrize(("status", "kind", "tries"), FAULTS)
def test_a_status_becomes_one_error_and_is_retried_only_where_that_helps(
    server: EmbeddingServer,
    caplog: pytest.LogCaptureFixture,
    status: int,
    kind: type[EmbeddingServerError],
    tries: int,
) -> None:
    server.script = [Reply(status, json.dumps(OPENAI_ERROR).encode(), {"Retry-After": "0"})] * 9
    with caplog.at_level(logging.DEBUG), pytest.raises(EmbeddingServerError) as caught:
        build(server, max_retries=2).get_query_embedding("hello")
    assert type(caught.value) is kind
    assert len(server.requests) == tries
    assert str(status) in caught.value.message
    assert "Incorrect API key provided: ***" in caught.value.message
    assert server.url in caught.value.message
    assert caught.value.advice
    assert KEY not in f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}{caplog.text}"


def test_the_advice_names_the_variable_of_the_key(server: EmbeddingServer) -> None:
    server.script = [Reply(401, b"no")]
    with pytest.raises(EmbeddingAuthError, match=KEY_ENV):
        build(server).get_query_embedding("hello")


def test_a_passing_fault_is_survived(server: EmbeddingServer) -> None:
    server.script = [Reply(503), Reply(hang_up=True), Reply(429, headers={"Retry-After": "0"})]
    np.testing.assert_allclose(build(server).get_text_embedding("hello"), unit("hello"), atol=1e-6)
    assert len(server.requests) == 4


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(server: EmbeddingServer, as_date: bool) -> None:
    value = formatdate(time.time() + 3, usegmt=True) if as_date else "1.2"
    server.script = [Reply(429, headers={"Retry-After": value})]
    build(server).get_query_embedding("hello")
    first, second = server.requests
    assert second.at - first.at >= 0.9


def test_a_retry_after_beyond_the_time_left_is_not_waited_for(server: EmbeddingServer) -> None:
    server.script = [Reply(429, headers={"Retry-After": "60"})]
    with elapsed_at_most(2 + MARGIN_S), pytest.raises(EmbeddingRateLimitError):
        build(server, timeout_s=2).get_query_embedding("hello")
    assert len(server.requests) == 1


def test_a_used_up_quota_is_not_retried(server: EmbeddingServer) -> None:
    server.script = [Reply(429, b'{"error": {"message": "pay first", "code": "insufficient_quota"}}')] * 3
    with pytest.raises(EmbeddingRateLimitError, match="pay first"):
        build(server).get_query_embedding("hello")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([Reply(delay=30)], id="silent"),
        pytest.param([Reply(drip=0.05)], id="a byte at a time"),
        pytest.param(
            [Reply(503, delay=0.3), Reply(503, headers={"Retry-After": "0"}), Reply(delay=30)], id="after retries"
        ),
    ],
)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_one_time_out_covers_everything(server: EmbeddingServer, script: list[Reply], asynchronous: bool) -> None:
    server.script = list(script)
    model = build(server, timeout_s=1.5)

    def ask() -> list[float]:
        return asyncio.run(model.aget_query_embedding("hello")) if asynchronous else model.get_query_embedding("hello")

    with elapsed_at_most(1.5 + MARGIN_S), pytest.raises(EmbeddingTimeoutError, match=r"within 1\.5 s"):
        ask()


def test_retries_stop_at_the_time_out(server: EmbeddingServer) -> None:
    server.script = [Reply(500)] * 100
    with elapsed_at_most(1.5 + MARGIN_S), pytest.raises((EmbeddingUnavailableError, EmbeddingTimeoutError)):
        build(server, timeout_s=1.5, max_retries=99).get_query_embedding("hello")
    assert 1 < len(server.requests) < 100


def test_a_connection_refused_is_told_at_once(server: EmbeddingServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with elapsed_at_most(2), pytest.raises(EmbeddingUnavailableError, match=r"cannot be reached") as caught:
            build(server, base_url=url).get_query_embedding("hello")
    assert url in caught.value.message
    assert "embedding.base_url" in caught.value.advice


def test_a_connection_that_breaks_is_retried_then_told(server: EmbeddingServer) -> None:
    server.script = [Reply(hang_up=True)] * 9
    with pytest.raises(EmbeddingUnavailableError, match="cannot be reached"):
        build(server, max_retries=1).get_query_embedding("hello")
    assert len(server.requests) == 2


def test_a_wrong_path_is_not_found(server: EmbeddingServer) -> None:
    with pytest.raises(EmbeddingNotFoundError, match="404") as caught:
        build(server, base_url=server.url.removesuffix("/v1")).get_query_embedding("hello")
    assert "/v1" in caught.value.advice


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(answer: dict[str, Any]) -> None:
        answer["data"][-1][path] = value

    return change


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param(Reply(body=b"<html>Welcome</html>", headers={"Content-Type": "text/html"}), "Welcome", id="html"),
        pytest.param(Reply(body=b'{"data": [', headers={"Content-Type": "application/json"}), "data", id="cut off"),
        pytest.param(Reply(body=b'{"models": []}'), "models", id="other document"),
        pytest.param(Reply(body=b"[]"), "not answer with embeddings", id="a list"),
        pytest.param(Reply(body=b"\xff\xfe"), "not answer with embeddings", id="not text"),
        pytest.param(Reply(change=lambda answer: answer["data"].pop()), "2 texts were embedded and 1", id="too few"),
        pytest.param(Reply(change=_set("embedding", [1.0, 2.0])), "Vectors of 2 and 8", id="unequal"),
        pytest.param(Reply(change=_set("embedding", [float("nan")] * 8)), "not finite", id="NaN"),
        pytest.param(Reply(change=_set("embedding", [1e300] * 8)), "not finite", id="too large"),
        pytest.param(Reply(change=_set("embedding", [0.0] * 8)), "only zeros", id="zeros"),
        pytest.param(Reply(change=_set("embedding", ["x"] * 8)), "not a list of numbers", id="words"),
        pytest.param(Reply(change=_set("embedding", None)), "not a list of numbers", id="null"),
    ],
)
def test_an_unusable_answer_is_told(server: EmbeddingServer, reply: Reply, says: str) -> None:
    server.script = [reply]
    with pytest.raises(EmbeddingResponseError) as caught:
        embed_texts(build(server), ["a", "b"])
    assert says in caught.value.message
    assert server.url in caught.value.message
    assert len(server.requests) == 1


def test_vectors_of_another_size_than_configured_are_refused(server: EmbeddingServer) -> None:
    server.script = [Reply(change=_set("embedding", [1.0] * 7))]
    with pytest.raises(EmbeddingResponseError, match="Vectors of 7 numbers came back, not of 5"):
        build(server, dimensions=5).get_query_embedding("hello")


def test_vectors_that_change_size_between_batches_are_refused(server: EmbeddingServer) -> None:
    server.script = [Reply(), Reply(change=_set("embedding", [1.0] * 7))]
    with pytest.raises(EmbeddingResponseError, match="Vectors of 7 numbers came back, not of 8"):
        embed_texts(build(server, batch_size=1), ["a", "b"])


def test_openai_without_a_key_fails_before_anything_is_sent(
    server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_ENV)
    with pytest.raises(EmbeddingAuthError, match=KEY_ENV):
        build(server, provider="openai")
    assert server.requests == []


def test_openai_with_a_key_uses_the_same_path(server: EmbeddingServer) -> None:
    build(server, provider="openai").get_query_embedding("hello")
    assert server.requests[0].authorization == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"model": None}, "embedding.model"),
        ({"model": None, "provider": "openai"}, "embedding.model"),
        ({"base_url": None}, "embedding.base_url"),
        ({"base_url": "localhost:11434"}, "embedding.base_url"),
        ({"base_url": "http://"}, "embedding.base_url"),
        ({"base_url": "http://[::1/v1"}, "embedding.base_url"),
        ({"provider": "minilm", "model": "other"}, "embedding.model"),
    ],
)
def test_wrong_settings_name_their_key(server: EmbeddingServer, settings: dict[str, Any], names: str) -> None:
    with pytest.raises(ConfigError, match=names):
        build(server, **({"base_url": server.url, "model": "m"} | settings))


def test_a_key_with_foreign_characters_is_refused_unseen(
    server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_ENV, "sk-\u2026")
    with pytest.raises(EmbeddingAuthError) as caught:
        build(server)
    assert "sk-" not in str(caught.value)


def test_the_key_is_in_no_printed_form(server: EmbeddingServer) -> None:
    model = build(server)
    assert KEY not in f"{model!r} {model.to_dict()} {model.to_json()} {model.model_dump()} {model.to_payload()}"


def test_every_error_of_the_openai_package_is_mapped() -> None:
    def below(base: type[openai.APIError]) -> Iterator[type[openai.APIError]]:
        yield base
        for child in base.__subclasses__():
            yield from below(child)

    known = {error for error in below(openai.APIError) if error.__module__.startswith("openai")}
    assert known - ERRORS.keys() == set()


@pytest.mark.parametrize("fault", ["refused", "status"])
def test_a_password_in_the_address_is_not_told(server: EmbeddingServer, fault: str) -> None:
    address = server.url.replace("://", "://bob:s3cret@") if fault == "status" else "http://bob:s3cret@127.0.0.1:9/v1"
    server.script = [Reply(404, f"nothing at {address}".encode())]
    model = build(server, base_url=address, max_retries=0)
    with pytest.raises(EmbeddingServerError, match=r"\*\*\*@127") as error:
        model.get_text_embedding("x")
    assert "s3cret" not in str(error.value)
    with pytest.raises(ConfigError, match=r"\*\*\*@") as refused:
        build(server, base_url="http://bob:s3cret@host:port")
    assert "s3cret" not in str(refused.value)
