"""Embeddings from OpenAI or any server that speaks its ``POST /v1/embeddings``.

One call is one request and its retries, all within `timeout_s`. httpx bounds the silence between two bytes, not a whole
answer, so calls run as coroutines on one background event loop, where a deadline cancels whatever is under way.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from email.utils import parsedate_to_datetime
from functools import cache
from time import time
from typing import Any

import httpx
import openai
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from rag.config import EmbeddingConfig, public_address
from rag.embedding.info import EmbeddingInfo, count_cl100k
from rag.embedding.vectors import unit_rows
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

OPENAI_URL = "https://api.openai.com/v1"

ERRORS: dict[type[openai.APIError], tuple[type[EmbeddingServerError], str]] = {
    openai.AuthenticationError: (EmbeddingAuthError, "Check the API key in {key_env}."),
    openai.OAuthError: (EmbeddingAuthError, "Check the API key in {key_env}."),
    openai.PermissionDeniedError: (EmbeddingAuthError, "Check that the key in {key_env} may use {model}."),
    openai.NotFoundError: (
        EmbeddingNotFoundError,
        "Check embedding.base_url (it usually ends in /v1) and embedding.model.",
    ),
    openai.RateLimitError: (EmbeddingRateLimitError, "Wait and run it again, or check the account's quota."),
    openai.InternalServerError: (EmbeddingUnavailableError, "Run it again later, or look into the server's log."),
    openai.APITimeoutError: (EmbeddingTimeoutError, "Raise embedding.timeout_s, or lower embedding.batch_size."),
    openai.APIConnectionError: (EmbeddingUnavailableError, "Check embedding.base_url, and that the server runs."),
    openai.APIResponseValidationError: (EmbeddingResponseError, "Check that embedding.base_url is an OpenAI API."),
    openai.BadRequestError: (
        EmbeddingServerError,
        "Check embedding.model, embedding.dimensions, embedding.max_tokens and embedding.batch_size.",
    ),
    openai.UnprocessableEntityError: (EmbeddingServerError, "Check embedding.model and embedding.dimensions."),
    openai.ConflictError: (EmbeddingServerError, "Run it again later."),
    openai.APIStatusError: (EmbeddingServerError, "Check embedding.base_url and embedding.model."),
    openai.APIError: (EmbeddingServerError, "Check embedding.base_url and embedding.model."),
}
"""What each error of the openai package becomes, and what the reader should do; a test compares it with the package."""

_BACKOFF = wait_random_exponential(multiplier=0.5, max=8)


class ServerEmbedding(BaseEmbedding):
    """An embedding model behind HTTP; safe to call from many threads. Build it with `from_config`."""

    provider: str
    base_url: str
    dimensions: int | None
    max_tokens: int
    timeout_s: float
    max_retries: int
    key_env: str = Field(description="name of the environment variable the key came from")

    _client: openai.AsyncOpenAI = PrivateAttr()
    _key: str = PrivateAttr()

    @classmethod
    def class_name(cls) -> str:
        """Name LlamaIndex uses for this class."""
        return "ServerEmbedding"

    @classmethod
    def from_config(cls, config: EmbeddingConfig) -> ServerEmbedding:
        """Read the key from the environment and prepare the client; nothing is sent yet.

        Raises:
            ConfigError: `embedding.model`, or `embedding.base_url` of a compatible server, is not set.
            EmbeddingAuthError: OpenAI is configured and no key is set.
        """
        if not config.model:
            raise _missing("model", config.provider)
        base_url = config.base_url or (OPENAI_URL if config.provider == "openai" else None)
        if not base_url:
            raise _missing("base_url", config.provider)
        _check_address(base_url)
        key = _api_key(config)
        model = cls(
            model_name=config.model,
            embed_batch_size=config.batch_size,
            provider=config.provider,
            base_url=base_url,
            dimensions=config.dimensions,
            max_tokens=config.max_tokens,
            timeout_s=config.timeout_s,
            max_retries=config.max_retries,
            key_env=config.api_key_env,
        )
        model._key = key
        model._client = openai.AsyncOpenAI(
            api_key=key or "none", base_url=base_url, timeout=config.timeout_s, max_retries=0
        )
        weakref.finalize(model, _close, model._client).atexit = False
        return model

    def info(self) -> EmbeddingInfo:
        """Describe the model for chunker and index; where it is served does not change its vectors."""
        identity = f"{self.provider}/{self.model_name}/{self.dimensions or 'native'}"
        return EmbeddingInfo(identity, self.max_tokens, count_cl100k)

    async def _embed(self, texts: list[str]) -> list[list[float]]:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self.max_retries + 1) | stop_before_delay(self.timeout_s),
            wait=_wait,
            retry=retry_if_exception(_worth_retrying),
            reraise=True,
        )
        try:
            async with asyncio.timeout(self.timeout_s):
                body: bytes = await retrying(self._request, texts)
        except TimeoutError:
            raise self._timed_out() from None
        except openai.APIError as error:
            # The cause would carry what the server echoed, possibly the key.
            raise self._mapped(error) from None
        return self._vectors(body, len(texts))

    async def _request(self, texts: list[str]) -> bytes:
        response = await self._client.embeddings.with_raw_response.create(
            input=texts,
            model=self.model_name,
            dimensions=self.dimensions or openai.omit,
            encoding_format="float",
            # The package insists on a key; a server that wants none is not to be sent an invented one.
            extra_headers=None if self._key else {"Authorization": openai.Omit()},
        )
        return response.content

    def _vectors(self, body: bytes, expected: int) -> list[list[float]]:
        try:
            items = json.loads(body)["data"]
            rows = [item["embedding"] for item in sorted(items, key=lambda item: item.get("index", 0))]
        except (ValueError, TypeError, KeyError, AttributeError):
            raise EmbeddingResponseError(
                f"{self._who} did not answer with embeddings but with: {self._excerpt(body.decode(errors='replace'))}",
                "Check that embedding.base_url is an OpenAI API (it usually ends in /v1).",
            ) from None
        try:
            vectors: list[list[float]] = unit_rows(rows, expected, self.dimensions).tolist()
        except EmbeddingResponseError as error:
            raise EmbeddingResponseError(f"{self._who}: {error.message}", error.advice) from None
        return vectors

    @property
    def _who(self) -> str:
        return f"The embedding server {public_address(self.base_url)} (model {self.model_name})"

    def _mapped(self, error: openai.APIError) -> EmbeddingServerError:
        kind, advice = next(ERRORS[base] for base in type(error).__mro__ if base in ERRORS)
        if isinstance(error, openai.APITimeoutError):
            return self._timed_out()
        if isinstance(error, openai.APIStatusError):
            happened = f"answered {error.status_code}: {self._excerpt(_detail(error))}"
        elif isinstance(error, openai.APIConnectionError):
            happened = f"cannot be reached: {self._excerpt(str(error.__cause__ or error))}"
        else:
            happened = f"failed: {self._excerpt(error.message)}"
        return kind(f"{self._who} {happened}", advice.format(key_env=self.key_env, model=self.model_name))

    def _timed_out(self) -> EmbeddingTimeoutError:
        return EmbeddingTimeoutError(
            f"{self._who} did not answer within {self.timeout_s:g} s.", ERRORS[openai.APITimeoutError][1]
        )

    def _excerpt(self, text: str) -> str:
        """Shorten a server's words to one line without the key and the address's password, which servers echo."""
        text = text.replace(self.base_url.rstrip("/"), public_address(self.base_url.rstrip("/")))
        if self._key:
            text = text.replace(self._key, "***")
        line = " ".join(text.split())
        return line if len(line) <= 200 else line[:200] + "…"

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _wait_for(self._embed(texts))

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.wrap_future(_submit(self._embed(texts)))

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return (await self._aget_text_embeddings([text]))[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return (await self._aget_text_embeddings([query]))[0]


def _missing(key: str, provider: str) -> ConfigError:
    return ConfigError(
        f"embedding.{key} is not set, and embedding.provider {provider} needs it.",
        f"Set embedding.{key} in config.yaml, or PAPERCHAT__EMBEDDING__{key.upper()}.",
    )


def _check_address(base_url: str) -> None:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(
            f"embedding.base_url {public_address(base_url)!r} is not an address of a server.",
            "Set it to http(s)://host:port/v1.",
        )


def _api_key(config: EmbeddingConfig) -> str:
    key = os.environ.get(config.api_key_env, "").strip()
    if not key and config.provider == "openai":
        raise EmbeddingAuthError(
            f"OpenAI needs an API key, and {config.api_key_env} is not set.",
            f"Set {config.api_key_env}, or set embedding.provider to minilm, which needs none.",
        )
    if not (key.isascii() and key.isprintable()):
        raise EmbeddingAuthError(
            f"{config.api_key_env} holds characters that no API key has.",
            f"Copy the key into {config.api_key_env} anew.",
        )
    return key


def _worth_retrying(error: BaseException) -> bool:
    """Whether the same request may succeed in a moment: too many requests, a failing server, a broken connection."""
    if isinstance(error, openai.RateLimitError):
        return error.code != "insufficient_quota"
    if isinstance(error, openai.InternalServerError):
        return error.status_code != httpx.codes.NOT_IMPLEMENTED
    # A time-out has used up the time, and an address nobody listens on stays silent.
    return (
        isinstance(error, openai.APIConnectionError)
        and not isinstance(error, openai.APITimeoutError)
        and not isinstance(error.__cause__, httpx.ConnectError)
    )


def _wait(state: RetryCallState) -> float:
    """Seconds before the next try: what the server asks for, else exponential with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = _retry_after(error.response) if isinstance(error, openai.APIStatusError) else None
    return _BACKOFF(state) if asked is None else asked


def _retry_after(response: httpx.Response) -> float | None:
    """Read ``Retry-After``: seconds, or a date (RFC 9110, 10.2.3); None when absent or unreadable."""
    value = response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except ValueError:
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _detail(error: openai.APIStatusError) -> str:
    """Return the server's own message where its body has OpenAI's shape, else the body."""
    if isinstance(error.body, dict) and isinstance(message := error.body.get("message"), str):
        return message
    return error.response.text or error.response.reason_phrase


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="embedding-server", daemon=True).start()
    return loop


def _submit(call: Coroutine[Any, Any, list[list[float]]]) -> Future[list[list[float]]]:
    return asyncio.run_coroutine_threadsafe(call, _loop())


def _wait_for(call: Coroutine[Any, Any, list[list[float]]]) -> list[list[float]]:
    future = _submit(call)
    try:
        return future.result()
    finally:
        future.cancel()  # Ctrl-C: the request ends with its caller


def _close(client: openai.AsyncOpenAI) -> None:
    asyncio.run_coroutine_threadsafe(client.close(), _loop())
