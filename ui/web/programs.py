"""What programs may call, over Gradio's HTTP API and as MCP tools: ask, search, topic and papers, and nothing else.

Each returns one JSON document, as the command of its name prints it with ``--json``: Gradio hands MCP clients a plain
string as it is, and anything else as Python's `repr`. They are not queued, for then Gradio's MCP server calls them
itself instead of sending a second request, which would lack the caller's credentials; a limit of their own takes the
queue's place.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import anyio
import anyio.to_thread
import gradio as gr
from gradio.events import api
from pydantic import TypeAdapter, ValidationError

from rag.errors import ConfigError, PaperchatError, QuestionError
from rag.papers.catalogue import Catalogue
from rag.types import Filters, Turn
from ui.cli.ask import hit_json
from ui.cli.library import paper_json
from ui.web.context import Web
from ui.web.place import read_filters

ENDPOINTS = ("ask", "search", "topic", "papers")
MOST_ROWS = 200
"""Most passages or papers that one call returns."""
_TURNS = TypeAdapter(tuple[Turn, ...])


class Programs:
    """The endpoints; their docstrings are what programs are told."""

    def __init__(self, web: Web) -> None:
        """Answer from the same parts as the pages."""
        self._assistant = web.assistant
        self._catalogue = Catalogue(web.assistant.library.shelf)
        self._limiter = anyio.CapacityLimiter(web.config.ui.concurrency)

    async def ask(
        self,
        question: str,
        history: list[dict[str, str]] | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        author: str | None = None,
    ) -> str:
        """Answer a question from the papers, every sentence cited, or say that they do not tell.

        Args:
            question: A question or key words, in English; dates and authors may stand in it.
            history: Earlier turns, oldest first, each {"role": "user" or "assistant", "content": text}.
            date_from: Only papers first listed on or after this day, like 2025-05-31.
            date_to: Only papers first listed on or before this day.
            author: Only papers by this author.

        Returns:
            JSON: the answer as Markdown with markers [1], citations with exact quotes, and the closest papers.
        """

        def work() -> object:
            answer = self._assistant.answer(question, _turns(history), _filters(date_from, date_to, author))
            return answer.model_dump(mode="json")

        return await self._done(work)

    async def search(
        self,
        query: str,
        k: int = 10,
        date_from: str | None = None,
        date_to: str | None = None,
        author: str | None = None,
    ) -> str:
        """Find the passages of papers that fit a query best.

        Args:
            query: A question or key words.
            k: Passages to return, 1 to 200.
            date_from: Only papers first listed on or after this day, like 2025-05-31.
            date_to: Only papers first listed on or before this day.
            author: Only papers by this author.

        Returns:
            JSON: the passages, best first, with their papers.
        """

        def work() -> object:
            found = self._assistant.search(query, _filters(date_from, date_to, author), _between(k, "k"))
            return {
                "query": query,
                "hits": [hit_json(passage) for passage in found.passages],
                "filters": found.filters.as_json(),
                "notes": [note.model_dump() for note in found.notes],
            }

        return await self._done(work)

    async def topic(
        self, query: str, date_from: str | None = None, date_to: str | None = None, author: str | None = None
    ) -> str:
        """Summarise what the papers say about a topic, grouped by theme, with citations and a table of papers.

        Args:
            query: The topic.
            date_from: Only papers first listed on or after this day, like 2025-05-31.
            date_to: Only papers first listed on or before this day.
            author: Only papers by this author.

        Returns:
            JSON: themes as Markdown with markers [1], citations with exact quotes, and the papers.
        """

        def work() -> object:
            return self._assistant.summary(query, _filters(date_from, date_to, author)).model_dump(mode="json")

        return await self._done(work)

    async def papers(
        self,
        query: str = "",
        date_from: str | None = None,
        date_to: str | None = None,
        author: str | None = None,
        limit: int = 25,
        offset: int = 0,
    ) -> str:
        """List the library's papers, newest first.

        Args:
            query: Words that must all stand in title, abstract or id; empty lists every paper.
            date_from: Only papers first listed on or after this day, like 2025-05-31.
            date_to: Only papers first listed on or before this day.
            author: Only papers by this author.
            limit: Papers to return, 1 to 200.
            offset: Papers to pass over.

        Returns:
            JSON: the number of papers that fit, and those of this page.
        """

        def work() -> object:
            filters = _filters(date_from, date_to, author)
            page = self._catalogue.page(query, filters, _between(limit, "limit"), min(max(offset, 0), 2**62))
            shelf = self._assistant.library.shelf
            listed = [paper_json(paper, shelf.versions(paper.paper_id)) for paper in page.papers]
            return {"total": page.total, "papers": listed, "filters": filters.as_json()}

        return await self._done(work)

    async def _done(self, work: Callable[[], object]) -> str:
        """Do the work on a thread, once fewer than the limit are at work; our errors reach the caller as text."""
        try:
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


def _filters(date_from: str | None, date_to: str | None, author: str | None) -> Filters:
    return read_filters({"from": date_from, "to": date_to, "author": author})


def _turns(history: list[dict[str, str]] | None) -> tuple[Turn, ...]:
    try:
        return _TURNS.validate_python(history or ())
    except ValidationError:
        raise QuestionError(
            "The history is not a list of earlier turns.",
            'Each is {"role": "user" or "assistant", "content": text}.',
        ) from None


def _between(number: int, name: str) -> int:
    if not 1 <= number <= MOST_ROWS:
        raise QuestionError(f"{name} is {number}.", f"Take 1 to {MOST_ROWS}.")
    return number
