"""The form with which users sign in, and what becomes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib.resources import files
from urllib.parse import quote
from weakref import WeakValueDictionary

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ui.web.door.sessions import LIFETIME_S, Sessions
from ui.web.door.tries import Tries
from ui.web.door.users import LONGEST_NAME, Users

COOKIE = "paperchat-session"


class SignIn:
    """Answers ``/login`` and ``/logout``, for browsers and for `gradio_client`, which posts the same form."""

    PATHS = ("/login", "/login/", "/logout", "/logout/")

    def __init__(self, users: Users, sessions: Sessions, now: Callable[[], float] = time.monotonic) -> None:
        """Take who may sign in.

        Args:
            users: Names and passwords.
            sessions: Makes the cookies.
            now: Seconds on a clock that never goes back.
        """
        self._users = users
        self._sessions = sessions
        self._tries = Tries(now)
        self._guard = threading.Lock()
        self._turns: WeakValueDictionary[tuple[str, str], threading.Lock] = WeakValueDictionary()
        self._page = Environment(autoescape=True).from_string((files("ui.web") / "static/login.html").read_text())

    @staticmethod
    def address(request: Request) -> str:
        """Where to sign in, to come back to what was asked for."""
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}"

    async def respond(self, request: Request) -> Response:
        """Show the form, sign in or sign out."""
        if request.url.path.startswith("/logout"):
            response: Response = RedirectResponse("/login", 303)
            response.delete_cookie(COOKIE)
            return response
        if request.method != "POST":
            return self._form(_local(request.query_params.get("next", "/")))
        try:
            form = await request.form(max_files=0, max_fields=4, max_part_size=4096)
        except MultiPartException:
            return self._form("/", "", "That form cannot be read.", 400)
        name, password = str(form.get("username", "")).strip(), str(form.get("password", ""))
        target = _local(str(form.get("next", "/")))
        is_browser = "text/html" in request.headers.get("accept", "")
        if not await run_in_threadpool(self.check, request, name, password):
            may_try = self._tries.may_try(*_who(request, name))
            message = "Name or password is wrong." if may_try else "Wrong too often; wait a minute."
            return self._form(target, name, message, 401) if is_browser else JSONResponse({"detail": message}, 401)
        response = RedirectResponse(target, 303) if is_browser else JSONResponse({"success": True})
        response.set_cookie(
            COOKIE,
            self._sessions.token(name),
            max_age=LIFETIME_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    def check(self, request: Request, name: str, password: str) -> bool:
        """Whether the password is right; after some wrong ones (`tries.Tries`), none is for a minute."""
        who = _who(request, name)
        with self._turn(who):  # one comparison at a time, so that tries at once are tries as well
            if not self._tries.may_try(*who):
                return False
            if self._users.accepts(name, password):
                self._tries.succeeded(*who)
                return True
            self._tries.failed(*who)
            return False

    def _turn(self, who: tuple[str, str]) -> threading.Lock:
        """The lock of an address and a name; it lasts as long as somebody holds it or waits for it."""
        with self._guard:
            return self._turns.setdefault(who, threading.Lock())

    def _form(self, target: str, name: str = "", message: str = "", status: int = 200) -> Response:
        return HTMLResponse(
            self._page.render(target=target, name=name, message=message), status, {"Cache-Control": "no-store"}
        )


def _who(request: Request, name: str) -> tuple[str, str]:
    return (request.client.host if request.client else "", name[:LONGEST_NAME])


def _local(target: str) -> str:
    """A path on this server; anything that leads elsewhere becomes the first page."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_local else "/"
