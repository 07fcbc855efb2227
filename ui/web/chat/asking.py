"""Questions under way: the assistant's events → values that the page shows, and how a reader stops them.

A question runs by itself: its answer is kept when it is done, whether or not a tab still shows it. A tab that was
reloaded follows it from where it is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace

from rag.errors import PaperchatError
from rag.papers.readers.conversations import Exchange
from rag.types import Answer, Delta, Done, Event, Filters, Passage, Retrieved, Step, Understood
from ui.steps import worded
from ui.telemetry.request import working_for
from ui.web.base.context import Web
from ui.web.chat import board
from ui.web.chat.board import Board, Posted, Poster
from ui.web.chat.turns import Running

PACE_S = 0.05
"""What comes in between two pictures of an answer is shown with the second one."""
LAST_PICTURE_S = 2.0
"""A tab that turns to something else waits at most this long for the answer that it showed to be out of the way."""
_LOOK_S = 1.0
"""Those who watch look this often, unasked, whether they still want to."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the page sends it.

    Attributes:
        owner: Name of the reader who logged in, or "".
        tab: Gradio's name of the browser tab; one question runs in each.
        conversation: Where it belongs, "" for a new one.
        replaces: The exchange that is asked anew.
        request: Id of the request that brought it.
    """

    owner: str
    tab: str
    question: str
    filters: Filters
    conversation: str = ""
    replaces: int | None = None
    request: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """The end of a question: it stands in this conversation now."""

    conversation: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Failed:
    """The end of a question that could not be answered."""

    question: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Left:
    """The end of watching: the tab shows something else now, and the question goes on."""


Shown = Running | Kept | Failed | Left
"""What is seen of a question: `Running` whenever there is more to show, then `Kept`, `Failed` or `Left`."""


class Asker:
    """Runs the questions of all readers, each in a thread that can be left behind when its reader stops it."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._workers = ThreadPoolExecutor(web.at_once, "ask")
        self._in_tab: dict[str, Run] = {}
        self._in_conversation: dict[str, Run] = {}
        self._elsewhere: dict[str, str] = {}  # conversations by tab that another server answers in
        self._watching: dict[str, threading.Event] = {}  # by tab; set when nothing more of a question will be shown
        self._board = Board(web.assistant.library.folder / "running") if web.config.ui.shared else None
        self._poster = Poster(self._board, lambda: self._in_conversation.copy().values()) if self._board else None
        web.work.when_cut(self.stop_all)

    def ask(self, asked: Asked) -> Iterator[Shown]:
        """Answer a question; it replaces the one that runs in its tab."""
        self.stop(asked.tab)
        try:
            self._web.work.begin()
            try:
                run = Run(self._web, asked)
            except BaseException:
                self._web.work.done()
                raise
        except PaperchatError as error:
            yield Failed(asked.question, error.message, error.advice)
            return
        self._in_conversation[run.conversation] = run
        if self._poster:
            self._poster.begin(run)
        self._workers.submit(copy_context().run, self._work, run)
        yield from self._until_left(asked.tab, self._shown(asked.tab, run))

    def follow(self, owner: str, tab: str, conversation: str) -> Iterator[Shown]:
        """Show the question that runs in a conversation; nothing where none does."""
        if run := self._under_way(owner, conversation):
            yield from self._until_left(tab, self._shown(tab, run))
        elif posted := self._posted(owner, conversation):
            yield from self._until_left(tab, self._shown_elsewhere(tab, conversation, posted))

    def running(self, owner: str, conversation: str) -> tuple[Running, int | None] | None:
        """How far the question has come that runs in a conversation, and the exchange that it replaces."""
        run = self._under_way(owner, conversation)
        if run:
            return run.state, run.asked.replaces
        posted = self._posted(owner, conversation)
        return (posted.state, posted.replaces) if posted else None

    def stop(self, tab: str) -> None:
        """End the question that runs in a tab; what came of its answer is kept."""
        if run := self._in_tab.get(tab):
            run.stop()
        elif self._board and (conversation := self._elsewhere.get(tab)):
            self._board.ask_to_stop(conversation)

    def stop_all(self) -> None:
        """End all questions, as `stop` does; where their models are slow, their threads go on for nothing."""
        for run in list(self._in_conversation.values()):
            run.stop()
            self._over(run)

    def leave(self, tab: str) -> bool:
        """Show a tab's question no more; it goes on. Whether there was one.

        Comes back when the last picture of it is on its way: one that follows would be drawn over what comes next.
        """
        run = self._in_tab.pop(tab, None)
        was_elsewhere = self._elsewhere.pop(tab, None) is not None
        if run:
            run.wake()
        if (watching := self._watching.get(tab)) and not watching.wait(LAST_PICTURE_S):
            _log.warning("a tab's last answer was still being shown after %s s", LAST_PICTURE_S)
        return was_elsewhere or run is not None

    def _under_way(self, owner: str, conversation: str) -> Run | None:
        run = self._in_conversation.get(conversation)
        return run if run and run.asked.owner == owner and not run.is_over else None

    def _work(self, run: Run) -> None:
        try:
            with working_for(run.asked.request, run.asked.question):
                run.work()
        finally:
            self._web.work.done()
            self._over(run)

    def _over(self, run: Run) -> None:
        if self._in_conversation.get(run.conversation) is run:
            del self._in_conversation[run.conversation]
            if self._poster:
                self._poster.end(run)

    def _posted(self, owner: str, conversation: str) -> Posted | None:
        """What another server says of a conversation of this owner."""
        posted = self._board.read(conversation) if self._board else None
        return posted if posted and posted.owner == owner else None

    def _shown_elsewhere(self, tab: str, conversation: str, posted: Posted) -> Iterator[Shown]:
        """Show what another server answers, at its pace, and at the end what it kept."""
        self._elsewhere[tab] = conversation
        shown = posted
        yield shown.state
        while self._elsewhere.get(tab) == conversation and (found := self._posted(shown.owner, conversation)):
            if found != shown:
                yield found.state
            shown = found
            time.sleep(board.PACE_S)
        if self._elsewhere.pop(tab, None) != conversation:
            return
        try:
            kept = self._web.conversations.exchanges(shown.owner, conversation, last=1)
        except PaperchatError:  # a new conversation that came to nothing is not kept
            kept = []
        if kept and kept[0].question == shown.state.question:
            yield Kept(conversation, kept[0])
        else:
            yield Failed(shown.state.question, "This question came to no end.", "Ask again.")

    def _until_left(self, tab: str, pictures: Iterator[Shown]) -> Iterator[Shown]:
        """What is shown of a question, and that the tab was left where no end was shown."""
        over = self._watching[tab] = threading.Event()
        shown: Shown | None = None
        try:
            for shown in pictures:
                yield shown
        finally:
            over.set()
            if self._watching.get(tab) is over:
                del self._watching[tab]
        if not isinstance(shown, Kept | Failed):
            yield Left()

    def _shown(self, tab: str, run: Run) -> Iterator[Shown]:
        self._in_tab[tab] = run
        try:
            yield from run.watch(lambda: self._in_tab.get(tab) is run)
        finally:
            if self._in_tab.get(tab) is run:
                del self._in_tab[tab]


class Run:
    """One question: a worker's thread answers it, any number of others watch."""

    def __init__(self, web: Web, asked: Asked) -> None:
        """Make a place for the answer: a conversation, where there is none yet."""
        self.asked = asked
        self._web = web
        self.conversation = asked.conversation or web.conversations.start(asked.owner, asked.question)
        self.state = Running(
            asked.question, given=asked.filters, in_force=asked.filters, conversation=self.conversation
        )
        self._changed = threading.Condition()
        self._ending = False
        self._end: Kept | Failed | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self._end is not None

    def work(self) -> None:
        """Answer, and keep the answer."""
        passages: tuple[Passage, ...] = ()
        answer: Answer | None = None
        try:
            for event in self._events():
                if isinstance(event, Retrieved):
                    passages = event.passages
                if isinstance(event, Done):
                    answer = event.answer
                elif not self._show(advanced(self.state, event)):
                    return
        except Exception as error:
            failed = self._explained(error)
            self._finish(lambda: self._failed(failed))
        else:
            self._finish(lambda: self._kept(answer, passages))

    def posted(self) -> Posted:
        """How far it has come, for other servers."""
        return Posted(self.asked.owner, self.state, self.asked.replaces)

    def stop(self) -> None:
        """End it here; what came of the answer is kept."""
        self._finish(lambda: self._kept(None, ()))

    def wake(self) -> None:
        """Have those who watch look whether they still want to."""
        with self._changed:
            self._changed.notify_all()

    def watch(self, wanted: Callable[[], bool]) -> Iterator[Shown]:
        """What there is to show, the first at once and then at a steady pace, as long as it is wanted."""
        shown: Running | None = None
        while wanted():
            with self._changed:
                while not self._end and self.state is shown and wanted():
                    self._changed.wait(_LOOK_S)
                shown, end = self.state, self._end
            if not wanted():
                return
            yield end or shown
            if end:
                return
            with self._changed:
                self._changed.wait_for(lambda: self._end or not wanted(), PACE_S)

    def _events(self) -> Iterator[Event]:
        asked = self.asked
        history = []
        if asked.conversation:
            history = self._web.conversations.turns(asked.owner, asked.conversation, asked.replaces)
        return self._web.assistant.ask(asked.question, history, asked.filters, user=asked.owner)

    def _show(self, state: Running) -> bool:
        """Take a newer state; False where the question has been stopped."""
        with self._changed:
            if not self._ending and state != self.state:
                self.state = state
                self._changed.notify_all()
            return not self._ending

    def _finish(self, end: Callable[[], Kept | Failed]) -> None:
        """Come to an end, once: whoever comes first decides which."""
        with self._changed:
            if self._ending:
                return
            self._ending = True
        try:
            ended = end()
        except Exception as error:
            ended = self._explained(error)
        with self._changed:
            self._end = ended
            self._changed.notify_all()

    def _kept(self, answer: Answer | None, passages: tuple[Passage, ...]) -> Kept:
        asked, said = self.asked, answer.answer if answer else self.state.said
        exchange = self._web.conversations.add(
            asked.owner, self.conversation, asked.question, asked.filters, said, answer, passages, asked.replaces
        )
        return Kept(self.conversation, exchange)

    def _explained(self, error: Exception) -> Failed:
        if isinstance(error, PaperchatError):
            return Failed(self.asked.question, error.message, error.advice)
        _log.error("a question failed", exc_info=error)
        message = f"paperchat itself failed ({type(error).__name__})."
        where = f", at request {self.asked.request}" if self.asked.request else ""
        return Failed(
            self.asked.question, message, f"Ask again; if it fails again, the server's log says where{where}."
        )

    def _failed(self, failed: Failed) -> Failed:
        """An error is not kept, nor is a conversation that was begun for it."""
        if not self.asked.conversation:
            self._web.conversations.delete(self.asked.owner, self.conversation)
        return failed


def advanced(state: Running, event: Event) -> Running:
    """What is shown after an event; kinds that say nothing to the reader change nothing."""
    match event:
        case Understood(filters=filters):
            return replace(state, in_force=filters)
        case Step():
            return replace(state, steps=(*state.steps, worded(event)))
        case Retrieved(passages=passages):
            papers = len({passage.paper_id for passage in passages})
            return replace(state, steps=(*state.steps, f"Reading the passages found in {papers} papers…"))
        case Delta(text=text):
            return replace(state, said=state.said + text)
        case _:
            return state
