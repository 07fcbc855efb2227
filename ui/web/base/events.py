"""What an event of the page says, and how a handler's error is told to the reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import gradio as gr
from markupsafe import escape

from rag.errors import PaperchatError
from ui.telemetry.request import SCOPE

P = ParamSpec("P")
T = TypeVar("T")


def owner_of(request: gr.Request) -> str:
    """Whose conversations a request may see: the reader who logged in, or everybody's where nobody does."""
    return request.username or ""


def tab_of(request: gr.Request) -> str:
    """Gradio's name of a browser tab."""
    return str(request.session_hash or "")


def request_of(request: gr.Request) -> str:
    """The id of the request that brought an event; Gradio handles events outside it."""
    scope = getattr(request.request, "scope", None) or {}
    return str(scope.get(SCOPE) or "")


def text_of(event: gr.EventData, name: str) -> str:
    """A field of an event's data, "" where the tab did not send it."""
    data = event._data if isinstance(event._data, dict) else {}
    return str(data.get(name) or "")


def number_of(event: gr.EventData, name: str = "exchange") -> int:
    """The same as a number, 0 where it is none."""
    text = text_of(event, name)
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 19 else 0


def told(handler: Callable[P, T]) -> Callable[P, T]:
    """Have a handler's error appear on the page, in its own words (Gradio shows them as HTML, so they are escaped)."""

    @wraps(handler)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return handler(*args, **kwargs)
        except PaperchatError as error:
            raise gr.Error(str(escape(f"{error.message} {error.advice}")), print_exception=False) from None

    return wrapped
