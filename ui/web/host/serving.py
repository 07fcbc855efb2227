"""Launches the page: configuration → a server on one address, until Ctrl-C."""

from __future__ import annotations

import logging
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.config import Config
from rag.errors import ConfigError, PaperchatError
from ui.web.door.users import Users, read_users

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from rag.assistant import Assistant
    from rag.config import UIConfig
    from rag.papers.readers.conversations import Conversations
    from ui.telemetry.watch import Watch
    from ui.web.base.work import Work
    from ui.web.drawn.site import Site
    from ui.web.host.assets import Assets
    from ui.web.host.deferred import Deferred

_BACKLOG = 128
LOOK_S = 0.02
"""Seconds after which Gradio looks again whether there is something to do: half of them pass before a click is seen."""
PLACES_S = 15.0
"""Seconds after which those who wait are told their places again."""
_log = logging.getLogger(__name__)


def serve(config: Config, say: Callable[[str], None]) -> None:
    """Serve the page until the process is told to end (Ctrl-C, SIGTERM).

    Args:
        config: Where the library lies, where the page is bound and who may use it.
        say: Told the page's address once it can be opened.

    Raises:
        ConfigError: the address cannot be bound, or may not be without users.
    """
    from ui.web.door.access import check_binding

    users = read_users(config.ui)
    check_binding(config.ui, users)
    listening = _bind(config.ui.host, config.ui.port)  # before anything heavy is loaded
    from ui.telemetry.logs import logged
    from ui.telemetry.watch import watched
    from ui.web.base.work import Work
    from ui.web.host.memory import given_back, hold_together

    hold_together()
    work = Work()
    with given_back(), logged(config), listening, _private_gradio(), watched(config) as watch:
        from rag import open_assistant
        from ui.web.host.server import Server

        with open_assistant(config) as assistant:
            app = guarded_app(assistant, config, users, partial(_warm_up, assistant, work), watch, work)
            say(f"paperchat is at {_address(listening)} (Ctrl-C ends it)")
            _log.info("begun", extra={"facts": {"papers": assistant.library.shelf.coverage().papers}})
            server = Server(app, work, config.ui.finish_s)
            server.run([listening])
            left = server.unfinished
        _log.log(logging.WARNING if left else logging.INFO, "ended", extra={"facts": {"unfinished": left}})
    if work.under_way or not server.is_clean:  # threads that Python would wait for at its end, however long they take
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def guarded_app(
    assistant: Assistant,
    config: Config,
    users: Users,
    then: Callable[[threading.Event], None] | None = None,
    watch: Watch | None = None,
    work: Work | None = None,
) -> ASGIApp:
    """The whole web application: the pages, Gradio's as soon as it is made, and the door before them.

    Args:
        assistant: Answers questions; its library is shown.
        config: Where the library lies and what the page may do.
        users: Who may use it; everybody where there are none.
        then: What is done in the background when all of it is there, until the event that it is given is set.
        watch: Who counts and traces requests.
        work: What is under way, and must be finished before the server ends.
    """
    from rag.papers.readers.conversations import FILE_NAME, Conversations
    from ui.telemetry.requests import Requests
    from ui.telemetry.watch import Watch
    from ui.web.base.work import Work
    from ui.web.door.access import READY, Door, Rules
    from ui.web.door.bodies import MOST_BYTES
    from ui.web.door.sessions import Sessions, session_key
    from ui.web.drawn.site import Site
    from ui.web.host.deferred import Deferred
    from ui.web.host.idle import PATIENCE_S, Visits, wait_until_idle
    from ui.web.host.opening import Front, Opening
    from ui.web.host.probes import Probes

    ui = config.ui
    work, watch = work or Work(), watch or Watch()
    endpoints = _endpoints(ui)

    def grouped(ended: threading.Event) -> None:
        with suppress(PaperchatError):  # whoever opens Today is told what is wrong
            site.news.group(ended)

    def warmed(ended: threading.Event) -> None:
        with suppress(PaperchatError):  # an empty library has no map
            if wait_until_idle(work, ended, PATIENCE_S):
                site.maps.ready()
        if then:
            then(ended)

    conversations = Conversations(assistant.library.config.store(FILE_NAME))
    site = Site(assistant, conversations)
    gradio = Deferred(partial(_gradio_app, assistant, config, bool(users), work, site), warmed, grouped)
    web = _own_pages(assistant, config, conversations, site, watch, work)
    web.get(READY)(gradio.wait)
    key = session_key(assistant.library.folder) if users else b""
    app = Opening(Front(web, _assets(gradio)), site)
    most = ui.max_upload_files * ui.max_upload_mb * 1_000_000 + MOST_BYTES
    door = Door(Visits(app, work), Rules(ui.host, ui.hosts, endpoints, ui.mcp, most), users, Sessions(users, key))
    return Requests(Probes(door, assistant.library, work, lambda: gradio.is_ready), watch)


def _own_pages(
    assistant: Assistant, config: Config, conversations: Conversations, site: Site, watch: Watch, work: Work
) -> FastAPI:
    """The addresses that are answered without Gradio."""
    from fastapi import FastAPI, Request

    from ui.web.base.context import Web
    from ui.web.chat.later import serve_later
    from ui.web.door.access import USER
    from ui.web.drawn.actions import Actions
    from ui.web.evidence.pictures import serve_pictures
    from ui.web.forms.arrivals import fetch_category

    def owner_of(request: Request) -> str:
        name: str = request.scope.get(USER) or ""
        return name

    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    serve_pictures(web, assistant.library)
    serve_later(web, Web(assistant, config, conversations, work), owner_of)
    if watch.metrics:
        watch.metrics.watch_library(assistant.library.shelf, lambda: work.under_way)
        from ui.web.host.figures import serve_metrics

        serve_metrics(web, watch.metrics)
    Actions(site, owner_of, partial(fetch_category, assistant.library, config), work).serve(web)
    return web


def _assets(gradio: Deferred) -> Assets:
    """The files of Gradio's page."""
    from importlib.util import find_spec

    from ui.web.host.assets import Assets

    spec = find_spec("gradio")
    assert spec is not None
    assert spec.origin is not None, "Gradio is installed"
    return Assets(gradio, Path(spec.origin).parent / "templates" / "frontend" / "assets")


def _endpoints(ui: UIConfig) -> frozenset[str]:
    """What programs may call; refuses early what the MCP server lacks."""
    if not (ui.api or ui.mcp):
        return frozenset()
    from ui.web.host.unused import put_off

    with put_off():
        from ui.web.host import programs

    if ui.mcp:
        programs.require_mcp()
    return frozenset(programs.ENDPOINTS)


def _gradio_app(assistant: Assistant, config: Config, has_users: bool, work: Work, site: Site) -> FastAPI:
    """Gradio's page, alone."""
    from ui.web.host.unused import put_off

    with put_off():
        import gradio as gr
    from fastapi import FastAPI, Request

    from ui.web.door.access import USER
    from ui.web.host.app import build_app
    from ui.web.html.style import launch_options

    ui = config.ui
    blocks = build_app(assistant, config, work, site.marks, site.follows.control)
    blocks.delete_cache = (3600, 24 * 3600)  # uploads and exports are kept for a day at most
    # It looks for events in a loop, by default a thousand times a second: 4% of a processor while nobody asks anything.
    blocks._queue.sleep_when_free = blocks._queue.progress_update_sleep_when_free = LOOK_S
    # It tells everybody who waits his place whenever an answer begins, ten messages a question; the page shows none.
    blocks._queue.live_updates, blocks._queue.update_intervals = False, PLACES_S

    def user_of(request: Request) -> str | None:
        name: str | None = request.scope.get(USER)
        return name

    app: FastAPI = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        blocks,
        "/",
        auth_dependency=user_of if has_users else None,
        enable_monitoring=False,
        max_file_size=ui.max_upload_mb * 1_000_000,
        mcp_server=ui.mcp,
        run_history=False,
        show_error=False,
        ssr_mode=False,
        **launch_options(),
    )
    return app


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)  # a browser that is early waits for the page instead of being refused
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"The page cannot be bound to {host} port {port}: {error.strerror or error}.",
            "Choose another with --port or ui.port; is paperchat running already?",
        ) from None
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _private_gradio() -> Iterator[None]:
    """Keep Gradio to itself: nothing is reported anywhere, and uploads lie in a folder that ends with the server.

    Gradio reads these variables when it is imported.
    """
    with tempfile.TemporaryDirectory(prefix="paperchat-", ignore_cleanup_errors=True) as folder:
        os.environ |= {
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_TEMP_DIR": folder,
            "HF_HUB_OFFLINE": "1",
            # After each event it would sum up the last 10,000 with pandas, for a dashboard that is not served.
            "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(sys.maxsize),
            "GRADIO_ANALYTICS_MAX_EVENTS": "1",
            # Before each event it asks matplotlib which backend draws, which else loads all of pyplot to find out.
            "MPLBACKEND": "agg",
        }
        yield


def _warm_up(assistant: Assistant, work: Work, ended: threading.Event) -> None:
    """Load what answers need while the reader is still reading: the questions that the page offers are asked once."""
    from rag.follow.space import space_of
    from ui.web.chat.examples import examples
    from ui.web.drawn.news import News
    from ui.web.host.idle import PATIENCE_S, read_while_idle, wait_until_idle

    with suppress(PaperchatError):  # an empty library, a missing key: the first question says so, in the conversation
        space_of(assistant.library)
        News(assistant.library).prepare(partial(wait_until_idle, work, ended, PATIENCE_S))
        for question in examples(assistant.library.shelf):
            if not wait_until_idle(work, ended, PATIENCE_S):
                return
            assistant.answer(question, mode="extractive")
    read_while_idle(assistant.library, work, ended)
