"""Questions under way: the assistant's events → values that the page shows, and how a reader stops them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from queue import SimpleQueue

from rag.conversations import Exchange
from rag.errors import PaperchatError
from rag.types import Answer, Delta, Done, Event, Filters, Passage, Retrieved, Step, Understood
from ui.web.context import Web
from ui.web.turns import Running

WORKERS = 32
"""Questions answered at once; more wait."""
_STEPS = {"search": "Searching for: ", "plan": "Plan: ", "condense": "Understood as: ", "rewrite": "Also asking: "}
"""What is said before the text of a step, by its kind."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the page sends it.

    Attributes:
        owner: Name of the reader who logged in, or "".
        tab: Gradio's name of the browser tab; one question runs in each.
        conversation: Where it belongs, "" for a new one.
        replaces: The exchange that is asked anew.
    """

    owner: str
    tab: str
    question: str
    filters: Filters
    conversation: str = ""
    replaces: int | None = None


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


class Asker:
    """Runs the questions of all readers, each in a thread that can be left behind when its reader stops it."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._workers = ThreadPoolExecutor(WORKERS, "ask")
        self._runs: dict[str, _Run] = {}

    def stop(self, tab: str) -> None:
        """End the question that runs in a tab; what came of its answer is kept."""
        if run := self._runs.get(tab):
            run.stop()

    def ask(self, asked: Asked) -> Iterator[Running | Kept | Failed]:
        """Answer a question: `Running` whenever there is more to show, then `Kept` or `Failed`."""
        state = Running(asked.question, given=asked.filters, in_force=asked.filters)
        answer: Answer | None = None
        passages: tuple[Passage, ...] = ()
        yield state
        try:
            with closing(self._events(asked)) as events:
                for event in events:
                    if isinstance(event, Retrieved):
                        passages = event.passages
                    if isinstance(event, Done):
                        answer = event.answer
                    elif (then := advanced(state, event)) != state:
                        state = then
                        yield state
            yield self._keep(asked, state.said, answer, passages)
        except PaperchatError as error:
            yield Failed(asked.question, error.message, error.advice)
        except Exception as error:
            _log.exception("a question failed")
            message = f"paperchat itself failed ({type(error).__name__})."
            yield Failed(asked.question, message, "Ask again; if it fails again, the server's log says where.")

    def _keep(self, asked: Asked, said: str, answer: Answer | None, passages: tuple[Passage, ...]) -> Kept:
        store = self._web.conversations
        conversation = asked.conversation or store.start(asked.owner, asked.question)
        said = answer.answer if answer else said
        exchange = store.add(
            asked.owner, conversation, asked.question, asked.filters, said, answer, passages, asked.replaces
        )
        return Kept(conversation, exchange)

    def _events(self, asked: Asked) -> Generator[Event, None, None]:
        """The assistant's events, up to the end or to the moment the reader stops it."""
        history = []
        if asked.conversation:
            history = self._web.conversations.turns(asked.owner, asked.conversation, asked.replaces)
        run = _Run(lambda: self._web.assistant.ask(asked.question, history, asked.filters))
        self.stop(asked.tab)
        self._runs[asked.tab] = run
        self._workers.submit(run.work)
        try:
            yield from run.events()
        finally:
            run.stop()
            if self._runs.get(asked.tab) is run:
                del self._runs[asked.tab]


class _Run:
    """One question in a worker's thread; `None` in its queue is the end."""

    def __init__(self, start: Callable[[], Iterator[Event]]) -> None:
        self._start = start
        self._queue: SimpleQueue[Event | BaseException | None] = SimpleQueue()
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True
        self._queue.put(None)

    def work(self) -> None:
        try:
            for event in self._start():
                if self._stopped:
                    return
                self._queue.put(event)
        except BaseException as error:
            self._queue.put(error)
        finally:
            self._queue.put(None)

    def events(self) -> Iterator[Event]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item


def advanced(state: Running, event: Event) -> Running:
    """What is shown after an event; kinds that say nothing to the reader change nothing."""
    match event:
        case Understood(filters=filters):
            return replace(state, in_force=filters)
        case Step(kind=kind, text=text):
            return replace(state, steps=(*state.steps, f"{_STEPS.get(kind, '')}{text}"))
        case Retrieved(passages=passages):
            papers = len({passage.paper_id for passage in passages})
            return replace(state, steps=(*state.steps, f"Reading the passages found in {papers} papers…"))
        case Delta(text=text):
            return replace(state, said=state.said + text)
        case _:
            return state
