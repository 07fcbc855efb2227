"""`config.yaml` and `PAPERCHAT__SECTION__KEY` variables → a `Config`, with where each value came from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from rag.config.whole import Config
from rag.config.yaml_text import yaml_of
from rag.errors import ConfigError

ENV_PREFIX = "PAPERCHAT__"


class Loaded(BaseModel):
    """A configuration together with where each value came from.

    Attributes:
        origins: Full key (``embedding.model``) → ``default``, a file name or a variable's name.
        path: The file that was read, None when there was none.
    """

    model_config = ConfigDict(frozen=True)

    config: Config
    origins: dict[str, str]
    path: Path | None


def load_config(
    path: Path | None = None, *, environ: Mapping[str, str] | None = None, data_dir: Path | None = None
) -> Loaded:
    """Read the configuration: defaults, then the file, then the environment, then the command line.

    Args:
        path: A file that must exist; None takes `./config.yaml` where there is one.
        environ: Environment variables; None takes the process's.
        data_dir: Overrides `data_dir` (the command line's ``--data-dir``).

    Raises:
        ConfigError: a missing or unreadable file, an unknown key, a wrong type, a choice that doesn't exist.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origins = {key: "default" for key in leaf_keys(Config)}
    if path is None and Path("config.yaml").is_file():
        path = Path("config.yaml")
    if path is not None:
        values = _read_file(path)
        origins.update({key: str(path) for key in _keys_of(values)})
    for name in sorted(environ):
        if name.startswith(ENV_PREFIX):
            keys = [part.lower() for part in name.removeprefix(ENV_PREFIX).split("__")]
            _set(values, keys, _read_variable(name, environ[name]), name)
            origins[".".join(keys)] = name
    if data_dir is not None:
        values["data_dir"] = data_dir
        origins["data_dir"] = "--data-dir"
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _explain(error, origins) from None
    return Loaded(config=config, origins={key: origins[key] for key in leaf_keys(Config)}, path=path)


def leaf_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    """Full names of all keys that hold a value, in order of declaration."""
    keys: list[str] = []
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += leaf_keys(inner, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = yaml_of(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"The configuration {path} cannot be read: {error.strerror}.", "Give an existing file to --config."
        ) from None
    except ValueError as error:
        raise ConfigError(f"The configuration {path} is not valid YAML: {error}.", "Correct it there.") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"The configuration {path} holds no keys.", "Write `section:` and below it `key: value`.")
    return content


def _read_variable(name: str, text: str) -> object:
    try:
        return yaml_of(text) if text else None
    except ValueError:  # its message would quote the value
        raise ConfigError(f"The value of {name} is not valid YAML.", "Put quotes inside it: \"'…'\".") from None


def _keys_of(values: Mapping[Any, Any], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, value in values.items():
        keys += _keys_of(value, f"{prefix}{name}.") if isinstance(value, dict) else [f"{prefix}{name}"]
    return keys


def _set(values: dict[str, Any], keys: list[str], value: object, variable: str) -> None:
    for key in keys[:-1]:
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{variable} sets a key below {key}, which is not a section.", "Check its name.")
        values = inner
    values[keys[-1]] = value


def _explain(error: ValidationError, origins: Mapping[str, str]) -> ConfigError:
    """Say in one sentence a problem which key is wrong, where it was set and what is allowed."""
    problems = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"])
        set_by = (origin for name, origin in origins.items() if name == key or name.startswith(f"{key}."))
        origin = next((origin for origin in set_by if origin != "default"), None)
        where = f" (set by {origin})" if origin else ""
        if item["type"] == "extra_forbidden":
            problems.append(f"{key}{where} is not a key. {_known_beside(key)}")
        elif item["type"] == "model_type":
            problems.append(f"{key}{where} is a section, with its keys below it; it is {item['input']!r}.")
        else:
            secret = "headers" in key or key == "library.database_url"  # what is given may be one
            given = "" if secret else f"; it is {item['input']!r}"
            problems.append(f"{key}{where}: {item['msg']}{given}.")
    return ConfigError(" ".join(problems), "`paperchat config schema` lists every key with its type and meaning.")


def _known_beside(key: str) -> str:
    """The name that was probably meant instead of an unknown one, or all that stand in its section."""
    section, _, name = key.rpartition(".")
    prefix = f"{section}." if section else ""
    inside = (known.removeprefix(prefix) for known in leaf_keys(Config) if known.startswith(prefix))
    names = list(dict.fromkeys(known.partition(".")[0] for known in inside))
    meant = get_close_matches(name.lower(), names, n=1)
    return f"Did you mean {prefix}{meant[0]}?" if meant else f"Known: {', '.join(prefix + known for known in names)}."
