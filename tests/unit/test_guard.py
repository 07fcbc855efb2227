"""Events that fail unforeseen: logged with their request, without the reader's words, and never printed by Gradio."""

from __future__ import annotations

import inspect
import io
import json
import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from rag.config import LogConfig
from rag.errors import UsageError
from ui.telemetry.logs import Discreet, formatter
from ui.telemetry.request import working_for
from ui.web.base.guard import guard, guarded

QUESTION = 'Does my "unpublished" idea of folded retrieval exist already?'


def plain(sent: Any) -> str:
    """A function."""
    raise KeyError(sent["query"])


def steps(sent: Any) -> Iterator[str]:
    """A generator."""
    yield "begun"
    raise KeyError(sent["query"])


async def coroutine(sent: Any) -> str:
    """A coroutine."""
    raise KeyError(sent["query"])


def run(handler: Callable[..., Any]) -> None:
    came = guarded(handler)({"query": QUESTION})
    if inspect.iscoroutine(came):
        came.send(None)
    else:
        list(came)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    out, logger = io.StringIO(), logging.getLogger("ui")
    discreet = Discreet((), False)
    handler = logging.StreamHandler(out)
    handler.addFilter(discreet)
    handler.setFormatter(formatter(LogConfig(format="json"), discreet))
    logger.addHandler(handler)
    yield out
    logger.removeHandler(handler)


@pytest.mark.parametrize("handler", [plain, steps, coroutine])
def test_an_error_is_logged_with_its_request_and_without_the_question(
    handler: Callable[..., Any], log: io.StringIO
) -> None:
    with working_for("0123456789abcdef"), pytest.raises(gr.Error) as raised:
        run(handler)
    assert not raised.value.print_exception, "Gradio would print it"
    assert "0123456789abcdef" in raised.value.message
    (line,) = (json.loads(one) for one in log.getvalue().splitlines())
    assert line["request"] == "0123456789abcdef"
    assert "KeyError" in line["exception"]
    assert "unpublished" not in log.getvalue()


def test_errors_of_ours_are_told_in_their_own_words(log: io.StringIO) -> None:
    def refuses() -> None:
        raise UsageError("<b>No</b>.", "Do otherwise.")

    with pytest.raises(gr.Error, match=r"&lt;b&gt;No&lt;/b&gt;. Do otherwise.") as raised:
        guarded(refuses)()
    assert not raised.value.print_exception
    assert not log.getvalue()


def test_every_event_of_an_app_is_guarded() -> None:
    events = {0: SimpleNamespace(fn=plain), 1: SimpleNamespace(fn=steps), 2: SimpleNamespace(fn=None)}
    guard(cast("gr.Blocks", SimpleNamespace(fns=events)))
    for event in (events[0], events[1]):
        with pytest.raises(gr.Error):
            list(event.fn({"query": QUESTION}))
    assert events[2].fn is None, "one that only the browser handles"
