"""Where a name leads: looked at on the socket itself, so that a name server that changes its mind does not help."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.errors import FetchError
from rag.sources.arxiv.connection import Connection
from rag.sources.arxiv.peer import is_public
from tests.support.arxiv_server import ArxivServer, Fault, arxiv_server

NAME = "mirror.localhost"
"""A name that the tests' network guard lets be looked up, and that no configuration takes for this machine itself."""


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with arxiv_server() as running:
        yield running


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the name leads to, one look-up after the other; the last stays."""
    answers: list[str] = ["127.0.0.1"]
    real = socket.getaddrinfo

    def found(host: Any, *more: Any, **others: Any) -> Any:
        if host in (NAME, NAME.encode()):
            host = answers[0] if len(answers) == 1 else answers.pop(0)
        return real(host, *more, **others)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return answers


def ask(server: ArxivServer, folder: Path, **changes: Any) -> bytes:
    config = server.config(folder, **{"api_url": f"{server.url.replace('127.0.0.1', NAME)}/api/query", **changes})
    with Connection(config) as connection:
        return connection.ask(config.arxiv.api_url, {"id_list": "2504.00001"}, lambda reply: reply.content)


@pytest.mark.usefixtures("looked_up")
def test_a_name_that_leads_into_the_own_network_is_sent_nothing(server: ArxivServer, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="is not on the internet; nothing was sent") as caught:
        ask(server, tmp_path)
    assert "arxiv.allow_private" in caught.value.advice
    assert server.requests == []


@pytest.mark.usefixtures("looked_up")
def test_a_mirror_of_ones_own_is_asked_where_the_configuration_says_so(server: ArxivServer, tmp_path: Path) -> None:
    assert b"<feed" in ask(server, tmp_path, allow_private=True)


def test_a_name_that_led_elsewhere_when_it_was_looked_up_before_is_not_trusted(
    server: ArxivServer, tmp_path: Path, looked_up: list[str]
) -> None:
    """DNS rebinding: the first look-up gives an address of the internet, the one that counts this machine's."""
    looked_up[:] = ["127.0.0.1"]
    assert socket.getaddrinfo(NAME, 80)
    with pytest.raises(FetchError, match="nothing was sent"):
        ask(server, tmp_path)
    assert server.requests == []


@pytest.mark.usefixtures("looked_up")
def test_a_redirect_is_looked_at_like_the_first_request(server: ArxivServer, tmp_path: Path) -> None:
    """An address that is configured as such is asked; a name that it redirects to is another host."""
    server.script = [Fault(302, {"Location": f"http://{NAME}:1/x"})]
    with pytest.raises(FetchError, match="redirects to another host"):
        ask(server, tmp_path, api_url=f"{server.url}/api/query")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
        "ff02::1", "no address", "",
    ],
)  # fmt: skip
def test_addresses_of_no_business_of_ours(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["151.101.3.42", "2a04:4e42::81", "::ffff:151.101.3.42"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)
