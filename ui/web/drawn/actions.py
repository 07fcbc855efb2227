"""What the drawn pages ask of the server: parts that come later, and what a reader does with papers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from rag.errors import PaperchatError
from rag.papers.bibliography.references import FORMATS, written
from ui.foryou import profile_json
from ui.telemetry.request import also_private
from ui.web.base.address import Address
from ui.web.base.few import Few
from ui.web.base.work import Work
from ui.web.drawn.acts import Acts, Said
from ui.web.drawn.site import Site
from ui.web.drawn.view import View
from ui.web.html import nothing

_ADDS = ("fetch", "sample")
"""Actions that take long, one at a time."""
_RANKS = ("less", "interest", "uninterest", "restore", "surprise", "forget", "unrewrite")
"""Actions that may work out a profile, and wait for one another."""
_EXAMINES = ("answer", "unlearn")
"""Actions that may look through papers for questions, and wait likewise."""
MOST_BYTES = 1_000_000
"""Of what an action is sent; the longest note has a tenth of it, in characters."""
LONGEST_NAME = 200
"""Characters of an author's name that are looked up."""
WAITING = 16
"""Requests of a kind that wait for a slow one before them; more are turned away."""
_BUSY = "Too many wait for this already. Try again in a moment."
_FRESH = {"Cache-Control": "no-store"}


class Actions:
    """The handlers of one site."""

    def __init__(
        self, site: Site, user: Callable[[Request], str], fetch: Callable[[str], str], work: Work | None = None
    ) -> None:
        """Act on what a site shows.

        Args:
            site: Draws the pages.
            user: Who sends a request.
            fetch: Adds the newest papers of a category of arXiv, and says what came.
            work: What the server waits for at its end; what adds papers is a part of it.
        """
        self._site = site
        self._user = user
        self._work = work or Work()
        self._choosing, self._asking, self._nearing, self._ranking, self._judging = (Few(1, WAITING) for _ in range(5))
        self._adding, self._drawing, self._examining = Few(1, 0), Few(1, WAITING), Few(1, WAITING)
        self._following = Few(1, WAITING)
        self._slow = dict.fromkeys(_RANKS, self._ranking) | dict.fromkeys(_EXAMINES, self._examining)
        self._slow["follow"] = self._following
        self._acts = Acts(site, fetch).named

    def serve(self, app: FastAPI) -> None:
        """Give an app the addresses."""
        app.get("/view/lines")(self.lines)
        app.get("/view/authors")(self.authors)
        app.get("/view/among")(self.among)
        app.get("/view/foryou")(self.for_you)
        app.get("/view/followed")(self.followed)
        app.get("/view/reasons")(self.reasons)
        app.get("/view/yours")(self.yours)
        app.get("/export/profile")(self.profile)
        app.get("/export/kept")(self.kept)
        app.get("/view/similar/{paper_id:path}")(self.similar)
        app.get("/view/questions/{paper_id:path}")(self.questions)
        app.get("/view/mapped{key:path}")(self.mapped)
        app.get("/view/chart{key:path}")(self.chart)
        app.get("/view/chosen")(self.chosen)
        app.get("/view/questions-of-quiz")(self.quiz)
        app.get("/view/{path:path}")(self.view)
        app.get("/export/{form}")(self.export)
        app.post("/act/{name}")(self.act)

    # --- looking ----------------------------------------------------------------------------------------------------

    async def view(self, request: Request) -> Response:
        """A page's drawing, for a browser that has the rest of the page already."""
        path = request.scope["path"].removeprefix("/view")
        return drawn(await self._site.shown(Address.read(path, request.url.query), self._user(request)))

    async def lines(self, request: Request) -> Response:
        """Lines of some papers, by id."""
        ids = request.query_params.get("papers", "").split()
        return await self._choosing.run(lambda: _told(lambda: self._site.news.lines(ids))) or _busy()

    def authors(self, request: Request) -> Response:
        """Names of authors that begin as what is typed."""
        typed = request.query_params.get("typed", "")[:LONGEST_NAME]
        return _told(lambda: {"names": list(self._site.catalogue.authors(typed))})

    def among(self, request: Request) -> Response:
        """The papers of a place of the library by their ids, and which place that is."""
        fields = dict(request.query_params)
        return _told(lambda: self._site.among(fields, self._user(request)))

    async def for_you(self, request: Request) -> Response:
        """The section of papers for the reader, where it was not at hand when its page was drawn."""
        owner = self._user(request)
        found = await self._ranking.run(lambda: _told(lambda: {"html": str(self._site.for_you(owner))}))
        return found or _busy()

    async def reasons(self, request: Request) -> Response:
        """Why some papers are shown to the reader, by id."""
        ids, owner = request.query_params.get("papers", "").split(), self._user(request)
        return await self._ranking.run(lambda: _told(lambda: self._site.why(ids, owner))) or _busy()

    async def followed(self, request: Request) -> Response:
        """What the reader follows, when that has been asked again over the papers that came in."""
        days, owner = request.query_params.get("place", ""), self._user(request)

        def made() -> Mapping[str, str]:
            self._site.follows.ask_again(owner)
            return {"html": str(self._site.followed(owner, days, asked=True))}

        return await self._following.run(lambda: _told(made)) or _busy()

    async def yours(self, request: Request) -> Response:
        """The reader's own page, where their profile was not at hand when it was drawn."""
        owner = self._user(request)
        found = await self._ranking.run(lambda: _told(lambda: {"html": str(self._site.personal.page(owner))}))
        return found or _busy()

    async def profile(self, request: Request) -> Response:
        """The reader's profile as a file."""
        owner = self._user(request)

        def made() -> Response:
            return _file("profile.json", lambda: profile_json(self._site.personal.profile(owner)))

        return await self._ranking.run(made) or PlainTextResponse(_BUSY, 503, _FRESH | {"Retry-After": "5"})

    def kept(self, request: Request) -> Response:
        """All that the reader keeps as a file."""
        return _file("kept.json", lambda: self._site.belongings.export(self._user(request)))

    async def similar(self, paper_id: str, request: Request) -> Response:
        """Papers like one."""
        user = self._user(request)
        found = await self._nearing.run(lambda: _told(lambda: {"html": str(self._site.similar(paper_id, user))}))
        return found or _busy()

    async def questions(self, paper_id: str) -> Response:
        """Questions that a paper answers."""
        asked = await self._asking.run(lambda: _told(lambda: {"html": str(self._site.questions(paper_id))}))
        return asked or _busy()

    async def mapped(self, key: str, request: Request) -> Response:
        """The map's page, when the map is drawn."""
        place, owner = key.strip("/"), self._user(request)

        def made() -> Mapping[str, str]:
            view = self._site.mapped(place, owner)
            return {"html": str(view.html), "title": view.title}

        return await self._drawing.run(lambda: _told(made)) or _busy()

    def chart(self, key: str, state: str = "") -> Response:
        """What the map's canvas shows; its address changes whenever the map does, and one of before finds nothing."""
        found = _told(lambda: self._site.chart(key.strip("/"), state))
        if found.status_code == 200 and found.body != b"{}":
            found.headers["Cache-Control"] = "private, max-age=3600"
        return found

    async def chosen(self, request: Request) -> Response:
        """The papers that meet criteria best; what goes wrong is said in their place."""
        fields, owner = dict(request.query_params), self._user(request)

        def made() -> Response:
            try:
                return JSONResponse({"html": str(self._site.chosen(fields, owner))}, headers=_FRESH)
            except PaperchatError as error:
                return JSONResponse({"html": str(nothing.failed(error))}, headers=_FRESH)

        busy = {"html": str(nothing.busy())}
        return await self._judging.run(made) or JSONResponse(busy, headers=_FRESH)

    async def quiz(self, request: Request) -> Response:
        """The questions of a quiz."""
        fields, owner = dict(request.query_params), self._user(request)

        def made() -> Response:
            return _told(lambda: {"html": str(self._site.quiz.questions(fields, owner))})

        return await self._examining.run(made) or _busy()

    def export(self, form: str, request: Request) -> Response:
        """Papers as a bibliography, chosen as on the library's page."""
        if form not in FORMATS:
            return PlainTextResponse(f"There is no format {form!r}. There are {', '.join(FORMATS)}.", 404)
        try:
            papers = self._site.holdings(dict(request.query_params), self._user(request))
        except PaperchatError as error:
            return PlainTextResponse(f"{error.message} {error.advice}", 400)
        name = f"papers{FORMATS[form].suffix}"
        return Response(
            written(papers, form),
            media_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    # --- doing ------------------------------------------------------------------------------------------------------

    async def act(self, name: str, request: Request) -> Response:
        """Do what the reader wants; the body is a JSON object of texts."""
        does = self._acts.get(name)
        if does is None:
            return JSONResponse({"problem": "There is no such action."}, 404)
        body = bytearray()
        async for part in request.stream():
            body.extend(part)
            if len(body) > MOST_BYTES:
                return JSONResponse({"problem": "That is too long."}, 413)
        try:
            sent = json.loads(bytes(body) or b"{}")
            fields = {key: _written(value) for key, value in sent.items() if isinstance(value, str)}
        except (ValueError, AttributeError, RecursionError):
            return JSONResponse({"problem": "That cannot be read."}, 400)
        also_private(*fields.values())
        owner = self._user(request)
        if name in _ADDS:
            added = await self._adding.run(lambda: _told(lambda: self._added(does, fields, owner)))
            return added or _busy("Papers are being added already. Wait until they are there.")
        if few := self._slow.get(name):
            return await few.run(lambda: _told(lambda: does(fields, owner))) or _busy()
        return await run_in_threadpool(_told, lambda: does(fields, owner))

    def _added(self, does: Callable[[dict[str, str], str], Said], fields: dict[str, str], owner: str) -> Said:
        with self._work.one():
            return does(fields, owner)


def drawn(view: View) -> Response:
    """A view as the browser's script takes it."""
    shown = {"page": view.page, "title": view.title, "html": str(view.html), "path": view.target}
    return JSONResponse(shown, view.status, {"Cache-Control": "no-store"})


def _busy(why: str = _BUSY) -> Response:
    return JSONResponse({"problem": why}, 503, {"Cache-Control": "no-store", "Retry-After": "5"})


def _file(name: str, does: Callable[[], Mapping[str, Any]]) -> Response:
    """A document as a file to be kept, an error in its own words."""
    try:
        text = json.dumps(does(), ensure_ascii=False, indent=1)
    except PaperchatError as error:
        return PlainTextResponse(f"{error.message} {error.advice}", 400)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text, media_type="application/json", headers=headers)


def _written(text: str) -> str:
    """A text without halves of surrogate pairs, which JSON can name and nothing can write."""
    return text.encode("utf-8", "replace").decode()


def _told(does: Callable[[], Mapping[str, Any]]) -> Response:
    """An answer as JSON, an error in its own words."""
    try:
        return JSONResponse(dict(does()), headers={"Cache-Control": "no-store"})
    except PaperchatError as error:
        advice = re.sub(r"`([^`]+)`", r"“\1”", error.advice)  # the page shows it as mere text
        return JSONResponse({"problem": f"{error.message} {advice}".strip()}, 400)
