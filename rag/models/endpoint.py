"""What every client of an OpenAI-compatible server needs: address and key, when to try again, words for failures.

httpx bounds the silence between two bytes, not a whole answer. Calls therefore run as coroutines on one background
event loop, where a deadline cancels whatever is under way.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from email.utils import parsedate_to_datetime
from functools import cache
from time import time
from typing import Any, TypeVar

import httpx
import openai
from tenacity import RetryCallState, wait_random_exponential

from rag.config import EmbeddingConfig, LLMConfig, public_address
from rag.errors import ConfigError
from rag.models.headers import secret as secret
from rag.sources.proxy import proxy_for, usable

T = TypeVar("T")
OPENAI_URL = "https://api.openai.com/v1"
EXCERPT = 200
"""Characters shown of what a server said."""
_BACKOFF = wait_random_exponential(multiplier=0.5, max=8)


def model_and_address(section: str, config: EmbeddingConfig | LLMConfig) -> tuple[str, str]:
    """A configured model's name and its server's address.

    Raises:
        ConfigError: one of them is not set, or the address is no http(s) URL with a host.
    """
    base_url = config.base_url or (OPENAI_URL if config.provider == "openai" else None)
    for key, value in (("model", config.model), ("base_url", base_url)):
        if not value:
            raise ConfigError(
                f"{section}.{key} is not set, and {section}.provider {config.provider} needs it.",
                f"Set {section}.{key} in config.yaml, or PAPERCHAT__{section.upper()}__{key.upper()}.",
            )
    assert config.model
    assert base_url
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(
            f"{section}.base_url {public_address(base_url)!r} is not an address of a server.",
            "Set it to http(s)://host:port/v1.",
        )
    return config.model, base_url


def http_client(address: str, proxy_url: str | None = None) -> httpx.AsyncClient:
    """A client for a server: through the configured proxy, else the environment's where the address needs one.

    Raises:
        ConfigError: it needs a proxy that cannot be used.
    """
    proxy = usable(proxy_url) if proxy_url else proxy_for(address)
    if proxy:
        return openai.DefaultAsyncHttpxClient(proxy=proxy)
    # A transport of its own keeps httpx from making one for each proxy of the environment.
    return openai.DefaultAsyncHttpxClient(transport=httpx.AsyncHTTPTransport())


def worth_retrying(error: BaseException) -> bool:
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


def pause(state: RetryCallState) -> float:
    """Seconds before the next try: what the server asks for, else exponential with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = retry_after(error.response) if isinstance(error, openai.APIStatusError) else None
    return _BACKOFF(state) if asked is None else asked


def retry_after(response: httpx.Response) -> float | None:
    """Read ``Retry-After``: seconds, or a date (RFC 9110, 10.2.3); None when absent or unreadable."""
    value = response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except (ValueError, ArithmeticError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def happened(error: openai.APIError) -> str:
    """What an error of the openai package says, to follow the server's name; its words are not yet an `excerpt`."""
    if isinstance(error, openai.APIStatusError):
        return f"answered {error.status_code}: {_detail(error)}"
    if isinstance(error, openai.APIConnectionError):
        return f"cannot be reached: {error.__cause__ or error}"
    return f"failed: {error.message}"


def excerpt(text: str, base_url: str, secrets: tuple[str, ...]) -> str:
    """Shorten a server's words to one sentence without the secrets and the address's password, which servers echo."""
    address = base_url.rstrip("/")
    text = text.replace(address, public_address(address))
    for hidden in filter(None, secrets):
        text = text.replace(hidden, "***")
    line = " ".join(text.split())
    if len(line) > EXCERPT:
        return line[:EXCERPT] + "…"
    return line if line.endswith((".", "!", "?")) else f"{line}."


def submit(call: Coroutine[Any, Any, T]) -> Future[T]:
    """Start a call on the background loop."""
    return asyncio.run_coroutine_threadsafe(call, _loop())


def wait_for(call: Coroutine[Any, Any, T]) -> T:
    """Run a call on the background loop and return what it returns."""
    future = submit(call)
    try:
        return future.result()
    finally:
        future.cancel()  # Ctrl-C: the request ends with its caller


def close(client: openai.AsyncOpenAI) -> None:
    """Close a client's connections, without waiting for it."""
    submit(client.close())


def _detail(error: openai.APIStatusError) -> str:
    """Return the server's own message where its body has OpenAI's shape, else the body."""
    if isinstance(error.body, dict) and isinstance(message := error.body.get("message"), str):
        return message
    return error.response.text or error.response.reason_phrase


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="servers", daemon=True).start()
    return loop
