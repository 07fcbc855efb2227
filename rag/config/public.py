"""What of the configuration may be shown: no password, no header's value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def public_address(url: str) -> str:
    """Hide user and password of an address, to be shown or stored; one without them stays as written.

    A malformed address (``http://bob:s3/cret@host``) loses everything up to its last ``@``.
    """
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    try:
        parts = urlsplit(url)
        well_formed = bool(parts.netloc) and (parts.port is None or parts.port >= 0)
    except ValueError:
        well_formed = False
    if well_formed:
        return re.sub(r"(?<=://)[^/?#]*@", "***@", url, count=1)
    return f"{scheme}{mark}***@{rest.rpartition('@')[2]}" if "@" in rest else url


def public_values(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested sections as full keys (`retrieval.k`), with nothing in them that may be a secret.

    Addresses (keys that end in ``_url``) are shown as `public_address`, of headers the names alone: somebody may
    have written a value where the name of a variable belongs.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= public_values(value, f"{prefix}{name}.")
        else:
            is_address = isinstance(value, str) and name.endswith("_url")
            if name.endswith("headers"):
                value = [entry.partition(":")[0] for entry in value]
            flat[prefix + name] = public_address(value) if is_address else value
    return flat
