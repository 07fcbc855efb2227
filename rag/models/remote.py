"""Embeddings from OpenAI or any server that speaks its ``POST /v1/embeddings``.

One call is one request and its retries, all within `timeout_s`.
"""

from __future__ import annotations

import asyncio
import json
import weakref

import openai
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay

from rag.config import EmbeddingConfig, public_address
from rag.errors import (
    EmbeddingAuthError,
    EmbeddingNotFoundError,
    EmbeddingRateLimitError,
    EmbeddingResponseError,
    EmbeddingServerError,
    EmbeddingTimeoutError,
    EmbeddingUnavailableError,
)
from rag.models import endpoint
from rag.models.info import EmbeddingInfo, count_cl100k
from rag.models.vectors import unit_rows

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
        model_name, base_url = endpoint.model_and_address("embedding", config)
        key = _api_key(config)
        model = cls(
            model_name=model_name,
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
            api_key=key or "none",
            base_url=base_url,
            timeout=config.timeout_s,
            max_retries=0,
            http_client=endpoint.http_client(base_url),
        )
        weakref.finalize(model, endpoint.close, model._client).atexit = False
        return model

    def info(self) -> EmbeddingInfo:
        """Describe the model for chunker and index; where it is served does not change its vectors."""
        identity = f"{self.provider}/{self.model_name}/{self.dimensions or 'native'}"
        return EmbeddingInfo(identity, self.max_tokens, count_cl100k)

    async def _embed(self, texts: list[str]) -> list[list[float]]:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self.max_retries + 1) | stop_before_delay(self.timeout_s),
            wait=endpoint.pause,
            retry=retry_if_exception(endpoint.worth_retrying),
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
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
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
        said = self._excerpt(endpoint.happened(error))
        return kind(f"{self._who} {said}", advice.format(key_env=self.key_env, model=self.model_name))

    def _timed_out(self) -> EmbeddingTimeoutError:
        return EmbeddingTimeoutError(
            f"{self._who} did not answer within {self.timeout_s:g} s.", ERRORS[openai.APITimeoutError][1]
        )

    def _excerpt(self, text: str) -> str:
        return endpoint.excerpt(text, self.base_url, (self._key,))

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return endpoint.wait_for(self._embed(texts))

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.wrap_future(endpoint.submit(self._embed(texts)))

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return (await self._aget_text_embeddings([text]))[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return (await self._aget_text_embeddings([query]))[0]


def _api_key(config: EmbeddingConfig) -> str:
    key = endpoint.secret(config.api_key_env)
    if key is None:
        raise EmbeddingAuthError(
            f"{config.api_key_env} holds characters that no API key has.",
            f"Copy the key into {config.api_key_env} anew.",
        )
    if not key and config.provider == "openai":
        raise EmbeddingAuthError(
            f"OpenAI needs an API key, and {config.api_key_env} is not set.",
            f"Set {config.api_key_env}, or set embedding.provider to minilm, which needs none.",
        )
    return key
