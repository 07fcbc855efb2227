"""`paperchat config`: show, schema and password."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ui.cli.base.common import AsJson, ConfigFile, DataDir, load, print_json

app = typer.Typer(help="Show the configuration or its schema; make a user of the web page.", no_args_is_help=True)


@app.command()
def show(context: typer.Context, as_json: AsJson = False, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Print every key, its value and where it came from. Secrets are masked."""
    from rag.config import public_values

    loaded = load(context, config, data_dir)
    shown = public_values(loaded.config.model_dump(mode="json"))
    values = {key: (value, loaded.origins[key]) for key, value in shown.items()}
    if as_json:
        print_json({key: {"value": value, "from": origin} for key, (value, origin) in values.items()})
        return
    width = max(map(len, values))
    for key, (value, origin) in values.items():
        print(f"{key:<{width}}  {'null' if value is None else value}  ({origin})")
    print()
    for key in sorted({loaded.config.embedding.api_key_env, loaded.config.llm.api_key_env}):
        print(f"Secret {key}: {'set, not shown' if os.environ.get(key) else 'not set'}")


@app.command()
def schema(as_json: AsJson = False) -> None:
    """Print the JSON schema of the configuration file. It is JSON with or without --json."""
    from rag.config import Config

    print_json(Config.model_json_schema())


@app.command()
def password(name: Annotated[str, typer.Argument(metavar="USER", help="Name of a user of the web page.")]) -> None:
    """Print the line that makes a user of the web page. It belongs in ui.auth_file or PAPERCHAT_USERS.

    The password is asked for at a terminal; piped in, it is read.
    """
    from ui.web.door.users import user_line

    if sys.stdin.isatty():
        chosen = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    else:
        chosen = sys.stdin.readline().rstrip("\r\n")
    print(user_line(name, chosen))
