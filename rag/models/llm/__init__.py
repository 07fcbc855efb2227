"""The language model that the configuration names, as a LlamaIndex `LLM`.

    openai               OpenAI's chat completions, with a key
    openai-compatible    any server that speaks ``POST /v1/chat/completions``: Ollama, vLLM, llama.cpp

LlamaIndex and openai are imported when a model is built, not with this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rag.config import LLMConfig
from rag.errors import ConfigError
from rag.models.info import count_cl100k
from rag.types.places import Place

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

    from rag.models.llm.client import GuardedLLM
    from rag.prompts import Prompt

__all__ = ["CUT", "EXPOSED", "build_llm", "chat_message", "chat_messages", "count_tokens", "named_model"]

MESSAGE_TOKENS = 4
"""Tokens that a chat message costs beside its text."""
CUT = frozenset(("length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length", "limit"))
"""Finish reasons of a reply that was cut off at a length."""
EXPOSED = "exposed_thoughts"
"""Key of a part's further values: what had been given turned out to be thoughts."""


def build_llm(config: LLMConfig, usage_file: Place | None = None) -> GuardedLLM:
    """Build the configured model; its server is not contacted before it is asked something.

    Args:
        config: The section `llm`.
        usage_file: SQLite file that keeps what each day used; None keeps nothing.

    Raises:
        ConfigError: no provider is configured, or it needs a key that is not set.
        LLMAuthError: the environment holds no API key, or none that can be one.
    """
    from rag.models.llm.build import build

    return build(config, usage_file)


def named_model(config: LLMConfig) -> tuple[str, str]:
    """The configured model's name and its server's address; nothing heavy is imported to find out.

    Raises:
        ConfigError: none is configured, or something that it needs is not.
    """
    if config.provider is None:
        raise ConfigError(
            "No language model is configured: llm.provider is null.",
            "Set llm.provider, llm.model and, for your own server, llm.base_url; or ask in mode extractive.",
        )
    from rag.models import endpoint

    return endpoint.model_and_address("llm", config)


def chat_messages(prompt: Prompt, values: Mapping[str, str]) -> list[ChatMessage]:
    """A prompt, filled in, as LlamaIndex's messages (`ConfigError` as in `Prompt.messages`)."""
    return [chat_message(message["role"], message["content"]) for message in prompt.messages(values)]


def chat_message(role: str, content: str) -> ChatMessage:
    """One of LlamaIndex's messages; `role` is ``system``, ``user`` or ``assistant``."""
    from llama_index.core.base.llms.types import ChatMessage

    return ChatMessage(role=role, content=content)


def count_tokens(messages: Sequence[ChatMessage]) -> int:
    """Tokens of a prompt by OpenAI's cl100k vocabulary; another model's may differ by a fifth."""
    return sum(count_cl100k([message.content or "" for message in messages])) + MESSAGE_TOKENS * (len(messages) + 1)
