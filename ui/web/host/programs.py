"""What programs may call, over Gradio's HTTP API and as MCP tools: ask, search, topic and papers, and nothing else.

Each returns one JSON document, as the command of its name prints it with ``--json``: Gradio hands MCP clients a plain
string as it is, and anything else as Python's `repr`. They are not queued, for then Gradio's MCP server calls them
itself instead of sending a second request, which would lack the caller's credentials; a limit of their own takes the
queue's place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from importlib.util import find_spec
from typing import Any

import anyio
import anyio.to_thread
import gradio as gr
from gradio.events import api
from pydantic import TypeAdapter, ValidationError

from rag.errors import ConfigError, PaperchatError, QuestionError
from rag.papers.browse.catalogue import Catalogue
from rag.types import Filters, Turn
from rag.types.filters import FIELDS
from ui.cli.answers.ask import hit_json
from ui.cli.base.common import UNFILTERED
from ui.cli.library.papers import paper_json
from ui.options import gathered, spread
from ui.web.base.context import Web
from ui.web.base.place import read_filters

ENDPOINTS = ("ask", "search", "topic", "papers")
MOST_ROWS = 200
"""Most passages or papers that one call returns."""
_TURNS = TypeAdapter(tuple[Turn, ...])


def filtered(endpoint: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
    """Give an endpoint an argument for each row of the table of filters, in the place of its parameter `filters`."""
    signature = spread(endpoint, lambda _: str | None)

    @wraps(endpoint)
    async def wrapped(*args: object, **kwargs: object) -> str:
        texts, others = gathered(signature, *args, **kwargs)
        try:
            filters = read_filters(texts)
        except PaperchatError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return await endpoint(**others, filters=filters)

    told = "".join(rf"\1{row.name}: {row.meaning}\n" for row in FIELDS)
    wrapped.__doc__ = re.sub(r"( +)filters: .*\n", told, endpoint.__doc__ or "")
    wrapped.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()} | {"return": str}
    wrapped.__signature__ = signature  # type: ignore[attr-defined]  # these two are what Gradio reads
    return wrapped


class Programs:
    """The endpoints; their docstrings are what programs are told."""

    def __init__(self, web: Web) -> None:
        """Answer from the same parts as the pages."""
        self._assistant = web.assistant
        self._catalogue = Catalogue(web.assistant.library.shelf)
        self._work = web.work
        self._limiter = anyio.CapacityLimiter(web.at_once)

    @filtered
    async def ask(
        self,
        question: str,
        history: list[dict[str, str]] | None = None,
        filters: Filters = UNFILTERED,
    ) -> str:
        """Answer a question from the papers, every sentence cited, or say that they do not tell.

        Args:
            question: A question or key words, in English; dates and authors may stand in it.
            history: Earlier turns, oldest first, each {"role": "user" or "assistant", "content": text}.
            filters: Restrictions on the papers.

        Returns:
            JSON: the answer as Markdown with markers [1], citations with exact quotes, and the closest papers.
        """

        def work() -> object:
            answer = self._assistant.answer(question, _turns(history), filters)
            return answer.model_dump(mode="json")

        return await self._done(work)

    @filtered
    async def search(
        self,
        query: str,
        k: int = 10,
        filters: Filters = UNFILTERED,
    ) -> str:
        """Find the passages of papers that fit a query best.

        Args:
            query: A question or key words.
            k: Passages to return, 1 to 200.
            filters: Restrictions on the papers.

        Returns:
            JSON: the passages, best first, with their papers.
        """

        def work() -> object:
            found = self._assistant.search(query, filters, _between(k, "k"))
            return {
                "query": query,
                "hits": [hit_json(passage) for passage in found.passages],
                "filters": found.filters.as_json(),
                "notes": [note.model_dump() for note in found.notes],
            }

        return await self._done(work)

    @filtered
    async def topic(self, query: str, filters: Filters = UNFILTERED) -> str:
        """Summarise what the papers say about a topic, grouped by theme, with citations and a table of papers.

        Args:
            query: The topic.
            filters: Restrictions on the papers.

        Returns:
            JSON: themes as Markdown with markers [1], citations with exact quotes, and the papers.
        """

        def work() -> object:
            return self._assistant.summary(query, filters).model_dump(mode="json")

        return await self._done(work)

    @filtered
    async def papers(
        self,
        query: str = "",
        filters: Filters = UNFILTERED,
        limit: int = 25,
        offset: int = 0,
    ) -> str:
        """List the library's papers, newest first.

        Args:
            query: Words that must all stand in title, abstract or id; empty lists every paper.
            filters: Restrictions on the papers.
            limit: Papers to return, 1 to 200.
            offset: Papers to pass over.

        Returns:
            JSON: the number of papers that fit, and those of this page.
        """

        def work() -> object:
            page = self._catalogue.page(
                query.encode("utf-8", "replace").decode(),
                filters,
                _between(limit, "limit"),
                min(max(offset or 0, 0), 2**62),
            )
            shelf = self._assistant.library.shelf
            listed = [paper_json(paper, shelf.versions(paper.paper_id)) for paper in page.papers]
            return {"total": page.total, "papers": listed, "filters": filters.as_json()}

        return await self._done(work)

    async def _done(self, work: Callable[[], object]) -> str:
        """Do the work on a thread, once fewer than the limit are at work; our errors reach the caller as text."""
        try:
            with self._work.one():
                document = await anyio.to_thread.run_sync(work, limiter=self._limiter)
        except PaperchatError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return json.dumps(document, ensure_ascii=False)


def build(web: Web) -> None:
    """Register the endpoints, inside the app's `gr.Blocks`, where the configuration asks for them."""
    if not (web.config.ui.api or web.config.ui.mcp):
        return
    programs = Programs(web)
    for name in ENDPOINTS:
        endpoint: Callable[..., Any] = getattr(programs, name)
        api(endpoint, api_name=name, queue=False)


def require_mcp() -> None:
    """Raise `ConfigError` where the package that speaks MCP is missing; Gradio would serve without it in silence."""
    if find_spec("mcp") is None:
        raise ConfigError("ui.mcp is on, but the package mcp is not installed.", "pip install 'paperchat[mcp]'")


def _turns(history: list[dict[str, str]] | None) -> tuple[Turn, ...]:
    try:
        return _TURNS.validate_python(history or ())
    except ValidationError:
        raise QuestionError(
            "The history is not a list of earlier turns.",
            'Each is {"role": "user" or "assistant", "content": text}.',
        ) from None


def _between(number: int | None, name: str) -> int:
    if number is None or not 1 <= number <= MOST_ROWS:  # a program may send null
        raise QuestionError(f"{name} is {number}.", f"Take 1 to {MOST_ROWS}.")
    return number
