"""What comes after an answer, once it is shown: what may be asked next, and papers side by side as a table.

The page's script asks for it, as HTML, when the answer has come into view; the answer never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import FastAPI, Query, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from rag.answer.suggestions import suggest
from rag.errors import PaperchatError
from rag.papers.readers.conversations import Exchange
from rag.topics.comparison import Comparison, as_csv, compare
from rag.types import Citation
from ui.web.base.context import Web
from ui.web.base.few import Few
from ui.web.evidence import tables

AT_ONCE = 1
"""Of these requests; answers go before them."""
WAITING = 16
_BUSY = "Too many wait for this already. Try again in a moment."
_PRIVATE = {"Cache-Control": "private, no-cache"}
Columns = Annotated[list[str], Query(alias="column", default_factory=list)]


def serve_later(app: FastAPI, web: Web, owner_of: Callable[[Request], str]) -> None:
    """Give an app the addresses of what comes after an answer.

    Args:
        app: The application.
        web: What pages share.
        owner_of: Whose answers a request may see.
    """
    few = Few(AT_ONCE, WAITING)

    async def answered(request: Request, exchange_id: int, make: Callable[[Exchange], Response]) -> Response:
        """What is made of an answer, or our error in its own words."""

        def made() -> Response:
            try:
                return make(web.conversations.exchange(owner_of(request), min(abs(exchange_id), 2**62)))
            except PaperchatError as error:
                return PlainTextResponse(f"{error.message} {error.advice}", 404, headers=_PRIVATE)

        return await few.run(made) or PlainTextResponse(_BUSY, 503, headers={**_PRIVATE, "Retry-After": "5"})

    def table_of(exchange: Exchange, columns: Sequence[str]) -> Comparison:
        ids = list(dict.fromkeys(citation.paper_id for citation in _cited(exchange)))
        return compare(web.assistant.engine, ids, columns)

    async def next_questions(request: Request, exchange_id: int) -> Response:
        return await answered(request, exchange_id, lambda exchange: _suggested(web, exchange))

    async def side_by_side(request: Request, exchange_id: int, columns: Columns) -> Response:
        def made(exchange: Exchange) -> Response:
            shown = tables.table(table_of(exchange, columns), _cited(exchange), exchange_id)
            return HTMLResponse(shown, headers=_PRIVATE)

        return await answered(request, exchange_id, made)

    async def as_file(request: Request, exchange_id: int, columns: Columns) -> Response:
        named = {"Content-Disposition": 'attachment; filename="comparison.csv"', **_PRIVATE}

        def made(exchange: Exchange) -> Response:
            return Response(as_csv(table_of(exchange, columns)), media_type="text/csv; charset=utf-8", headers=named)

        return await answered(request, exchange_id, made)

    app.get("/answer/{exchange_id}/next")(next_questions)
    app.get("/answer/{exchange_id}/table")(side_by_side)
    app.get("/answer/{exchange_id}/table.csv")(as_file)


def _suggested(web: Web, exchange: Exchange) -> Response:
    found = suggest(web.assistant.engine.scores, _cited(exchange))
    return HTMLResponse(tables.next_questions([one.question for one in found]), headers=_PRIVATE)


def _cited(exchange: Exchange) -> tuple[Citation, ...]:
    """What an answer quotes; nothing of one that was stopped or refused."""
    answer = exchange.answer
    return answer.citations if answer and not answer.abstained else ()
