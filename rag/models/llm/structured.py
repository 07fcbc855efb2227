"""Replies that a program reads: asked for as JSON where the server offers it, read tolerantly where it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from rag.errors import LLMRequestError, LLMResponseError
from rag.models.llm import chat_message, chat_messages
from rag.prompts import Prompt

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

M = TypeVar("M", bound=BaseModel)
LONGEST = 50_000
"""Characters of a reply that are read."""
_FENCED = re.compile(r"```[\w-]*\n(.*?)```", re.DOTALL)


def ask_for(llm: LLM, prompt: Prompt, values: Mapping[str, str], schema: type[M], **kwargs: Any) -> M:
    """Ask for an object of a schema.

    The schema goes along as OpenAI's ``response_format``; a server that refuses the request is asked again without. A
    reply that cannot be read is asked for once more where the prompt has a `retry` text.

    Args:
        llm: Any LlamaIndex model.
        prompt: What to ask; its text must say what the object looks like.
        values: The prompt's variables.
        schema: Shape of the reply.
        **kwargs: Sent along (`max_tokens`).

    Raises:
        LLMResponseError: no reply could be read.
        LLMError: the server failed.
    """
    messages = chat_messages(prompt, values)
    wanted = {"type": "json_schema", "json_schema": {"name": schema.__name__, "schema": schema.model_json_schema()}}
    text = _ask(llm, messages, {"response_format": wanted, **kwargs})
    try:
        return read(text, schema)
    except LLMResponseError as error:
        if prompt.retry is None:
            raise
        again = prompt.correction(error.message)
    messages += [
        chat_message("assistant", text),
        chat_message(again["role"], again["content"]),
    ]
    return read(_ask(llm, messages, {"response_format": wanted, **kwargs}), schema)


def read(reply: str, schema: type[M]) -> M:
    """Read an object out of a reply: alone, in a code fence, or with words around it.

    Raises:
        LLMResponseError: there is none that fits; the message says what is wrong with the first one found.
    """
    problem = ""
    for text in _candidates(reply[:LONGEST]):
        try:
            return schema.model_validate(json.loads(text))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            problem = problem or f"{'.'.join(map(str, first['loc'])) or 'the object'}: {first['msg']}"
        except (ValueError, RecursionError):
            continue
    raise LLMResponseError(
        f"The model's reply cannot be read: {problem or 'it holds no JSON'}.", "Ask again, or use a larger model."
    )


def _ask(llm: LLM, messages: list[ChatMessage], kwargs: dict[str, Any]) -> str:
    try:
        return llm.chat(messages, **kwargs).message.content or ""
    except LLMRequestError:
        return llm.chat(messages, **{k: v for k, v in kwargs.items() if k != "response_format"}).message.content or ""


def _candidates(reply: str) -> Iterator[str]:
    """Where the object may stand: the whole reply, a fence's content, from the first brace to the last."""
    yield reply.strip()
    yield from (fence.strip() for fence in _FENCED.findall(reply))
    for opening, closing in ("{}", "[]"):
        start, end = reply.find(opening), reply.rfind(closing)
        if 0 <= start < end:
            yield reply[start : end + 1]
