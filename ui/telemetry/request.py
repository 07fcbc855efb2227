"""Which request a thread works for: its id stands in the log, in the response's header and in what a reader is told.

A question outlives the request that asked it, so whoever works for one later says so (`working_for`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SCOPE = "paperchat.request"
"""Key of the ASGI scope under which the id stands."""
HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}")
_request: ContextVar[str] = ContextVar("request", default="")
_words: ContextVar[tuple[str, ...]] = ContextVar("words", default=())


def request_id() -> str:
    """The request that this thread or task works for; empty where it works for none."""
    return _request.get()


def private_words() -> tuple[str, ...]:
    """What the reader typed whose request this is: not for the log."""
    return _words.get()


def new_id(given: str = "") -> str:
    """An id for a request: the one that a proxy before us has given it, where it can be one, else a new one."""
    return given if _GIVEN.fullmatch(given) else secrets.token_hex(8)


def also_private(*words: str) -> None:
    """Add to what the reader typed, for the rest of the request that this task answers."""
    _words.set((*_words.get(), *filter(None, (word.strip() for word in words))))


@contextmanager
def working_for(request: str, *words: str) -> Iterator[None]:
    """Work for a request while the block runs.

    Args:
        request: Its id.
        words: What its reader typed.
    """
    tokens = _request.set(request), _words.set(tuple(filter(None, (word.strip() for word in words))))
    try:
        yield
    finally:
        _request.reset(tokens[0])
        _words.reset(tokens[1])
