"""`paperchat config`: show and schema."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import typer

from ui.cli.common import AsJson, ConfigFile, DataDir, load, print_json

app = typer.Typer(help="Show the configuration, or its schema.", no_args_is_help=True)


@app.command()
def show(context: typer.Context, as_json: AsJson = False, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Print every key with its value and where the value came from; secrets are masked."""
    loaded = load(context, config, data_dir)
    values = {key: (mask(value), loaded.origins[key]) for key, value in _flat(loaded.config.model_dump(mode="json"))}
    if as_json:
        print_json({key: {"value": value, "from": origin} for key, (value, origin) in values.items()})
        return
    width = max(map(len, values))
    for key, (value, origin) in values.items():
        print(f"{key:<{width}}  {'null' if value is None else value}  ({origin})")
    key = loaded.config.embedding.api_key_env
    print(f"\nSecret {key}: {'set, not shown' if os.environ.get(key) else 'not set'}")


@app.command()
def schema() -> None:
    """Print the JSON schema of the configuration file."""
    from rag.config import Config

    print_json(Config.model_json_schema())


def mask(value: Any) -> Any:
    """Hide user and password of an address; secrets proper never stand in the configuration."""
    if isinstance(value, str) and "@" in value and "://" in value:
        parts = urlsplit(value)
        return parts._replace(netloc=f"***@{parts.hostname}" + (f":{parts.port}" if parts.port else "")).geturl()
    return value


def _flat(values: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in values.items():
        flat += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return flat
