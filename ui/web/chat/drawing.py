"""What is stored → what the chat page's parts show, by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from rag.errors import ConversationNotFound
from rag.papers.readers.conversations import Exchange
from ui.web.base.context import Web
from ui.web.base.place import Place
from ui.web.chat import turns, views
from ui.web.chat.examples import examples
from ui.web.chat.parts import Parts
from ui.web.evidence import cards
from ui.web.html.rendering import EMPTY

Changes = dict[Any, Any]
"""New values by component; what is not named stays as it is."""
SHOWN = 10
"""Exchanges of a long conversation that are shown above the last one."""
LISTED = 100
"""Conversations that are listed at most."""


class Drawing:
    """Draws the page's parts; keeps nothing."""

    def __init__(self, web: Web, parts: Parts) -> None:
        self._web = web
        self._store = web.conversations
        self._parts = parts

    def opened(self, owner: str, place: Place, words: str) -> Changes:
        """A conversation, or the beginning of a new one where the place names none."""
        parts = self._parts
        lost: Changes = {}
        if place.conversation:
            try:
                title = self._store.title(owner, place.conversation)
                place = Place(conversation=place.conversation, title=title, whole=place.whole)
            except ConversationNotFound as error:
                place, lost = Place(), {parts.live: str(turns.failed("", error.message, error.advice))}
        else:
            place = Place()
        return {
            parts.live: self.welcome(),
            parts.evidence: str(views.no_evidence()),
            parts.past: "",
            **self.conversation(owner, place, cards=True),
            **lost,
            parts.place: place.model_dump(),
            parts.head: str(views.heading(place.title)),
            parts.listed: self.listed(owner, place.conversation, words),
            parts.aside: "",
        }

    def conversation(self, owner: str, place: Place, *, cards: bool = False) -> Changes:
        """The exchanges of the open conversation, and the evidence of the last one on request."""
        found = self._newest(owner, place) if place.conversation else []
        if not found:
            return {}
        changes = {
            self._parts.past: self._thread(owner, place, found[:-1]),
            self._parts.live: self.answered(owner, found[-1]),
        }
        return changes | ({self._parts.evidence: self.cards(owner, found[-1])} if cards else {})

    def past(self, owner: str, place: Place) -> str:
        """What stands above a new question."""
        if not place.conversation:
            return ""
        found = self._newest(owner, place)
        return self._thread(owner, place, [one for one in found if one.exchange_id != place.replaces])

    def answered(self, owner: str, exchange: Exchange) -> str:
        """The last exchange."""
        coverage = self._web.assistant.library.shelf.coverage()
        return str(turns.turn(exchange, coverage, last=True, follow=self._follow(owner, exchange)))

    def cards(self, owner: str, exchange: Exchange, selected: int | None = None) -> str:
        """The evidence of an exchange."""
        cited = exchange.answer.citations if exchange.answer else ()
        marks = self._web.marks({one.paper_id for one in cited}, owner)
        return str(cards.cards(exchange, self._web.assistant.library, selected, marks) or views.no_evidence())

    def welcome(self) -> str:
        """What stands in the thread before the first question."""
        shelf = self._web.assistant.library.shelf
        return str(views.welcome(shelf.coverage(), examples(shelf)))

    def listed(self, owner: str, current: str, words: str = "") -> str:
        """The owner's conversations that hold these words."""
        found = self._store.find(owner, words, LISTED + 1)
        return str(views.conversations(found[:LISTED], current, bool(words.strip()), more=len(found) > LISTED))

    def _newest(self, owner: str, place: Place) -> list[Exchange]:
        return self._store.exchanges(owner, place.conversation, None if place.whole else SHOWN + 1)

    def _thread(self, owner: str, place: Place, shown: Sequence[Exchange]) -> str:
        """Exchanges below a button that shows those before them."""
        hidden = self._store.count(owner, place.conversation, shown[0].exchange_id) if shown else 0
        coverage = self._web.assistant.library.shelf.coverage()
        return str(views.earlier(hidden) + turns.thread(shown, coverage, partial(self._follow, owner)))

    def _follow(self, owner: str, exchange: Exchange) -> Markup:
        """The button that follows an answer's question, where it lists papers."""
        question = turns.followable(exchange)
        return self._web.follow(question, owner) if question else EMPTY
