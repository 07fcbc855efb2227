"""What a vendor's client raises → the most specific error of ours, without anything secret in it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import openai

from rag.config import LLMConfig
from rag.errors import (
    LLMAuthError,
    LLMEmptyError,
    LLMError,
    LLMNotFoundError,
    LLMRateLimitError,
    LLMRequestError,
    LLMResponseError,
    LLMTimeoutError,
    LLMUnavailableError,
)
from rag.models import endpoint
from rag.models.llm import CUT
from rag.models.llm.habits import too_long, words_of

_ADDRESS = "Check llm.base_url (it usually ends in /v1) and llm.model."
_REQUEST = (
    "Check llm.model and what the server's log says; llm.leave_out takes out parameters that it may refuse without"
    " naming them, such as stream_options and temperature."
)
_CONTEXT = (
    "Check how many tokens the server reads, and set llm.context_tokens to that, or raise its own context length"
    " (num_ctx in Ollama, --ctx-size in llama.cpp, --max-model-len in vLLM)."
)
_REPLY = "Check how long a reply the model may give, and lower llm.max_output_tokens to that."
_REPLY_LIMIT = re.compile(
    r"max_(?:completion_|new_|output_)?tokens\b.{0,80}\b(?:must|most|maximum|less|large|greater)", re.I | re.S
)
_WHOLE = frozenset(
    "stop stopped eos eos_token end end_turn end_of_turn stop_sequence stop_token complete completed finished done"
    " tool_calls function_call null none".split()
)
"""Finish reasons of a whole reply."""
_FILTERS = ("filter", "safety", "recitation", "blocklist", "prohibited", "refus", "moderation", "spii")

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
    openai.APIError: (LLMResponseError, "Ask again, or look into the server's log."),
}
"""What each error of the openai package becomes, and what the reader should do; a test compares it with the package."""


def broken_off(reason: str, who: str) -> LLMError | None:
    """The error of a reply that ended for a reason which says that it is not whole; None for every other.

    Args:
        reason: The server's finish reason, in small letters; empty where it gave none.
        who: The server, as a sentence begins with it.
    """
    if not reason or reason in _WHOLE or reason in CUT:
        return None
    shown = endpoint.excerpt(reason, endpoint.OPENAI_URL, ())[:40].rstrip(".")
    if any(word in reason for word in _FILTERS):
        advice = "Ask in other words, or use a model or server without that filter."
        return LLMResponseError(f"{who} stopped the reply with its content filter ({shown}).", advice)
    text = f"{who} ended the reply before it was whole; the reason that it gives is “{shown}”."
    return LLMUnavailableError(text, "Ask again, or look into the server's log.")


class Instead:
    """What a reply holds in place of a text."""

    def __init__(self) -> None:
        self.thought = self.called = False
        self.refusal = ""

    def saw(self, raw: Any) -> None:
        """Look at one part of it, or at the whole."""
        for choice in getattr(raw, "choices", None) or ():
            said = getattr(choice, "delta", None) or getattr(choice, "message", None)
            fields = (getattr(said, name, None) for name in ("reasoning_content", "reasoning"))
            self.thought = self.thought or any(fields)
            self.called = self.called or any(getattr(said, name, None) for name in ("tool_calls", "function_call"))
            self.refusal += str(getattr(said, "refusal", None) or "")

    def error(self, who: str, *, cut: bool) -> LLMEmptyError:
        """The error of a reply without a text.

        Args:
            who: The server, as a sentence begins with it.
            cut: It was cut off at a length.
        """
        if self.refusal:
            words = endpoint.excerpt(self.refusal, endpoint.OPENAI_URL, ())
            return LLMEmptyError(f"{who} refused to answer: {words}", "Ask in other words, or use another model.")
        if self.called:
            text = f"{who} called a tool in place of an answer, and none was offered to it."
            return LLMEmptyError(text, "Turn tool calls off at the server, or use another model.")
        if not self.thought:
            return LLMEmptyError(f"{who} sent an empty reply.", "Raise llm.max_output_tokens, or ask again.")
        if cut:
            text = f"{who} was still thinking when its reply was cut off; it sent no answer."
            return LLMEmptyError(text, "Raise llm.max_output_tokens, or turn the model's thinking off.")
        text = f"{who} sent thoughts and no answer."
        return LLMEmptyError(text, "Ask again, or turn the model's thinking off.")


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
        if kind is LLMRequestError and too_long(error):
            advice = _CONTEXT
        elif kind is LLMRequestError and _REPLY_LIMIT.search(words_of(error)):
            advice = _REPLY
    elif isinstance(error, httpx.HTTPError):
        kind, advice, said = LLMUnavailableError, "Ask again.", f"stopped in the middle of its reply: {error}"
    else:
        kind, advice = ERRORS[openai.APIResponseValidationError]
        said = "sent something that is no chat completion."
    hidden = endpoint.excerpt(said, config.base_url or endpoint.OPENAI_URL, secrets)
    return kind(f"{who} {hidden}", advice.format(key_env=config.api_key_env, model=config.model))
