"""What happens around the conversations: opened, searched, renamed, deleted, handed out as files."""

from __future__ import annotations

from typing import Any

import gradio as gr

from rag.papers.bibliography.references import FORMATS, cited
from rag.papers.bibliography.transcript import markdown
from ui.snapshot import snapshot
from ui.web.base.context import Web
from ui.web.base.events import number_of, owner_of, tab_of, text_of, told
from ui.web.base.place import Place
from ui.web.chat import turns, views
from ui.web.chat.asking import Asker
from ui.web.chat.drawing import Changes, Drawing
from ui.web.chat.parts import Parts, ready_box, running_box

SNAPSHOT = ".html"
"""What the name of a conversation ends in that is made to be sent."""


class Keeping:
    """Handlers of the list of conversations and of the open one's heading."""

    def __init__(self, web: Web, parts: Parts, drawing: Drawing, asker: Asker, beginning: str) -> None:
        """Take over a page.

        Args:
            web: What pages share.
            parts: The components.
            drawing: Draws them.
            asker: Knows the questions under way.
            beginning: What the thread shows before the first question, as the page was built with it.
        """
        self._assistant = web.assistant
        self._store = web.conversations
        self._shelf = web.assistant.library.shelf
        self._parts = parts
        self._drawing = drawing
        self._asker = asker
        self._beginning = beginning

    def arrive(self, words: str, tab: Any, request: gr.Request) -> Changes:
        """Fill the page for a tab that was just opened or reloaded; what it shows already is not sent again."""
        owner, place = owner_of(request), Place.read(tab)
        if place.conversation:
            return self._opened(owner, place, words)
        beginning = self._drawing.welcome()
        changed = {} if beginning == self._beginning else {self._parts.live: beginning}
        return {self._parts.listed: self._drawing.listed(owner, "", words), **changed}

    def open(self, words: str, event: gr.EventData, request: gr.Request) -> Changes:
        """Open another conversation; a question that runs in this tab goes on."""
        place = Place(conversation=text_of(event, "conversation"))
        return self._left(request) | self._opened(owner_of(request), place, words)

    def new(self, words: str, request: gr.Request) -> Changes:
        """Begin a new conversation; a question that runs in this tab goes on."""
        return self._left(request) | self._drawing.opened(owner_of(request), Place(), words)

    def _left(self, request: gr.Request) -> Changes:
        return {self._parts.box: ready_box()} if self._asker.leave(tab_of(request)) else {}

    def _opened(self, owner: str, place: Place, words: str) -> Changes:
        """A conversation with the question that is under way in it, which the tab then follows."""
        changes = self._drawing.opened(owner, place, words)
        if found := self._asker.running(owner, place.conversation):
            state, replaces = found
            past = self._drawing.past(owner, place.model_copy(update={"replaces": replaces}))
            changes |= {
                self._parts.past: past,
                self._parts.live: str(turns.running(state)),
                self._parts.box: running_box(),
            }
        return changes

    @told
    def earlier(self, tab: Any, request: gr.Request) -> Changes:
        """Show a long conversation from its beginning."""
        place = Place.read(tab).model_copy(update={"whole": True})
        return {**self._drawing.conversation(owner_of(request), place), self._parts.place: place.model_dump()}

    @told
    def search(self, words: str, tab: Any, request: gr.Request) -> Changes:
        """List the conversations that hold these words."""
        return {self._parts.listed: self._drawing.listed(owner_of(request), Place.read(tab).conversation, words)}

    @told
    def rename(self, words: str, tab: Any, event: gr.EventData, request: gr.Request) -> Changes:
        """Call the open conversation something else."""
        owner, place = owner_of(request), Place.read(tab)
        self._store.rename(owner, place.conversation, text_of(event, "title"))
        place = place.model_copy(update={"title": self._store.title(owner, place.conversation)})
        return {
            self._parts.head: str(views.heading(place.title)),
            self._parts.place: place.model_dump(),
            self._parts.listed: self._drawing.listed(owner, place.conversation, words),
        }

    @told
    def remove(self, words: str, tab: Any, request: gr.Request) -> Changes:
        """Delete the open conversation."""
        self._assistant.delete(owner_of(request), Place.read(tab).conversation, self._store)
        return self.new(words, request)

    @told
    def export(self, tab: Any, event: gr.EventData, request: gr.Request) -> Changes:
        """Hand the open conversation to the browser as a file."""
        owner, place, kind = owner_of(request), Place.read(tab), text_of(event, "kind")
        exchanges = self._store.exchanges(owner, place.conversation)
        title = self._store.title(owner, place.conversation)
        form = FORMATS.get(kind, FORMATS["md"])
        suffix = SNAPSHOT if kind == "html" else form.suffix
        if kind == "html":
            text = snapshot(title, exchanges)
        elif form is FORMATS["md"]:
            text = markdown(title, exchanges)
        else:
            citations = (one for exchange in exchanges if exchange.answer for one in exchange.answer.citations)
            text = form.write(cited(self._shelf, citations))
        return {
            self._parts.download: {
                "name": f"{title}{suffix}",
                "text": text,
                "moment": str(number_of(event, "moment")),
            }
        }
