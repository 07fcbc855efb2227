"""What stands between this machine and a server: the environment's proxies, where they are needed and can be used.

httpx makes a transport for every proxy that the environment names, also for addresses that need none, and fails where
the package for SOCKS is missing. Gradio does so when it is imported.
"""

from __future__ import annotations

import ipaddress
import os
import urllib.request
from importlib.util import find_spec
from urllib.parse import urlsplit

from rag.config import public_address
from rag.errors import ConfigError

_VARIABLES = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY")
_SET_ASIDE: dict[str, str] = {}


def set_aside() -> None:
    """Take proxies that cannot be used out of the environment, so that what needs none of them works.

    They are remembered: what does need one is told by `proxy_for`.
    """
    for variable in (*_VARIABLES, *map(str.lower, _VARIABLES)):
        value = os.environ.get(variable, "")
        if value and _problem(value):
            _SET_ASIDE[variable.lower().removesuffix("_proxy")] = os.environ.pop(variable)


def proxy_for(address: str) -> str | None:
    """The environment's proxy for an address; None where it is reached directly, as this machine's own always are.

    Raises:
        ConfigError: it needs one that cannot be used.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    proxies = {**_SET_ASIDE, **urllib.request.getproxies()}
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    if problem := _problem(proxy):
        raise ConfigError(f"{public_address(address)} is to be reached through a proxy: {problem[0]}", problem[1])
    return proxy if "://" in proxy else f"http://{proxy}"


def usable(proxy: str) -> str:
    """A configured proxy, if it can be used.

    Raises:
        ConfigError: it cannot.
    """
    if problem := _problem(proxy):
        raise ConfigError(f"The configured proxy cannot be used: {problem[0]}", problem[1])
    return proxy


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _problem(proxy: str) -> tuple[str, str] | None:
    """Why a proxy cannot be used and what to do, or None."""
    shown = public_address(proxy)
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        scheme = parts.scheme.lower()
        parts.port  # noqa: B018  # read when it is asked for
    except ValueError:
        return f"{shown} is no address.", "Write it as http://HOST:PORT."
    if scheme in ("http", "https"):
        return None
    if scheme not in ("socks5", "socks5h"):
        return (
            f"{shown} is of a kind that is not supported.",
            "Use an http, https or socks5 proxy.",
        )
    if find_spec("socksio") is None:
        return (
            f"{shown} speaks SOCKS, and the package for it is not installed.",
            "Install it with `pip install 'paperchat[socks]'`, or add the host to NO_PROXY.",
        )
    return None
