"""All of the page's events as one: what fails unforeseen is logged with its request, and never printed by Gradio.

Gradio writes tracebacks to stderr past the log, and with them what a reader typed.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from itertools import islice
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from markupsafe import escape

from rag.errors import PaperchatError
from ui.telemetry.request import request_id, working_for
from ui.web.base.events import request_of

_MOST_WORDS = 200
"""Texts of an event that are looked for in the log."""
_log = logging.getLogger(__name__)


def guard(blocks: gr.Blocks) -> None:
    """Guard every event that is registered in an app."""
    for event in blocks.fns.values():
        if event.fn is not None:
            event.fn = guarded(event.fn)


def guarded(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A handler of the same kind (function, generator or coroutine) whose errors are logged and told."""

    @wraps(handler)
    def called(*args: Any, **kwargs: Any) -> Any:
        with _told(args, kwargs):
            return handler(*args, **kwargs)

    @wraps(handler)
    def stepped(*args: Any, **kwargs: Any) -> Any:
        steps = handler(*args, **kwargs)
        try:
            while True:
                with _told(args, kwargs):  # anew for each step, which may have a thread of its own
                    try:
                        step = next(steps)
                    except StopIteration:
                        return
                yield step
        finally:
            steps.close()

    @wraps(handler)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        with _told(args, kwargs):
            return await handler(*args, **kwargs)

    chosen: Callable[..., Any] = stepped if inspect.isgeneratorfunction(handler) else called
    if inspect.iscoroutinefunction(handler):
        chosen = awaited
    # what Gradio reads; of a method, a signature that was set on its function would be copied with its `self`
    chosen.__signature__ = inspect.signature(handler)  # type: ignore[attr-defined]
    return chosen


@contextmanager
def _told(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[None]:
    asked = LocalContext.request.get(None)
    request = request_id() or (request_of(asked) if isinstance(asked, gr.Request) else "")
    with working_for(request, *islice(_texts([args, kwargs]), _MOST_WORDS)):
        try:
            yield
        except gr.Error:
            raise
        except PaperchatError as error:
            raise gr.Error(str(escape(f"{error.message} {error.advice}")), print_exception=False) from None
        except Exception as error:
            _log.exception("an event failed")
            where = f" The server's log says where, at request {request}." if request else ""
            said = f"paperchat itself failed ({type(error).__name__}).{where}"
            raise gr.Error(said, print_exception=False) from None


def _texts(value: Any) -> Iterator[str]:
    """All that was typed into what an event is sent."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, gr.EventData):
        yield from _texts(value._data)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
