"""What a vendor's client raises → the most specific error of ours, without anything secret in it."""

from __future__ import annotations

import httpx
import openai

from rag.config import LLMConfig
from rag.errors import (
    LLMAuthError,
    LLMError,
    LLMNotFoundError,
    LLMRateLimitError,
    LLMRequestError,
    LLMResponseError,
    LLMTimeoutError,
    LLMUnavailableError,
)
from rag.models import endpoint

_ADDRESS = "Check llm.base_url (it usually ends in /v1) and llm.model."
_REQUEST = "Check llm.context_tokens, llm.max_output_tokens and llm.temperature: the model may take none or less."

ERRORS: dict[type[openai.APIError], tuple[type[LLMError], str]] = {
    openai.AuthenticationError: (LLMAuthError, "Check the API key in {key_env}."),
    openai.OAuthError: (LLMAuthError, "Check the API key in {key_env}."),
    openai.PermissionDeniedError: (LLMAuthError, "Check that the key in {key_env} may use {model}."),
    openai.NotFoundError: (LLMNotFoundError, _ADDRESS),
    openai.RateLimitError: (LLMRateLimitError, "Wait and ask again, or check the account's quota."),
    openai.InternalServerError: (LLMUnavailableError, "Ask again later, or look into the server's log."),
    openai.APITimeoutError: (LLMTimeoutError, "Raise llm.timeout_s, or lower llm.max_output_tokens."),
    openai.APIConnectionError: (LLMUnavailableError, "Check llm.base_url, and that the server runs."),
    openai.APIResponseValidationError: (LLMResponseError, "Check that llm.base_url is an OpenAI API."),
    openai.BadRequestError: (LLMRequestError, _REQUEST),
    openai.UnprocessableEntityError: (LLMRequestError, _REQUEST),
    openai.ConflictError: (LLMUnavailableError, "Ask again later."),
    openai.APIStatusError: (LLMRequestError, _ADDRESS),
    openai.APIError: (LLMResponseError, _ADDRESS),
}
"""What each error of the openai package becomes, and what the reader should do; a test compares it with the package."""


def failure(error: Exception, who: str, config: LLMConfig, seconds: float, secrets: tuple[str, ...]) -> LLMError:
    """The error to raise.

    Args:
        error: What was raised; one of ours is returned as it is.
        who: The server, as a sentence begins with it.
        config: Names the key's variable and the model, for the advice.
        seconds: What the call was given.
        secrets: What must not stand in a message.
    """
    if isinstance(error, LLMError):
        return error
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        last = seconds < config.timeout_s  # what was left of the answer's time
        advice = "Raise llm.answer_timeout_s." if last else ERRORS[openai.APITimeoutError][1]
        return LLMTimeoutError(f"{who} did not give its whole reply within {seconds:.3g} s.", advice)
    if isinstance(error, openai.APIError):
        kind, advice = next(ERRORS[base] for base in type(error).__mro__ if base in ERRORS)
        said = endpoint.happened(error)
    elif isinstance(error, httpx.HTTPError):
        kind, advice, said = LLMUnavailableError, "Ask again.", f"stopped in the middle of its reply: {error}"
    else:
        kind, advice = ERRORS[openai.APIResponseValidationError]
        said = "sent something that is no chat completion."
    hidden = endpoint.excerpt(said, config.base_url or endpoint.OPENAI_URL, secrets)
    return kind(f"{who} {hidden}", advice.format(key_env=config.api_key_env, model=config.model))
