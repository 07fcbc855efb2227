"""Values of HTTP headers from the environment: the configuration names variables, never secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from rag.errors import ConfigError

_ENTRY = re.compile(r"\s*(?P<name>[!#$%&'*+.^_`|~\w-]+)\s*:\s*(?P<variable>[A-Za-z_]\w*)\s*", re.ASCII)
"""A header's name (RFC 9110, 5.6.2) and the environment variable that holds its value."""


def secret(variable: str, environ: Mapping[str, str] | None = None) -> str | None:
    """A variable's value, to be sent in a header: "" where it is unset, None where no header can hold it."""
    value = (os.environ if environ is None else environ).get(variable, "").strip()
    return value if value.isascii() and value.isprintable() else None


def header_values(key: str, entries: Iterable[str]) -> dict[str, str]:
    """Headers with their values.

    Args:
        key: The configuration's key, for errors.
        entries: Each ``Name: VARIABLE``.

    Raises:
        ConfigError: an entry is of another form, or its variable holds nothing that can be sent; the error names the
            variable, never a value.
    """
    headers = {}
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if not match:
            raise ConfigError(
                f"An entry of {key} is not of the form `Name: VARIABLE`; it is not shown, as it may be a secret.",
                "Put the value into an environment variable and name that variable.",
            )
        value = secret(match["variable"])
        if not value:
            raise ConfigError(
                f"{key} takes {match['name']} from {match['variable']}, which is not set or holds characters"
                " that no header can hold.",
                f"Set {match['variable']}, or remove the entry.",
            )
        headers[match["name"]] = value
    return headers
