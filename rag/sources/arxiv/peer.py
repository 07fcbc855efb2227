"""Whom a connection really leads to, looked at when it is made and before anything is sent.

A name may lead to another address each time that it is looked up, so looking it up beforehand proves nothing: what
counts is the address of the socket that the request goes through.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rag.errors import FetchError

_MADE = "connection.connect_tcp.complete"
_BEGUN = "connection.connect_tcp.started"


class Peer:
    """The other side of one request's connection; `seen` is httpcore's extension ``trace``."""

    def __init__(self, url: str, *, may_be_private: bool) -> None:
        """Take what is asked for.

        Args:
            url: The address of the request.
            may_be_private: Whether a name may lead into a network that is not the internet's.
        """
        self._host = (urlsplit(url).hostname or "").rstrip(".")
        self._asked = self._host
        self._is_free = may_be_private or _is_said(self._host)

    def seen(self, event: str, info: Mapping[str, Any]) -> None:
        """Look at a step of the connection.

        Raises:
            FetchError: the name leads to an address of this machine or of a network of its own. What a proxy of the
                environment connects to is that proxy's to decide.
        """
        if event == _BEGUN:
            self._asked = str(info["host"])
        elif event == _MADE and not self._is_free and self._asked.rstrip(".") == self._host:
            peer = info["return_value"].get_extra_info("server_addr")
            if peer is None or not is_public(str(peer[0])):
                info["return_value"].close()
                raise FetchError(
                    f"{self._host} leads to {peer[0] if peer else 'no address'}, which is not on the internet; nothing "
                    "was sent.",
                    "Check the network's name server; for a mirror of your own set arxiv.allow_private: true.",
                )


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's; also what stands inside of an IPv6 address counts."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(found) if isinstance(found, ipaddress.IPv6Address) else None
    return found.is_global and not found.is_multicast and (inner is None or is_public(str(inner)))


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, or translated (RFC 6052)."""
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_said(host: str) -> bool:
    """Whether a host is an address, or this machine's own name: then the configuration itself says where it leads."""
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
