"""What is known of a server and its model in this process: parameters they refuse, and whether they think aloud.

It is not kept in a file: behind one address another server, or another version of it, stands tomorrow, and to find
out again costs one request that is refused at once.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx
import openai
from llama_index.core.base.llms.types import ChatMessage, MessageRole

FORGOTTEN_S = 3600.0
"""Seconds after which a refusal is tried again."""
RENAMED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_STATUS = (400, 422, 500, 501)
"""What servers answer to a parameter that they do not take; 500 where their framework raises."""
_NAMES = {
    "stream_options": r"stream_options|include_usage",
    "max_completion_tokens": r"max_completion_tokens",
    "max_tokens": r"max_tokens|max_new_tokens",
    "temperature": r"temperature",
    "system": r"(?<![\w.])(?:system|developer)(?:['\"`]|\s+(?:role|message|prompt|instruction))"
    r"|\broles?\b.{0,80}\b(?:system|alternate)|\bsystem\b.{0,20}\bnot\s+support",
    "stream": r"(?<![\w.])stream(?:ing)?(?![\w.])(?!\s+options)",
}
_REFUSED = re.compile(
    r"unsupported|not\s+(?:be\s+)?(?:support|permit|allow|recogni[sz]|accept|implement|valid|available)|unrecogni[sz]ed|unknown"
    r"|unexpected|extra\b|invalid\s+(?:param|arg|field)|forbidden|disallow|no\s+longer|deprecat|instead|must\s+alternate"
    r"|only\s+(?:the\s+)?(?:default|user|supports?)|does\s?n['\u2019o]t\s+(?:take|support|accept|allow)|disabled|additional",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"context[_\s-]*(?:length|window|size)|maximum\s+context|too\s+(?:long|many\s+tokens)|exceeds?\b|n_ctx|reduce\s+the\s+length",
    re.IGNORECASE,
)


class Habits:
    """What is known of one model behind one address; safe to share between threads."""

    def __init__(self) -> None:
        self._refused: dict[str, float] = {}
        self._guard = threading.Lock()
        self.at_once = False
        """It has answered without thinking aloud, and never with thoughts that nothing announced."""
        self.unannounced = False
        """It has sent thoughts of which only the end was marked."""

    @property
    def refused(self) -> frozenset[str]:
        """Names of what it does not take; `system` is the role."""
        now = time.monotonic()
        with self._guard:
            return frozenset(name for name, since in self._refused.items() if now - since < FORGOTTEN_S)

    def learn(self, error: openai.APIError, sent: Iterable[str]) -> bool:
        """Take note of what a server refused; False where it refused nothing that could be left out.

        Args:
            error: What it answered.
            sent: Names of what it was sent.
        """
        name = refusal(error, sent)
        if name is None:
            return False
        with self._guard:
            self._refused[name] = time.monotonic()
        return True

    def forget(self) -> None:
        """A server that fails without what it refused may be another one."""
        with self._guard:
            self._refused.clear()

    def saw(self, *, thought: bool, unannounced: bool) -> None:
        """Take note of a whole reply."""
        self.unannounced = self.unannounced or unannounced
        self.at_once = not self.unannounced and (self.at_once or not thought)


def habits_of(address: str | None, model: str | None) -> Habits:
    """What is known of a model behind an address."""
    with _GUARD:
        return _KNOWN.setdefault((address, model), Habits())


def refusal(error: openai.APIError, sent: Iterable[str]) -> str | None:
    """The name of what a server refuses of what it was sent; None where it is something else, or is not named."""
    if isinstance(error, openai.APIStatusError) and error.status_code not in _STATUS:
        return None
    if isinstance(error, openai.APIConnectionError):
        return None
    said = words_of(error)
    names = [name for name in _NAMES if name in sent]
    body = error.body if isinstance(error.body, dict) else {}
    param = str(body.get("param") or "")
    if too_long(error) or not (_REFUSED.search(said) or param in names):
        return None
    if param in names and _REFUSED.search(said):
        return param
    found = {name: re.search(_NAMES[name], said, re.IGNORECASE | re.DOTALL) for name in names}
    places = {name: match.start() for name, match in found.items() if match}
    return min(places, key=places.__getitem__, default=None)


def too_long(error: openai.APIError) -> bool:
    """Whether a server says that the prompt, with the reply asked for, is more than it reads."""
    body = error.body if isinstance(error.body, dict) else {}
    return body.get("code") == "context_length_exceeded" or bool(_TOO_LONG.search(words_of(error)))


def words_of(error: openai.APIError) -> str:
    """All that a server said with an error."""
    try:
        body = json.dumps(error.body, ensure_ascii=False) if error.body else ""
    except (TypeError, ValueError):
        body = str(error.body)
    response = getattr(error, "response", None)
    text = response.text if not body and isinstance(response, httpx.Response) else ""
    return f"{body} {text}" if body or text else error.message


def asked_without(
    refused: frozenset[str], messages: Sequence[ChatMessage], options: Mapping[str, Any]
) -> tuple[list[ChatMessage], dict[str, Any]]:
    """A request without what a server refuses: left out, under another name, or as part of the user's message."""
    kept = dict(options)
    for name, other in RENAMED.items():
        if name in kept and name in refused:
            value = kept.pop(name)
            if other not in refused:
                kept[other] = value
            break
    if "stream_options" in refused:
        kept.pop("stream_options", None)
    if "temperature" in refused:
        kept["temperature"] = openai.omit
    return (_as_user(messages) if "system" in refused else list(messages)), kept


def _as_user(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The same messages, those of the system put before the first of the user."""
    system = [message.content or "" for message in messages if message.role == MessageRole.SYSTEM]
    rest = [message for message in messages if message.role != MessageRole.SYSTEM]
    if not system or not rest:
        return list(messages)
    first = "\n\n".join([*system, rest[0].content or ""])
    return [ChatMessage(role=MessageRole.USER, content=first), *rest[1:]]


_KNOWN: dict[tuple[str | None, str | None], Habits] = {}
_GUARD = threading.Lock()
