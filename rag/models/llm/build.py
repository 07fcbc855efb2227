"""Configuration → the guarded model, with its key, headers and proxy."""

from __future__ import annotations

import weakref
from typing import Any

import openai
from llama_index.llms.openai_like import OpenAILike

from rag.config import LLMConfig
from rag.errors import LLMAuthError
from rag.models import endpoint
from rag.models.headers import header_values
from rag.models.llm import named_model
from rag.models.llm.client import GuardedLLM
from rag.models.llm.usage import DayLedger, prices_of
from rag.models.llm.wire import reshape
from rag.types.places import Place


def build(config: LLMConfig, usage_file: Place | None) -> GuardedLLM:
    """Build the configured model (`rag.models.llm.build_llm`)."""
    model_name, base_url = named_model(config)
    key, headers = _api_key(config), header_values("llm.headers", config.headers)
    http = endpoint.http_client(base_url, config.proxy_url)
    http.event_hooks["response"].append(reshape)
    client = openai.AsyncOpenAI(
        api_key=key or "none",
        base_url=base_url,
        timeout=config.timeout_s,
        max_retries=0,
        default_headers={"Accept-Encoding": "identity", **headers},
        http_client=http,
    )
    options: dict[str, Any] = {}
    if not key:  # the package insists on one; a server that wants none is not to be sent an invented one
        options["extra_headers"] = {"Authorization": openai.Omit()}
    if config.temperature is None:
        options["temperature"] = openai.omit
    settings: dict[str, Any] = {
        "model": model_name,
        "api_base": base_url,
        "api_key": key or "none",
        "temperature": config.temperature or 0.0,
        "context_window": config.context_tokens,
        "is_chat_model": True,
        "max_retries": 0,
        "additional_kwargs": options,
        "async_openai_client": client,
    }
    inner = OpenAILike(**settings)
    ledger = DayLedger(usage_file, model_name, prices_of(config)) if usage_file else None
    model = GuardedLLM.around(inner, config, ledger, (key, *headers.values()))
    weakref.finalize(inner, endpoint.close, client).atexit = False
    return model


def _api_key(config: LLMConfig) -> str:
    key = endpoint.secret(config.api_key_env)
    if key is None:
        raise LLMAuthError(
            f"{config.api_key_env} holds characters that no API key has.",
            f"Copy the key into {config.api_key_env} anew.",
        )
    if not key and config.provider == "openai":
        raise LLMAuthError(
            f"OpenAI needs an API key, and {config.api_key_env} is not set.",
            f"Set {config.api_key_env}, or ask in mode extractive, which needs none.",
        )
    return key
