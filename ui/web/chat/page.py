"""The chat page: which event of which part is whose work."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui.web.base.context import Web
from ui.web.chat.asking import Asker
from ui.web.chat.chatting import Chat
from ui.web.chat.drawing import Drawing
from ui.web.chat.examples import examples
from ui.web.chat.keeping import Keeping
from ui.web.chat.parts import Parts, lay_out
from ui.web.chat.views import welcome

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "postprocess": False}
"""Of every handler here: no endpoint for programs, no spinner over what is being read, and no second look, in a thread
of its own, at values that are HTML already."""


def build(web: Web) -> None:
    """Build the page inside its tab."""
    shelf = web.assistant.library.shelf
    coverage = shelf.coverage()
    beginning = str(welcome(coverage, examples(shelf)))
    parts = lay_out(coverage, beginning)
    drawing = Drawing(web, parts)
    asker = Asker(web)
    _wire_asking(Chat(web, parts, drawing, asker), parts, web.at_once)
    _wire_conversations(Keeping(web, parts, drawing, asker, beginning), parts, web.config.answer.mode != "extractive")


def _wire_asking(chat: Chat, parts: Parts, at_once: int) -> None:
    """Questions and what belongs to an answer.

    Args:
        chat: The handlers.
        parts: The components.
        at_once: Questions answered at the same time, of all readers together.
    """
    thread = (parts.past, parts.live)
    asking: dict[str, Any] = {
        "outputs": _of_an_answer(parts),
        "concurrency_limit": at_once,
        "concurrency_id": "ask",
        "trigger_mode": "once",
        **PRIVATE,
    }
    # A question that is sent while another is answered waits for its turn.
    waiting = {**asking, "trigger_mode": "always_last"}
    # Emptied in the browser: what is typed before the server answers is the next question.
    taken = "(question, filters, place) => [paperchat.taken(question), filters, place]"
    parts.box.submit(chat.submit, [parts.box, parts.filters, parts.place], js=taken, **waiting)
    for one in thread:
        one.ask(chat.offered, [parts.filters, parts.place], **asking)
    parts.live.retry(chat.retry, [parts.place], **asking)
    parts.live.lift(chat.lift, [parts.place], **asking | {"outputs": [*_of_an_answer(parts), parts.filters]})
    for one in thread:
        one.follow(chat.follow, [parts.place], **asking | {"concurrency_limit": None, "concurrency_id": None})
    parts.box.stop(chat.stop, None, None, concurrency_limit=None, **PRIVATE)
    parts.live.edit(chat.edit, [parts.place], _all(parts), **PRIVATE).then(js="() => paperchat.focus()")
    parts.aside.cancel(chat.cancel, [parts.place], _all(parts), **PRIVATE)
    for one in thread:
        one.show(chat.show, None, _all(parts), **PRIVATE).then(js="() => paperchat.reveal()")
        kept = "() => paperchat.kept()"
        one.rate(chat.rate, [parts.place], _all(parts), **PRIVATE).then(js=kept)
        one.comment(chat.comment, [parts.place], _all(parts), **PRIVATE).then(js=kept)


def _wire_conversations(keeping: Keeping, parts: Parts, costs: bool) -> None:
    """The list of conversations, and the one that the address names.

    Args:
        keeping: The handlers.
        parts: The components.
        costs: Whether an answer costs money: then an address that holds a question only fills the box.
    """
    everything = _all(parts)
    place, words = parts.place, parts.words
    blocks = gr.context.Context.root_block
    assert blocks is not None
    arrive = "(words, place) => [words, paperchat.address(place)]"
    blocks.load(keeping.arrive, [words, place], everything, js=arrive, **PRIVATE).then(
        js=f"() => paperchat.arrived({str(costs).lower()})"
    )
    parts.listed.open(keeping.open, [words], everything, **PRIVATE).then(js="() => paperchat.opened()")
    parts.new.new(keeping.new, [words], everything, **PRIVATE).then(js="() => paperchat.focus()")
    words.change(keeping.search, [words, place], everything, trigger_mode="always_last", **PRIVATE)
    parts.past.earlier(keeping.earlier, [place], everything, **PRIVATE)
    parts.head.rename(keeping.rename, [words, place], everything, **PRIVATE)
    parts.head.remove(keeping.remove, [words, place], everything, **PRIVATE)
    parts.head.export(keeping.export, [place], everything, **PRIVATE)


def _of_an_answer(parts: Parts) -> list[gr.components.Component]:
    """What changes while a question is answered."""
    return [
        parts.place,
        parts.head,
        parts.past,
        parts.live,
        parts.evidence,
        parts.box,
        parts.aside,
        parts.listed,
    ]


def _all(parts: Parts) -> list[gr.components.Component]:
    return [*_of_an_answer(parts), parts.filters, parts.download]
