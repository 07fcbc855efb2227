"""`ui`: the web page."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.base.common import ConfigFile, DataDir, configured


def ui(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", metavar="H", help="Address to bind (ui.host).")] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="Port to bind (ui.port); 0: any free.")
    ] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Open the web page, until Ctrl-C."""
    settings = configured(context, config, data_dir)
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    from ui.web.host.serving import serve

    serve(settings.model_copy(update={"ui": settings.ui.model_copy(update=chosen)}), _announce)


def _announce(text: str) -> None:
    print(text, flush=True)
