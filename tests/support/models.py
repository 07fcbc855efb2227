"""The configured model against a scripted server, over a small library."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from rag.config import LLMConfig
from rag.models.llm import build_llm
from rag.models.llm.client import GuardedLLM
from tests.support.chat_server import ChatServer

T = TypeVar("T")


def model_at(server: ChatServer, **changes: Any) -> GuardedLLM:
    """A model that does not retry."""
    settings: dict[str, Any] = {"provider": "openai-compatible", "model": "scripted", "max_retries": 0}
    return build_llm(LLMConfig(base_url=server.base_url, **settings | changes)).for_answer()


def played(events: Generator[Any, None, T]) -> tuple[list[Any], T]:
    """All events of a stream, and what it returns."""
    seen: list[Any] = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as end:
            result: T = end.value
            return seen, result
