"""What happens when a question is asked or an answer is judged: an event → which components change, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from rag.errors import PaperchatError
from rag.papers.readers.conversations import Exchange
from rag.types import Filters
from rag.types.filters import DATES
from ui.web.base.context import Web
from ui.web.base.events import number_of, owner_of, request_of, tab_of, text_of, told
from ui.web.base.place import Place, read_filters, shown_filters
from ui.web.chat import turns, views
from ui.web.chat.asking import Asked, Asker, Failed, Kept, Left, Shown
from ui.web.chat.drawing import Changes, Drawing
from ui.web.chat.parts import Parts, ready_box, running_box
from ui.web.chat.turns import Running


class Chat:
    """Handlers of the thread and the question box; they keep nothing between two events."""

    def __init__(self, web: Web, parts: Parts, drawing: Drawing, asker: Asker) -> None:
        self._web = web
        self._store = web.conversations
        self._parts = parts
        self._drawing = drawing
        self._asker = asker

    # --- asking -----------------------------------------------------------------------------------------------------

    def submit(self, question: str, fields: Any, tab: Any, request: gr.Request) -> Iterator[Changes]:
        """Ask what stands in the box."""
        if question.strip():
            yield from self._ask(question, lambda: read_filters(fields), Place.read(tab), request)
        else:  # without any word of ours Gradio empties the page
            yield {self._parts.aside: gr.skip()}

    def offered(self, fields: Any, tab: Any, event: gr.EventData, request: gr.Request) -> Iterator[Changes]:
        """Ask a question that the page offers."""
        yield from self._ask(text_of(event, "text"), lambda: read_filters(fields), Place.read(tab), request)

    def retry(self, tab: Any, event: gr.EventData, request: gr.Request) -> Iterator[Changes]:
        """Ask the last question again."""
        exchange = self._stored(event, request)
        place = Place.read(tab).model_copy(update={"replaces": exchange.exchange_id})
        yield from self._ask(exchange.question, lambda: exchange.filters, place, request)

    def lift(self, tab: Any, event: gr.EventData, request: gr.Request) -> Iterator[Changes]:
        """Ask again without a restriction; one that only the question's words state has to be edited out of them."""
        exchange = self._stored(event, request)
        place = Place.read(tab).model_copy(update={"replaces": exchange.exchange_id})
        given, group = exchange.filters, text_of(event, "what")
        if group == DATES:
            covered = self._web.assistant.library.shelf.coverage()
            read = not (given.date_from or given.date_to)
            days = (covered.first, covered.last) if read else (None, None)
            given = replace(given, date_from=days[0], date_to=days[1])
        elif group in given.groups():
            given = given.without(group)
        else:
            yield self._edited(exchange, place)
            return
        for changes in self._ask(exchange.question, lambda: given, place, request):
            yield {self._parts.filters: {}, **changes}

    def follow(self, tab: Any, request: gr.Request) -> Iterator[Changes]:
        """Go on showing the question that was under way when the page was reloaded."""
        owner, place = owner_of(request), Place.read(tab)
        is_over = True
        for state in self._asker.follow(owner, tab_of(request), place.conversation):
            yield self._shown(state, place, owner)
            is_over = False
        if is_over:
            yield self._drawing.opened(owner, place, "")

    def edit(self, tab: Any, event: gr.EventData, request: gr.Request) -> Changes:
        """Put a question back into the box; the next answer replaces its own."""
        exchange = self._stored(event, request)
        return self._edited(exchange, Place.read(tab).model_copy(update={"replaces": exchange.exchange_id}))

    def cancel(self, tab: Any) -> Changes:
        """Leave the last question as it is."""
        place = Place.read(tab).model_copy(update={"replaces": None})
        parts = self._parts
        return {parts.box: ready_box(""), parts.aside: "", parts.place: place.model_dump()}

    def stop(self, request: gr.Request) -> None:
        """End the question that runs in this tab."""
        self._asker.stop(tab_of(request))

    @told
    def _stored(self, event: gr.EventData, request: gr.Request) -> Exchange:
        """The exchange that an event is about."""
        return self._store.exchange(owner_of(request), number_of(event))

    def _edited(self, exchange: Exchange, place: Place) -> Changes:
        parts = self._parts
        return {
            parts.box: ready_box(exchange.question),
            parts.aside: str(views.editing()),
            parts.place: place.model_dump(),
            parts.filters: shown_filters(exchange.filters),
        }

    def _ask(
        self, question: str, filters: Callable[[], Filters], place: Place, request: gr.Request
    ) -> Iterator[Changes]:
        """Answer a question, and show what was before it above it."""
        parts, owner = self._parts, owner_of(request)
        try:
            asked = Asked(
                owner, tab_of(request), question, filters(), place.conversation, place.replaces, request_of(request)
            )
            opening: Changes = {
                parts.past: self._drawing.past(owner, place),
                parts.aside: "",
                parts.box: running_box(),
            }
        except PaperchatError as error:
            yield self._failed(Failed(question, error.message, error.advice))
            return
        for state in self._asker.ask(asked):
            if isinstance(state, Running) and opening and not place.conversation:  # a reload now leads back here
                opening[parts.place] = Place(conversation=state.conversation).model_dump()
            elif isinstance(state, Failed):
                opening = {parts.place: place.model_dump()}
            yield {**opening, **self._shown(state, place, owner)}
            opening = {}

    def _shown(self, state: Shown, place: Place, owner: str) -> Changes:
        if isinstance(state, Running):
            return {self._parts.live: str(turns.running(state))}
        if isinstance(state, Left):
            # Gradio sends a generator's last step once more when it ends: one that says nothing undoes nothing.
            return {self._parts.aside: gr.skip()}
        return self._failed(state) if isinstance(state, Failed) else self._kept(state, place, owner)

    def _kept(self, kept: Kept, place: Place, owner: str) -> Changes:
        parts = self._parts
        title = place.title or self._store.title(owner, kept.conversation)
        here = Place(conversation=kept.conversation, title=title, whole=place.whole)
        return {
            parts.live: self._drawing.answered(owner, kept.exchange),
            parts.evidence: self._drawing.cards(owner, kept.exchange),
            parts.place: here.model_dump(),
            parts.head: str(views.heading(title)),
            parts.listed: self._drawing.listed(owner, here.conversation),
            parts.box: ready_box(),
        }

    def _failed(self, failed: Failed) -> Changes:
        """The error in the place of the answer, and the question back in the box."""
        parts = self._parts
        return {
            parts.live: str(turns.failed(failed.question, failed.message, failed.advice)),
            parts.box: ready_box(failed.question),
        }

    # --- evidence and feedback --------------------------------------------------------------------------------------

    def show(self, event: gr.EventData, request: gr.Request) -> Changes:
        """Show the evidence of an earlier answer, with one card selected."""
        exchange = self._stored(event, request)
        return {self._parts.evidence: self._drawing.cards(owner_of(request), exchange, number_of(event, "n"))}

    def rate(self, tab: Any, event: gr.EventData, request: gr.Request) -> Changes:
        """Keep a thumb; the one that is already up or down is taken back."""
        owner, verdict = owner_of(request), number_of(event, "rating")
        before = self._stored(event, request)
        self._store.rate(owner, before.exchange_id, 1 if verdict > 0 else -1 if verdict < 0 else None, before.comment)
        self._web.assistant.learn(owner, before, self._store, good=verdict > 0)
        return self._drawing.conversation(owner, Place.read(tab))

    def comment(self, tab: Any, event: gr.EventData, request: gr.Request) -> Changes:
        """Keep a comment."""
        owner = owner_of(request)
        before = self._stored(event, request)
        self._store.rate(owner, before.exchange_id, before.rating, text_of(event, "comment"))
        return self._drawing.conversation(owner, Place.read(tab))
