"""What keeps a test run to itself: no address outside this machine, no file or key of the user's."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

SECRETS = ("OPENAI_API_KEY", "OPENAI_API_BASE", "OPENAI_BASE_URL", "OPENAI_ORG_ID")

attempts: list[str] = []
"""Hosts that were refused during the running test; a library may swallow the error, the list stays."""


class NetworkRefused(RuntimeError):
    """A test tried to reach another machine. Not an `OSError`, so that no client takes it for a failing server."""


def is_outside(host: object) -> bool:
    """Whether a host name or address names another machine than this one."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if name == "localhost" or name.endswith(".localhost"):
        return False
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return True
    return not (address.is_loopback or address.is_unspecified)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a str is a UNIX socket's path
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if is_outside(host):
        attempts.append(str(host))
        raise NetworkRefused(f"a test tried to reach {host!r}: tests talk to this machine only")


def refuse_network() -> None:
    """Refuse, from now on and in this process, every connection and look-up that leaves this machine."""
    sys.addaudithook(_refuse)


def isolate_environment(home: Path) -> None:
    """Give the process and its children an empty home folder, and take keys and overrides away.

    pip's cache stays where it was: a test that installs the wheel would fetch everything again.
    """
    os.environ.setdefault("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    for name in list(os.environ):
        if name.startswith(("PAPERCHAT__", "XDG_")) or name in SECRETS:
            del os.environ[name]
    os.environ["HOME"] = str(home)
    os.environ["HF_HUB_OFFLINE"] = "1"  # gradio's client would report its use to its makers
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"
