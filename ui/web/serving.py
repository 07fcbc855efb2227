"""Launches the page: configuration → a server on one address, until Ctrl-C."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.config import Config
from rag.errors import ConfigError, PaperchatError
from ui.web.users import Users, read_users

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from rag.assistant import Assistant

_BACKLOG = 128


def serve(config: Config, say: Callable[[str], None]) -> None:
    """Serve the page until the process is told to end (Ctrl-C, SIGTERM).

    Args:
        config: Where the library lies, where the page is bound and who may use it.
        say: Told the page's address once it can be opened.

    Raises:
        ConfigError: the address cannot be bound, or may not be without users.
    """
    from ui.web.access import check_binding

    users = read_users(config.ui)
    check_binding(config.ui, users)
    listening = _bind(config.ui.host, config.ui.port)  # before anything heavy is loaded
    with listening, _private_gradio():
        from rag import open_assistant
        from ui.web.server import Server

        with open_assistant(config) as assistant:
            app = guarded_app(assistant, config, users)
            warming = threading.Thread(target=_warm_up, args=(assistant,), name="warm-up", daemon=True)
            warming.start()
            say(f"paperchat is at {_address(listening)} (Ctrl-C ends it)")
            Server(app).run([listening])
            warming.join()  # a thread that is cut off inside the model's library aborts the process


def guarded_app(assistant: Assistant, config: Config, users: Users) -> ASGIApp:
    """The whole web application: the page, and the door before it."""
    import gradio as gr
    from fastapi import FastAPI, Request

    from ui.web import programs
    from ui.web.access import USER, Door, Rules
    from ui.web.app import build_app
    from ui.web.assets import Assets
    from ui.web.opening import Opening
    from ui.web.pictures import serve_pictures
    from ui.web.sessions import Sessions, session_key
    from ui.web.style import launch_options

    ui = config.ui
    if ui.mcp:
        programs.require_mcp()
    blocks = build_app(assistant, config)
    blocks.delete_cache = (3600, 24 * 3600)  # uploads and exports are kept for a day at most

    def user_of(request: Request) -> str | None:
        name: str | None = request.scope.get(USER)
        return name

    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    serve_pictures(web, assistant.library)
    app = gr.mount_gradio_app(
        web,
        blocks,
        "/",
        auth_dependency=user_of if users else None,
        enable_monitoring=False,
        max_file_size=ui.max_upload_mb * 1_000_000,
        mcp_server=ui.mcp,
        run_history=False,
        show_error=False,
        ssr_mode=False,
        **launch_options(),
    )
    endpoints = frozenset(programs.ENDPOINTS) if ui.api or ui.mcp else frozenset()
    key = session_key(assistant.library.folder) if users else b""
    assets = Path(gr.__file__).parent / "templates" / "frontend" / "assets"
    return Door(Opening(Assets(app, assets)), Rules(ui.host, ui.hosts, endpoints, ui.mcp), users, Sessions(users, key))


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
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": folder, "HF_HUB_OFFLINE": "1"}
        yield


def _warm_up(assistant: Assistant) -> None:
    """Load what answers need while the reader is still typing: the questions that the page offers are asked once."""
    from ui.web.examples import examples

    try:
        for question in examples(assistant.library.shelf):
            assistant.answer(question, mode="extractive")
    except PaperchatError:  # an empty library, a missing key: the first question says so, in the conversation
        return
